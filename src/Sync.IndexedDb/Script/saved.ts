import { isWhole, sealed } from './checksum.ts';
import { allOf, result, type Database } from './database.ts';
import type { Query } from './view.ts';

/** Rows kept of a view: the first screens, with room for what a row source reads besides. */
export const SAVED_ROWS = 128;

/** Views of which the first window is kept. */
export const SAVED_VIEWS = 2;

/** The first rows of a view as they were at a revision, so that the next start shows them before it has read anything else. */
export interface SavedWindow {
  readonly query: string;
  readonly generation: number;
  readonly revision: number;
  /** Rows of the collection, and of the view. */
  readonly rowCount: number;
  readonly count: number;
  /** How many rows there are, and the rows, sealed: as `packRows` has them. */
  readonly saved: number;
  readonly rows: Uint8Array;
}

/** The name that a query has among saved windows. */
export function nameOf(query: Query): string {
  return JSON.stringify(query);
}

/** Saves windows in place of those that were saved before. */
export function writeWindows(transaction: IDBTransaction, generation: number, windows: readonly SavedWindow[]): void {
  const store = transaction.objectStore('windows');
  store.delete(allOf(generation));
  for (const window of windows)
    store.put({ ...window, rows: sealed(window.rows) }, [generation, window.query]);
}

/** Reads the ranks that were saved of some fields: those that are there and whole. */
export function readOrders(generation: number, fields: readonly number[], database: Database): Promise<[number, Uint32Array][]> {
  return database.transact('readonly', ['orders'], async transaction => {
    const found = await Promise.all(fields.map(field => result<Uint8Array | undefined>(transaction.objectStore('orders').get([generation, field]))));
    return fields.flatMap((field, i): [number, Uint32Array][] => {
      const bytes = found[i];
      return bytes !== undefined && isWhole(bytes) ? [[field, new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4 - 1)]] : [];
    });
  });
}

/** Saves the ranks of a field, so that the next start need not read its values to sort by them. */
export function writeOrder(transaction: IDBTransaction, generation: number, field: number, ranks: Uint32Array): void {
  transaction.objectStore('orders').put(sealed(new Uint8Array(ranks.buffer, ranks.byteOffset, ranks.byteLength)), [generation, field]);
}

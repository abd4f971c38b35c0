import { ROWS_A_BLOCK, type Place } from './blocks.ts';
import { createColumn, type Column, type TextColumn } from './columns.ts';
import { keysFrom, result, type Database } from './database.ts';
import { StoreError } from './errors.ts';
import { Order } from './order.ts';
import { Rows } from './rows.ts';
import type { Schema } from './schema.ts';
import { TextSearch } from './search.ts';
import type { Segment } from './segment.ts';
import type { Source } from './view.ts';

/** The segments of one filling of a collection, in memory. It only grows; a refill is another generation. */
export class Generation implements Source {
  readonly rows = new Rows();
  /** The collection's revision that this shows. */
  revision = 0;
  private readonly firstOrdinals: number[] = [];
  private readonly segments: Segment[] = [];
  /** The columns that a query has asked for, and how many segments of each are in memory. */
  private readonly columns = new Map<number, { readonly column: Column; segments: number }>();
  private readonly orders = new Map<number, Order>();
  private readonly searches = new Map<number, TextSearch>();
  private users = 1;

  constructor(readonly number: number, readonly schema: Schema, private readonly onUnused: () => void) {}

  /** How many segments memory knows. */
  get segmentCount(): number {
    return this.segments.length;
  }

  /** How many blocks of rows they have. */
  get blockCount(): number {
    const last = this.segments.at(-1);
    return last === undefined ? 0 : last.firstBlock + Math.ceil(last.upserts / ROWS_A_BLOCK);
  }

  /** Keeps the stored rows from being swept until {@link release}. */
  retain(): this {
    this.users++;
    return this;
  }

  release(): void {
    if (--this.users === 0)
      this.onUnused();
  }

  /** Takes in the next segment, and of its columns, where the caller has them, those that are in memory. */
  append(segment: Segment, columns?: ReadonlyMap<number, Uint8Array>): void {
    const number = this.segmentCount;
    this.firstOrdinals.push(this.rows.length);
    this.segments.push(segment);
    this.rows.append(segment);
    for (const [field, section] of columns ?? [])
      this.appendColumn(field, number, section);
  }

  /** Takes in segments that were read from the database. */
  appendAll(segments: readonly Segment[]): void {
    this.rows.reserve(segments.reduce((count, segment) => count + segment.keys.length, 0));
    segments.forEach(segment => this.append(segment));
  }

  /** Where a row lies. */
  place(ordinal: number): Place {
    let low = 0, high = this.firstOrdinals.length - 1;
    while (low < high) {
      // Segments without rows start where the next one does: the last of those that start here has the row.
      const middle = (low + high + 1) >>> 1;
      if (this.firstOrdinals[middle]! <= ordinal)
        low = middle;
      else
        high = middle - 1;
    }
    const position = ordinal - this.firstOrdinals[low]!;
    return { block: this.segments[low]!.firstBlock + Math.floor(position / ROWS_A_BLOCK), slot: position % ROWS_A_BLOCK };
  }

  /** Reads what is missing of some columns; afterwards, until the next await, they have all rows. */
  async loadColumns(fields: readonly number[], database: Database): Promise<void> {
    const columns = fields.map(field => kept(this.columns, field, () => ({ column: createColumn(this.schema.fields[field]!), segments: 0 })));
    for (;;) {
      const segments = this.segmentCount;
      const missing = fields.flatMap((field, i) => columns[i]!.segments < segments ? [{ field, first: columns[i]!.segments }] : []);
      if (missing.length === 0)
        return;
      const sections = await database.transact('readonly', ['columns'], transaction => Promise.all(missing.map(({ field, first }) =>
        result<Uint8Array[]>(transaction.objectStore('columns').getAll(keysFrom(this.number, field, first))))));
      missing.forEach(({ field, first }, i) => {
        if (sections[i]!.length < segments - first)
          throw new StoreError('corrupt', `Values of '${this.schema.fields[field]!.name}' are missing from the local database, so the collection has to be filled again.`);
        sections[i]!.forEach((section, j) => this.appendColumn(field, first + j, section));
      });
    }
  }

  column(field: number): Column {
    return field === this.schema.key ? this.rows.keys : this.columns.get(field)!.column;
  }

  order(field: number): Order {
    return kept(this.orders, field, () => new Order(this.column(field))).extend();
  }

  search(field: number): TextSearch {
    return kept(this.searches, field, () => new TextSearch(this.column(field) as TextColumn));
  }

  private appendColumn(field: number, segment: number, section: Uint8Array): void {
    const loaded = this.columns.get(field);
    // Another tab may have stored more than memory knows, and another view may have read the same.
    if (loaded?.segments !== segment || segment >= this.segmentCount)
      return;
    loaded.column.append(section, this.segments[segment]!.upserts);
    loaded.segments++;
  }
}

function kept<T>(map: Map<number, T>, key: number, create: () => T): T {
  let value = map.get(key);
  if (value === undefined)
    map.set(key, value = create());
  return value;
}

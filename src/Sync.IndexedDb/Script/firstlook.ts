import { packRows } from './blocks.ts';
import { isWhole } from './checksum.ts';
import { VERSION, result } from './database.ts';
import { encodeAnswer, type Answer, type Status } from './messages.ts';
import { statusOf, type CollectionRecord } from './record.ts';
import { nameOf, type SavedWindow } from './saved.ts';
import type { Schema } from './schema.ts';
import { packedRow } from './segment.ts';
import type { Query } from './view.ts';

/**
 * What the page itself reads of a collection while the worker starts: its status, and the first rows of the last views.
 * They are shown before the worker has read the segments, and the worker then opens the same views.
 */
export class FirstLook {
  private constructor(readonly status: Status, private readonly windows: readonly SavedWindow[]) {}

  /** Null where no window has been saved of what is stored now. Whatever is unusual is left to the worker. */
  static async at(databaseName: string, { name, hash }: Schema): Promise<FirstLook | null> {
    const database = await openAsItIs(databaseName);
    try {
      if (database.version !== VERSION)
        return null;
      const transaction = database.transaction(['collections', 'windows'], 'readonly');
      const [record, windows] = await Promise.all([
        result<CollectionRecord | undefined>(transaction.objectStore('collections').get(name)),
        result<SavedWindow[]>(transaction.objectStore('windows').getAll()),
      ]);
      const current = windows.filter(({ generation, revision, rows }) => generation === record?.shown.generation && revision === record.revision && isWhole(rows));
      return record?.schemaHash !== hash || current.length === 0 ? null : new FirstLook(statusOf(record, current[0]!.rowCount), current);
    } finally {
      database.close();
    }
  }

  /** The window of a view, where it has all the rows of it that are asked for. */
  windowOf(query: Query, start: number, count: number): Window | null {
    const name = nameOf(query);
    const saved = this.windows.find(({ query }) => query === name);
    const window = saved === undefined ? null : new Window(saved);
    return window?.has(start, count) ? window : null;
  }
}

/** The first rows of a view that is open. */
export class Window {
  constructor(private readonly window: SavedWindow) {}

  get count(): number {
    return this.window.count;
  }

  get revision(): number {
    return this.window.revision;
  }

  has(start: number, count: number): boolean {
    return Math.min(start + count, this.count) <= this.window.saved;
  }

  /** Rows as the worker answers them, behind what else there is to say. */
  read(start: number, count: number, answer: Answer | null): Uint8Array {
    const { rows, saved } = this.window;
    const found = Array.from({ length: Math.max(0, Math.min(count, saved - start)) }, (_, i) => packedRow(rows, saved, start + i));
    return packRows(found, length => encodeAnswer(answer, length));
  }
}

/** Opens a database that is there, in whatever version. */
function openAsItIs(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    // There is none; to create it is the worker's.
    request.onupgradeneeded = () => request.transaction!.abort();
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}

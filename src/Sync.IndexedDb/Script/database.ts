import { StoreError, toStoreError } from './errors.ts';
import { upgradeRecord } from './record.ts';

const VERSION = 3;

/** How long tabs get to close a database that is being deleted; their own running transactions may hold them up. */
const CLOSE_MILLISECONDS = 3000;

/**
 * The object stores: `collections` by name; `segments` by [generation, first change]; `columns` by [generation, field,
 * first change of the segment]; `rows` by [generation, block]; `orders` by [generation, name]; `windows` by
 * [generation, query]; `outbox` by [collection, number], with the indexes `key` and `state`.
 */
export type StoreName = 'collections' | 'outbox' | typeof GENERATION_STORES[number];

/** What belongs to a generation, whose number comes first in the key. */
export const GENERATION_STORES = ['segments', 'columns', 'rows', 'orders', 'windows'] as const;

export const ALL_STORES: readonly StoreName[] = ['collections', 'outbox', ...GENERATION_STORES];

/** A connection to the browser's database, opened when it is first needed. */
export class Database {
  private connection: Promise<IDBDatabase> | null = null;
  private closed: StoreError | null = null;

  constructor(readonly name: string) {}

  /**
   * Runs `body` in one transaction and returns after it has completed. The body awaits nothing but requests of its own
   * transaction; where it throws, the transaction is undone.
   */
  async transact<T>(
    mode: IDBTransactionMode, stores: readonly StoreName[], body: (transaction: IDBTransaction) => Promise<T>,
    durability: IDBTransactionDurability = 'relaxed'): Promise<T> {
    const database = await this.open();
    let transaction: IDBTransaction;
    try {
      transaction = database.transaction([...stores], mode, { durability });
    } catch (error) {
      throw this.closed ?? toStoreError(error);
    }
    const completion = completed(transaction);
    try {
      const result = await body(transaction);
      if (mode === 'readwrite')
        transaction.commit();
      await completion;
      return result;
    } catch (error) {
      abort(transaction);
      // What undid the transaction says more than the request that it took along.
      const cause = await completion.then(() => error, (reason: unknown) => reason ?? error);
      throw this.closed ?? toStoreError(cause);
    }
  }

  /** Closes the connection for good. */
  close(): void {
    this.disconnect(new StoreError('unavailable', 'The local database has been closed.'));
  }

  /** Deletes the database; it can be opened again afterwards. */
  async delete(): Promise<void> {
    this.disconnect(null);
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(this.name);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(toStoreError(request.error));
      request.onblocked = () => setTimeout(() => reject(new StoreError(
        'unavailable', 'The local data is not deleted yet, because another tab has it open. Close the other tabs of this site, then try again.')), CLOSE_MILLISECONDS);
    });
  }

  private open(): Promise<IDBDatabase> {
    if (this.closed !== null)
      return Promise.reject(this.closed);
    return this.connection ??= connect(this.name).then(
      database => {
        database.onversionchange = () => this.disconnect(new StoreError(
          'unavailable', 'Another tab has deleted or upgraded the local database. Reload this page.'));
        database.onclose = () => this.disconnect(new StoreError(
          'unavailable', 'The browser has closed the local database, perhaps because the data of this site was cleared. Reload this page.'));
        return database;
      },
      (error: unknown) => {
        this.connection = null; // The next call tries again.
        throw error;
      });
  }

  private disconnect(reason: StoreError | null): void {
    this.connection?.then(database => database.close(), () => {});
    this.connection = null;
    this.closed = reason;
  }
}

/** The result of a request, for the body of a transaction. */
export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** All keys that start with the given numbers and go on with one from `first` on. */
export function keysFrom(...key: number[]): IDBKeyRange {
  return IDBKeyRange.bound(key, [...key.slice(0, -1), Infinity]);
}

/** All that is stored of a generation. */
export function allOf(generation: number): IDBKeyRange {
  // In the order of keys, an array comes after everything else.
  return IDBKeyRange.bound([generation], [generation, []]);
}

function connect(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = ({ oldVersion }) => upgrade(request.result, request.transaction!, oldVersion);
    request.onsuccess = () => resolve(request.result);
    // Whatever the browser calls it, without the database there is no local data: private windows, full disks, broken profiles.
    request.onerror = () => reject(request.error?.name === 'QuotaExceededError' ? toStoreError(request.error) : new StoreError(
      'unavailable', `The browser's database cannot be opened (${request.error?.name}: ${request.error?.message}). Reload the page; in a private window, use an ordinary one.`));
    request.onblocked = () => reject(new StoreError(
      'unavailable', 'The local database cannot be upgraded while another tab has it open. Close the other tabs of this site, then reload this page.'));
  });
}

/** Rows were laid out otherwise before the third version, and there was no outbox before the second. */
function upgrade(database: IDBDatabase, transaction: IDBTransaction, from: number): void {
  for (const store of GENERATION_STORES) {
    if (database.objectStoreNames.contains(store))
      database.deleteObjectStore(store);
    database.createObjectStore(store);
  }
  if (from < 1)
    database.createObjectStore('collections', { keyPath: 'name' });
  if (from < 2) {
    const outbox = database.createObjectStore('outbox', { keyPath: ['collection', 'number'] });
    for (const field of ['key', 'state'])
      outbox.createIndex(field, ['collection', field]);
  }
  const collections = transaction.objectStore('collections');
  const records = collections.getAll();
  records.onsuccess = () => records.result.forEach((record, i) => collections.put(upgradeRecord(record, i + 1)));
}

/** A quota error arrives here and at no request. */
function completed(transaction: IDBTransaction): Promise<void> {
  const completion = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  completion.catch(() => {}); // Awaited later, and only if the body does not fail first.
  return completion;
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch (error) {
    if ((error as DOMException).name !== 'InvalidStateError') // It is over already.
      throw error;
  }
}

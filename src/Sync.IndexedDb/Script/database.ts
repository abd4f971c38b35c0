import { isLost, StoreError, toStoreError } from './errors.ts';
import { upgradeRecord } from './record.ts';

export const VERSION = 3;

/** How long other tabs get to close a database that is being deleted or upgraded; their own running transactions may hold them up. */
const CLOSE_MILLISECONDS = 3000;

/**
 * The pauses before a lost connection is opened again. A browser whose storage process has been started anew has the
 * database within the first; whoever waits for a row waits no more than a second and a half in all.
 */
const REOPEN_MILLISECONDS = [50, 250, 1250];

/**
 * The object stores: `collections` by name; `segments` by [generation, first change]; `columns` by [generation, field,
 * first change of the segment]; `rows` by [generation, block]; `orders` by [generation, name]; `windows` by
 * [generation, query]; `outbox` by [collection, number], with the indexes `key` and `state`.
 */
export type StoreName = 'collections' | 'outbox' | typeof GENERATION_STORES[number];

/** What belongs to a generation, whose number comes first in the key. */
export const GENERATION_STORES = ['segments', 'columns', 'rows', 'orders', 'windows'] as const;

export const ALL_STORES: readonly StoreName[] = ['collections', 'outbox', ...GENERATION_STORES];

/**
 * A connection to the browser's database, opened when it is first needed and again when it is lost. Where the browser
 * has no storage at all, a database in memory takes its place, which is gone with the worker.
 */
export class Database {
  private connection: Promise<IDBDatabase> | null = null;
  private closed: StoreError | null = null;
  private memory: { readonly why: string; database: Promise<IDBDatabase> } | null = null;
  /** True once there has been a connection: data is there, and memory must not take its place. */
  private wasOpen = false;

  constructor(readonly name: string) {}

  /** Why nothing is kept beyond this worker; null where the browser keeps it. */
  get memoryOnly(): string | null {
    return this.memory?.why ?? null;
  }

  /**
   * Runs `body` in one transaction and returns after it has completed. The body awaits nothing but requests of its own
   * transaction; where it throws, the transaction is undone. A transaction that has begun is never repeated.
   */
  async transact<T>(
    mode: IDBTransactionMode, stores: readonly StoreName[], body: (transaction: IDBTransaction) => Promise<T>,
    durability: IDBTransactionDurability = 'relaxed'): Promise<T> {
    const transaction = await this.begin(mode, stores, durability);
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
    this.wasOpen = false;
    if (this.memory !== null) {
      this.memory.database = openMemory();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(this.name);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(toStoreError(request.error));
      request.onblocked = () => setTimeout(() => reject(new StoreError(
        'unavailable', 'The local data is not deleted yet, because another tab has it open. Close the other tabs of this site, then try again.')), CLOSE_MILLISECONDS);
    });
  }

  private async begin(mode: IDBTransactionMode, stores: readonly StoreName[], durability: IDBTransactionDurability): Promise<IDBTransaction> {
    for (let attempt = 0; ; attempt++) {
      const connection = this.open();
      try {
        return (await connection).transaction([...stores], mode, { durability });
      } catch (error) {
        if (this.closed !== null)
          throw this.closed;
        this.forget(connection);
        const pause = isLost(error, this.wasOpen) ? REOPEN_MILLISECONDS[attempt] : undefined;
        if (pause !== undefined)
          await new Promise(resolve => setTimeout(resolve, pause));
        else if (this.wasOpen || error instanceof StoreError)
          throw toStoreError(error);
        else
          this.memory ??= { why: toStoreError(error).message, database: openMemory() };
      }
    }
  }

  private open(): Promise<IDBDatabase> {
    if (this.closed !== null)
      return Promise.reject(this.closed);
    if (this.memory !== null)
      return this.memory.database;
    if (this.connection === null) {
      const connection = this.connection = connect(this.name).then(database => {
        this.wasOpen = true;
        database.onversionchange = ({ newVersion }) => this.disconnect(new StoreError('reload', newVersion === null
          ? 'Another tab has deleted the local data, as signing out does. Reload this page.'
          : 'Another tab runs a newer version of this app. Reload this page to get it.'));
        // Not by us: the data of the site was cleared, or the browser's storage has stopped.
        database.onclose = () => this.forget(connection);
        return database;
      });
    }
    return this.connection;
  }

  /** Whoever needs the database next opens it again. */
  private forget(connection: Promise<IDBDatabase>): void {
    if (this.connection !== connection)
      return;
    this.connection = null;
    connection.then(database => database.close(), () => {});
  }

  private disconnect(reason: StoreError | null): void {
    this.closed = reason;
    if (this.connection !== null)
      this.forget(this.connection);
  }
}

/** Hardly anybody needs it, so that it is fetched when somebody does. */
async function openMemory(): Promise<IDBDatabase> {
  return (await import('./memory.ts')).openMemory(upgrade);
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
    let isGivenUp = false;
    request.onupgradeneeded = ({ oldVersion }) => upgrade(request.result, request.transaction!, oldVersion);
    // One that comes too late would stand in the way of others.
    request.onsuccess = () => isGivenUp ? request.result.close() : resolve(request.result);
    request.onerror = () => reject(toOpenError(request.error));
    request.onblocked = () => setTimeout(() => {
      isGivenUp = true;
      reject(new StoreError('unavailable', 'The local data cannot be brought up to date while another tab still runs an older version of this app. Close the other tabs of this site; this one then goes on.'));
    }, CLOSE_MILLISECONDS);
  });
}

/** Where data is there, a failure is final for now; all others are left for {@link Database} to judge. */
function toOpenError(error: DOMException | null): unknown {
  switch (error?.name) {
    case 'VersionError':
      return new StoreError('reload', 'The data on this device was written by a newer version of this app. Reload this page to get that version; nothing is deleted.');
    case 'QuotaExceededError':
      return toStoreError(error);
    default:
      return error;
  }
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

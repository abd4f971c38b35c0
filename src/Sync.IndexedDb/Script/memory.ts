/** A key as the store uses them. */
type Key = number | string | readonly Key[];

interface Entry {
  readonly key: Key;
  readonly value: unknown;
}

interface Table {
  readonly keyPath: readonly string[] | string | null;
  readonly indexes: Map<string, readonly string[]>;
  /** By key. */
  entries: Entry[];
}

/**
 * Opens an empty database in memory that behaves, in as much as the store uses it, as one of IndexedDB: values are
 * copied, keys are in order, transactions run one after the other, end by themselves, and are undone where they are
 * aborted. `upgrade` creates the object stores, as in a new database.
 */
export function openMemory(upgrade: (database: IDBDatabase, transaction: IDBTransaction, oldVersion: number) => void): IDBDatabase {
  // Ranges are plain objects, and may be missing where IndexedDB is.
  globalThis.IDBKeyRange ??= {
    bound: (lower: Key, upper: Key, lowerOpen = false, upperOpen = false) => ({ lower, upper, lowerOpen, upperOpen }),
  } as unknown as typeof IDBKeyRange;
  const database = new MemoryDatabase();
  upgrade(database as unknown as IDBDatabase, database.transaction() as unknown as IDBTransaction, 0);
  return database as unknown as IDBDatabase;
}

class MemoryDatabase {
  readonly objectStoreNames = { contains: (name: string) => this.tables.has(name) };
  private readonly tables = new Map<string, Table>();
  private lastTurn: Promise<void> = Promise.resolve();

  createObjectStore(name: string, { keyPath = null }: { keyPath?: Table['keyPath'] } = {}): { createIndex(index: string, keyPath: string[]): void } {
    const indexes = new Map<string, readonly string[]>();
    this.tables.set(name, { keyPath, indexes, entries: [] });
    return { createIndex: (index, keyPath) => void indexes.set(index, keyPath) };
  }

  transaction(): MemoryTransaction {
    const transaction = new MemoryTransaction(this.tables);
    this.lastTurn = this.lastTurn.then(() => transaction.run());
    return transaction;
  }

  close(): void {}
}

class MemoryRequest<T> {
  result: T | undefined;
  error: DOMException | null = null;
  onsuccess: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(private readonly action: () => T) {}

  run(): void {
    this.result = this.action();
    this.onsuccess?.();
  }

  fail(error: DOMException): void {
    this.error = error;
    this.onerror?.();
  }
}

class MemoryTransaction {
  readonly error = null;
  oncomplete: (() => void) | null = null;
  onabort: (() => void) | null = null;
  private readonly undo: (() => void)[] = [];
  private requests: MemoryRequest<unknown>[] = [];
  private isOver = false;

  constructor(private readonly tables: ReadonlyMap<string, Table>) {}

  objectStore(name: string): MemoryStore {
    return new MemoryStore(this.tables.get(name)!, this);
  }

  /** Its turn has come. It is over when a task has passed without a request. */
  async run(): Promise<void> {
    await nextTask();
    while (this.requests.length > 0) {
      const requests = this.requests;
      this.requests = [];
      while (requests.length > 0 && !this.isOver)
        requests.shift()!.run();
      requests.forEach(request => request.fail(aborted()));
      await nextTask();
    }
    if (this.isOver)
      return;
    this.isOver = true;
    this.oncomplete?.();
  }

  commit(): void {
    // It ends by itself; nothing is gained by ending it sooner.
  }

  abort(): void {
    if (this.isOver)
      throw new DOMException('The transaction is over.', 'InvalidStateError');
    this.isOver = true;
    this.undo.reverse().forEach(undo => undo());
    const requests = this.requests;
    this.requests = [];
    requests.forEach(request => request.fail(aborted()));
    void nextTask().then(() => this.onabort?.());
  }

  ask<T>(action: () => T): MemoryRequest<T> {
    if (this.isOver)
      throw new DOMException('The transaction is over.', 'TransactionInactiveError');
    const request = new MemoryRequest(action);
    this.requests.push(request);
    return request;
  }

  /** Puts `added` in place of `count` entries. */
  splice(table: Table, start: number, count: number, added: Entry[]): void {
    const removed = table.entries.splice(start, count, ...added);
    this.undo.push(() => table.entries.splice(start, added.length, ...removed));
  }
}

class MemoryStore {
  constructor(private readonly table: Table, private readonly transaction: MemoryTransaction) {}

  get(query: Key | IDBKeyRange): MemoryRequest<unknown> {
    return this.transaction.ask(() => copies(this.find(query, 1))[0]);
  }

  getAll(query?: Key | IDBKeyRange, limit?: number): MemoryRequest<unknown[]> {
    return this.transaction.ask(() => copies(this.find(query, limit)));
  }

  getAllKeys(query?: Key | IDBKeyRange, limit?: number): MemoryRequest<Key[]> {
    return this.transaction.ask(() => this.find(query, limit).map(({ key }) => key));
  }

  put(value: unknown, key?: Key): MemoryRequest<Key> {
    const copy = structuredClone(value);
    const at = structuredClone(key ?? keyOf(copy, this.table.keyPath!));
    return this.transaction.ask(() => {
      const start = this.after(at, false);
      this.transaction.splice(this.table, start, this.after(at, true) - start, [{ key: at, value: copy }]);
      return at;
    });
  }

  delete(query: Key | IDBKeyRange): MemoryRequest<undefined> {
    return this.transaction.ask(() => {
      const [start, end] = this.span(query);
      this.transaction.splice(this.table, start, end - start, []);
      return undefined;
    });
  }

  clear(): MemoryRequest<undefined> {
    return this.transaction.ask(() => {
      this.transaction.splice(this.table, 0, this.table.entries.length, []);
      return undefined;
    });
  }

  index(name: string): { getAll(query: Key, limit?: number): MemoryRequest<unknown[]> } {
    const keyPath = this.table.indexes.get(name)!;
    // Edits that wait are few: they are looked through.
    return {
      getAll: (query, limit) => this.transaction.ask(() =>
        copies(this.table.entries.filter(({ value }) => compare(keyOf(value, keyPath), query) === 0).slice(0, limit))),
    };
  }

  private find(query?: Key | IDBKeyRange, limit?: number): Entry[] {
    const [start, end] = this.span(query);
    return this.table.entries.slice(start, limit ? Math.min(end, start + limit) : end);
  }

  private span(query?: Key | IDBKeyRange): [number, number] {
    if (query === undefined)
      return [0, this.table.entries.length];
    if (!isRange(query))
      return [this.after(query, false), this.after(query, true)];
    const start = query.lower === undefined ? 0 : this.after(query.lower as Key, query.lowerOpen);
    const end = query.upper === undefined ? this.table.entries.length : this.after(query.upper as Key, !query.upperOpen);
    return [start, Math.max(start, end)];
  }

  /** The position of the first entry behind a key, or at it. */
  private after(key: Key, isBehind: boolean): number {
    const { entries } = this.table;
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(entries[middle]!.key, key);
      if (order < 0 || (isBehind && order === 0))
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
}

function copies(entries: readonly Entry[]): unknown[] {
  return entries.map(({ value }) => structuredClone(value));
}

function isRange(query: Key | IDBKeyRange): query is IDBKeyRange {
  return typeof query === 'object' && !Array.isArray(query);
}

function keyOf(value: unknown, keyPath: readonly string[] | string): Key {
  const record = value as Record<string, Key>;
  return typeof keyPath === 'string' ? record[keyPath]! : keyPath.map(field => record[field]!);
}

/** The order of IndexedDB: numbers, then text, then arrays. */
function compare(a: Key, b: Key): number {
  if (typeof a === 'object' && typeof b === 'object') {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const order = compare(a[i]!, b[i]!);
      if (order !== 0)
        return order;
    }
    return a.length - b.length;
  }
  const kind = (key: Key) => typeof key === 'number' ? 0 : typeof key === 'string' ? 1 : 2;
  return typeof a !== typeof b ? kind(a) - kind(b) : a < b ? -1 : a > b ? 1 : 0;
}

function aborted(): DOMException {
  return new DOMException('The transaction was aborted.', 'AbortError');
}

/** Resolves in a task of its own, when all that promises have led to is done; a timer would be held back. */
function nextTask(): Promise<void> {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Database, result } from '../../../src/Sync.IndexedDb/Script/database.ts';
import { openMemory } from '../../../src/Sync.IndexedDb/Script/memory.ts';

/** What the browser answers to each opening; the last one goes for all that follow. */
type Answer = string | 'blocked' | IDBDatabase;

interface Request {
  result?: IDBDatabase;
  error?: DOMException;
  onsuccess(): void;
  onerror(): void;
  onblocked(): void;
}

let openings = 0;
let late: (() => void) | null = null;

beforeEach(() => {
  openings = 0;
  mock.timers.enable({ apis: ['setTimeout'] });
});

afterEach(() => mock.timers.reset());

test('a connection that is lost is opened again before the transaction begins', async () => {
  const [lost, good] = [losing('InvalidStateError'), working()];
  answer(working(), good);
  const database = new Database('d');
  await write(database, 1);
  answer(lost, good);
  const connection = await (database as unknown as { connection: Promise<IDBDatabase> }).connection;
  connection.onclose!(new Event('close'));

  await patiently(write(database, 2));

  assert.deepEqual(await read(database), ['2']);
  assert.equal(openings, 3);
});

test('after three reopenings it is unavailable, and memory does not take the place of data', async () => {
  answer(losing('UnknownError', 1), 'UnknownError');
  const database = new Database('d');
  await write(database, 1);

  await assert.rejects(patiently(write(database, 2)), { failure: 'unavailable' });

  assert.equal(openings, 4);
  assert.equal(database.memoryOnly, null);
});

test('a profile that does not open at all is replaced by memory, after three more attempts', async () => {
  answer('UnknownError');
  const database = new Database('d');

  await patiently(write(database, 1));

  assert.deepEqual(await read(database), ['1']);
  assert.equal(openings, 4);
  assert.match(database.memoryOnly!, /UnknownError/);
});

for (const refusal of ['SecurityError', 'InvalidStateError'])
  test(`memory takes the place of a database that is refused with ${refusal}, at once`, async () => {
    answer(refusal);
    const database = new Database('d');

    await Promise.all([write(database, 1), write(database, 2)]);

    assert.deepEqual(await read(database), ['1', '2']);
    assert.match(database.memoryOnly!, new RegExp(refusal));
  });

test('the data of a newer version is left alone', async () => {
  answer('VersionError');
  const database = new Database('d');

  await assert.rejects(write(database, 1), { failure: 'reload', message: /newer version/ });

  assert.equal(database.memoryOnly, null);
});

test('an upgrade that is blocked is waited for', async () => {
  answer('blocked');
  const database = new Database('d');
  const writing = write(database, 1);
  await tasks();
  mock.timers.tick(2999);
  late!();

  await writing;

  assert.deepEqual(await read(database), ['1']);
});

test('an upgrade that stays blocked fails, and a connection that comes too late is closed', async () => {
  answer('blocked');
  const database = new Database('d');
  const writing = assert.rejects(write(database, 1), { failure: 'unavailable', message: /Close the other tabs/ });
  await tasks();
  mock.timers.tick(3000);
  await writing;
  const closed = mock.method(lateDatabase, 'close');

  late!();

  assert.equal(closed.mock.callCount(), 1);
});

test('a newer version in another tab closes the connection at once', async () => {
  const connection = working();
  answer(connection);
  const database = new Database('d');
  await write(database, 1);
  const closed = mock.method(connection, 'close');

  connection.onversionchange!({ newVersion: 9 } as IDBVersionChangeEvent);
  await Promise.resolve();

  assert.equal(closed.mock.callCount(), 1);
  await assert.rejects(write(database, 2), { failure: 'reload', message: /newer version of this app/ });
});

test('what a transaction in memory did is undone where it is aborted', async () => {
  answer('SecurityError');
  const database = new Database('d');
  await write(database, 1);

  await assert.rejects(database.transact('readwrite', ['rows'], async transaction => {
    const rows = transaction.objectStore('rows');
    rows.put('changed', [1, 1]);
    rows.put('new', [0, 1]);
    rows.delete(IDBKeyRange.bound([1], [2]));
    assert.deepEqual(await result(rows.getAll()), ['new']);
    throw new Error('no');
  }));

  assert.deepEqual(await read(database), ['1']);
});

/** Replaces indexedDB by one that answers as it is told. */
function answer(...answers: Answer[]): void {
  const remaining = [...answers];
  globalThis.indexedDB = {
    open() {
      openings++;
      const next = remaining.length > 1 ? remaining.shift()! : remaining[0]!;
      const request = {} as Request;
      queueMicrotask(() => {
        if (next === 'blocked') {
          request.onblocked();
          late = () => {
            request.result = lateDatabase;
            request.onsuccess();
          };
        } else if (typeof next === 'string') {
          request.error = new DOMException('as told', next);
          request.onerror();
        } else {
          request.result = next;
          request.onsuccess();
        }
      });
      return request;
    },
  } as unknown as IDBFactory;
}

function working(): IDBDatabase {
  return openMemory(database => database.createObjectStore('rows'));
}

const lateDatabase = working();

/** Fails to begin transactions after the first ones. */
function losing(name: string, good = 0): IDBDatabase {
  const database = working();
  const begin = database.transaction.bind(database);
  database.transaction = (...args) => {
    if (good-- <= 0)
      throw new DOMException('as told', name);
    return begin(...args);
  };
  return database;
}

function write(database: Database, key: number): Promise<unknown> {
  return database.transact('readwrite', ['rows'], transaction => result(transaction.objectStore('rows').put(String(key), [key, 1])));
}

function read(database: Database): Promise<unknown> {
  return database.transact('readonly', ['rows'], transaction => result(transaction.objectStore('rows').getAll()));
}

/** Lets every pause end as soon as it begins. */
async function patiently<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  const end = () => void (isOver = true);
  work.then(end, end);
  while (!isOver) {
    await tasks();
    mock.timers.tick(2000);
  }
  return work;
}

function tasks(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

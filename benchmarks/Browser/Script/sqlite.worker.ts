/**
 * SQLite as a careful engineer sets it up: the pool VFS on OPFS, which is its fastest and belongs to one tab; 64 MiB of
 * cache; prepared statements; a page is parsed by SQLite itself, from its bytes, in one transaction; indexes are made after
 * the first sync, and the planner knows what is in them. Nothing is synced to the disk but edits: synchronous is off for
 * pages, which can be fetched again, as ours are written with relaxed durability.
 */
import init, { type Database, type PreparedStatement, type SAHPoolUtil, type Sqlite3Static } from '@sqlite.org/sqlite-wasm';
import { fetchPage, fetchPages, parsePage } from './pages.ts';

const FIELDS = [
  'id', 'display_name', 'normalized_name', 'platform', 'times_seen', 'feedback_percent', 'feedback_count', 'flagged',
  'platform_id', 'created_at', 'updated_at', 'last_seen_run_id',
];
const INDEXED = ['normalized_name', 'platform', 'times_seen', 'feedback_percent', 'feedback_count', 'flagged', 'created_at'];
/** Rows as one string, each an array with its fields in order. */
const ROWS = `json_group_array(json_array(${FIELDS.join()}))`;
const TABLES = `
  CREATE TABLE IF NOT EXISTS sellers (
    id INTEGER PRIMARY KEY, display_name TEXT NOT NULL, normalized_name TEXT NOT NULL, platform TEXT NOT NULL,
    times_seen INTEGER NOT NULL, feedback_percent REAL, feedback_count INTEGER NOT NULL, flagged INTEGER NOT NULL,
    platform_id TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, last_seen_run_id INTEGER);
  CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY, key INTEGER NOT NULL, fields TEXT NOT NULL, made_at TEXT NOT NULL);`;
const SETTINGS = `
  PRAGMA cache_size = -65536; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF;
  PRAGMA temp_store = MEMORY;`;
const PUT = `
  INSERT INTO sellers SELECT ${FIELDS.map(field => `value ->> '$.row.${field}'`).join()}
  FROM json_each(?1, '$.changes') WHERE value ->> '$.op' = 'upsert'
  ON CONFLICT (id) DO UPDATE SET ${FIELDS.slice(1).map(field => `${field} = excluded.${field}`).join()}`;
const DELETE = `
  DELETE FROM sellers WHERE id IN (SELECT value ->> '$.key' FROM json_each(?1, '$.changes') WHERE value ->> '$.op' = 'delete')`;

// An isolated page would also be given the VFSs that wait for a second worker: slower ones, and slower to start.
Object.assign(self, { sqlite3ApiConfig: { disable: { vfs: { 'opfs': true, 'opfs-vfs': true, 'opfs-wl': true } } } });

let sqlite: Sqlite3Static;
let pool: SAHPoolUtil;
let database: Database;
let opening: Promise<void> | undefined;
let statements = new Map<string, PreparedStatement>();
let pages: Uint8Array[] = [];
let changes: Uint8Array[] = [];
/** The keys of the view that is open, in its order. */
let view = new Float64Array(0);

function open(): Promise<void> {
  return opening ??= (async () => {
    sqlite ??= await init();
    pool ??= await sqlite.installOpfsSAHPoolVfs({});
    database = new pool.OpfsSAHPoolDb('/sellers.db');
    database.exec(SETTINGS);
    database.exec(TABLES);
  })();
}

function prepare(sql: string): PreparedStatement {
  let statement = statements.get(sql);
  if (statement === undefined) {
    statement = database.prepare(sql);
    statements.set(sql, statement);
  }
  return statement;
}

function run(sql: string, ...values: (string | number)[]): void {
  const statement = prepare(sql);
  if (values.length > 0) statement.bind(values);
  statement.stepReset();
}

/** The only value of the only row. */
function value<T extends string | number>(sql: string, ...values: (string | number)[]): T {
  const statement = prepare(sql);
  if (values.length > 0) statement.bind(values);
  statement.step();
  const result = statement.get(0) as T;
  statement.reset();
  return result;
}

function transact(action: () => void): void {
  run('BEGIN IMMEDIATE');
  try {
    action();
    run('COMMIT');
  } catch (error) {
    run('ROLLBACK');
    throw error;
  }
}

/** Hands SQLite the bytes of a page as a text, without a string of them in between. */
function runOn(sql: string, page: Uint8Array): void {
  const { capi, wasm } = sqlite;
  const statement = prepare(sql);
  const pointer = wasm.allocFromTypedArray(page);
  try {
    if (capi.sqlite3_bind_text(statement.pointer!, 1, pointer, page.length, capi.SQLITE_STATIC) !== 0)
      throw new Error('SQLite does not take a page.');
    statement.stepReset();
    statement.clearBindings();
  } finally {
    wasm.dealloc(pointer);
  }
}

function store(page: Uint8Array): void {
  transact(() => {
    runOn(PUT, page);
    runOn(DELETE, page);
    runOn("INSERT OR REPLACE INTO cursors SELECT 'sellers', ?1 ->> '$.next'", page);
  });
}

function index(): void {
  transact(() => INDEXED.forEach(field => database.exec(`CREATE INDEX by_${field} ON sellers (${field})`)));
  database.exec('ANALYZE');
}

function cursor(): string | undefined {
  return database.selectValue("SELECT value FROM cursors WHERE name = 'sellers'") as string | undefined;
}

/** Rows by key, in the order of the keys. */
function rowsOf(keys: readonly number[]): string {
  return value(`SELECT ${ROWS} FROM (SELECT sellers.* FROM json_each(?1) AS keys CROSS JOIN sellers ON sellers.id = keys.value ORDER BY keys.key)`, JSON.stringify(keys));
}

const calls = {
  open,

  async empty(): Promise<void> {
    await open();
    statements.forEach(statement => statement.finalize());
    statements = new Map();
    database.close();
    opening = undefined;
    await pool.wipeFiles();
  },

  async firstSync(): Promise<void> {
    await open();
    for (let coming: Promise<Uint8Array> | undefined = fetchPage(undefined); coming;) {
      const bytes: Uint8Array = await coming;
      const { next, more } = parsePage(bytes);
      coming = more ? fetchPage(next) : undefined;
      store(bytes);
    }
    index();
  },

  async load(): Promise<void> {
    if (pages.length === 0) pages = await fetchPages();
  },

  fill(): void {
    pages.forEach(store);
    index();
  },

  async loadChanges(): Promise<void> {
    changes = await fetchPages(cursor());
  },

  applyChanges(): void {
    changes.forEach(store);
    changes = [];
  },

  wasmBytes: () => sqlite.wasm.heap8u().byteLength,

  count: () => value<number>('SELECT count(*) FROM sellers'),

  countSeen: (timesSeen: number) => value<number>('SELECT count(*) FROM sellers WHERE times_seen = ?1', timesSeen),

  async firstRows(count: number): Promise<string> {
    await open();
    return value(`SELECT ${ROWS} FROM (SELECT * FROM sellers ORDER BY id DESC LIMIT ?1)`, count);
  },

  rowsFrom: (key: number, count: number) =>
    value<string>(`SELECT ${ROWS} FROM (SELECT * FROM sellers WHERE id <= ?1 ORDER BY id DESC LIMIT ?2)`, key, count),

  namesFrom: (offset: number, count: number) =>
    value<string>(`SELECT ${ROWS} FROM (SELECT * FROM sellers ORDER BY normalized_name LIMIT ?2 OFFSET ?1)`, offset, count),

  openView(field: string, descending: boolean): void {
    const keys = value<string>(`SELECT json_group_array(id) FROM (SELECT id FROM sellers ORDER BY ${field}${descending ? ' DESC, id DESC' : ', id'})`);
    view = Float64Array.from(JSON.parse(keys) as number[]);
  },

  viewRows: (offset: number, count: number) => rowsOf([...view.subarray(offset, offset + count)]),

  emptyCache(): void {
    database.exec('PRAGMA shrink_memory');
  },

  /** One pass over the index of names: the keys of all matches. (FTS5 wants three characters, and time to be written.) */
  search(text: string, count: number): { matches: number; rows: string } {
    const matches = JSON.parse(value('SELECT json_group_array(id) FROM sellers INDEXED BY by_normalized_name WHERE instr(normalized_name, ?1)', text)) as number[];
    const first = Float64Array.from(matches).sort().reverse().subarray(0, count);
    return { matches: matches.length, rows: rowsOf([...first]) };
  },

  filterSort: (platform: string, count: number) => ({
    matches: value<number>('SELECT count(*) FROM sellers WHERE platform = ?1', platform),
    rows: value<string>(`SELECT ${ROWS} FROM (SELECT * FROM sellers WHERE platform = ?1 ORDER BY times_seen DESC, id DESC LIMIT ?2)`, platform, count),
  }),

  edit(key: number, timesSeen: number): void {
    run('PRAGMA synchronous = FULL');
    transact(() => {
      run('UPDATE sellers SET times_seen = ?2 WHERE id = ?1', key, timesSeen);
      run("INSERT INTO outbox (key, fields, made_at) VALUES (?1, json_object('times_seen', ?2), datetime())", key, timesSeen);
    });
    run('PRAGMA synchronous = OFF');
  },
};

export type Calls = typeof calls;

self.onmessage = async ({ data: { id, name, args } }: MessageEvent<{ id: number; name: keyof Calls; args: never[] }>) => {
  try {
    self.postMessage({ id, value: await (calls[name] as (...args: never[]) => unknown)(...args) });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};

/**
 * The peer: Dexie 4 as a careful team uses it for the same job. The same server's pages in their JSON form, one
 * bulkPut and the cursor in one transaction a page, the next page under way meanwhile, relaxed durability, and an
 * index on each field that our schema indexes. The operations are those of Client/Operations.cs.
 */
import { Dexie, type EntityTable } from 'dexie';
import { time, NOTHING, type Outcome } from './outcome.ts';
import { fetchPage, fetchPages, parsePage, type Page, type Seller } from './pages.ts';

/** IndexedDB has no index over booleans. */
type Row = Omit<Seller, 'flagged'> & { flagged: 0 | 1 };

document.title = `Dexie ${Dexie.semVer}`;
// On by default where the host is local: every promise would keep a trace of where it came from.
Dexie.debug = false;

/**
 * Rows that a search loads at once. IndexedDB cannot look inside a text, so every row has to be read: in batches, at
 * 100,000 rows, 0.85 s; by filter() or each(), which step a cursor, 1.2 s; by the keys of the index of names, 1.6 s.
 */
const SCAN_BATCH = 5000;

class Sellers extends Dexie {
  declare rows: EntityTable<Row, 'id'>;
  declare cursors: EntityTable<{ name: string; value: string }, 'name'>;
  declare outbox: EntityTable<{ number?: number; key: number; fields: object; made_at: string }, 'number'>;

  constructor(durability: 'relaxed' | 'strict' = 'relaxed') {
    super('sellers', { chromeTransactionDurability: durability });
    this.version(1).stores({
      rows: 'id, normalized_name, platform, times_seen, feedback_percent, feedback_count, flagged, created_at',
      cursors: 'name',
      outbox: '++number',
    });
  }
}

/** Deletes the database. */
export async function empty(): Promise<Outcome> {
  kept?.close();
  kept = undefined;
  await Dexie.delete('sellers');
  return NOTHING;
}

/** From no database to every row stored. */
export async function firstSync(): Promise<Outcome> {
  const start = performance.now();
  const database = new Sellers();
  await pull(database);
  const milliseconds = performance.now() - start;
  const count = await database.rows.count();
  database.close();
  return { milliseconds: [milliseconds], seen: [count] };
}

/** From opening the database to the first rows in default order. */
export async function warmOpen(count: number): Promise<Outcome> {
  const start = performance.now();
  const database = new Sellers();
  const rows = await firstWindow(database, count);
  const milliseconds = performance.now() - start;
  database.close();
  return { milliseconds: [milliseconds], seen: rows.map(row => row.id) };
}

/** Windows of `count` rows in the order of names. Sees the first and the last row of each. */
export async function windowJump(offsets: number[], count: number): Promise<Outcome> {
  const database = await opened();
  const outcome: Outcome = { milliseconds: [], seen: [] };
  for (const offset of offsets) {
    const start = performance.now();
    const rows = await database.rows.orderBy('normalized_name').offset(offset).limit(count).toArray();
    outcome.milliseconds.push(performance.now() - start);
    outcome.seen.push(rows[0]!.id, rows[rows.length - 1]!.id);
  }
  return outcome;
}

/** The exact count of names with a text in them, and the first rows in default order. Sees the count and those rows' keys. */
export async function search(texts: string[], count: number): Promise<Outcome> {
  const database = await opened();
  const outcome: Outcome = { milliseconds: [], seen: [] };
  for (const text of texts) {
    const start = performance.now();
    const first: Row[] = [];
    let matches = 0;
    for (let below = Infinity, more = true; more;) {
      const rows = await database.rows.where('id').below(below).reverse().limit(SCAN_BATCH).toArray();
      for (const row of rows) {
        if (!row.normalized_name.includes(text)) continue;
        matches++;
        if (first.length < count) first.push(row);
      }
      below = rows.at(-1)?.id ?? below;
      more = rows.length === SCAN_BATCH;
    }
    outcome.milliseconds.push(performance.now() - start);
    outcome.seen.push(matches, ...first.map(row => row.id));
  }
  return outcome;
}

/** Every row in default order as CSV, to a download: one text and one blob. Sees the number of rows. */
export async function exportCsv(): Promise<Outcome> {
  const database = await opened();
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await time(outcome, async () => {
    const rows = await database.rows.reverse().toArray();
    const text = [COLUMNS.join(','), ...rows.map(row => COLUMNS.map(name => csvCell(name, row[name])).join(','))].join('\r\n') + '\r\n';
    const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    const link = Object.assign(document.createElement('a'), { href: url, download: 'sellers.csv' });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    outcome.seen.push(rows.length);
  });
  return outcome;
}

const COLUMNS: readonly (keyof Row)[] = [
  'id', 'display_name', 'normalized_name', 'platform', 'times_seen', 'feedback_percent', 'feedback_count', 'flagged',
  'platform_id', 'created_at', 'updated_at', 'last_seen_run_id',
];

/** Safe against formulas and quoted where it has to be, as ours is. */
function csvCell(name: keyof Row, value: Row[keyof Row]): string {
  if (value === null || value === undefined) return '';
  if (name === 'flagged') return value ? 'true' : 'false';
  if (typeof value !== 'string') return String(value);
  const text = /^[=+\-@\t\r\0]/.test(value) ? `'${value}` : value;
  return /[",\r\n]|^ | $/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** From asking the server for what has changed to its being stored and the first window read again. Sees the rows that carry the mark. */
export async function delta(mark: number, count: number): Promise<Outcome> {
  const database = await opened();
  const start = performance.now();
  await pull(database);
  await firstWindow(database, count);
  const milliseconds = performance.now() - start;
  const seen = [await database.rows.where('times_seen').equals(mark).count(), await database.rows.count()];
  return { milliseconds: [milliseconds], seen };
}

let kept: Sellers | undefined;

/** The filled database, as an app keeps it open. */
export async function opened(): Promise<Sellers> {
  kept ??= await new Sellers().open() as Sellers;
  return kept;
}

function firstWindow(database: Sellers, count: number): Promise<Row[]> {
  return database.rows.reverse().limit(count).toArray();
}

async function pull(database: Sellers): Promise<void> {
  const stored = await database.cursors.get('sellers');
  for (let coming: Promise<Uint8Array> | undefined = fetchPage(stored?.value); coming;) {
    const page = parsePage(await coming);
    coming = page.more ? fetchPage(page.next) : undefined;
    await store(database, page);
  }
}

async function store(database: Sellers, page: Page): Promise<void> {
  const rows: Row[] = [];
  const deleted: number[] = [];
  for (const change of page.changes) {
    if (change.op === 'upsert') rows.push({ ...change.row, flagged: change.row.flagged ? 1 : 0 });
    else deleted.push(change.key);
  }
  await database.transaction('rw', database.rows, database.cursors, async () => {
    await database.rows.bulkPut(rows);
    await database.rows.bulkDelete(deleted);
    await database.cursors.put({ name: 'sellers', value: page.next });
  });
}

async function storeAll(database: Sellers, pages: readonly Uint8Array[]): Promise<void> {
  for (const bytes of pages) await store(database, parsePage(bytes));
}

let pages: Uint8Array[] = [];
let changes: Uint8Array[] = [];

export async function load(): Promise<Outcome> {
  if (pages.length === 0) pages = await fetchPages();
  return NOTHING;
}

/** Stores the pages that were loaded. */
export async function fill(): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  const database = await opened();
  await time(outcome, () => storeAll(database, pages));
  outcome.seen.push(await database.rows.count());
  return outcome;
}

/** Windows of `count` rows in default order, by the key at which each begins. Sees the first and the last row of each. */
export async function windows(_: number[], keys: number[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  const database = await opened();
  for (const key of keys) {
    const rows = await time(outcome, () => rowsFrom(database, key, count));
    outcome.seen.push(rows[0]!.id, rows.at(-1)!.id);
  }
  return outcome;
}

/** Screens of `count` rows in a sorted view, whose keys are in memory. Sees the first and the last row of each. */
export async function screens(field: string, descending: boolean, offsets: number[], count: number, cold: boolean): Promise<Outcome> {
  const database = await opened();
  const sorted = database.rows.orderBy(field);
  const keys = await (descending ? sorted.reverse() : sorted).primaryKeys();
  const show = async () => {
    const outcome: Outcome = { milliseconds: [], seen: [] };
    for (const offset of offsets) {
      const rows = await time(outcome, () => database.rows.bulkGet(keys.slice(offset, offset + count)));
      outcome.seen.push(rows[0]!.id, rows.at(-1)!.id);
    }
    return outcome;
  };
  if (!cold) await show();
  return show();
}

/** Rows of a platform that are rather loaded and sorted than looked for in the order of sightings. */
const FEW_ROWS = 5000;

/** The exact count of the rows of a platform, and those seen most often. Sees the count and those rows' keys. */
export async function filterSort(platforms: string[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  const database = await opened();
  for (const platform of platforms) {
    const { matches, rows } = await time(outcome, async () => {
      const found = database.rows.where('platform').equals(platform);
      const matches = await found.count();
      const rows = matches <= FEW_ROWS
        ? (await found.toArray()).sort((a, b) => b.times_seen - a.times_seen || b.id - a.id).slice(0, count)
        : await database.rows.orderBy('times_seen').reverse().filter(row => row.platform === platform).limit(count).toArray();
      return { matches, rows };
    });
    outcome.seen.push(matches, ...rows.map(row => row.id));
  }
  return outcome;
}

export async function loadChanges(): Promise<Outcome> {
  changes = await fetchPages((await (await opened()).cursors.get('sellers'))?.value);
  return NOTHING;
}

/** Stores the changes that were loaded, and reads the first window again. Sees the rows that carry the mark. */
export async function applyChanges(mark: number, count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  const database = await opened();
  await time(outcome, async () => {
    await storeAll(database, changes);
    return firstWindow(database, count);
  });
  outcome.seen.push(await database.rows.where('times_seen').equals(mark).count(), await database.rows.count());
  return outcome;
}

/** Edits one row after the other, and reads the window that begins with it. Sees which it is, and how often it was seen. */
export async function edit(_: number[], keys: number[], marks: number[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  const database = await new Sellers('strict').open() as Sellers;
  for (const [i, key] of keys.entries()) {
    const fields = { times_seen: marks[i]! };
    const rows = await time(outcome, async () => {
      await database.transaction('rw', database.rows, database.outbox, () => Promise.all([
        database.rows.update(key, fields),
        database.outbox.add({ key, fields, made_at: new Date().toISOString() }),
      ]));
      return rowsFrom(database, key, count);
    });
    outcome.seen.push(rows[0]!.id, rows[0]!.times_seen);
  }
  return outcome;
}

/** The names of the rows from a key on: what a list shows while rows arrive. */
export async function namesFrom(key: number, count: number): Promise<string[]> {
  return (await rowsFrom(await opened(), key, count)).map(row => row.display_name);
}

function rowsFrom(database: Sellers, key: number, count: number): Promise<Row[]> {
  return database.rows.where('id').belowOrEqual(key).reverse().limit(count).toArray();
}

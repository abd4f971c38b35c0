/**
 * The peer: Dexie 4 as a careful team uses it for the same job. The same server's pages in their JSON form, one
 * bulkPut and the cursor in one transaction a page, the next page under way meanwhile, relaxed durability, and an
 * index on each field that our schema indexes. The operations are those of Client/Operations.cs.
 */
import { Dexie, type EntityTable } from 'dexie';

/** What an operation took, and what it saw, for the driver to check against SQL. */
interface Outcome {
  milliseconds: number[];
  seen: number[];
}

interface Seller {
  id: number;
  display_name: string;
  normalized_name: string;
  platform: string;
  times_seen: number;
  feedback_percent: number | null;
  feedback_count: number;
  /** IndexedDB has no index over booleans. */
  flagged: 0 | 1;
  platform_id: string | null;
  created_at: string;
  updated_at: string;
  last_seen_run_id: number | null;
}

type Change =
  | { op: 'upsert'; row: Omit<Seller, 'flagged'> & { flagged: boolean } }
  | { op: 'delete'; key: number };

interface Page {
  changes: Change[];
  next: string;
  more: boolean;
}

document.title = `Dexie ${Dexie.semVer}`;
// On by default where the host is local: every promise would keep a trace of where it came from.
Dexie.debug = false;

/**
 * Rows that a search loads at once. IndexedDB cannot look inside a text, so every row has to be read: in batches, at
 * 100,000 rows, 0.85 s; by filter() or each(), which step a cursor, 1.2 s; by the keys of the index of names, 1.6 s.
 */
const SCAN_BATCH = 5000;

class Sellers extends Dexie {
  declare rows: EntityTable<Seller, 'id'>;
  declare cursors: EntityTable<{ name: string; value: string }, 'name'>;

  constructor() {
    super('sellers', { chromeTransactionDurability: 'relaxed' });
    this.version(1).stores({
      rows: 'id, normalized_name, platform, times_seen, feedback_percent, feedback_count, flagged, created_at',
      cursors: 'name',
    });
  }
}

/** Deletes the database. */
export async function empty(): Promise<Outcome> {
  await Dexie.delete('sellers');
  return { milliseconds: [], seen: [] };
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
    const first: Seller[] = [];
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
async function opened(): Promise<Sellers> {
  kept ??= await new Sellers().open() as Sellers;
  return kept;
}

function firstWindow(database: Sellers, count: number): Promise<Seller[]> {
  return database.rows.reverse().limit(count).toArray();
}

async function pull(database: Sellers): Promise<void> {
  const stored = await database.cursors.get('sellers');
  for (let coming: Promise<Page> | undefined = fetchPage(stored?.value); coming;) {
    const page: Page = await coming;
    coming = page.more ? fetchPage(page.next) : undefined;
    const rows: Seller[] = [];
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
}

async function fetchPage(cursor: string | undefined): Promise<Page> {
  const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
  const response = await fetch(`/sync/sellers${query}`, { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`The server answered ${response.status}: ${await response.text()}`);
  return await response.json() as Page;
}

/**
 * Our store by itself: the script that C# calls, called by a script. Answers stay the bytes that they are; only what the
 * driver wants to see is read out of them, after the clock has stopped.
 */
import { time, NOTHING, type Outcome } from './outcome.ts';

document.title = 'Collection.Sdk, its store alone';

/** What main.ts of Sync.IndexedDb has for us. */
interface StoreModule {
  createStore(databaseName: string, cacheBytes: number, listener: unknown): Store;
}

interface Store {
  openCollection(schema: string): Promise<Uint8Array>;
  lead(collection: string): Promise<Uint8Array>;
  apply(collection: string, page: Uint8Array, cursor: string | null, writes: number, fence: number): Promise<Uint8Array>;
  edit(collection: string, edits: string, madeAt: string): Promise<Uint8Array>;
  openView(collection: string, view: number, query: string, start: number, count: number): Promise<Uint8Array>;
  readView(view: number, start: number, count: number): Promise<Uint8Array>;
  closeView(view: number): void;
  wipe(): Promise<Uint8Array>;
  close(): Promise<Uint8Array>;
}

interface Status {
  cursor: string | null;
  rowCount: number;
  writes: number;
}

interface Answer {
  status?: Status;
  count?: number;
  fence?: number;
  outcomes?: { result: string }[];
  error?: string;
  message?: string;
}

interface Query {
  search: string;
  filters: { op: 'in'; field: number; values: string[] }[];
  sort: { field: number; descending: boolean; collation: null }[];
}

const script = '/_content/Collection.Sync.IndexedDb/sync-indexeddb.js';
const { createStore } = await import(script) as StoreModule;
const schema = await (await fetch('/schema.json')).text();
const { hash, fields } = JSON.parse(schema) as { hash: string; fields: { name: string }[] };
const position = (name: string) => fields.findIndex(field => field.name === name);

const CACHE_BYTES = 32 << 20;
const PAGE_BYTES = 1 << 20;
const FIRST_WINDOW = 50;
const LEFT_OPEN_MILLISECONDS = 2000;

const ALL: Query = { search: '', filters: [], sort: [] };

let store: Store | undefined;
let status: Status;
let fence = 0;
let views = 0;
let pages: Uint8Array[] = [];
let changes: Uint8Array[] = [];

/** The filled database, as an app keeps it open. */
async function open(cacheBytes = CACHE_BYTES): Promise<Store> {
  if (store === undefined) {
    store = createStore('store', cacheBytes, { invokeMethodAsync: () => Promise.resolve() });
    status = read(await store.openCollection(schema)).status!;
  }
  return store;
}

async function lead(): Promise<void> {
  fence = read(await (await open()).lead('sellers')).fence!;
}

/** What there is to say besides rows. */
function read(answer: Uint8Array): Answer {
  const length = new DataView(answer.buffer, answer.byteOffset).getUint32(0, true);
  const json = new TextDecoder().decode(answer.subarray(4, 4 + length)).trim();
  const said = (json === '' ? {} : JSON.parse(json)) as Answer;
  if (said.error !== undefined) throw new Error(`The store answered ${said.error}: ${said.message}`);
  return said;
}

/** The encoded rows, `count` of them, of an answer: an offset table, and what it points into. */
function rowsOf(answer: Uint8Array, count: number): Uint8Array[] {
  const start = 4 + new DataView(answer.buffer, answer.byteOffset).getUint32(0, true);
  const offsets = new Uint32Array(answer.buffer, answer.byteOffset + start, count + 1);
  const rows = answer.subarray(start + offsets.byteLength);
  return Array.from({ length: count }, (_, i) => rows.subarray(offsets[i]!, offsets[i + 1]!));
}

/** The whole number at an offset of an encoded row, which has to be there. */
function wholeNumber(row: Uint8Array, at: number): number {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const type = row[at]!;
  if (type < 0x80) return type;
  switch (type) {
    case 0xcc: return view.getUint8(at + 1);
    case 0xcd: return view.getUint16(at + 1);
    case 0xce: return view.getUint32(at + 1);
    case 0xcf: return Number(view.getBigUint64(at + 1));
    default: throw new Error(`There is no whole number in the row, but ${type}.`);
  }
}

/** The key is the first value, behind the byte that begins the array. */
const keyOf = (row: Uint8Array) => wholeNumber(row, 1);
const keysOf = (answer: Uint8Array, count: number) => rowsOf(answer, count).map(keyOf);

function ends(answer: Uint8Array, count: number): number[] {
  const keys = keysOf(answer, count);
  return [keys[0]!, keys.at(-1)!];
}

async function openView(query: Query, count: number, start = 0): Promise<{ view: number; answer: Uint8Array }> {
  const view = ++views;
  return { view, answer: await store!.openView('sellers', view, JSON.stringify(query), start, count) };
}

/** Opens a view, closes it, and has its rows. */
async function glance(query: Query, count: number, start = 0): Promise<Uint8Array> {
  const { view, answer } = await openView(query, count, start);
  store!.closeView(view);
  return answer;
}

async function countOf(query: Query): Promise<number> {
  return read(await glance(query, 0)).count!;
}

async function fetchPages(cursor: string | null): Promise<Uint8Array[]> {
  const pages: Uint8Array[] = [];
  for (let more = true; more;) {
    const query = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`/sync/sellers?maxBytes=${PAGE_BYTES}&schema=${hash}${query}`, { headers: { Accept: 'application/vnd.collection.page' } });
    if (!response.ok) throw new Error(`The server answered ${response.status}: ${await response.text()}`);
    const page = new Uint8Array(await response.arrayBuffer());
    const header = new DataView(page.buffer);
    more = (header.getUint32(4, true) & 1) !== 0;
    cursor = new TextDecoder().decode(page.subarray(64, 64 + header.getUint32(48, true)));
    pages.push(page);
  }
  return pages;
}

async function apply(pages: readonly Uint8Array[]): Promise<void> {
  for (const page of pages)
    status = read(await store!.apply('sellers', page, status.cursor, status.writes, fence)).status!;
}

/** Deletes the database. */
export async function empty(): Promise<Outcome> {
  read(await (await open()).wipe());
  read(await store!.close());
  store = undefined;
  return NOTHING;
}

export async function load(): Promise<Outcome> {
  if (pages.length === 0) pages = await fetchPages(null);
  return NOTHING;
}

/** Stores the pages that were loaded. They are copied before, since the store takes them away. */
export async function fill(): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await lead();
  const copies = pages.map(page => page.slice());
  await time(outcome, () => apply(copies));
  outcome.seen.push(status.rowCount);
  // An app shows its rows then, and is left open for a while, so that the next start finds what idle time has saved.
  await openView(ALL, FIRST_WINDOW);
  await new Promise(resolve => setTimeout(resolve, LEFT_OPEN_MILLISECONDS));
  return outcome;
}

/** From starting the store to the first rows in default order. */
export async function warmOpen(count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  const { answer } = await time(outcome, async () => {
    await open();
    return openView(ALL, count);
  });
  return { ...outcome, seen: keysOf(answer, Math.min(count, read(answer).count!)) };
}

/** Windows of `count` rows of a view at offsets. */
async function pass(view: number, offsets: readonly number[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  for (const offset of offsets)
    outcome.seen.push(...ends(await time(outcome, () => store!.readView(view, offset, count)), Math.min(count, status.rowCount - offset)));
  return outcome;
}

/** Windows of `count` rows in default order. Sees the first and the last row of each. */
export async function windows(offsets: number[], _: number[], count: number): Promise<Outcome> {
  await open();
  return pass((await openView(ALL, 0)).view, offsets, count);
}

/** Screens of `count` rows in a sorted view. Cold, no row is in memory; otherwise they have been shown before. */
export async function screens(field: string, descending: boolean, offsets: number[], count: number, cold: boolean): Promise<Outcome> {
  await open(cold ? 0 : CACHE_BYTES);
  const { view, answer } = await openView({ ...ALL, sort: [{ field: position(field), descending, collation: null }] }, 0);
  read(answer);
  if (!cold) await pass(view, offsets, count);
  const outcome = await pass(view, offsets, count);
  store!.closeView(view);
  return outcome;
}

/** Opens a view for each query, once for nothing, so that what it needs is in memory. Sees counts and first keys. */
async function ask(queries: Query[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await open();
  await glance(queries[0]!, count);
  for (const query of queries) {
    const answer = await time(outcome, () => glance(query, count));
    const matches = read(answer).count!;
    outcome.seen.push(matches, ...keysOf(answer, Math.min(count, matches)));
  }
  return outcome;
}

export async function search(texts: string[], count: number): Promise<Outcome> {
  return ask(texts.map(search => ({ ...ALL, search })), count);
}

export async function filterSort(platforms: string[], count: number): Promise<Outcome> {
  return ask(platforms.map(value => ({
    search: '', filters: [{ op: 'in', field: position('platform'), values: [value] }], sort: [{ field: position('times_seen'), descending: true, collation: null }],
  })), count);
}

export async function loadChanges(): Promise<Outcome> {
  if (fence === 0) await lead();
  changes = await fetchPages(status.cursor);
  return NOTHING;
}

/** Stores the changes that were loaded, and reads the first window again. Sees the rows that carry the mark. */
export async function applyChanges(mark: number, count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await time(outcome, async () => {
    await apply(changes);
    return glance(ALL, count);
  });
  outcome.seen.push(await countOf(seenTimes(mark)), status.rowCount);
  return outcome;
}

const seenTimes = (times: number): Query => ({ ...ALL, filters: [{ op: 'in', field: position('times_seen'), values: [String(times)] }] });

/** Edits one row after the other, and reads the window that begins with it. Sees which it is, and how often it was seen. */
export async function edit(offsets: number[], keys: number[], marks: number[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await open();
  await glance(seenTimes(1), 0);
  for (const [i, key] of keys.entries()) {
    const mark = marks[i]!;
    const edits = JSON.stringify([{ key, fields: { times_seen: encode(mark) }, if: {} }]);
    const answer = await time(outcome, async () => {
      read(await store!.edit('sellers', edits, new Date().toISOString()));
      return glance(ALL, count, offsets[i]!);
    });
    const marked = await glance(seenTimes(mark), 1);
    if (read(marked).count !== 1) throw new Error('The edit is not to be seen in a view.');
    outcome.seen.push(keysOf(answer, Math.min(count, status.rowCount - offsets[i]!))[0]!, keysOf(marked, 1)[0] === key ? mark : -1);
  }
  return outcome;
}

/** A whole number of four bytes in MessagePack, as base64. */
function encode(value: number): string {
  const bytes = new Uint8Array(5);
  bytes[0] = 0xce;
  new DataView(bytes.buffer).setUint32(1, value);
  return btoa(String.fromCharCode(...bytes));
}

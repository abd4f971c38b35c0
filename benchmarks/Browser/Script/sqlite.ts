/**
 * The strongest peer: SQLite in WebAssembly with its own file system on OPFS, in a worker (sqlite.worker.ts). A window
 * comes from there as one JSON string, which counts as the rows: nobody's are decoded.
 */
import { time, NOTHING, type Outcome } from './outcome.ts';
import type { Calls } from './sqlite.worker.ts';

document.title = 'SQLite 3.54.1 on OPFS';

type Name = keyof Calls;
type Waiting = { resolve(value: never): void; reject(reason: Error): void };

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, Waiting>();

/** Starts the worker with the first call. */
function call<N extends Name>(name: N, ...args: Parameters<Calls[N]>): Promise<Awaited<ReturnType<Calls[N]>>> {
  worker ??= start();
  return new Promise((resolve, reject) => {
    waiting.set(++last, { resolve, reject });
    worker!.postMessage({ id: last, name, args });
  });
}

function start(): Worker {
  const started = new Worker(new URL('./sqlite.worker.js', import.meta.url), { type: 'module' });
  started.onmessage = ({ data: { id, value, error } }: MessageEvent<{ id: number; value: never; error?: string }>) => {
    const { resolve, reject } = waiting.get(id)!;
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(error));
  };
  started.onerror = event => {
    waiting.forEach(({ reject }) => reject(new Error(`The worker of SQLite has stopped: ${event.message}`)));
    waiting.clear();
  };
  return started;
}

const keysOf = (rows: string) => (JSON.parse(rows) as number[][]).map(row => row[0]!);
const ends = (keys: number[]) => [keys[0]!, keys.at(-1)!];

/** Deletes the database. */
export async function empty(): Promise<Outcome> {
  await call('empty');
  return NOTHING;
}

/** From no database to every row stored. */
export async function firstSync(): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await time(outcome, () => call('firstSync'));
  outcome.seen.push(await call('count'));
  return outcome;
}

export async function load(): Promise<Outcome> {
  await call('load');
  return NOTHING;
}

/** Stores the pages that were loaded. */
export async function fill(): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await call('open');
  await time(outcome, () => call('fill'));
  outcome.seen.push(await call('count'));
  return outcome;
}

/** From starting the worker to the first rows in default order. */
export async function warmOpen(count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  const rows = await time(outcome, () => call('firstRows', count));
  return { ...outcome, seen: keysOf(rows) };
}

/** Windows of `count` rows in default order, by the key at which each begins. Sees the first and the last row of each. */
export async function windows(_: number[], keys: number[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await call('open');
  for (const key of keys)
    outcome.seen.push(...ends(keysOf(await time(outcome, () => call('rowsFrom', key, count)))));
  return outcome;
}

/** Windows of `count` rows in the order of names, without any preparation. */
export async function windowJump(offsets: number[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await call('open');
  for (const offset of offsets)
    outcome.seen.push(...ends(keysOf(await time(outcome, () => call('namesFrom', offset, count)))));
  return outcome;
}

/** Screens of `count` rows in a sorted view, whose keys are in memory. Sees the first and the last row of each. */
export async function screens(field: string, descending: boolean, offsets: number[], count: number, cold: boolean): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await call('open');
  await call('openView', field, descending);
  const show = async () => {
    const passed: Outcome = { milliseconds: [], seen: [] };
    for (const offset of offsets) {
      if (cold) await call('emptyCache');
      passed.seen.push(...ends(keysOf(await time(passed, () => call('viewRows', offset, count)))));
    }
    return passed;
  };
  if (!cold) await show();
  return { ...outcome, ...await show() };
}

/** The exact count of names with a text in them, and the first rows in default order. Sees the count and those rows' keys. */
export async function search(texts: string[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await call('open');
  for (const text of texts) {
    const { matches, rows } = await time(outcome, () => call('search', text, count));
    outcome.seen.push(matches, ...keysOf(rows));
  }
  return outcome;
}

/** The exact count of the rows of a platform, and those seen most often. Sees the count and those rows' keys. */
export async function filterSort(platforms: string[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await call('open');
  for (const platform of platforms) {
    const { matches, rows } = await time(outcome, () => call('filterSort', platform, count));
    outcome.seen.push(matches, ...keysOf(rows));
  }
  return outcome;
}

/** From asking the server for what has changed to its being stored and the first window read again. Sees the rows that carry the mark. */
export async function delta(mark: number, count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await call('open');
  await time(outcome, async () => {
    await call('loadChanges');
    await call('applyChanges');
    return call('firstRows', count);
  });
  outcome.seen.push(await call('countSeen', mark), await call('count'));
  return outcome;
}

export async function loadChanges(): Promise<Outcome> {
  await call('open');
  await call('loadChanges');
  return NOTHING;
}

/** Stores the changes that were loaded, and reads the first window again. */
export async function applyChanges(mark: number, count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await time(outcome, async () => {
    await call('applyChanges');
    return call('firstRows', count);
  });
  outcome.seen.push(await call('countSeen', mark), await call('count'));
  return outcome;
}

/** Edits one row after the other, and reads the window that begins with it. Sees how often each was seen, and how many edits wait. */
export async function edit(_: number[], keys: number[], marks: number[], count: number): Promise<Outcome> {
  const outcome: Outcome = { milliseconds: [], seen: [] };
  await call('open');
  for (const [i, key] of keys.entries()) {
    const rows = await time(outcome, async () => {
      await call('edit', key, marks[i]!);
      return call('rowsFrom', key, count);
    });
    const [first] = JSON.parse(rows) as number[][];
    outcome.seen.push(first![0]!, first![4]!);
  }
  return outcome;
}

export function wasmBytes(): Promise<number> {
  return call('wasmBytes');
}

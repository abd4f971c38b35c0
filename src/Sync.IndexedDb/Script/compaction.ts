import { isAt } from './collection.ts';
import { ALL_STORES, keysFrom, result } from './database.ts';
import type { Generation } from './generation.ts';
import { createKeys, keyKind } from './keys.ts';
import { limits } from './limits.ts';
import { newFilling, readRecord, type Filling } from './record.ts';
import { decodeSegment, indexed, pack, type Segment } from './segment.ts';
import type { CopiedChange } from './rows.ts';
import { hold, store } from './stored.ts';
import type { Host } from './upkeep.ts';

/** Where dead rows are more than this share of those that are shown, the space that they take is got back: twice that of the rows is never reached. */
const MAX_DEAD_SHARE = 0.5;

const MAX_TRIES = 5;

/** True where rows that nobody needs any more take too much space, or segments are too many. What the server told of rows with edits on top is not seen either, but needed: no compaction would leave it behind. */
export function isWorthCompacting({ rows, layout: { segments } }: Generation): boolean {
  const dead = rows.length - rows.aliveCount - rows.patchedCount;
  return (dead >= limits.deadRows && dead > rows.aliveCount * MAX_DEAD_SHARE)
    || segments > limits.spareSegments + 2 * Math.ceil(rows.length / limits.chunkRows);
}

/**
 * Writes what counts of the shown generation to another one, in the order of keys and a chunk at a time, and then takes
 * that one for it: views have the same rows as before, so that nobody is told. What is stored meanwhile is copied at the end. Until then nobody sees the new generation: where this is cut
 * off, the next one to compact has what was written deleted. The old one goes as any that has been replaced.
 */
export async function compact(host: Host): Promise<void> {
  const old = host.generation.retain();
  try {
    const filling = await begin(host, old);
    const fresh = filling && await hold(filling.generation, host.schema, host.shared);
    if (fresh && !await rewrite(host, old, fresh, filling))
      fresh.release();
  } finally {
    old.release();
  }
}

/** Takes a number for the new generation, and retires one that was left unfinished. */
function begin(host: Host, old: Generation): Promise<Filling | null> {
  return host.exclusively(() => host.shared.database.transact('readwrite', ['collections'], async transaction => {
    const collections = transaction.objectStore('collections');
    const record = await readRecord(transaction, host.schema);
    if (!isAt(old, record.shown) || record.refill !== null)
      return null;
    if (record.rewriting !== null)
      record.retired.push(record.rewriting);
    const filling = await newFilling(collections);
    record.rewriting = filling.generation;
    collections.put(record);
    host.record = record;
    return filling;
  }));
}

/** False where it was given up. */
async function rewrite(host: Host, old: Generation, fresh: Generation, filling: Filling): Promise<boolean> {
  const { schema, shared: { database, idle } } = host;
  const loaded = old.loadedColumns;
  fresh.origin = old.origin;
  await Promise.all([old.load(indexed(schema), [], database), fresh.load(loaded, [], database)]);
  const end = old.changeCount;
  for (const chunk of chunks(old)) {
    if (!await idle(limits.pause) || host.isClosed)
      return false;
    const keys = createKeys(keyKind(schema));
    chunk.forEach(change => keys.take(change.keys, change.index));
    const whole = {
      changes: {
        keys,
        transactions: Float64Array.from(chunk, change => change.transaction),
        sequences: Float64Array.from(chunk, change => change.sequence),
        ops: Uint8Array.from(chunk, change => change.op),
      },
      ...await rowsOf(host, old, Uint32Array.from(chunk.filter(change => change.ordinal >= 0), change => change.ordinal)),
    };
    const { segment } = await database.transact('readwrite', ['segments', 'columns', 'rows'], async transaction =>
      store(transaction, schema, filling, filling.changeCount, whole, false));
    filling.changeCount += chunk.length;
    fresh.append(segment, whole.body.columns);
  }
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const isDone = await host.exclusively(() => finish(host, old, fresh, filling, end));
    if (isDone !== null)
      return isDone;
    await idle(limits.pause);
  }
  return false;
}

/** Copies what has been stored since, and shows the new generation in place of the old one; false where that is too much, null where memory does not know all of it yet. */
async function finish(host: Host, old: Generation, fresh: Generation, filling: Filling, end: number): Promise<boolean | null> {
  const { schema, shared: { database } } = host;
  if (host.generation !== old)
    return false;
  const tail: Segment[] = [];
  const next = { ...filling };
  const record = await database.transact('readwrite', ALL_STORES, async transaction => {
    const record = await readRecord(transaction, schema);
    if (record.shown.generation !== old.number || record.refill !== null || record.rewriting !== fresh.number)
      return 'overtaken';
    if (!isAt(old, record.shown))
      return null;
    for (const bytes of await result<Uint8Array[]>(transaction.objectStore('segments').getAll(keysFrom(old.number, end)))) {
      const { changes, rowCount, body } = decodeSegment(bytes, schema);
      if (typeof body === 'number')
        return 'overtaken';
      tail.push(store(transaction, schema, next, next.changeCount, { changes, rowCount, body }).segment);
      next.changeCount += changes.keys.length;
    }
    record.retired.push(old.number);
    record.shown = { ...record.shown, generation: fresh.number, changeCount: next.changeCount, blockCount: next.blockCount };
    record.rewriting = null;
    transaction.objectStore('collections').put(record);
    return record;
  });
  if (record === null || record === 'overtaken')
    return record === null ? null : false;
  tail.forEach(segment => fresh.append(segment));
  host.replace(fresh, record);
  return true;
}

function* chunks(old: Generation): Generator<CopiedChange[]> {
  let chunk: CopiedChange[] = [];
  for (const change of old.rows.essence(old.inKeyOrder())) {
    chunk.push(change);
    if (chunk.length === limits.chunkRows) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0)
    yield chunk;
}

async function rowsOf({ blocks, schema }: Host, old: Generation, ordinals: Uint32Array) {
  const rows = pack(await old.readRows(ordinals, blocks));
  return { rowCount: ordinals.length, body: { columns: indexed(schema).map(field => old.column(field).section(ordinals)), rows } };
}

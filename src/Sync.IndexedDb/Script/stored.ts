import { cutBlocks } from './blocks.ts';
import { sealed } from './checksum.ts';
import type { Shared } from './collection.ts';
import { ALL_STORES, GENERATION_STORES, allOf, keysFrom, result, type Database } from './database.ts';
import { StoreError } from './errors.ts';
import { Generation } from './generation.ts';
import { newFilling, newRecord, ofSchema, readRecord, renewed, withSchema, type CollectionRecord, type Filling } from './record.ts';
import type { Schema } from './schema.ts';
import { decodeSegment, encodeSegment, indexed, isSmall, type Segment, type WholeSegment } from './segment.ts';

/** Milliseconds for which segments are taken in at a stretch: half a frame. */
const STRETCH_MILLISECONDS = 8;

/** Reads the record of a collection; makes an empty filling where there is none of this schema. */
export async function openRecord(schema: Schema, { database }: Shared): Promise<CollectionRecord> {
  const stored = await database.transact('readonly', ['collections'], transaction =>
    result<CollectionRecord | undefined>(transaction.objectStore('collections').get(schema.name)));
  return (stored && ofSchema(stored, schema.hash)) ?? makeRecord(schema, database);
}

/** Puts an empty filling in place of what does not read back. */
export function renewRecord(schema: Schema, { database }: Shared): Promise<CollectionRecord> {
  return makeRecord(schema, database, true);
}

function makeRecord(schema: Schema, database: Database, isRenewed = false): Promise<CollectionRecord> {
  return database.transact('readwrite', ['collections'], async transaction => {
    const collections = transaction.objectStore('collections');
    const stored = await result<CollectionRecord | undefined>(collections.get(schema.name));
    const own = stored && ofSchema(stored, schema.hash);
    if (own && !isRenewed)
      return own;
    const filling = await newFilling(collections);
    const record = own ? renewed(own, filling) : stored ? withSchema(stored, schema.hash, filling) : newRecord(schema, filling);
    collections.put(record);
    return record;
  });
}

/** Reads a stored generation, and holds it; `record` is the last that is known, and `pick` says of a record which one. */
export async function load(
  schema: Schema, shared: Shared, record: CollectionRecord,
  pick: (record: CollectionRecord) => Filling | null): Promise<{ record: CollectionRecord; generation: Generation | null }> {
  for (;;) {
    const number = pick(record)?.generation;
    if (number === undefined)
      return { record, generation: null };
    const generation = await hold(number, schema, shared);
    if (generation !== null)
      generation.origin = pick(record)!.origin;
    const read = await readSegments(schema, shared.database, generation ?? new Generation(number, schema, () => {})).catch((error: unknown) => {
      generation?.release();
      throw error;
    });
    if (generation !== null && pick(read.record)?.generation === number) {
      await takeIn(generation, read, shared.breathe);
      return { record: read.record, generation };
    }
    // Replaced in between.
    generation?.release();
    record = read.record;
  }
}

/** An empty generation in memory, under the lock that keeps what is stored of it; null where that is being swept. */
export async function hold(number: number, schema: Schema, { locks, cache }: Shared): Promise<Generation | null> {
  const lock = await locks.acquire(number);
  return lock && new Generation(number, schema, () => {
    cache.drop(number);
    lock.release();
  });
}

/** The segments of a generation from a change on, and the record at that time. */
export interface Reading {
  readonly record: CollectionRecord;
  readonly change: number;
  readonly segments: readonly Segment[];
}

/** Reads the segments of a generation that memory lacks, unless it has been replaced. */
export async function readSegments(schema: Schema, database: Database, known: Generation): Promise<Reading> {
  return database.transact('readonly', ['collections', 'segments'], async transaction => {
    const read = (change: number) => result<Uint8Array[]>(transaction.objectStore('segments').getAll(keysFrom(known.number, change)));
    const [record, stored] = await Promise.all([readRecord(transaction, schema), read(known.changeCount)]);
    const filling = [record.shown, record.refill].find(filling => filling?.generation === known.number);
    // What has been replaced need not read back.
    if (!filling)
      return { record, change: known.changeCount, segments: [] };
    for (let { changeCount: change } = known, found = stored; ; change = known.tailStart, found = await read(change)) {
      const segments = found.map(bytes => decodeSegment(bytes, schema));
      const length = segments.reduce((length, { changes }) => length + changes.keys.length, 0);
      if (length === filling.changeCount - change)
        return { record, change, segments };
      // What memory has as small segments may have become part of one that goes further.
      if (change === known.tailStart)
        throw new StoreError('corrupt', `Pages of '${schema.name}' are missing from the local database, so the collection has to be filled again.`);
    }
  });
}

/** Fills an empty generation that nobody sees yet, without holding up others for long. */
async function takeIn(generation: Generation, { record, segments }: Reading, breathe: () => Promise<void>): Promise<void> {
  generation.rows.reserve(segments.reduce((count, segment) => count + segment.rowCount, 0));
  let start = performance.now();
  for (const segment of segments) {
    if (performance.now() - start > STRETCH_MILLISECONDS) {
      await breathe();
      start = performance.now();
    }
    generation.append(segment);
  }
  generation.revision = record.revision;
}

/**
 * Stores a segment of a filling at a place: as one record where it is small and may be, else with its rows in blocks.
 * Returns it as it is to be read.
 */
export function store(
  transaction: IDBTransaction, schema: Schema, filling: Filling, change: number, whole: WholeSegment,
  mayBeSmall = true): { segment: Segment; blocks: Uint8Array[] } {
  const { generation, blockCount } = filling;
  const { changes, rowCount, body } = whole;
  const blocks = mayBeSmall && isSmall(whole) ? [] : cutBlocks(body.rows, rowCount);
  const segment = blocks.length === 0 ? whole : { changes, rowCount, body: blockCount };
  transaction.objectStore('segments').put(encodeSegment(segment), [generation, change]);
  if (blocks.length > 0)
    indexed(schema).forEach((field, i) => transaction.objectStore('columns').put(sealed(body.columns[i]!), [generation, field, change]));
  blocks.forEach((block, i) => transaction.objectStore('rows').put(block, [generation, blockCount + i]));
  filling.blockCount += blocks.length;
  return { segment, blocks };
}

/** Deletes the rows of replaced generations, each as soon as no tab shows it. */
export function sweep({ name, retired }: Pick<CollectionRecord, 'name' | 'retired'>, { database, locks, report }: Shared): void {
  for (const generation of retired) {
    const swept = locks.whenUnused(generation, () => database.transact('readwrite', ALL_STORES, async transaction => {
      for (const store of GENERATION_STORES)
        transaction.objectStore(store).delete(allOf(generation));
      const collections = transaction.objectStore('collections');
      const record = await result<CollectionRecord | undefined>(collections.get(name));
      if (record !== undefined)
        collections.put({ ...record, retired: record.retired.filter(other => other !== generation) });
    }));
    swept.catch(report);
  }
}

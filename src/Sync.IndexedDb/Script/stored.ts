import type { Shared } from './collection.ts';
import { ALL_STORES, keysFrom, result, type Database } from './database.ts';
import { StoreError } from './errors.ts';
import { Generation } from './generation.ts';
import { newFilling, newRecord, readRecord, renewRecord, type CollectionRecord, type Filling } from './record.ts';
import type { Schema } from './schema.ts';
import type { Segment } from './segment.ts';

/** Reads the record of a collection, and makes an empty one where there is none, or where `isDue` says so. */
export function openRecord(schema: Schema, { database }: Shared, isDue: (stored: CollectionRecord) => boolean): Promise<CollectionRecord> {
  return database.transact('readwrite', ['collections'], async transaction => {
    const collections = transaction.objectStore('collections');
    const stored = await result<CollectionRecord | undefined>(collections.get(schema.name));
    if (stored !== undefined && !isDue(stored))
      return stored;
    const filling = await newFilling(collections);
    const record = stored === undefined ? newRecord(schema, filling) : renewRecord(stored, schema, filling);
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
    const lock = await shared.locks.acquire(number);
    const read = await readSegments(schema, shared.database, { number, segmentCount: 0 }).catch((error: unknown) => {
      lock?.release();
      throw error;
    });
    if (lock !== null && pick(read.record)?.generation === number) {
      const generation = new Generation(number, schema, () => {
        shared.cache.drop(number);
        lock.release();
      });
      generation.appendAll(read.segments);
      generation.revision = read.record.revision;
      return { record: read.record, generation };
    }
    // Replaced in between.
    lock?.release();
    record = read.record;
  }
}

/** Reads the segments of a generation above those that are known, unless it has been replaced. */
export function readSegments(
  schema: Schema, database: Database,
  known: { number: number; segmentCount: number }): Promise<{ record: CollectionRecord; segments: Segment[] }> {
  return database.transact('readonly', ['collections', 'segments'], async transaction => {
    const [record, segments] = await Promise.all([
      readRecord(transaction, schema),
      result<Segment[]>(transaction.objectStore('segments').getAll(keysFrom(known.number, known.segmentCount))),
    ]);
    const filling = [record.shown, record.refill].find(filling => filling?.generation === known.number);
    if (filling && segments.length !== filling.segmentCount - known.segmentCount)
      throw new StoreError('corrupt', `Pages of '${schema.name}' are missing from the local database, so the collection has to be filled again.`);
    return { record, segments };
  });
}

/** Deletes the rows of replaced generations, each as soon as no tab shows it. */
export function sweep({ name, retired }: CollectionRecord, { database, locks, report }: Shared): void {
  for (const generation of retired) {
    const swept = locks.whenUnused(generation, () => database.transact('readwrite', ALL_STORES, async transaction => {
      for (const store of ['segments', 'columns', 'rows'])
        transaction.objectStore(store).delete(keysFrom(generation, -Infinity));
      const collections = transaction.objectStore('collections');
      const record = await result<CollectionRecord | undefined>(collections.get(name));
      if (record !== undefined)
        collections.put({ ...record, retired: record.retired.filter(other => other !== generation) });
    }));
    swept.catch(report);
  }
}

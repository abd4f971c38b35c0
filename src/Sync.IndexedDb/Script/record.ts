import { result } from './database.ts';
import { StoreError } from './errors.ts';
import type { Status } from './messages.ts';
import type { Schema } from './schema.ts';

/** One filling of a collection: the pages of one walk through the server's feed, from its start. */
export interface Filling {
  generation: number;
  /** The generation that it began as: compaction goes on in another one. */
  origin: number;
  cursor: string | null;
  /** The epoch of its pages; null before the first one. */
  epoch: number | null;
  /** True once a page was the last one. */
  isComplete: boolean;
  /** How many changes its segments have. */
  changeCount: number;
  /** How many blocks have been numbered. */
  blockCount: number;
}

/** What views show, and what is filled beside it, to take its place. */
export interface Fillings {
  shown: Filling;
  refill: Filling | null;
}

/** What is stored of a collection besides its segments and edits. Whoever changes it changes it together with them. */
export interface CollectionRecord extends Fillings {
  name: string;
  /** The schema of the rows that views show. */
  schemaHash: string;
  /** Rows of other versions of the app, by schema, until those of this one are complete. */
  others: Readonly<Record<string, Fillings>>;
  /** Generations that have been replaced, and whose rows may still be read. */
  retired: number[];
  /** The generation that compaction is writing, or was when it was cut off. */
  rewriting: number | null;
  /** Counts changes to what views show. */
  revision: number;
  /** Counts changes of any kind. */
  writes: number;
  /** Counts leaders: only the last one writes what came from the server. */
  fence: number;
  outbox: OutboxRecord;
}

/** What is known of the outbox besides its entries. No reset, and no other schema, touches it. */
export interface OutboxRecord {
  /** Its name at the server, and the last mutation id that was given out under it. */
  clientId: string | null;
  lastId: number;
  nextNumber: number;
  counts: Record<State, number>;
}

/** Where an edit stands; `held` is one that the server has applied, while the row that it made is not here yet. */
export type State = 'queued' | 'sent' | 'held' | 'dead';

/** A filling without rows, under a number that was never used: each collection's own only grow. */
export async function newFilling(collections: IDBObjectStore): Promise<Filling> {
  const records = await result<CollectionRecord[]>(collections.getAll());
  const generation = 1 + Math.max(0, ...records.flatMap(record => [...record.retired, record.rewriting ?? 0, ...generationsOf(record), ...Object.values(record.others).flatMap(generationsOf)]));
  return { generation, origin: generation, cursor: null, epoch: null, isComplete: false, changeCount: 0, blockCount: 0 };
}

export function newRecord({ name, hash }: Pick<Schema, 'name' | 'hash'>, shown: Filling): CollectionRecord {
  return {
    name, schemaHash: hash, shown, refill: null, others: {}, retired: [], rewriting: null, revision: 0, writes: 0, fence: 0,
    outbox: { clientId: null, lastId: 0, nextNumber: 1, counts: { queued: 0, sent: 0, held: 0, dead: 0 } },
  };
}

/** What a record says to whoever opens the collection. */
export function statusOf({ shown, refill, writes, revision, outbox: { counts } }: CollectionRecord, rowCount: number): Status {
  const { cursor, epoch } = refill ?? shown;
  return {
    cursor, epoch, writes, revision, rowCount,
    isComplete: shown.isComplete,
    generation: shown.origin,
    isRefilling: refill !== null,
    pendingCount: counts.queued + counts.sent,
    deadLetterCount: counts.dead,
  };
}

/** Takes an empty filling in place of one that does not read back; the outbox stays. */
export function renewed(record: CollectionRecord, shown: Filling): CollectionRecord {
  return { ...record, shown, refill: null, retired: [...record.retired, ...generationsOf(record)], revision: record.revision + 1, writes: record.writes + 1 };
}

/** The record as a version of the app with this schema sees it; null where that one has no rows. */
export function ofSchema(record: CollectionRecord, hash: string): CollectionRecord | null {
  if (record.schemaHash === hash)
    return record;
  const { [hash]: own, ...others } = record.others;
  return own === undefined ? null
    : { ...record, ...own, schemaHash: hash, others: { ...others, [record.schemaHash]: { shown: record.shown, refill: record.refill } } };
}

/** The record with an empty filling for another schema, beside the rows that are there: they are for the older app, should it come back before the new one has its own. */
export function withSchema(record: CollectionRecord, hash: string, shown: Filling): CollectionRecord {
  const { schemaHash, shown: oldShown, refill, others } = record;
  return {
    ...record, schemaHash: hash, shown, refill: null, others: { ...others, [schemaHash]: { shown: oldShown, refill } },
    revision: record.revision + 1, writes: record.writes + 1,
  };
}

/** The generations of the schemas that are not in use any more. */
export function retireOthers(record: CollectionRecord): void {
  record.retired.push(...Object.values(record.others).flatMap(generationsOf));
  record.others = {};
}

/** A record of an earlier version of the database. Its rows were laid out otherwise, and are fetched again; its edits are not. */
export function upgradeRecord(record: { name: string; schemaHash: string; outbox?: OutboxRecord; writes?: number; revision?: number }, generation: number): CollectionRecord {
  const shown = { generation, origin: generation, cursor: null, epoch: null, isComplete: false, changeCount: 0, blockCount: 0 };
  const fresh = newRecord({ name: record.name, hash: record.schemaHash }, shown);
  return { ...fresh, outbox: record.outbox ?? fresh.outbox, writes: (record.writes ?? 0) + 1, revision: (record.revision ?? 0) + 1 };
}

export async function readRecord(transaction: IDBTransaction, schema: Schema): Promise<CollectionRecord> {
  const stored = await result<CollectionRecord | undefined>(transaction.objectStore('collections').get(schema.name));
  if (stored === undefined)
    throw new StoreError('reload', `The local data of '${schema.name}' has been deleted. Reload this page.`);
  const record = ofSchema(stored, schema.hash);
  if (record === null)
    throw new StoreError('reload', `Another tab runs another version of this app, with another layout of '${schema.name}'. Reload this page.`);
  return record;
}

function generationsOf({ shown, refill }: Fillings): number[] {
  return refill === null ? [shown.generation] : [shown.generation, refill.generation];
}

import { result } from './database.ts';
import { StoreError } from './errors.ts';
import type { Schema } from './schema.ts';

/** One filling of a collection: the pages of one walk through the server's feed, from its start. */
export interface Filling {
  generation: number;
  cursor: string | null;
  /** The epoch of its pages; null before the first one. */
  epoch: number | null;
  /** True once a page was the last one. */
  isComplete: boolean;
  segmentCount: number;
}

/** What is stored of a collection besides its segments and edits. Whoever changes it changes it together with them. */
export interface CollectionRecord {
  name: string;
  schemaHash: string;
  /** What views show. */
  shown: Filling;
  /** What is filled beside it, to take its place. */
  refill: Filling | null;
  /** Generations that have been replaced, and whose rows may still be read. */
  retired: number[];
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
  const used = records.flatMap(({ shown, refill }) => [shown.generation, refill?.generation ?? 0]);
  return { generation: 1 + Math.max(0, ...used), cursor: null, epoch: null, isComplete: false, segmentCount: 0 };
}

export function newRecord(schema: Pick<Schema, 'name' | 'hash'>, shown: Filling): CollectionRecord {
  return {
    name: schema.name,
    schemaHash: schema.hash,
    shown,
    refill: null,
    retired: [],
    revision: 0,
    writes: 0,
    fence: 0,
    outbox: { clientId: null, lastId: 0, nextNumber: 1, counts: { queued: 0, sent: 0, held: 0, dead: 0 } },
  };
}

/** Takes an empty filling in place of all that there is, for a schema whose rows are not there; the outbox stays. */
export function renewRecord(record: CollectionRecord, schema: Schema, shown: Filling): CollectionRecord {
  const retired = [...record.retired, record.shown.generation, ...record.refill === null ? [] : [record.refill.generation]];
  return { ...record, schemaHash: schema.hash, shown, refill: null, retired, revision: record.revision + 1, writes: record.writes + 1 };
}

/** A record of the first version of the database. */
interface FirstRecord {
  readonly name: string;
  readonly schemaHash: string;
  readonly generation: number;
  readonly firstRevision: number;
  readonly cursor: string | null;
  readonly isComplete: boolean;
  readonly segmentCount: number;
  readonly retired: number[];
}

export function upgradeRecord({ name, schemaHash, generation, firstRevision, cursor, isComplete, segmentCount, retired }: FirstRecord): CollectionRecord {
  const shown = { generation, cursor, epoch: null, isComplete, segmentCount };
  return { ...newRecord({ name, hash: schemaHash }, shown), retired, revision: firstRevision + segmentCount };
}

export async function readRecord(transaction: IDBTransaction, schema: Schema): Promise<CollectionRecord> {
  const record = await result<CollectionRecord | undefined>(transaction.objectStore('collections').get(schema.name));
  if (record === undefined)
    throw new StoreError('unavailable', `The local data of '${schema.name}' has been deleted. Reload this page.`);
  if (record.schemaHash !== schema.hash)
    throw new StoreError('unavailable', `Another tab runs another version of this app, with another layout of '${schema.name}'. Reload this page.`);
  return record;
}

import { BlockReader, cutBlocks, packRows } from './blocks.ts';
import type { BlockCache } from './blockcache.ts';
import { keysFrom, result, type Database } from './database.ts';
import { StoreError } from './errors.ts';
import { Generation, type Segment } from './generation.ts';
import type { GenerationLocks } from './locks.ts';
import { encodeAnswer, type Answer, type Status } from './messages.ts';
import { parsePage, type Page } from './page.ts';
import type { Schema } from './schema.ts';
import { distinct, fieldsOf, select, type Query } from './view.ts';

/** Blocks read in one go while nobody waits, a few milliseconds' worth, and the room that the cache should have for them. */
const FILL_BLOCKS = 128;
const FILL_BYTES = 1 << 20;

/** What is stored of a collection besides its segments. Whoever changes it changes it together with them. */
interface CollectionRecord {
  readonly name: string;
  readonly schemaHash: string;
  readonly generation: number;
  /** The revision of the generation while it is empty. */
  readonly firstRevision: number;
  readonly cursor: string | null;
  readonly isComplete: boolean;
  readonly segmentCount: number;
  /** Generations that have been replaced, and whose rows may still be read. */
  readonly retired: readonly number[];
}

/** The rows that matched a query, in its order, as they were then. */
export interface View {
  readonly generation: Generation;
  readonly ordinals: Uint32Array;
}

/** What the collections of a worker share. */
export interface Shared {
  readonly database: Database;
  readonly cache: BlockCache;
  readonly locks: GenerationLocks;
  /** Tells other tabs that a collection has changed. */
  announce(collection: string): void;
  /** Reports the failure of something that nobody waits for. */
  report(error: unknown): void;
}

/** One collection: the record and the segments that are stored, and what memory knows of them. */
export class Collection {
  private readonly blocks: BlockReader;
  private writes: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly schema: Schema,
    private readonly shared: Shared,
    private record: CollectionRecord,
    private generation: Generation) {
    this.blocks = new BlockReader(shared.database, shared.cache);
  }

  /** Opens a collection, empty where nothing of this schema is stored. */
  static async open(schema: Schema, shared: Shared): Promise<Collection> {
    const record = await renew(schema, shared, stored => stored.schemaHash !== schema.hash);
    sweep(record, shared);
    try {
      return new Collection(schema, shared, ...await load(schema, shared, record));
    } catch (error) {
      if (!(error instanceof StoreError && error.failure === 'corrupt'))
        throw error;
      // What does not read back is of no use to anybody: start empty, so that it is filled again.
      shared.report(error);
      const empty = await renew(schema, shared, () => true);
      sweep(empty, shared);
      return new Collection(schema, shared, ...await load(schema, shared, empty));
    }
  }

  get status(): Status {
    const { cursor, isComplete } = this.record;
    const { rows, number, revision } = this.generation;
    return { cursor, isComplete, rowCount: rows.aliveCount, generation: number, revision };
  }

  /** Takes a page in one transaction, unless the stored cursor is another than the one that it was pulled after. */
  async apply(bytes: Uint8Array, after: string | null): Promise<Status> {
    const page = parsePage(bytes, this.schema);
    return this.exclusively(async () => {
      // Where another tab has stored something that memory does not know, what is new cannot be told.
      while (!await this.store(page, after))
        await this.readOn();
      return this.status;
    });
  }

  /** Forgets rows and cursor. */
  reset(): Promise<Status> {
    return this.exclusively(async () => {
      const record = await renew(this.schema, this.shared, stored => isOf(this.schema, stored));
      this.shared.announce(this.schema.name);
      await this.readOn();
      sweep(record, this.shared);
      return this.status;
    });
  }

  /** Takes in what other tabs have stored. */
  catchUp(): Promise<Status> {
    return this.exclusively(async () => {
      await this.readOn();
      return this.status;
    });
  }

  async openView(query: Query): Promise<{ view: View; answer: Answer }> {
    const generation = this.generation.retain();
    try {
      await generation.loadColumns(fieldsOf(query, this.schema), this.shared.database);
    } catch (error) {
      generation.release();
      throw error;
    }
    const view = { generation, ordinals: select(query, generation) };
    return { view, answer: { count: view.ordinals.length, revision: generation.revision } };
  }

  /** Reads rows of a view, behind what else there is to say. */
  async read(view: View, start: number, count: number, answer: Answer | null): Promise<Uint8Array<ArrayBuffer>> {
    const places = Array.from(view.ordinals.subarray(start, start + count), ordinal => view.generation.place(ordinal));
    const blocks = await this.blocks.read(view.generation.number, places.map(place => place.block));
    return packRows(places, blocks, length => encodeAnswer(answer, length));
  }

  async readValues(field: number, limit: number): Promise<string[]> {
    const generation = this.generation.retain();
    try {
      await generation.loadColumns([field], this.shared.database);
      return distinct(field, limit, generation);
    } finally {
      generation.release();
    }
  }

  /** Reads blocks into the cache until it is full: some more each time that `idle` says true, and no more once it says false. */
  async fillCache(idle: () => Promise<boolean>): Promise<void> {
    const generation = this.generation.retain();
    try {
      for (let first = 0; first < generation.blockCount && this.shared.cache.hasRoom(FILL_BYTES); first += FILL_BLOCKS) {
        if (!await idle() || generation !== this.generation)
          return;
        await this.blocks.read(generation.number, range(first, Math.min(first + FILL_BLOCKS, generation.blockCount)));
      }
    } finally {
      generation.release();
    }
  }

  /** Lets go of the rows once the writes under way have ended. */
  close(): Promise<void> {
    return this.exclusively(async () => this.generation.release());
  }

  /** Stores a page that was pulled after the stored cursor. False, and nothing stored, where memory is behind. */
  private async store(page: Page, after: string | null): Promise<boolean> {
    const { generation, schema, shared } = this;
    const hasNews = generation.rows.hasNews(page);
    const segment: Segment = {
      upserts: page.upserts,
      firstBlock: generation.blockCount,
      keys: page.keys.slice(),
      transactions: page.transactions.slice(),
      sequences: page.sequences.slice(),
    };
    const indexed = schema.fields.flatMap((field, index) => field.indexed ? [index] : []);
    const columns = new Map(indexed.map((field, i) => [field, page.columns[i]!.slice()]));
    const blocks = hasNews ? cutBlocks(page.rows, page.upserts) : [];

    const outcome = await shared.database.transact('readwrite', ['collections', 'segments', 'columns', 'rows'], async transaction => {
      const collections = transaction.objectStore('collections');
      const record = await readRecord(collections, schema);
      if (record.generation !== generation.number || record.segmentCount !== generation.segmentCount)
        return 'behind';
      if (record.cursor !== after)
        return { record, isWritten: false };
      const next = {
        ...record,
        cursor: page.cursor,
        isComplete: record.isComplete || !page.more,
        segmentCount: record.segmentCount + (hasNews ? 1 : 0),
      };
      collections.put(next);
      if (hasNews) {
        transaction.objectStore('segments').put(segment, [generation.number, record.segmentCount]);
        for (const [field, section] of columns)
          transaction.objectStore('columns').put(section, [generation.number, field, record.segmentCount]);
        blocks.forEach((block, i) => transaction.objectStore('rows').put(block, [generation.number, segment.firstBlock + i]));
      }
      return { record: next, isWritten: true };
    });
    if (outcome === 'behind')
      return false;

    this.record = outcome.record;
    if (outcome.isWritten) {
      blocks.forEach((block, i) => {
        if (shared.cache.hasRoom(block.length))
          shared.cache.set(generation.number, segment.firstBlock + i, block);
      });
      if (hasNews)
        generation.append(segment, columns);
      shared.announce(schema.name);
    }
    return true;
  }

  /** Reads the record and the segments that memory does not know yet. */
  private async readOn(): Promise<void> {
    const { generation, schema, shared } = this;
    const read = await readSegments(schema, shared.database, generation);
    if (read.record.generation === generation.number) {
      generation.appendAll(read.segments);
      this.record = read.record;
    } else {
      [this.record, this.generation] = await load(schema, shared, read.record);
      generation.release();
    }
  }

  private exclusively<T>(action: () => Promise<T>): Promise<T> {
    const outcome = this.writes.then(action);
    this.writes = outcome.catch(() => {}); // Whoever asked for the action hears of it; the next one goes ahead.
    return outcome;
  }
}

/** Replaces the stored generation by an empty one where `isDue` says so. */
function renew(schema: Schema, { database }: Shared, isDue: (stored: CollectionRecord) => boolean): Promise<CollectionRecord> {
  return database.transact('readwrite', ['collections', 'segments'], async transaction => {
    const collections = transaction.objectStore('collections');
    const records = await result<CollectionRecord[]>(collections.getAll());
    const stored = records.find(record => record.name === schema.name);
    if (stored !== undefined && !isDue(stored))
      return stored;
    const record: CollectionRecord = {
      name: schema.name,
      schemaHash: schema.hash,
      // Numbers are never used twice, since each collection's own only grows.
      generation: 1 + Math.max(0, ...records.map(other => other.generation)),
      firstRevision: stored === undefined ? 0 : stored.firstRevision + stored.segmentCount + 1,
      cursor: null,
      isComplete: false,
      segmentCount: 0,
      retired: stored === undefined ? [] : [...stored.retired, stored.generation],
    };
    collections.put(record);
    return record;
  });
}

/** Reads the stored generation, and holds it; `record` is the last that is known of it. */
async function load(schema: Schema, shared: Shared, record: CollectionRecord): Promise<[CollectionRecord, Generation]> {
  for (;;) {
    const number = record.generation;
    const lock = await shared.locks.acquire(number);
    const { record: stored, segments } = await readSegments(schema, shared.database, { number, segmentCount: 0 }).catch((error: unknown) => {
      lock?.release();
      throw error;
    });
    if (lock !== null && stored.generation === number) {
      const generation = new Generation(number, stored.firstRevision, schema, () => {
        shared.cache.drop(number);
        lock.release();
      });
      generation.appendAll(segments);
      return [stored, generation];
    }
    // Replaced in between.
    lock?.release();
    record = stored;
  }
}

function readSegments(schema: Schema, database: Database, known: { number: number; segmentCount: number }) {
  return database.transact('readonly', ['collections', 'segments'], async transaction => {
    const [record, segments] = await Promise.all([
      readRecord(transaction.objectStore('collections'), schema),
      result<Segment[]>(transaction.objectStore('segments').getAll(keysFrom(known.number, known.segmentCount))),
    ]);
    if (record.generation === known.number && segments.length !== record.segmentCount - known.segmentCount)
      throw new StoreError('corrupt', `Pages of '${schema.name}' are missing from the local database, so the collection has to be filled again.`);
    return { record, segments };
  });
}

async function readRecord(collections: IDBObjectStore, schema: Schema): Promise<CollectionRecord> {
  const record = await result<CollectionRecord | undefined>(collections.get(schema.name));
  if (record === undefined)
    throw new StoreError('unavailable', `The local data of '${schema.name}' has been deleted. Reload this page.`);
  isOf(schema, record);
  return record;
}

function isOf(schema: Schema, record: CollectionRecord): true {
  if (record.schemaHash !== schema.hash)
    throw new StoreError('unavailable', `Another tab runs another version of this app, with another layout of '${schema.name}'. Reload this page.`);
  return true;
}

/** Deletes the rows of replaced generations, each as soon as no tab shows it. */
function sweep({ name, retired }: CollectionRecord, { database, locks, report }: Shared): void {
  for (const generation of retired) {
    const swept = locks.whenUnused(generation, () => database.transact('readwrite', ['collections', 'segments', 'columns', 'rows'], async transaction => {
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

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

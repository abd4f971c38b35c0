import { BlockReader, packRows, rowOf } from './blocks.ts';
import type { BlockCache } from './blockcache.ts';
import { Change, type Entry } from './change.ts';
import { ALL_STORES, type Database } from './database.ts';
import { StoreError } from './errors.ts';
import type { Generation } from './generation.ts';
import type { GenerationLocks } from './locks.ts';
import { encodeAnswer, type Answer, type Status } from './messages.ts';
import { acknowledge, read, releaseHeld, type MutationResult } from './outbox.ts';
import { parsePage } from './page.ts';
import { readRecord, type CollectionRecord, type Filling } from './record.ts';
import type { Schema } from './schema.ts';
import { load, openRecord, readSegments, sweep } from './stored.ts';
import { distinct, fieldsOf, select, type Query } from './view.ts';

/** Blocks read in one go while nobody waits, a few milliseconds' worth, and the room that the cache should have for them. */
const FILL_BLOCKS = 128;
const FILL_BYTES = 1 << 20;

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
  /** Resolves when nobody has asked for anything for a while; false once the store is closed. */
  idle(): Promise<boolean>;
  /** Tells other tabs that a collection has changed. */
  announce(collection: string): void;
  /** Reports the failure of something that nobody waits for. */
  report(error: unknown): void;
}

/** One collection: the record, the segments and the edits that are stored, and what memory knows of them. */
export class Collection {
  private readonly blocks: BlockReader;
  private writes: Promise<unknown> = Promise.resolve();
  /** What is filled beside, once this tab has had to write to it. */
  private refill: Generation | null = null;
  private isClosed = false;

  private constructor(
    readonly schema: Schema,
    private readonly shared: Shared,
    private record: CollectionRecord,
    private generation: Generation) {
    this.blocks = new BlockReader(shared.database, shared.cache);
    this.show(generation);
  }

  /** Opens a collection, empty where nothing of this schema is stored. */
  static async open(schema: Schema, shared: Shared): Promise<Collection> {
    try {
      return await Collection.load(schema, shared, stored => stored.schemaHash !== schema.hash);
    } catch (error) {
      if (!(error instanceof StoreError && error.failure === 'corrupt'))
        throw error;
      // What does not read back is of no use to anybody: start empty, so that it is filled again.
      shared.report(error);
      return Collection.load(schema, shared, () => true);
    }
  }

  get status(): Status {
    const { shown, refill, writes, revision, outbox: { counts } } = this.record;
    const { cursor, epoch } = refill ?? shown;
    return {
      cursor, epoch, writes, revision,
      isComplete: shown.isComplete,
      rowCount: this.generation.rows.aliveCount,
      generation: shown.generation,
      isRefilling: refill !== null,
      pendingCount: counts.queued + counts.sent,
      deadLetterCount: counts.dead,
    };
  }

  /** Begins to lead: what earlier leaders write is refused from now on. */
  lead(): Promise<{ status: Status; value: number }> {
    return this.write(async change => {
      change.mark();
      return ++change.record.fence;
    });
  }

  /** Takes a page, unless the stored cursor is another than the one that it was pulled after. */
  async apply(bytes: Uint8Array, cursor: string | null, writes: number, fence: number): Promise<{ status: Status }> {
    const page = parsePage(bytes, this.schema);
    return this.write(async change => {
      change.checkFence(fence);
      const filling = change.pull(page, cursor);
      if (filling === null || page.more)
        return;
      await releaseHeld(change, writes);
      if (filling === change.record.refill)
        change.swap();
    }, { onRefill: true });
  }

  /** Takes rows that came otherwise than by a pull. */
  async applyHint(bytes: Uint8Array, fence: number): Promise<{ status: Status }> {
    const page = parsePage(bytes, this.schema);
    return this.write(async change => {
      change.checkFence(fence);
      change.hint(page);
    }, { onRefill: true });
  }

  /** Starts over beside what is stored. */
  reset(fence: number): Promise<{ status: Status }> {
    return this.write(change => {
      change.checkFence(fence);
      return change.beginRefill();
    });
  }

  /** Takes the server's answer to edits, with the rows that it made of them. */
  async acknowledge(clientId: string, results: readonly MutationResult[], bytes: Uint8Array | null, fence: number): Promise<{ status: Status }> {
    const page = bytes === null ? null : parsePage(bytes, this.schema);
    const keys = new Set(page?.keys);
    // An edit goes only where all that views show, now or after a refill, has the row that the server made of it.
    const isStored = ({ shown, refill }: CollectionRecord, key: number) =>
      page !== null && keys.has(key) && shown.epoch === page.epoch && (refill === null || refill.epoch === page.epoch);
    return this.write(async change => {
      change.checkFence(fence);
      if (change.record.outbox.clientId !== clientId)
        return;
      await acknowledge(change, results, key => isStored(change.record, key));
      if (page !== null)
        change.hint(page);
    }, {
      onRefill: true,
      // What the server has applied it says again when it is asked again; what it has rejected is kept here alone.
      durability: results.some(result => result.rejection !== null) ? 'strict' : 'relaxed',
    });
  }

  /** Changes the outbox. Edits cannot be fetched again as rows can, so they are on disk when this returns. */
  changeOutbox<T>(body: (change: Change) => Promise<T>, fence?: number): Promise<{ status: Status; value: T }> {
    return this.write(async change => {
      if (fence !== undefined)
        change.checkFence(fence);
      return body(change);
    }, { durability: 'strict' });
  }

  readOutbox(part: 'Pending' | 'DeadLetters', limit: number): Promise<Entry[]> {
    return this.shared.database.transact('readonly', ['collections', 'outbox'], async transaction =>
      read(new Change(this.schema, await readRecord(transaction, this.schema), transaction, this.blocks, this.generation, null), part, limit));
  }

  /** Takes in what other tabs have stored. */
  catchUp(): Promise<Status> {
    return this.exclusively(async () => {
      await this.readOn(false);
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
    return packRows(places.map(({ block, slot }) => rowOf(blocks.get(block)!, slot)), length => encodeAnswer(answer, length));
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

  /** Lets go of the rows once the writes under way have ended. */
  close(): Promise<void> {
    this.isClosed = true;
    return this.exclusively(async () => {
      this.generation.release();
      this.refill?.release();
    });
  }

  private static async load(schema: Schema, shared: Shared, isDue: (stored: CollectionRecord) => boolean): Promise<Collection> {
    const opened = await openRecord(schema, shared, isDue);
    const { record, generation } = await load(schema, shared, opened, record => record.shown);
    sweep(record, shared);
    return new Collection(schema, shared, record, generation!);
  }

  /** Runs one transaction, and takes in memory what it has stored once it has completed. */
  private write<T>(
    body: (change: Change) => Promise<T>,
    { durability = 'relaxed', onRefill = false }: { durability?: IDBTransactionDurability; onRefill?: boolean } = {}): Promise<{ status: Status; value: T }> {
    const { schema, shared } = this;
    return this.exclusively(async () => {
      for (;;) {
        const outcome = await shared.database.transact('readwrite', ALL_STORES, async transaction => {
          const record = await readRecord(transaction, schema);
          // Where another tab has stored something that memory does not know, what is new cannot be told.
          if (!isAt(this.generation, record.shown) || (onRefill && record.refill !== null && !isAt(this.refill, record.refill)))
            return null;
          const change = new Change(schema, record, transaction, this.blocks, this.generation, record.refill && this.refill);
          const value = await body(change);
          await change.finish();
          return { change, value };
        }, durability);
        if (outcome !== null) {
          this.take(outcome.change);
          return { status: this.status, value: outcome.value };
        }
        await this.readOn(onRefill);
      }
    });
  }

  private take(change: Change): void {
    const { cache } = this.shared;
    change.remember((generation, block, bytes) => {
      if (cache.hasRoom(bytes.length))
        cache.set(generation.number, block, bytes);
    });
    const { retired } = this.record;
    this.adopt(change.record);
    if (change.isWritten)
      this.shared.announce(this.schema.name);
    sweep({ ...this.record, retired: this.record.retired.filter(generation => !retired.includes(generation)) }, this.shared);
  }

  /** Reads the record and the segments that memory does not know yet. */
  private async readOn(withRefill: boolean): Promise<void> {
    const { schema, shared } = this;
    const { record, segments } = await readSegments(schema, shared.database, this.generation);
    if (record.shown.generation === this.generation.number) {
      this.generation.appendAll(segments);
      this.adopt(record);
    } else {
      this.refill?.release();
      this.refill = null;
      const loaded = await load(schema, shared, record, stored => stored.shown);
      this.show(loaded.generation!);
      this.adopt(loaded.record);
    }
    if (withRefill && this.refill !== null) {
      const { record, segments } = await readSegments(schema, shared.database, this.refill);
      if (record.refill?.generation === this.refill.number)
        this.refill.appendAll(segments);
    } else if (withRefill) {
      this.refill = (await load(schema, shared, this.record, stored => stored.refill)).generation;
    }
  }

  /** Takes a record whose shown segments are all in memory, be it as a refill so far. */
  private adopt(record: CollectionRecord): void {
    this.record = record;
    if (this.refill !== null && this.refill.number === record.shown.generation) {
      this.show(this.refill);
      this.refill = null;
    }
    if (this.refill !== null && this.refill.number !== record.refill?.generation) {
      this.refill.release();
      this.refill = null;
    }
    this.generation.revision = record.revision;
  }

  private show(generation: Generation): void {
    if (this.generation !== generation)
      this.generation.release();
    this.generation = generation;
    this.fillCache(generation.retain()).catch(this.shared.report).finally(() => generation.release());
  }

  /** Reads blocks into the cache, some more in each idle moment, until it is full. */
  private async fillCache(generation: Generation): Promise<void> {
    const { cache, idle } = this.shared;
    for (let first = 0; first < generation.blockCount && cache.hasRoom(FILL_BYTES); first += FILL_BLOCKS) {
      if (!await idle() || this.isClosed || generation !== this.generation)
        return;
      await this.blocks.read(generation.number, range(first, Math.min(first + FILL_BLOCKS, generation.blockCount)));
    }
  }

  private exclusively<T>(action: () => Promise<T>): Promise<T> {
    const outcome = this.writes.then(action);
    this.writes = outcome.catch(() => {}); // Whoever asked for the action hears of it; the next one goes ahead.
    return outcome;
  }
}

/** True where memory has all that is stored of a filling. */
function isAt(generation: Generation | null, filling: Filling): boolean {
  return generation !== null && generation.number === filling.generation && generation.segmentCount === filling.segmentCount;
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

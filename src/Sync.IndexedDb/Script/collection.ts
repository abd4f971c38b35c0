import { BlockReader } from './blocks.ts';
import type { BlockCache } from './blockcache.ts';
import { Change, type Entry } from './change.ts';
import { ALL_STORES, type Database } from './database.ts';
import { StoreError } from './errors.ts';
import type { Generation } from './generation.ts';
import { valuesOf, type Key } from './keys.ts';
import type { GenerationLocks } from './locks.ts';
import type { Diagnosis, Status } from './messages.ts';
import { acknowledge, read, releaseHeld, type MutationResult } from './outbox.ts';
import { parsePage } from './page.ts';
import { readRecord, statusOf, type CollectionRecord, type Filling } from './record.ts';
import type { Schema } from './schema.ts';
import { load, openRecord, readSegments, renewRecord, sweep } from './stored.ts';
import { Upkeep, type Host } from './upkeep.ts';
import { Views } from './views.ts';

/** What the collections of a worker share. */
export interface Shared {
  readonly database: Database;
  readonly cache: BlockCache;
  readonly locks: GenerationLocks;
  /** Resolves when nobody has asked for anything for a while; false once the store is closed. */
  idle(milliseconds: number): Promise<boolean>;
  /** Lets others who wait have their turn. */
  breathe(): Promise<void>;
  /** Tells other tabs that a collection has changed. */
  announce(collection: string): void;
  /** Tells this tab of a change that it has not asked for. */
  publish(collection: string, status: Status): void;
  /** Reports the failure of something that nobody waits for. */
  report(error: unknown): void;
}

/** One collection: the record, the segments and the edits that are stored, and what memory knows of them. */
export class Collection implements Host {
  readonly blocks: BlockReader;
  readonly upkeep: Upkeep;
  readonly views: Views;
  private writes: Promise<unknown> = Promise.resolve();
  private shown: Generation | null = null;
  /** What is filled beside, once this tab has had to write to it. */
  private refill: Generation | null = null;
  isClosed = false;

  private constructor(readonly schema: Schema, readonly shared: Shared, public record: CollectionRecord) {
    this.blocks = new BlockReader(shared.database, shared.cache);
    this.upkeep = new Upkeep(this);
    this.views = new Views(this);
  }

  /** Opens a collection, empty where nothing of this schema is stored. */
  static async open(schema: Schema, shared: Shared): Promise<Collection> {
    const collection = new Collection(schema, shared, await openRecord(schema, shared));
    await collection.load();
    return collection;
  }

  get generation(): Generation {
    return this.shown!;
  }

  get status(): Status {
    return statusOf(this.record, this.generation.rows.aliveCount);
  }

  get diagnosis(): Diagnosis {
    const { generation: { number, layout, changeCount, blocks, loadedColumns, byteLength }, schema, shared } = this;
    return {
      segments: layout.segments,
      smallSegments: layout.small,
      changes: changeCount,
      blocks: blocks.length,
      cachedBlocks: blocks.filter(block => shared.cache.has(number, block)).length,
      cachedBytes: shared.cache.size,
      columns: loadedColumns.map(field => schema.fields[field]!.name),
      columnBytes: byteLength,
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
    const keys = new Set(page === null ? [] : valuesOf(page.keys));
    // An edit goes only where all that views show, now or after a refill, has the row that the server made of it.
    const isStored = ({ shown, refill }: CollectionRecord, key: Key) =>
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

  async readOutbox(part: 'Pending' | 'DeadLetters', limit: number): Promise<Entry[]> {
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

  /** Lets go of the rows once the writes under way have ended. */
  close(): Promise<void> {
    this.isClosed = true;
    return this.exclusively(async () => {
      this.shown?.release();
      this.refill?.release();
    });
  }

  /** Puts another generation with the same rows in place of the shown one. */
  replace(generation: Generation, record: CollectionRecord): void {
    this.record = record;
    this.show(generation);
    generation.revision = record.revision;
    this.shared.announce(this.schema.name);
    sweep(record, this.shared);
  }

  /** Runs after all other changes of what is stored, and before the next ones. */
  exclusively<T>(action: () => Promise<T>): Promise<T> {
    const outcome = this.writes.then(action);
    this.writes = outcome.catch(() => {}); // Whoever asked for the action hears of it; the next one goes ahead.
    return outcome;
  }

  private async load(): Promise<void> {
    const { schema, shared } = this;
    await this.orEmpty(async () => {
      const { record, generation } = await load(schema, shared, this.record, record => record.shown);
      this.record = record;
      this.show(generation!);
    });
    sweep(this.record, shared);
  }

  /** Reads segments; where they do not read back they are of no use to anybody, and it starts empty, so that they are filled again. */
  private async orEmpty(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof StoreError && error.failure === 'corrupt'))
        throw error;
      this.shared.report(error);
      await renewRecord(this.schema, this.shared);
      await read();
      sweep(this.record, this.shared);
    }
  }

  /** Runs one transaction, and takes in memory what it has stored once it has completed. */
  private write<T>(
    body: (change: Change) => Promise<T>,
    { durability = 'relaxed', onRefill = false }: { durability?: IDBTransactionDurability; onRefill?: boolean } = {}): Promise<{ status: Status; value: T }> {
    const { schema, shared } = this;
    return this.exclusively(() => this.reading(async () => {
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
    }));
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
    this.upkeep.wake();
  }

  /** Reads the record and the segments that memory does not know yet. */
  private readOn(withRefill: boolean): Promise<void> {
    return this.orEmpty(() => this.readNews(withRefill));
  }

  private async readNews(withRefill: boolean): Promise<void> {
    const { schema, shared } = this;
    const { record, change, segments } = await readSegments(schema, shared.database, this.generation);
    if (record.shown.generation === this.generation.number) {
      this.generation.relay(change, segments);
      this.adopt(record);
    } else {
      this.refill?.release();
      this.refill = null;
      const loaded = await load(schema, shared, record, stored => stored.shown);
      this.show(loaded.generation!);
      this.adopt(loaded.record);
    }
    if (withRefill && this.refill !== null) {
      const { record, change, segments } = await readSegments(schema, shared.database, this.refill);
      if (record.refill?.generation === this.refill.number)
        this.refill.relay(change, segments);
    } else if (withRefill) {
      this.refill = (await load(schema, shared, this.record, stored => stored.refill)).generation;
    }
    this.upkeep.wake();
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
    if (this.shown !== generation)
      this.shown?.release();
    this.shown = generation;
    this.upkeep.wake();
  }

  /** Rows that have been damaged are filled again beside what is shown, which goes on showing the others. */
  async reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof StoreError && error.failure === 'corrupt' && this.record.refill === null) {
        const mended = this.write(change => change.record.refill === null ? change.beginRefill() : Promise.resolve());
        mended.then(({ status }) => this.shared.publish(this.schema.name, status), this.shared.report);
      }
      throw error;
    }
  }
}

/** True where memory has all that is stored of a filling. */
export function isAt(generation: Generation | null, filling: Filling): generation is Generation {
  return generation !== null && generation.number === filling.generation && generation.changeCount === filling.changeCount;
}

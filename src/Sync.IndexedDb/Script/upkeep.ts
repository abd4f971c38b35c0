import type { BlockReader } from './blocks.ts';
import { isAt, type Shared } from './collection.ts';
import { compact, isWorthCompacting } from './compaction.ts';
import type { Generation } from './generation.ts';
import { limits } from './limits.ts';
import { MERGE_SHARE } from './order.ts';
import { readRecord, type CollectionRecord } from './record.ts';
import { SAVED_ROWS, SAVED_VIEWS, nameOf, writeOrder, writeWindows, type SavedWindow } from './saved.ts';
import type { Schema } from './schema.ts';
import { pack } from './segment.ts';
import { isTailLong, mergeTail } from './tail.ts';
import type { Query } from './view.ts';
import type { Views } from './views.ts';

/** Blocks read in one go while nobody waits, a few milliseconds' worth, and the room that the cache should have for them. */
const FILL_BLOCKS = 128;
const FILL_BYTES = 1 << 20;

/** The collection whose upkeep it is. */
export interface Host {
  readonly schema: Schema;
  readonly shared: Shared;
  readonly blocks: BlockReader;
  readonly generation: Generation;
  readonly isClosed: boolean;
  record: CollectionRecord;
  exclusively<T>(action: () => Promise<T>): Promise<T>;
  readonly views: Views;
  replace(generation: Generation, record: CollectionRecord): void;
}

/**
 * What is done for a collection while nobody waits: small segments are merged, dead rows left behind, the first windows
 * of the last views saved for the next start, and blocks read into the cache.
 */
export class Upkeep {
  /** The last queries whose first window was read, the newest last. */
  private readonly queries = new Map<string, Query>();
  /** What windows were saved of, and the time from which on they may be saved again. */
  private saved = '';
  private nextSave = 0;
  /** The orders that were saved of a generation, and how many rows they had. */
  private readonly ordered = new Map<number, number>();
  private orderedOf = 0;
  private filled: Generation | null = null;
  private isRunning = false;
  private isDue = false;

  constructor(private readonly host: Host) {}

  /** Notes that a view has been opened from its first row on. */
  remember(query: Query): void {
    const name = nameOf(query);
    this.queries.delete(name);
    this.queries.set(name, query);
    for (const oldest of this.queries.keys()) {
      if (this.queries.size <= SAVED_VIEWS)
        break;
      this.queries.delete(oldest);
    }
    this.wake();
  }

  /** Looks whether there is something to do, now and after whatever happens meanwhile. */
  wake(): void {
    this.isDue = true;
    if (!this.isRunning)
      void this.run();
  }

  private async run(): Promise<void> {
    const { shared } = this.host;
    this.isRunning = true;
    try {
      while (this.isDue) {
        this.isDue = false;
        if (!await shared.idle(limits.rest) || this.host.isClosed)
          return;
        await shared.locks.ifFree(`upkeep/${this.host.schema.name}`, () => this.tidy());
        await this.fillCache();
      }
    } catch (error) {
      shared.report(error); // What was not done now is done some other time: nothing depends on it.
    } finally {
      this.isRunning = false;
    }
  }

  private async tidy(): Promise<void> {
    const { host } = this;
    if (isTailLong(host.generation))
      await mergeTail(host);
    if (isWorthCompacting(host.generation))
      await compact(host);
    const { generation } = host;
    await this.saveWindows();
    await this.saveOrders();
    generation.trim();
  }

  /** Reads blocks into the cache, some more in each idle moment, until it is full. */
  private async fillCache(): Promise<void> {
    const { host, host: { generation, shared: { cache, idle } } } = this;
    if (this.filled === generation)
      return;
    const { blocks } = generation.retain();
    try {
      for (let first = 0; first < blocks.length && cache.hasRoom(FILL_BYTES); first += FILL_BLOCKS) {
        if (!await idle(limits.pause) || host.isClosed || generation !== host.generation)
          return;
        await host.blocks.read(generation.number, blocks.slice(first, first + FILL_BLOCKS));
      }
      this.filled = generation;
    } finally {
      generation.release();
    }
  }

  private saveWindows(): Promise<void> {
    const { host, queries } = this;
    return host.exclusively(async () => {
      const { generation } = host;
      const state = `${generation.number}/${generation.revision}/${[...queries.keys()].join()}`;
      if (state === this.saved || queries.size === 0)
        return;
      const wait = this.nextSave - performance.now();
      if (wait > 0) {
        setTimeout(() => this.wake(), wait);
        return;
      }
      this.nextSave = performance.now() + limits.saveGap;
      const windows: SavedWindow[] = [];
      for (const [name, query] of queries) {
        const { view } = await host.views.select(query);
        try {
          const rows = await host.views.readRows(view, 0, SAVED_ROWS);
          windows.push({
            query: name, generation: generation.number, revision: generation.revision,
            rowCount: generation.rows.aliveCount, count: view.ordinals.length, saved: rows.length, rows: pack(rows),
          });
        } finally {
          view.generation.release();
        }
      }
      await host.shared.database.transact('readwrite', ['collections', 'windows'], async transaction => {
        const { shown, revision } = await readRecord(transaction, host.schema);
        if (isAt(generation, shown) && revision === generation.revision)
          writeWindows(transaction, generation.number, windows);
      });
      this.saved = state;
    });
  }

  /** Saves the orders that have been used and that have grown by more than what is soon merged. */
  private async saveOrders(): Promise<void> {
    const { generation, schema, shared: { database } } = this.host;
    if (this.orderedOf !== generation.number)
      this.ordered.clear();
    this.orderedOf = generation.number;
    const due = [...generation.orders].filter(([field, { ranks: { length } }]) =>
      length >= limits.orderRows && length > (this.ordered.get(field) ?? 0) * (1 + MERGE_SHARE));
    if (due.length === 0)
      return;
    await database.transact('readwrite', ['collections', 'orders'], async transaction => {
      const { shown } = await readRecord(transaction, schema);
      if (shown.generation !== generation.number)
        return;
      for (const [field, { ranks }] of due)
        writeOrder(transaction, generation.number, field, ranks);
    });
    for (const [field, { ranks }] of due)
      this.ordered.set(field, ranks.length);
  }
}

import type { BlockReader } from './blocks.ts';
import { result } from './database.ts';
import { StoreError } from './errors.ts';
import type { Generation } from './generation.ts';
import { valuesOf, type Key } from './keys.ts';
import type { RowEdit } from './outbox.ts';
import type { Page } from './page.ts';
import { Row } from './patch.ts';
import { newFilling, retireOthers, type CollectionRecord, type Filling, type State } from './record.ts';
import type { Schema } from './schema.ts';
import { changesOf, localChanges, packedRow, type Body, type Changes, type Segment } from './segment.ts';
import { store } from './stored.ts';

/** An edit in the outbox, as it is stored. */
export interface Entry extends RowEdit {
  readonly collection: string;
  /** Counts up in the order in which edits were made. */
  readonly number: number;
  /** As C# wrote it. */
  readonly madeAt: string;
  readonly state: State;
  /** The mutation's id, once it has been sealed. */
  readonly id?: number;
  /** Of a held one: the collection's writes when it was confirmed. */
  readonly heldAt?: number;
  readonly rejection?: string;
  readonly detail?: string | null;
}

/**
 * What one transaction does to a collection: on disk while it runs, and in memory once it has completed. Its own record
 * is free to be changed.
 */
export class Change {
  isWritten = false;
  private isShown = false;
  /** Edits are to be laid over all rows, and not only over those that have changed. */
  private isAnew = false;
  private readonly appended: { readonly generation: Generation; readonly segment: Segment; readonly columns: readonly Uint8Array[]; readonly blocks: readonly Uint8Array[] }[] = [];
  private readonly pages = new Map<Generation, Page>();
  /** Keys whose edits have changed. */
  private readonly stale = new Set<Key>();

  constructor(
    readonly schema: Schema,
    readonly record: CollectionRecord,
    private readonly transaction: IDBTransaction,
    private readonly blocks: BlockReader,
    /** The generations that were shown and filled when it began. */
    private shown: Generation,
    private readonly refill: Generation | null) {}

  checkFence(fence: number): void {
    if (fence !== this.record.fence)
      throw new StoreError('superseded', `Another tab leads '${this.schema.name}' now; this one has written nothing. Wait until it is this one's turn again.`);
  }

  /** Says that the record has changed, so that it is stored. */
  mark(): void {
    this.isWritten = true;
  }

  /** Takes the page that a pull after `cursor` brought, if this is where it goes on; null where it is not. */
  pull(page: Page, cursor: string | null): Filling | null {
    const filling = this.record.refill ?? this.record.shown;
    if (filling.cursor !== cursor)
      return null;
    this.append(page, filling, this.refill ?? this.shown);
    const isComplete = filling.isComplete || !page.more;
    if (isComplete && !filling.isComplete) {
      // The first filling of a schema: edits may have been laid over the rows of the one before, which are not needed any more.
      retireOthers(this.record);
      this.isAnew = true;
    }
    if (filling.cursor !== page.cursor || filling.epoch !== page.epoch || filling.isComplete !== isComplete)
      this.mark();
    filling.cursor = page.cursor;
    filling.epoch = page.epoch;
    filling.isComplete = isComplete;
    return filling;
  }

  /** Takes a page from outside the feed: into each generation that is of its epoch. */
  hint(page: Page): void {
    const { shown, refill } = this.record;
    if (shown.epoch === page.epoch)
      this.append(page, shown, this.shown);
    if (refill !== null && refill.epoch === page.epoch)
      this.append(page, refill, this.refill!);
  }

  /** Shows what has been filled in place of what was shown. */
  swap(): void {
    this.record.retired.push(this.record.shown.generation);
    this.record.shown = this.record.refill!;
    this.record.refill = null;
    this.shown = this.refill!;
    this.isShown = this.isAnew = true;
  }

  /** Begins a filling beside the one that is shown, and forgets the one that was under way. */
  async beginRefill(): Promise<void> {
    const { shown, refill, retired } = this.record;
    if (refill === null && shown.changeCount === 0 && !shown.isComplete) {
      // There is nothing to be shown meanwhile.
      if (shown.cursor !== null)
        this.mark();
      shown.cursor = shown.epoch = null;
      return;
    }
    if (refill !== null)
      retired.push(refill.generation);
    this.record.refill = await newFilling(this.transaction.objectStore('collections'));
    this.mark();
  }

  /** Adds an entry, takes it out, or puts it in place of what it was. */
  replace(was: Entry | null, entry: Entry | null): void {
    const { counts } = this.record.outbox;
    if (was !== null)
      counts[was.state]--;
    if (entry !== null) {
      counts[entry.state]++;
      this.outbox.put(entry);
    } else {
      this.outbox.delete([was!.collection, was!.number]);
    }
    if (!isLive(was) || !isLive(entry) || was!.fields !== entry!.fields)
      this.stale.add((was ?? entry)!.key);
    this.mark();
  }

  /** Entries in a state, by number. */
  async entries(state: State, limit = Infinity): Promise<Entry[]> {
    // To IndexedDB, a limit of zero is none.
    return limit === 0 || this.record.outbox.counts[state] === 0 ? []
      : result<Entry[]>(this.outbox.index('state').getAll([this.schema.name, state], limit === Infinity ? undefined : limit));
  }

  entry(number: number): Promise<Entry | undefined> {
    return result<Entry | undefined>(this.outbox.get([this.schema.name, number]));
  }

  /** The entries that lie on top of rows, by key and in the order of their numbers; of all keys where none are given. */
  async liveEntries(keys: ReadonlySet<Key> | null): Promise<Map<Key, Entry[]>> {
    const { queued, sent, held } = this.record.outbox.counts;
    const index = this.outbox.index('key');
    // Whichever are fewer are looked up: the keys, or the entries.
    const found = keys !== null && keys.size < queued + sent + held
      ? await Promise.all(Array.from(keys, key => result<Entry[]>(index.getAll([this.schema.name, key]))))
      : await Promise.all((['queued', 'sent', 'held'] as const).map(state => this.entries(state)));
    const byKey = new Map<Key, Entry[]>();
    for (const entry of found.flat().sort((a, b) => a.number - b.number)) {
      if (isLive(entry) && (keys === null || keys.has(entry.key)))
        byKey.set(entry.key, [...byKey.get(entry.key) ?? [], entry]);
    }
    return byKey;
  }

  /** The rows that the server told last, without edits; of keys that have one. */
  async toldRows(keys: ReadonlySet<Key>): Promise<Map<Key, Row>> {
    const { shown: { rows }, shown, schema } = this;
    const page = this.pages.get(shown);
    const news = page === undefined ? new Map<Key, number>() : rows.news(page, keys);
    const stored = [...keys].flatMap(key => {
      const ordinal = news.has(key) ? undefined : rows.told(key);
      return ordinal === undefined ? [] : [{ key, ordinal }];
    });
    const read = await shown.readRows(stored.map(({ ordinal }) => ordinal), this.blocks, this.transaction);
    return new Map([
      ...stored.map(({ key }, i): [Key, Row] => [key, new Row(schema, read[i]!)]),
      ...[...news].flatMap(([key, i]): [Key, Row][] => i < page!.upserts ? [[key, new Row(schema, packedRow(page!.rows, page!.upserts, i))]] : []),
    ]);
  }

  /** The end of the transaction's body. */
  async finish(): Promise<void> {
    await this.overlay();
    if (!this.isWritten)
      return;
    this.record.writes++;
    if (this.isShown)
      this.record.revision++;
    this.transaction.objectStore('collections').put(this.record);
  }

  /** Does in memory what has been done on disk. */
  remember(keep: (generation: Generation, block: number, bytes: Uint8Array) => void): void {
    for (const { generation, segment, columns, blocks } of this.appended) {
      generation.append(segment, columns);
      blocks.forEach((block, i) => keep(generation, segment.body as number + i, block));
    }
  }

  /** Appends, as views are to show them, the rows whose edits have changed, and those with edits that the server told anew. */
  private async overlay(): Promise<void> {
    const { shown, record } = this;
    const { queued, sent, held } = record.outbox.counts;
    const page = queued + sent + held === 0 ? undefined : this.pages.get(shown);
    const entries = await this.liveEntries(this.isAnew ? null : new Set([...this.stale, ...page === undefined ? [] : valuesOf(page.keys)]));
    const keys = new Set([...this.stale, ...entries.keys()]);
    if (keys.size === 0)
      return;
    const told = await this.toldRows(keys);
    const patched = new Map<Key, Row>();
    const restored: Key[] = [];
    for (const key of keys) {
      const row = told.get(key);
      const folded = row?.fold(entries.get(key) ?? []);
      if (folded !== undefined && folded !== row)
        patched.set(key, folded);
      else if (shown.rows.isPatched(key))
        restored.push(key);
    }
    if (patched.size + restored.length > 0) {
      const { changes, body } = localChanges(patched, restored, this.schema);
      this.put(shown, record.shown, changes, patched.size, body);
    }
  }

  private append(page: Page, filling: Filling, generation: Generation): void {
    if (!generation.rows.hasNews(page))
      return;
    this.pages.set(generation, page);
    this.put(generation, filling, changesOf(page), page.upserts, page);
  }

  private put(generation: Generation, filling: Filling, changes: Changes, rowCount: number, body: Body): void {
    const stored = store(this.transaction, this.schema, filling, filling.changeCount, { changes, rowCount, body });
    filling.changeCount += changes.keys.length;
    this.appended.push({ generation, columns: body.columns, ...stored });
    this.isShown ||= generation === this.shown;
    this.mark();
  }

  private get outbox(): IDBObjectStore {
    return this.transaction.objectStore('outbox');
  }
}

function isLive(entry: Entry | null): boolean {
  return entry !== null && entry.state !== 'dead';
}

import { StoreError } from './errors.ts';
import type { Limits } from './limits.ts';
import { FirstLook } from './firstlook.ts';
import type { Key } from './keys.ts';
import { Candidate, type TermListener } from './leader.ts';
import { Markers, type Loss } from './marker.ts';
import { decodeAnswer, encodeAnswer, encodeError, type Answer, type OutboxPart, type Request, type Start, type Status, type WriteRequest } from './messages.ts';
import { OpenedViews, type Heard } from './openedviews.ts';
import type { MutationResult, RowEdit } from './outbox.ts';
import type { Schema } from './schema.ts';
import type { Query } from './view.ts';
import { WorkerLink } from './workerlink.ts';

/** C#'s end of the calls that come from here. */
interface Listener {
  /** The last one: after a restart of the worker, when the status may be an earlier one than before. */
  invokeMethodAsync(method: 'OnChanged' | 'OnReopened', collection: string, status: string): Promise<void>;
  invokeMethodAsync(method: 'OnHealth', health: string): Promise<void>;
}

/** What the browser keeps; C# has the same record. */
interface Health {
  readonly memoryOnlyReason: string | null;
  readonly reloadReason: string | null;
  readonly losses: readonly Loss[];
}

const NOTHING_SEEN = Promise.resolve(null);

/** How long the worker's start waits for the page's look, which is quicker without it: a tenth of this, unless the database is held up. */
const LOOK_MILLISECONDS = 200;

/** Opens a database with its first collection. */
export function createStore(databaseName: string, cacheBytes: number, listener: Listener, limits = '{}'): Store {
  return new Store({ databaseName, cacheBytes, limits: JSON.parse(limits) as Partial<Limits> }, listener);
}

/** Queues to be the one that leads under a name, among all tabs of the site. */
export function queueToLead(name: string, listener: TermListener): Candidate {
  if (!('locks' in navigator))
    throw new Error('This browser has no Web Locks, or the page was not loaded over HTTPS.');
  return new Candidate(name, listener);
}

/**
 * What C# may call. Whatever answers, answers with one array (messages.ts says how it is laid out), also where it fails.
 * A worker that dies is replaced: what it was reading is read again, and what it was writing fails, because nobody knows
 * whether that has been stored.
 */
class Store {
  private readonly link: WorkerLink;
  private readonly markers: Markers;
  /** The schemas of the collections that are open, one for each opening. */
  private opened: Schema[] = [];
  private readonly views: OpenedViews;
  /** What the page has read of each collection itself: once, and nothing as soon as the worker knows it or it may have changed. */
  private readonly looks = new Map<string, Promise<FirstLook | null>>();
  private health: Health = { memoryOnlyReason: null, reloadReason: null, losses: [] };
  private hasAskedToPersist = false;

  constructor(private readonly start: Omit<Start, 'life'>, private readonly listener: Listener) {
    this.views = new OpenedViews({
      life: () => this.link.life,
      isMemoryOnly: () => this.health.memoryOnlyReason !== null,
      read: request => this.read(request),
      ask: request => this.ask(request),
    });
    this.markers = new Markers(start.databaseName);
    this.link = new WorkerLink(start, {
      onChanged: (collection, status) => this.publish('OnChanged', collection, status),
      onRestarted: () => this.opened.forEach(schema => void this.reopen(schema)),
    });
  }

  async openCollection(json: string): Promise<Uint8Array> {
    const schema = JSON.parse(json) as Schema;
    const look = await this.look(schema);
    const opening = this.openInWorker(schema);
    if (look === null)
      return (await opening).answer;
    void opening.then(({ said: { status, error, message } }) => {
      this.looks.set(schema.name, NOTHING_SEEN);
      if (status === undefined) {
        this.opened.push(schema);
        this.link.renew(message ?? error!);
      } else if (JSON.stringify(status) !== JSON.stringify(look.status)) {
        // Less than the page has seen is there only if the database has been lost since.
        this.publish(status.writes < look.status.writes ? 'OnReopened' : 'OnChanged', schema.name, status);
      }
    });
    return encodeAnswer({ status: look.status }).bytes;
  }

  async closeCollection(collection: string): Promise<Uint8Array> {
    const answer = await this.link.ask({ op: 'closeCollection', collection });
    const index = this.opened.findIndex(({ name }) => name === collection);
    if (index >= 0)
      this.opened.splice(index, 1);
    return answer ?? encodeAnswer(null).bytes;
  }

  lead(collection: string): Promise<Uint8Array> {
    return this.write({ op: 'lead', collection });
  }

  apply(collection: string, page: Uint8Array, cursor: string | null, writes: number, fence: number): Promise<Uint8Array> {
    const whole = detach(page);
    return this.write({ op: 'apply', collection, page: whole, cursor, writes, fence }, [whole.buffer]);
  }

  applyHint(collection: string, page: Uint8Array, fence: number): Promise<Uint8Array> {
    const whole = detach(page);
    return this.write({ op: 'applyHint', collection, page: whole, fence }, [whole.buffer]);
  }

  reset(collection: string, fence: number): Promise<Uint8Array> {
    return this.write({ op: 'reset', collection, fence });
  }

  async edit(collection: string, edits: string, madeAt: string): Promise<Uint8Array> {
    const answer = await this.write({ op: 'edit', collection, edits: JSON.parse(edits) as RowEdit[], madeAt });
    this.askToPersist();
    return answer;
  }

  readOutbox(collection: string, part: OutboxPart, limit: number): Promise<Uint8Array> {
    return this.readAgain({ op: 'readOutbox', collection, part, limit });
  }

  retry(collection: string, numbers: string, madeAt: string): Promise<Uint8Array> {
    return this.write({ op: 'retry', collection, numbers: JSON.parse(numbers) as number[], madeAt });
  }

  discard(collection: string, numbers: string): Promise<Uint8Array> {
    return this.write({ op: 'discard', collection, numbers: JSON.parse(numbers) as number[] });
  }

  seal(collection: string, newClientId: string, maxCount: number, fence: number): Promise<Uint8Array> {
    return this.write({ op: 'seal', collection, newClientId, maxCount, fence });
  }

  acknowledge(collection: string, clientId: string, results: string, page: Uint8Array | null, fence: number): Promise<Uint8Array> {
    const whole = page && detach(page);
    const request = { op: 'acknowledge', collection, clientId, results: JSON.parse(results) as MutationResult[], page: whole, fence } as const;
    return this.write(request, whole === null ? [] : [whole.buffer]);
  }

  setAside(collection: string, id: number, rejection: string, detail: string | null, fence: number): Promise<Uint8Array> {
    return this.write({ op: 'setAside', collection, id, rejection, detail, fence });
  }

  renumber(collection: string, fence: number): Promise<Uint8Array> {
    return this.write({ op: 'renumber', collection, fence });
  }

  async openView(collection: string, view: number, query: string, start: number, count: number): Promise<Uint8Array> {
    return this.views.open({ op: 'openView', collection, view, query: JSON.parse(query) as Query, start, count }, await this.looks.get(collection) ?? null);
  }

  readView(view: number, start: number, count: number): Promise<Uint8Array> {
    return this.views.read(view, start, count);
  }

  findInView(view: number, key: Key): Promise<Uint8Array> {
    return this.views.find(view, key);
  }

  reopenView(old: number, view: number, start: number, count: number): Promise<Uint8Array> {
    return this.views.reopen(old, view, start, count);
  }

  closeView(view: number): void {
    this.views.close(view);
  }

  readValues(collection: string, field: number, limit: number): Promise<Uint8Array> {
    return this.readAgain({ op: 'readValues', collection, field, limit });
  }

  diagnose(collection: string): Promise<Uint8Array> {
    return this.readAgain({ op: 'diagnose', collection });
  }

  /** What the browser tells of its room; nothing where it does not. */
  async usage(): Promise<Uint8Array> {
    const { usage, quota } = await navigator.storage?.estimate() ?? {};
    if (usage === undefined || quota === undefined)
      return encodeAnswer(null).bytes;
    return encodeAnswer({ usage: { usageBytes: usage, quotaBytes: quota, isPersisted: await navigator.storage.persisted() } }).bytes;
  }

  async acknowledgeLosses(): Promise<Uint8Array> {
    this.markers.acknowledge();
    await this.report({ losses: [] });
    return encodeAnswer(null).bytes;
  }

  async wipe(): Promise<Uint8Array> {
    this.opened = [];
    this.views.clear();
    this.looks.forEach((_, collection) => this.looks.set(collection, NOTHING_SEEN));
    const { answer, said } = await this.once({ op: 'wipe' });
    if (said.error === undefined) {
      this.markers.forget();
      await this.report({ losses: [] });
    }
    return answer;
  }

  /** Waits for the writes under way, then ends the worker. */
  async close(): Promise<Uint8Array> {
    const answer = await this.link.ask({ op: 'close' });
    this.link.close();
    return answer ?? encodeAnswer(null).bytes;
  }

  private async openInWorker(schema: Schema): Promise<Heard> {
    const outcome = await this.read({ op: 'openCollection', schema });
    const { status } = outcome.said;
    if (status !== undefined) {
      this.opened.push(schema);
      if (this.health.memoryOnlyReason === null)
        this.markers.check(schema.name, status);
      await this.report({ losses: this.markers.losses() });
      this.note(schema.name, status);
    }
    return outcome;
  }

  /** Looks at what is stored of a collection that has not been asked for before. */
  private look(schema: Schema): Promise<FirstLook | null> {
    let looking = this.looks.get(schema.name);
    if (looking === undefined) {
      looking = Promise.race([
        // Whatever stands in the way, the worker tells of it.
        FirstLook.at(this.start.databaseName, schema).catch(() => null),
        new Promise<null>(resolve => setTimeout(() => resolve(null), LOOK_MILLISECONDS)),
      ]);
      this.looks.set(schema.name, looking);
    }
    return looking;
  }

  /** Asks for what changes something: once. */
  private async write(request: WriteRequest, transfer: Transferable[] = []): Promise<Uint8Array> {
    this.looks.set(request.collection, NOTHING_SEEN);
    const { answer, said } = await this.once(request, transfer);
    if (said.status !== undefined)
      this.note(request.collection, said.status);
    return answer;
  }

  private async once(request: Request, transfer: Transferable[] = []): Promise<Heard> {
    const answer = await this.link.ask(request, transfer) ?? encodeError(new StoreError('failed',
      'The worker of the local database has stopped while it was writing, and another one has been started. The change may or may not be stored: look, then try again.'));
    return { answer, said: await this.heed(answer) };
  }

  /** Asks for what changes nothing: again, where the worker dies over it. */
  private async read(request: Request): Promise<Heard> {
    for (;;) {
      const heard = await this.ask(request);
      if (heard !== null)
        return heard;
    }
  }

  private async ask(request: Request): Promise<Heard | null> {
    const answer = await this.link.ask(request);
    return answer && { answer, said: await this.heed(answer) };
  }

  private async readAgain(request: Request): Promise<Uint8Array> {
    return (await this.read(request)).answer;
  }

  /** Opens a collection in a worker that has just been started. */
  private async reopen(schema: Schema): Promise<void> {
    const answer = await this.link.ask({ op: 'openCollection', schema });
    if (answer === null)
      return; // This one has died too, and the next one gets its own request.
    const { status, error, message } = await this.heed(answer);
    if (status !== undefined)
      this.publish('OnReopened', schema.name, status);
    else
      this.link.renew(message ?? error!);
  }

  /** Reads what an answer says about the browser, and tells C# before it has the answer. */
  private async heed(answer: Uint8Array): Promise<Answer> {
    const said = decodeAnswer(answer);
    if (said.memoryOnly !== undefined)
      await this.report({ memoryOnlyReason: said.memoryOnly });
    if (said.error === 'reload')
      await this.report({ reloadReason: said.message! });
    return said;
  }

  private async report(change: Partial<Health>): Promise<void> {
    const health = { ...this.health, ...change };
    const json = JSON.stringify(health);
    if (json === JSON.stringify(this.health))
      return;
    this.health = health;
    await this.listener.invokeMethodAsync('OnHealth', json);
  }

  private publish(method: 'OnChanged' | 'OnReopened', collection: string, status: Status): void {
    this.note(collection, status);
    void this.listener.invokeMethodAsync(method, collection, JSON.stringify(status));
  }

  private note(collection: string, status: Status): void {
    if (this.health.memoryOnlyReason === null)
      this.markers.note(collection, status);
  }

  /** Not before there is something that nobody else has: browsers judge by what a person does, and some ask the person. */
  private askToPersist(): void {
    if (this.hasAskedToPersist || this.health.memoryOnlyReason !== null)
      return;
    this.hasAskedToPersist = true;
    // Only pages can ask, and the types here are a worker's. A no is an answer too: ReadUsageAsync tells it.
    const storage = navigator.storage as { persist?(): Promise<boolean> } | undefined;
    storage?.persist?.().catch(() => {});
  }
}

/** Typed arrays of a page start at multiples of eight of its buffer, and the buffer leaves this thread as a whole. */
function detach(page: Uint8Array): Uint8Array {
  return page.byteLength === page.buffer.byteLength ? page : page.slice();
}

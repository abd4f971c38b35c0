import { BlockCache } from './blockcache.ts';
import { Collection, type Shared } from './collection.ts';
import { Database } from './database.ts';
import { StoreError } from './errors.ts';
import { limits } from './limits.ts';
import { GenerationLocks, holdForLife } from './locks.ts';
import { encodeAnswer, encodeError, type Answer, type Reply, type Request, type Start, type WriteRequest } from './messages.ts';
import { discard, edit, renumber, retry, seal, setAside } from './outbox.ts';
import type { Schema } from './schema.ts';
import type { View } from './views.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;

/** The worker's side of one store. */
class Server {
  private readonly collections = new Map<string, { users: number; readonly opening: Promise<Collection> }>();
  /** Views by the number that the main thread gave them; null while they are being opened. */
  private readonly views = new Map<number, { readonly collection: Collection; readonly view: View } | null>();
  private readonly channel: BroadcastChannel;
  private readonly shared: Shared;
  private requests = 0;
  private lastRequest = 0;
  private isClosed = false;

  constructor({ databaseName, cacheBytes, limits: own }: Start) {
    Object.assign(limits, own);
    this.channel = new BroadcastChannel(databaseName);
    this.channel.onmessage = ({ data }: MessageEvent<string>) => void this.catchUp(data).catch(report);
    this.shared = {
      database: new Database(databaseName),
      cache: new BlockCache(cacheBytes),
      locks: new GenerationLocks(databaseName),
      idle: milliseconds => this.idle(milliseconds),
      breathe,
      announce: collection => this.channel.postMessage(collection),
      publish: (collection, status) => send({ collection, status }, []),
      report,
    };
  }

  async serve(id: number, request: Request): Promise<void> {
    this.requests++;
    const answer = await this.answer(request).catch(encodeError);
    this.requests--;
    this.lastRequest = performance.now();
    send({ id, answer }, [answer.buffer]);
  }

  private async answer(request: Request): Promise<Uint8Array<ArrayBuffer>> {
    switch (request.op) {
      case 'openCollection':
        return encodeAnswer({ status: (await this.open(request.schema)).status, memoryOnly: this.shared.database.memoryOnly ?? undefined }).bytes;
      case 'closeCollection':
        await this.close(request.collection);
        return encodeAnswer(null).bytes;
      case 'openView':
        return this.openView(request);
      case 'reopenView':
        return this.reopenView(request);
      case 'readView': {
        const { collection, view } = this.view(request.view);
        return collection.views.read(view, request.start, request.count, null);
      }
      case 'findInView': {
        const { collection, view } = this.view(request.view);
        return encodeAnswer({ position: collection.views.find(view, request.key) }).bytes;
      }
      case 'closeView':
        this.closeView(request.view);
        return encodeAnswer(null).bytes;
      case 'readValues': {
        const collection = await this.collection(request.collection);
        return encodeAnswer({ values: await collection.views.readValues(request.field, request.limit) }).bytes;
      }
      case 'readOutbox': {
        const collection = await this.collection(request.collection);
        return encodeAnswer({ entries: await collection.readOutbox(request.part, request.limit) }).bytes;
      }
      case 'diagnose':
        return encodeAnswer({ diagnosis: (await this.collection(request.collection)).diagnosis }).bytes;
      case 'wipe':
        await this.closeAll();
        await this.shared.database.delete();
        return encodeAnswer(null).bytes;
      case 'close':
        this.isClosed = true;
        await this.closeAll();
        this.channel.close();
        this.shared.locks.close();
        this.shared.database.close();
        return encodeAnswer(null).bytes;
      default:
        return encodeAnswer(await write(await this.collection(request.collection), request)).bytes;
    }
  }

  private async open(schema: Schema): Promise<Collection> {
    let entry = this.collections.get(schema.name);
    if (entry === undefined) {
      entry = { users: 0, opening: Collection.open(schema, this.shared) };
      this.collections.set(schema.name, entry);
    }
    entry.users++;
    try {
      const collection = await entry.opening;
      if (collection.schema.hash !== schema.hash)
        throw new StoreError('failed', `'${schema.name}' is open with another schema. Close it before it is opened with this one.`);
      return collection;
    } catch (error) {
      if (--entry.users === 0 && this.collections.get(schema.name) === entry)
        this.collections.delete(schema.name);
      throw error;
    }
  }

  private collection(name: string): Promise<Collection> {
    const entry = this.collections.get(name);
    return entry === undefined ? Promise.reject(closed(`'${name}'`)) : entry.opening;
  }

  private async close(name: string): Promise<void> {
    const entry = this.collections.get(name);
    if (entry === undefined || --entry.users > 0)
      return;
    this.collections.delete(name);
    await (await entry.opening).close();
  }

  private async closeAll(): Promise<void> {
    for (const view of [...this.views.keys()])
      this.closeView(view);
    const entries = [...this.collections.values()];
    this.collections.clear();
    for (const { opening } of entries) {
      // One that could not be opened has told its caller, and holds nothing.
      const collection = await opening.catch(() => null);
      await collection?.close();
    }
  }

  private openView({ collection: name, view: id, query, start, count }: Request & { op: 'openView' }): Promise<Uint8Array<ArrayBuffer>> {
    return this.keepView(id, async () => {
      const collection = await this.collection(name);
      return { collection, ...await collection.views.open(query, start, count), start, count };
    });
  }

  private reopenView({ old, view: id, start, count }: Request & { op: 'reopenView' }): Promise<Uint8Array<ArrayBuffer>> {
    return this.keepView(id, async () => {
      const { collection, view } = this.view(old);
      const opened = await collection.views.reopen(view, start, count);
      return { collection, ...opened, start: opened.change.start, count };
    });
  }

  /** Opens a view under a number, and reads its window. */
  private async keepView(
    id: number, open: () => Promise<{ collection: Collection; view: View; answer: Answer; start: number; count: number }>): Promise<Uint8Array<ArrayBuffer>> {
    this.views.set(id, null);
    try {
      const { collection, view, answer, start, count } = await open();
      if (!this.views.has(id)) {
        // Closed before it was open: whoever asked has given up.
        view.generation.release();
        throw closed('The view');
      }
      this.views.set(id, { collection, view });
      return await collection.views.read(view, start, count, answer);
    } catch (error) {
      this.closeView(id);
      throw error;
    }
  }

  private view(id: number): { collection: Collection; view: View } {
    const opened = this.views.get(id);
    if (!opened)
      throw closed('The view');
    return opened;
  }

  private closeView(id: number): void {
    const opened = this.views.get(id);
    this.views.delete(id);
    if (opened)
      opened.view.generation.release();
  }

  /** Another tab has committed something: what it was is in the database. */
  private async catchUp(name: string): Promise<void> {
    const collection = await this.collections.get(name)?.opening.catch(() => null);
    if (collection)
      send({ collection: name, status: await collection.catchUp() }, []);
  }

  /** Resolves when no request has been under way for a while; false once the store is closed. */
  private async idle(milliseconds: number): Promise<boolean> {
    do
      await new Promise(resolve => setTimeout(resolve, milliseconds / 2));
    while (!this.isClosed && (this.requests > 0 || performance.now() - this.lastRequest < milliseconds));
    return !this.isClosed;
  }
}

/** One transaction of a collection. */
async function write(collection: Collection, request: WriteRequest): Promise<Answer> {
  switch (request.op) {
    case 'lead': {
      const { status, value: fence } = await collection.lead();
      return { status, fence };
    }
    case 'apply':
      return collection.apply(request.page, request.cursor, request.writes, request.fence);
    case 'applyHint':
      return collection.applyHint(request.page, request.fence);
    case 'reset':
      return collection.reset(request.fence);
    case 'edit': {
      const { status, value: outcomes } = await collection.changeOutbox(change => edit(change, request.edits, request.madeAt));
      return { status, outcomes };
    }
    case 'retry':
      return collection.changeOutbox(change => retry(change, request.numbers, request.madeAt));
    case 'discard':
      return collection.changeOutbox(change => discard(change, request.numbers));
    case 'seal': {
      const { status, value } = await collection.changeOutbox(change => seal(change, request.newClientId, request.maxCount), request.fence);
      return { status, ...value };
    }
    case 'acknowledge':
      return collection.acknowledge(request.clientId, request.results, request.page, request.fence);
    case 'setAside':
      return collection.changeOutbox(change => setAside(change, request.id, request.rejection, request.detail), request.fence);
    case 'renumber':
      return collection.changeOutbox(change => renumber(change), request.fence);
  }
}

/** Resolves after the messages and events that wait. */
function breathe(): Promise<void> {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function closed(what: string): StoreError {
  return new StoreError('unavailable', `${what} has been closed.`);
}

function send(reply: Reply, transfer: Transferable[]): void {
  scope.postMessage(reply, transfer);
}

/** Nobody waits for this; the console is where a developer looks. */
function report(error: unknown): void {
  console.error(error);
}

scope.onmessage = ({ data: start }: MessageEvent<Start>) => {
  const server = new Server(start);
  scope.onmessage = ({ data: { id, request } }: MessageEvent<{ id: number; request: Request }>) => void server.serve(id, request);
  holdForLife(start.life, () => send('alive', []));
};

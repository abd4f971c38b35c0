import { StoreError } from './errors.ts';
import type { Limits } from './limits.ts';
import { Candidate, type TermListener } from './leader.ts';
import { encodeError, type OutboxPart, type Reply, type Request, type Start } from './messages.ts';
import type { MutationResult, RowEdit } from './outbox.ts';
import type { Schema } from './schema.ts';
import type { Query } from './view.ts';

/** C#'s end of the calls that come from here. */
interface Listener {
  invokeMethodAsync(method: 'OnChanged', collection: string, status: string): Promise<void>;
}

/** Starts a worker for a database. The database is opened with the first collection. */
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
 */
class Store {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, (answer: Uint8Array) => void>();
  private failure: StoreError | null = null;
  private lastId = 0;

  constructor(start: Start, private readonly listener: Listener) {
    this.worker = new Worker(new URL('./sync-indexeddb.worker.js', import.meta.url), { type: 'module', name: start.databaseName });
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => this.receive(data);
    this.worker.onerror = event => this.end(new StoreError('unavailable',
      `The worker of the local database has stopped${event.message ? ` (${event.message})` : ', or its script could not be loaded'}. Reload the page.`));
    this.worker.postMessage(start);
  }

  openCollection(schema: string): Promise<Uint8Array> {
    return this.ask({ op: 'openCollection', schema: JSON.parse(schema) as Schema });
  }

  closeCollection(collection: string): Promise<Uint8Array> {
    return this.ask({ op: 'closeCollection', collection });
  }

  lead(collection: string): Promise<Uint8Array> {
    return this.ask({ op: 'lead', collection });
  }

  apply(collection: string, page: Uint8Array, cursor: string | null, writes: number, fence: number): Promise<Uint8Array> {
    const whole = detach(page);
    return this.ask({ op: 'apply', collection, page: whole, cursor, writes, fence }, [whole.buffer]);
  }

  applyHint(collection: string, page: Uint8Array, fence: number): Promise<Uint8Array> {
    const whole = detach(page);
    return this.ask({ op: 'applyHint', collection, page: whole, fence }, [whole.buffer]);
  }

  reset(collection: string, fence: number): Promise<Uint8Array> {
    return this.ask({ op: 'reset', collection, fence });
  }

  edit(collection: string, edits: string, madeAt: string): Promise<Uint8Array> {
    return this.ask({ op: 'edit', collection, edits: JSON.parse(edits) as RowEdit[], madeAt });
  }

  readOutbox(collection: string, part: OutboxPart, limit: number): Promise<Uint8Array> {
    return this.ask({ op: 'readOutbox', collection, part, limit });
  }

  retry(collection: string, numbers: string, madeAt: string): Promise<Uint8Array> {
    return this.ask({ op: 'retry', collection, numbers: JSON.parse(numbers) as number[], madeAt });
  }

  discard(collection: string, numbers: string): Promise<Uint8Array> {
    return this.ask({ op: 'discard', collection, numbers: JSON.parse(numbers) as number[] });
  }

  seal(collection: string, newClientId: string, maxCount: number, fence: number): Promise<Uint8Array> {
    return this.ask({ op: 'seal', collection, newClientId, maxCount, fence });
  }

  acknowledge(collection: string, clientId: string, results: string, page: Uint8Array | null, fence: number): Promise<Uint8Array> {
    const whole = page && detach(page);
    const request = { op: 'acknowledge', collection, clientId, results: JSON.parse(results) as MutationResult[], page: whole, fence } as const;
    return this.ask(request, whole === null ? [] : [whole.buffer]);
  }

  setAside(collection: string, id: number, rejection: string, detail: string | null, fence: number): Promise<Uint8Array> {
    return this.ask({ op: 'setAside', collection, id, rejection, detail, fence });
  }

  renumber(collection: string, fence: number): Promise<Uint8Array> {
    return this.ask({ op: 'renumber', collection, fence });
  }

  openView(collection: string, view: number, query: string, start: number, count: number): Promise<Uint8Array> {
    return this.ask({ op: 'openView', collection, view, query: JSON.parse(query) as Query, start, count });
  }

  readView(view: number, start: number, count: number): Promise<Uint8Array> {
    return this.ask({ op: 'readView', view, start, count });
  }

  /** Also ends the opening of a view that nobody waits for any more. */
  closeView(view: number): void {
    void this.ask({ op: 'closeView', view });
  }

  readValues(collection: string, field: number, limit: number): Promise<Uint8Array> {
    return this.ask({ op: 'readValues', collection, field, limit });
  }

  wipe(): Promise<Uint8Array> {
    return this.ask({ op: 'wipe' });
  }

  /** Waits for the writes under way, then ends the worker. */
  async close(): Promise<Uint8Array> {
    const answer = await this.ask({ op: 'close' });
    this.end(new StoreError('unavailable', 'The store has been closed.'));
    return answer;
  }

  private ask(request: Request, transfer: Transferable[] = []): Promise<Uint8Array> {
    if (this.failure !== null)
      return Promise.resolve(encodeError(this.failure));
    return new Promise(resolve => {
      const id = ++this.lastId;
      this.waiting.set(id, resolve);
      this.worker.postMessage({ id, request }, transfer);
    });
  }

  private receive(reply: Reply): void {
    if ('id' in reply) {
      this.waiting.get(reply.id)?.(reply.answer);
      this.waiting.delete(reply.id);
    } else {
      void this.listener.invokeMethodAsync('OnChanged', reply.collection, JSON.stringify(reply.status));
    }
  }

  /** Nothing is answered any more but this failure. */
  private end(failure: StoreError): void {
    this.failure = failure;
    this.worker.terminate();
    for (const resolve of this.waiting.values())
      resolve(encodeError(failure));
    this.waiting.clear();
  }
}

/** Typed arrays of a page start at multiples of eight of its buffer, and the buffer leaves this thread as a whole. */
function detach(page: Uint8Array): Uint8Array {
  return page.byteLength === page.buffer.byteLength ? page : page.slice();
}

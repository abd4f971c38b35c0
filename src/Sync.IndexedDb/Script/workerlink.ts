import { StoreError } from './errors.ts';
import { whenEnded } from './locks.ts';
import { encodeError, type Reply, type Request, type Start, type Status } from './messages.ts';

/** More deaths than this in this time, and there is no use in starting another worker: memory is short, or a request kills it. */
const MAX_DEATHS = 3;
const DEATHS_MILLISECONDS = 60_000;

/** A worker that has not said a word by then will not: it has died before it held its lock. Slow networks load the script in less. */
const START_MILLISECONDS = 30_000;

/** What a link tells of its own accord. */
export interface LinkListener {
  /** Another tab has changed a collection. */
  onChanged(collection: string, status: Status): void;
  /** A new worker has taken the place of one that had died; it knows nothing yet, and takes requests. */
  onRestarted(): void;
}

/**
 * The way to a worker that may die: of memory, of a crash, or because its script does not load. A worker holds a Web Lock
 * for as long as it lives, and the link queues for that. The first one starts when something is asked of it.
 */
export class WorkerLink {
  /** Counts the workers: what an earlier one knew, this one does not. */
  life = 0;
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, (answer: Uint8Array | null) => void>();
  private deaths: number[] = [];
  private failure: StoreError | null = null;
  private isClosed = false;
  private lastId = 0;

  constructor(private readonly start: Omit<Start, 'life'>, private readonly listener: LinkListener) {}

  /** Asks the worker; null where it died before it answered. */
  ask(request: Request, transfer: Transferable[] = []): Promise<Uint8Array | null> {
    if (this.worker === null && !this.isClosed)
      this.restart();
    const { worker, failure } = this;
    if (worker === null)
      return Promise.resolve(encodeError(failure));
    return new Promise(resolve => {
      const id = ++this.lastId;
      this.waiting.set(id, resolve);
      worker.postMessage({ id, request }, transfer);
    });
  }

  /** Starts another worker in place of one that is of no use. */
  renew(why: string): void {
    if (this.worker !== null)
      this.onDeath(this.worker, why);
  }

  /** Ends the worker. Nothing is answered any more but that. */
  close(): void {
    this.isClosed = true;
    this.failure = new StoreError('unavailable', 'The store has been closed.');
    this.worker?.terminate();
    this.worker = null;
    const waiting = this.takeWaiting();
    waiting.forEach(resolve => resolve(encodeError(this.failure)));
  }

  private begin(): void {
    const life = `${this.start.databaseName}/worker/${Math.random()}`;
    const worker = new Worker(new URL('./sync-indexeddb.worker.js', import.meta.url), { type: 'module', name: this.start.databaseName });
    let isAlive = false;
    const timer = setTimeout(() => this.onDeath(worker, 'it did not start'), START_MILLISECONDS);
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      clearTimeout(timer);
      isAlive = true;
      if (data === 'alive')
        whenEnded(life, () => this.onDeath(worker, 'its memory may have run out'));
      else
        this.receive(data);
    };
    // Of one that lives it is a defect that somebody should see, and no end.
    worker.onerror = event => isAlive || this.onDeath(worker, event.message || 'its script could not be loaded');
    worker.postMessage({ ...this.start, life } satisfies Start);
    this.worker = worker;
    this.life++;
  }

  private restart(): void {
    const now = performance.now();
    this.deaths = this.deaths.filter(death => death > now - DEATHS_MILLISECONDS);
    if (this.deaths.length > MAX_DEATHS)
      return;
    this.begin();
    if (this.life > 1)
      this.listener.onRestarted();
  }

  private onDeath(worker: Worker, why: string): void {
    if (worker !== this.worker)
      return;
    worker.terminate();
    this.worker = null;
    this.deaths.push(performance.now());
    this.failure = new StoreError('unavailable', `The worker of the local database has stopped several times (${why}). Close other tabs or programs if memory is short, then reload the page.`);
    const waiting = this.takeWaiting();
    this.restart();
    waiting.forEach(resolve => resolve(null));
  }

  private takeWaiting(): ((answer: Uint8Array | null) => void)[] {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    return waiting;
  }

  private receive(reply: Exclude<Reply, 'alive'>): void {
    if ('id' in reply) {
      this.waiting.get(reply.id)?.(reply.answer);
      this.waiting.delete(reply.id);
    } else {
      this.listener.onChanged(reply.collection, reply.status);
    }
  }
}

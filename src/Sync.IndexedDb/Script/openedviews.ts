import { StoreError } from './errors.ts';
import type { FirstLook, Window } from './firstlook.ts';
import type { Key } from './keys.ts';
import { encodeError, type Answer, type Request } from './messages.ts';

/** The worker as views see it: one after the other, each under the number of its life. */
export interface Asked {
  life(): number;
  /** True where what a worker knows goes with it. */
  isMemoryOnly(): boolean;
  /** Asks, and again where the worker dies over it. */
  read(request: Request): Promise<Heard>;
  /** Asks once; null where the worker dies over it. */
  ask(request: Request): Promise<Heard | null>;
}

export interface Heard {
  readonly answer: Uint8Array;
  readonly said: Answer;
}

/** A view that C# has open: what it was opened with, what it had then, and which of the workers has it; none where the page has opened it itself. */
interface OpenedView {
  readonly request: Request & { op: 'openView' };
  readonly count: number | undefined;
  readonly revision: number | undefined;
  readonly window: Window | null;
  life: number;
  /** Under way while a worker opens it; then a failure, or null. */
  opening: Promise<Uint8Array | null> | null;
}

/** The views of a page, which outlive the worker that reads them. */
export class OpenedViews {
  private readonly views = new Map<number, OpenedView>();

  constructor(private readonly worker: Asked) {}

  async open(request: Request & { op: 'openView' }, look: FirstLook | null): Promise<Uint8Array> {
    const { query, start, count, view } = request;
    const window = look?.windowOf(query, start, count);
    if (window) {
      const opened = { request, count: window.count, revision: window.revision, window, life: 0, opening: null };
      this.views.set(view, opened);
      void this.openInWorker(opened); // Whoever reads further waits for it.
      return window.read(start, count, { count: window.count, revision: window.revision });
    }
    const { answer, said } = await this.worker.read(request);
    this.keep(request, said);
    return answer;
  }

  async read(view: number, start: number, count: number): Promise<Uint8Array> {
    const window = this.views.get(view)?.window;
    return window?.has(start, count) ? window.read(start, count, null) : (await this.ask(view, { op: 'readView', view, start, count })).answer;
  }

  async find(view: number, key: Key): Promise<Uint8Array> {
    return (await this.ask(view, { op: 'findInView', view, key })).answer;
  }

  async reopen(old: number, view: number, start: number, count: number): Promise<Uint8Array> {
    const before = this.views.get(old);
    const { answer, said } = await this.ask(old, { op: 'reopenView', old, view, start, count });
    if (before !== undefined)
      this.keep({ ...before.request, view }, said);
    return answer;
  }

  /** Also ends the opening of a view that nobody waits for any more. */
  close(view: number): void {
    this.views.delete(view);
    void this.worker.ask({ op: 'closeView', view });
  }

  clear(): void {
    this.views.clear();
  }

  private keep(request: Request & { op: 'openView' }, { error, count, revision }: Answer): void {
    if (error === undefined)
      this.views.set(request.view, { request, count, revision, window: null, life: this.worker.life(), opening: null });
  }

  /** Asks for something of a view, of a worker that knows it. */
  private async ask(view: number, request: Request): Promise<Heard> {
    for (;;) {
      const opened = this.views.get(view);
      const failure = opened === undefined || opened.life === this.worker.life() ? null : await this.openInWorker(opened);
      const heard = failure === null ? await this.worker.ask(request) : { answer: failure, said: { error: 'failed' } };
      if (heard !== null)
        return heard;
    }
  }

  /** Opens a view in a worker that does not know it; where its rows are no longer what they were, that fails. */
  private openInWorker(opened: OpenedView): Promise<Uint8Array | null> {
    return opened.opening ??= this.openAgain(opened).finally(() => opened.opening = null);
  }

  private async openAgain(opened: OpenedView): Promise<Uint8Array | null> {
    const { worker } = this;
    const life = worker.life();
    const { answer, said } = await worker.read(opened.request);
    if (said.error !== undefined)
      return answer;
    if (said.count === opened.count && said.revision === opened.revision && !worker.isMemoryOnly()) {
      opened.life = life;
      return null;
    }
    void worker.ask({ op: 'closeView', view: opened.request.view });
    return encodeError(new StoreError('failed',
      'The rows of this view have changed before the local database could read on, because another tab has written or its worker has stopped. Open the view again.'));
  }
}

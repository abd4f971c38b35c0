/** Holds a lock until the worker ends, by whatever cause: who queues for it hears of that. */
export function holdForLife(name: string, onHeld: () => void): void {
  if (!('locks' in navigator))
    throw new Error('This browser has no Web Locks, or the page was not loaded over HTTPS.');
  navigator.locks.request(name, () => {
    onHeld();
    return new Promise(() => {});
  }).catch(ignoreRefusal);
}

/** Runs `onEnd` when the holder of a lock has ended. */
export function whenEnded(name: string, onEnd: () => void): void {
  navigator.locks.request(name, onEnd).catch(ignoreRefusal);
}

/** Where a browser denies a site all storage it denies the locks too. There is no other tab then with which to share anything. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'SecurityError';
}

function ignoreRefusal(error: unknown): void {
  if (!isRefusal(error))
    throw error;
}

/**
 * Rows of a generation that has been replaced are deleted when no tab reads them any more: every tab holds a shared Web
 * Lock on each generation that it shows, and the sweeper asks for an exclusive one.
 */
export class GenerationLocks {
  private readonly closing = new AbortController();
  /** The generations that are waited for. */
  private readonly awaited = new Set<number>();

  constructor(private readonly databaseName: string) {}

  /** Null where the generation is about to be swept: it is no longer the collection's. */
  acquire(generation: number): Promise<GenerationLock | null> {
    return new Promise((resolve, reject) => {
      navigator.locks.request(this.nameOf(generation), { mode: 'shared', ifAvailable: true }, lock => {
        if (lock === null) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>(release => resolve({ release }));
      }).catch((error: unknown) => isRefusal(error) ? resolve({ release() {} }) : reject(error));
    });
  }

  /** Runs `sweep` once no tab holds the generation, if this one lives to see it; once, however often it is asked for meanwhile. */
  async whenUnused(generation: number, sweep: () => Promise<void>): Promise<void> {
    if (this.awaited.has(generation))
      return;
    this.awaited.add(generation);
    try {
      await navigator.locks.request(this.nameOf(generation), { signal: this.closing.signal }, sweep);
    } catch (error) {
      if (isRefusal(error))
        await sweep();
      else if (!this.closing.signal.aborted)
        throw error;
    } finally {
      this.awaited.delete(generation);
    }
  }

  /** Does something that one tab at a time does, unless one is at it. */
  async ifFree(task: string, action: () => Promise<void>): Promise<void> {
    await navigator.locks.request(`${this.databaseName}/${task}`, { ifAvailable: true }, async lock => {
      if (lock !== null)
        await action();
    }).catch((error: unknown) => {
      if (!isRefusal(error))
        throw error;
      return action();
    });
  }

  /** Stops waiting; what is not swept then is swept after the next start. */
  close(): void {
    this.closing.abort();
  }

  private nameOf(generation: number): string {
    return `${this.databaseName}/generation/${generation}`;
  }
}

export interface GenerationLock {
  release(): void;
}

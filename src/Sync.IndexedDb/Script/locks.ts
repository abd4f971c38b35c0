/**
 * Rows of a generation that has been replaced are deleted when no tab reads them any more: every tab holds a shared Web
 * Lock on each generation that it shows, and the sweeper asks for an exclusive one.
 */
export class GenerationLocks {
  private readonly closing = new AbortController();

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
      }).catch(reject);
    });
  }

  /** Runs `sweep` once no tab holds the generation, if this one lives to see it. */
  async whenUnused(generation: number, sweep: () => Promise<void>): Promise<void> {
    try {
      await navigator.locks.request(this.nameOf(generation), { signal: this.closing.signal }, sweep);
    } catch (error) {
      if (!this.closing.signal.aborted)
        throw error;
    }
  }

  /** Does something that one tab at a time does, unless one is at it. */
  async ifFree(task: string, action: () => Promise<void>): Promise<void> {
    await navigator.locks.request(`${this.databaseName}/${task}`, { ifAvailable: true }, async lock => {
      if (lock !== null)
        await action();
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

import type { Status } from './messages.ts';

/** The page has it; the types here are a worker's. */
declare const localStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void; removeItem(key: string): void };

/** What a collection held when that last changed. */
interface Marker {
  readonly isComplete: boolean;
  /** Edits that are nowhere else: not confirmed by the server, or rejected and not seen to yet. */
  readonly edits: number;
  /** The collection's writes then: of two tabs that say something else, the later one is right. */
  readonly writes: number;
}

/** A collection whose data the browser has lost. */
export interface Loss {
  readonly collection: string;
  readonly editCount: number;
}

/**
 * Says outside of IndexedDB what is inside. Browsers clear a database that they cannot read, or whose room they need, and
 * tell nobody: an empty collection of which the marker says otherwise has been lost. The marker goes together with the
 * data where a person clears a site's data. Without localStorage nothing is detected, and nothing fails.
 */
export class Markers {
  private readonly noted = new Map<string, string>();

  constructor(private readonly databaseName: string) {}

  /** Looks at a collection that has just been opened; where its data is lost, that is kept in mind until {@link acknowledge}. */
  check(collection: string, status: Status): void {
    const text = read(this.markerOf(collection));
    const marker = text === null ? null : JSON.parse(text) as Marker;
    const isEmpty = status.cursor === null && !status.isComplete && status.rowCount === 0 && editsOf(status) === 0;
    if (marker === null || !isEmpty || status.writes >= marker.writes)
      return;
    write(this.lossOf(collection), String(Number(read(this.lossOf(collection)) ?? 0) + marker.edits));
    remove(this.markerOf(collection));
  }

  /** Takes down what a collection holds, where that is something else than before. */
  note(collection: string, status: Status): void {
    const { isComplete, writes } = status;
    const edits = editsOf(status);
    const what = `${isComplete} ${edits}`;
    if (this.noted.get(collection) === what)
      return;
    this.noted.set(collection, what);
    const stored = read(this.markerOf(collection));
    const isOutdated = stored !== null && (JSON.parse(stored) as Marker).writes > writes;
    if (!isOutdated && (stored !== null || isComplete || edits > 0))
      write(this.markerOf(collection), JSON.stringify({ isComplete, edits, writes } satisfies Marker));
  }

  /** What was lost and has not been acknowledged, in order of names. */
  losses(): Loss[] {
    const prefix = this.lossOf('');
    return keys(prefix).sort().map(key => ({ collection: key.slice(prefix.length), editCount: Number(read(key)) }));
  }

  acknowledge(): void {
    keys(this.lossOf('')).forEach(remove);
  }

  /** The data is deleted on purpose. */
  forget(): void {
    this.noted.clear();
    [...keys(this.markerOf('')), ...keys(this.lossOf(''))].forEach(remove);
  }

  private markerOf(collection: string): string {
    return `${this.databaseName}/held/${collection}`;
  }

  private lossOf(collection: string): string {
    return `${this.databaseName}/lost/${collection}`;
  }
}

function editsOf({ pendingCount, deadLetterCount }: Status): number {
  return pendingCount + deadLetterCount;
}

function keys(prefix: string): string[] {
  return attempt(() => Object.keys(localStorage).filter(key => key.startsWith(prefix))) ?? [];
}

function read(key: string): string | null {
  return attempt(() => localStorage.getItem(key)) ?? null;
}

function write(key: string, value: string): void {
  attempt(() => localStorage.setItem(key, value));
}

function remove(key: string): void {
  attempt(() => localStorage.removeItem(key));
}

/** Even to name localStorage throws where a site is denied storage. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

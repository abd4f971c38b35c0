import type { Entry } from './change.ts';
import { PageFormatError, toStoreError } from './errors.ts';
import type { Key } from './keys.ts';
import type { Limits } from './limits.ts';
import type { MutationResult, Outcome, RowEdit } from './outbox.ts';
import type { ViewChange } from './refresh.ts';
import type { Schema } from './schema.ts';
import type { Query } from './view.ts';

/** What the main thread asks of the worker. Views are numbered by whoever opens them. */
export type Request =
  | { readonly op: 'openCollection'; readonly schema: Schema }
  | { readonly op: 'closeCollection'; readonly collection: string }
  | WriteRequest
  | { readonly op: 'readOutbox'; readonly collection: string; readonly part: OutboxPart; readonly limit: number }
  | { readonly op: 'openView'; readonly collection: string; readonly view: number; readonly query: Query; readonly start: number; readonly count: number }
  | { readonly op: 'readView'; readonly view: number; readonly start: number; readonly count: number }
  | { readonly op: 'findInView'; readonly view: number; readonly key: Key }
  | { readonly op: 'reopenView'; readonly old: number; readonly view: number; readonly start: number; readonly count: number }
  | { readonly op: 'closeView'; readonly view: number }
  | { readonly op: 'readValues'; readonly collection: string; readonly field: number; readonly limit: number }
  | { readonly op: 'diagnose'; readonly collection: string }
  | { readonly op: 'wipe' }
  | { readonly op: 'close' };

/** A change of a collection, in one transaction. */
export type WriteRequest = { readonly collection: string } & (
  | { readonly op: 'lead' }
  | { readonly op: 'apply'; readonly page: Uint8Array; readonly cursor: string | null; readonly writes: number; readonly fence: number }
  | { readonly op: 'applyHint'; readonly page: Uint8Array; readonly fence: number }
  | { readonly op: 'reset'; readonly fence: number }
  | { readonly op: 'edit'; readonly edits: readonly RowEdit[]; readonly madeAt: string }
  | { readonly op: 'retry'; readonly numbers: readonly number[]; readonly madeAt: string }
  | { readonly op: 'discard'; readonly numbers: readonly number[] }
  | { readonly op: 'seal'; readonly newClientId: string; readonly maxCount: number; readonly fence: number }
  | { readonly op: 'acknowledge'; readonly clientId: string; readonly results: readonly MutationResult[]; readonly page: Uint8Array | null; readonly fence: number }
  | { readonly op: 'setAside'; readonly id: number; readonly rejection: string; readonly detail: string | null; readonly fence: number }
  | { readonly op: 'renumber'; readonly fence: number });

export type OutboxPart = 'Pending' | 'DeadLetters';

/** The first message to the worker. */
export interface Start {
  readonly databaseName: string;
  readonly cacheBytes: number;
  /** Other limits than the usual ones, in tests. */
  readonly limits: Partial<Limits>;
  /** The Web Lock that the worker holds for as long as it lives. */
  readonly life: string;
}

/** What a collection holds; C# has the same record. */
export interface Status {
  readonly cursor: string | null;
  readonly isComplete: boolean;
  readonly rowCount: number;
  readonly generation: number;
  readonly revision: number;
  readonly writes: number;
  readonly epoch: number | null;
  readonly isRefilling: boolean;
  readonly pendingCount: number;
  readonly deadLetterCount: number;
}

/** What comes back besides rows; C# has the same record. */
export interface Answer {
  readonly status?: Status;
  readonly count?: number;
  readonly revision?: number;
  /** Of a view that was opened in place of another. */
  readonly change?: ViewChange;
  /** Where a key was found; null where it was not. */
  readonly position?: number | null;
  readonly values?: readonly string[];
  readonly fence?: number;
  readonly outcomes?: readonly Outcome[];
  readonly clientId?: string;
  readonly entries?: readonly Entry[];
  /** Why nothing is kept beyond this worker. */
  readonly memoryOnly?: string | undefined;
  readonly usage?: StorageUsage;
  readonly diagnosis?: Diagnosis;
  /** 'page', or what can be done about the failure. */
  readonly error?: string;
  readonly message?: string;
  readonly part?: string;
  readonly offset?: number;
}

/** What the browser tells of its room; C# has the same record. */
export interface StorageUsage {
  readonly usageBytes: number;
  readonly quotaBytes: number;
  readonly isPersisted: boolean;
}

/** How a collection lies on disk and in memory; C# has the same record. */
export interface Diagnosis {
  /** Segments on disk, how many of them are small, and the changes that are stored in all. */
  readonly segments: number;
  readonly smallSegments: number;
  readonly changes: number;
  /** Blocks that hold rows, and those of them that are in memory, with their bytes. */
  readonly blocks: number;
  readonly cachedBlocks: number;
  readonly cachedBytes: number;
  /** Fields whose columns are in memory, and the bytes of those, of keys, versions and orders. */
  readonly columns: readonly string[];
  readonly columnBytes: number;
}

/** What the worker sends: that it holds the lock of its life, an answer, or the news that another tab has changed a collection. */
export type Reply =
  | 'alive'
  | { readonly id: number; readonly answer: Uint8Array }
  | { readonly collection: string; readonly status: Status };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * An answer as C# takes it, in one array: the length of the JSON (unsigned 32-bit, little-endian), the JSON, and then
 * `length` bytes for rows, which start at a multiple of four. Without anything to say the JSON is empty.
 */
export function encodeAnswer(answer: Answer | null, length = 0): { bytes: Uint8Array<ArrayBuffer>; rows: Uint8Array<ArrayBuffer> } {
  const json = encoder.encode(answer === null ? '' : JSON.stringify(answer));
  const start = 4 + ((json.length + 3) & ~3);
  const bytes = new Uint8Array(start + length);
  new DataView(bytes.buffer).setUint32(0, start - 4, true);
  bytes.fill(32, 4, start); // JSON may end in spaces.
  bytes.set(json, 4);
  return { bytes, rows: bytes.subarray(start) };
}

/** What an answer says besides rows. */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return length === 0 ? {} : JSON.parse(decoder.decode(bytes.subarray(4, 4 + length))) as Answer;
}

/** A failure as an answer: C# throws by what it says, and never reads a message. */
export function encodeError(error: unknown): Uint8Array<ArrayBuffer> {
  if (error instanceof PageFormatError)
    return encodeAnswer({ error: 'page', part: error.part, offset: error.offset, message: error.message }).bytes;
  const { failure, message } = toStoreError(error);
  return encodeAnswer({ error: failure, message }).bytes;
}

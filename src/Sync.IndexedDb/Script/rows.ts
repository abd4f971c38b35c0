import { NumberColumn } from './columns.ts';
import { grow } from './growable.ts';
import { KeyMap } from './keymap.ts';
import { FieldKind } from './schema.ts';
import type { Changes, Patches } from './segment.ts';

/**
 * What memory knows of every row of a generation. A row's ordinal is its place in the order of arrival; a newer version
 * of the same key gets a new ordinal, and the old one stays readable for the views that hold it. So does a row as edits
 * made it, which is shown in place of the one that the server told.
 */
export class Rows {
  /** The key of each ordinal. */
  readonly keys = new NumberColumn(FieldKind.Int64, false);
  /** 1 for each ordinal that is shown. */
  alive = new Uint8Array(0);
  aliveCount = 0;
  /** True while keys have arrived in rising, or in falling order. */
  rising = true;
  falling = true;

  private readonly versions = new Versions();
  private readonly tombstones = new Versions();
  /** From a key to the ordinal of what the server told last, or to ~i where tombstone i is newest. */
  private readonly newest = new KeyMap();
  /** From a key to the ordinal that is shown instead. */
  private readonly patched = new Map<number, number>();
  private readonly flips = new Journal();

  get length(): number {
    return this.keys.length;
  }

  /** True where at least one change is newer than what is known. */
  hasNews(changes: Changes): boolean {
    return changes.keys.some((key, i) => this.isNews(this.newest.get(key), changes, i));
  }

  /** The change that would become the newest of its key, for each of `keys` of which there is one. */
  news(changes: Changes, keys: ReadonlySet<number>): Map<number, number> {
    const found = new Map<number, number>();
    changes.keys.forEach((key, i) => {
      const other = found.get(key);
      if (keys.has(key) && this.isNews(this.newest.get(key), changes, i) && (other === undefined || isOlder(changes, other, changes, i)))
        found.set(key, i);
    });
    return found;
  }

  /** The ordinal of a row as the server told it. */
  told(key: number): number | undefined {
    const ordinal = this.newest.get(key);
    return ordinal === undefined || ordinal < 0 ? undefined : ordinal;
  }

  /** The ordinal of a row as it is shown. */
  shown(key: number): number | undefined {
    return this.patched.get(key) ?? this.told(key);
  }

  /** Counts the times that an ordinal has come to be shown, or ceased to be. */
  get flipCount(): number {
    return this.flips.end;
  }

  /** The ordinals that have come to be shown, or ceased to be, since `flipCount` was this, some more than once; null where that was too long ago. */
  flippedSince(flipCount: number): Uint32Array | null {
    return this.flips.since(flipCount);
  }

  isPatched(key: number): boolean {
    return this.patched.has(key);
  }

  /** Makes room for `added` rows at once. */
  reserve(added: number): void {
    this.newest.reserve(added);
  }

  append(segment: Changes | Patches): void {
    const { upserts, keys } = segment;
    const first = this.length;
    this.noteOrder(keys.subarray(0, upserts));
    this.keys.append(new Uint8Array(keys.buffer, keys.byteOffset, upserts * 8), upserts);
    this.alive = grow(this.alive, this.length);
    if ('isLocal' in segment) {
      this.versions.skip(upserts);
      keys.forEach((key, i) => this.patch(key, i < upserts ? first + i : null));
    } else {
      this.versions.append(segment, 0, upserts);
      keys.forEach((key, i) => {
        if (this.isNews(this.newest.get(key), segment, i))
          this.tell(key, i < upserts ? first + i : null, segment, i);
      });
    }
  }

  private tell(key: number, ordinal: number | null, changes: Changes, i: number): void {
    this.show(key, ordinal ?? undefined);
    this.patched.delete(key);
    this.newest.set(key, ordinal ?? ~this.tombstones.length);
    if (ordinal === null)
      this.tombstones.append(changes, i, i + 1);
  }

  private patch(key: number, ordinal: number | null): void {
    this.show(key, ordinal ?? this.told(key));
    if (ordinal === null)
      this.patched.delete(key);
    else
      this.patched.set(key, ordinal);
  }

  /** Shows one ordinal of a key, or none, in place of the one that is shown. */
  private show(key: number, ordinal: number | undefined): void {
    const shown = this.shown(key);
    if (shown !== undefined) {
      this.alive[shown] = 0;
      this.aliveCount--;
      this.flips.add(shown);
    }
    if (ordinal !== undefined) {
      this.alive[ordinal] = 1;
      this.aliveCount++;
      this.flips.add(ordinal);
    }
  }

  private isNews(known: number | undefined, changes: Changes, i: number): boolean {
    return known === undefined
      || (known >= 0 ? isOlder(this.versions, known, changes, i) : isOlder(this.tombstones, ~known, changes, i));
  }

  private noteOrder(keys: Float64Array): void {
    let previous = this.length > 0 ? this.keys.values[this.length - 1]! : undefined;
    for (const key of keys) {
      if (previous !== undefined) {
        this.rising &&= key > previous;
        this.falling &&= key < previous;
      }
      previous = key;
    }
  }
}

/** Views older than this many flips are cheaper to make anew; 256 KiB. */
const MAX_JOURNAL = 65536;

/** The last flips, for views that take small changes in. */
class Journal {
  /** How many flips there have ever been. */
  end = 0;
  private readonly items = new Uint32Array(MAX_JOURNAL);

  add(ordinal: number): void {
    this.items[this.end++ % MAX_JOURNAL] = ordinal;
  }

  since(start: number): Uint32Array | null {
    return this.end - start > MAX_JOURNAL ? null
      : Uint32Array.from({ length: this.end - start }, (_, i) => this.items[(start + i) % MAX_JOURNAL]!);
  }
}

/** Versions side by side: the transaction first, then the sequence. */
class Versions {
  length = 0;
  transactions = new Float64Array(0);
  sequences = new Float64Array(0);

  append(changes: Changes, start: number, end: number): void {
    const from = this.length;
    this.skip(end - start);
    this.transactions.set(changes.transactions.subarray(start, end), from);
    this.sequences.set(changes.sequences.subarray(start, end), from);
  }

  /** Leaves room for rows that have no version. */
  skip(count: number): void {
    this.length += count;
    this.transactions = grow(this.transactions, this.length);
    this.sequences = grow(this.sequences, this.length);
  }
}

type VersionArrays = Pick<Changes, 'transactions' | 'sequences'>;

function isOlder(a: VersionArrays, i: number, b: VersionArrays, j: number): boolean {
  const difference = a.transactions[i]! - b.transactions[j]!;
  return difference < 0 || (difference === 0 && a.sequences[i]! < b.sequences[j]!);
}

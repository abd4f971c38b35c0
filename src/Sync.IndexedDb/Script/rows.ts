import { NumberColumn } from './columns.ts';
import { grow } from './growable.ts';
import { KeyMap } from './keymap.ts';
import { FieldKind } from './schema.ts';
import { Op, type Changes, type Versioned } from './segment.ts';

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
  private readonly tombstones = new Tombstones();
  /** From a key to the ordinal of what the server told last, or to ~i where tombstone i is newest. */
  private readonly newest = new KeyMap(value => value < 0 ? this.tombstones.keys[~value]! : this.keys.values[value]!);
  /** From a key to the ordinal that is shown instead. */
  private readonly patched = new Map<number, number>();
  private readonly flips = new Journal();

  get length(): number {
    return this.keys.length;
  }

  /** The bytes that all this takes. */
  get byteLength(): number {
    return this.keys.byteLength + this.alive.byteLength + this.versions.byteLength + this.tombstones.byteLength + this.newest.byteLength;
  }

  /** True where at least one change is newer than what is known. */
  hasNews(changes: Versioned): boolean {
    return changes.keys.some((key, i) => this.isNews(this.newest.get(key), changes, i));
  }

  /** The change that would become the newest of its key, for each of `keys` of which there is one. */
  news(changes: Versioned, keys: ReadonlySet<number>): Map<number, number> {
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

  /** True where a row is shown as the server told it, and as other rows have it too. */
  isAsIn(other: Rows, key: number): boolean {
    const own = this.newest.get(key), ordinal = other.newest.get(key);
    return own !== undefined && own >= 0 && ordinal !== undefined && ordinal >= 0
      && !this.patched.has(key) && !other.patched.has(key)
      && this.versions.transactions[own] === other.versions.transactions[ordinal]
      && this.versions.sequences[own] === other.versions.sequences[ordinal];
  }

  /** How many rows are shown as edits made them. */
  get patchedCount(): number {
    return this.patched.size;
  }

  isPatched(key: number): boolean {
    return this.patched.has(key);
  }

  /** Makes room for `added` rows at once. */
  reserve(added: number): void {
    this.newest.reserve(added);
  }

  /** Takes in changes from the one at `start` on. */
  append(changes: Changes, start = 0): void {
    const { keys, ops } = changes;
    const added = keys.subarray(start).filter((_, i) => isRow(ops[start + i]!));
    let ordinal = this.length;
    this.noteOrder(added);
    this.keys.append(new Uint8Array(added.buffer, added.byteOffset, added.byteLength), added.length);
    this.alive = grow(this.alive, this.length);
    this.versions.reserve(added.length);
    for (let i = start; i < ops.length; i++) {
      const key = keys[i]!;
      switch (ops[i]) {
        case Op.Told:
          this.versions.add(changes, i);
          if (this.isNews(this.newest.get(key), changes, i))
            this.tell(key, ordinal);
          ordinal++;
          break;
        case Op.Deleted:
          if (this.isNews(this.newest.get(key), changes, i)) {
            this.tombstones.add(changes, i);
            this.tell(key, ~(this.tombstones.length - 1));
          }
          break;
        case Op.Patched:
          this.versions.add(changes, i);
          this.patch(key, ordinal++);
          break;
        case Op.Restored:
          this.patch(key, null);
          break;
      }
    }
  }

  /**
   * All that later changes are measured by, in as few changes as can be: told rows in the order of `ordinals`, deletions,
   * and patched rows. Rows may be appended meanwhile: what it tells is as it was at the start, or a row is missing that
   * one appended since has replaced.
   */
  essence(ordinals: Iterable<number>): Iterable<{ op: Op; key: number; transaction: number; sequence: number; ordinal: number }> {
    return this.tellEssence(ordinals, this.tombstones.length, [...this.patched]);
  }

  private *tellEssence(ordinals: Iterable<number>, tombstoneCount: number, patched: readonly [number, number][]) {
    const { keys, versions, tombstones } = this;
    for (const ordinal of ordinals) {
      const key = keys.values[ordinal]!;
      if (this.told(key) === ordinal)
        yield { op: Op.Told, key, transaction: versions.transactions[ordinal]!, sequence: versions.sequences[ordinal]!, ordinal };
    }
    for (let i = 0; i < tombstoneCount; i++) {
      if (this.newest.get(tombstones.keys[i]!) === ~i)
        yield { op: Op.Deleted, key: tombstones.keys[i]!, transaction: tombstones.transactions[i]!, sequence: tombstones.sequences[i]!, ordinal: -1 };
    }
    for (const [key, ordinal] of patched)
      yield { op: Op.Patched, key, transaction: 0, sequence: 0, ordinal };
  }

  private tell(key: number, newest: number): void {
    this.show(key, newest < 0 ? undefined : newest);
    this.patched.delete(key);
    this.newest.set(key, newest);
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

  private isNews(known: number | undefined, changes: Versioned, i: number): boolean {
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

  get byteLength(): number {
    return this.transactions.byteLength + this.sequences.byteLength;
  }

  reserve(added: number): void {
    this.transactions = grow(this.transactions, this.length + added);
    this.sequences = grow(this.sequences, this.length + added);
  }

  add(changes: Versioned, i: number): void {
    this.reserve(1);
    this.transactions[this.length] = changes.transactions[i]!;
    this.sequences[this.length++] = changes.sequences[i]!;
  }
}

/** Deleted keys, with the versions of their deletions. */
class Tombstones extends Versions {
  keys = new Float64Array(0);

  override get byteLength(): number {
    return super.byteLength + this.keys.byteLength;
  }

  override add(changes: Versioned, i: number): void {
    this.keys = grow(this.keys, this.length + 1);
    this.keys[this.length] = changes.keys[i]!;
    super.add(changes, i);
  }
}

function isRow(op: number): boolean {
  return op === Op.Told || op === Op.Patched;
}

type VersionArrays = Pick<Versioned, 'transactions' | 'sequences'>;

function isOlder(a: VersionArrays, i: number, b: VersionArrays, j: number): boolean {
  const difference = a.transactions[i]! - b.transactions[j]!;
  return difference < 0 || (difference === 0 && a.sequences[i]! < b.sequences[j]!);
}

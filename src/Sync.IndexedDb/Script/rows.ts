import { grow } from './growable.ts';
import { KeyMap } from './keymap.ts';
import { createKeys, isOfKind, keysOf, valuesOf, type Key, type Keys } from './keys.ts';
import type { FieldKind } from './schema.ts';
import { Op, type Changes, type Versioned } from './segment.ts';

/**
 * What memory knows of every row of a generation. A row's ordinal is its place in the order of arrival; a newer version
 * of the same key gets a new ordinal, and the old one stays readable for the views that hold it. So does a row as edits
 * made it, which is shown in place of the one that the server told.
 */
export class Rows {
  /** The key of each ordinal. */
  readonly keys: Keys;
  /** 1 for each ordinal that is shown. */
  alive = new Uint8Array(0);
  aliveCount = 0;
  /** True while keys have arrived in rising, or in falling order. */
  rising = true;
  falling = true;

  private readonly versions = new Versions();
  private readonly tombstones: Tombstones;
  /** From a key to the ordinal of what the server told last, or to ~i where tombstone i is newest. */
  private readonly newest: KeyMap;
  /** From a key to the ordinal that is shown instead. */
  private readonly patched = new Map<Key, number>();
  private readonly flips = new Journal();

  constructor(private readonly keyKind: FieldKind) {
    this.keys = createKeys(keyKind);
    this.tombstones = new Tombstones(createKeys(keyKind));
    this.newest = new KeyMap(this.keys, this.tombstones.keys);
  }

  get length(): number {
    return this.keys.length;
  }

  /** The bytes that all this takes. */
  get byteLength(): number {
    return this.keys.byteLength + this.alive.byteLength + this.versions.byteLength + this.tombstones.byteLength + this.newest.byteLength;
  }

  /** True where at least one change is newer than what is known. */
  hasNews(changes: Versioned): boolean {
    for (let i = 0; i < changes.keys.length; i++) {
      if (this.isNews(changes, i))
        return true;
    }
    return false;
  }

  /** The change that would become the newest of its key, for each of `keys` of which there is one. */
  news(changes: Versioned, keys: ReadonlySet<Key>): Map<Key, number> {
    const found = new Map<Key, number>();
    valuesOf(changes.keys).forEach((key, i) => {
      const other = found.get(key);
      if (keys.has(key) && this.isNews(changes, i) && (other === undefined || isOlder(changes, other, changes, i)))
        found.set(key, i);
    });
    return found;
  }

  /** The ordinal of a row as the server told it. */
  told(key: Key): number | undefined {
    return isOfKind(this.keyKind, key) ? this.toldAt(keysOf(this.keyKind, [key]), 0) : undefined;
  }

  /** Counts the times that an ordinal has come to be shown, or ceased to be. */
  get flipCount(): number {
    return this.flips.end;
  }

  /** The ordinals that have come to be shown, or ceased to be, since `flipCount` was this, some more than once; null where that was too long ago. */
  flippedSince(flipCount: number): Uint32Array | null {
    return this.flips.since(flipCount);
  }

  /** Where other rows have a row that both show, and as the server told it; undefined where it has changed. */
  sameIn(other: Rows, ordinal: number): number | undefined {
    const { keys, versions } = this;
    const found = other.toldAt(keys, ordinal);
    return found !== undefined && this.toldAt(keys, ordinal) === ordinal
      && this.patchAt(keys, ordinal) === undefined && other.patchAt(keys, ordinal) === undefined
      && versions.transactions[ordinal] === other.versions.transactions[found]
      && versions.sequences[ordinal] === other.versions.sequences[found] ? found : undefined;
  }

  /** How many rows are shown as edits made them. */
  get patchedCount(): number {
    return this.patched.size;
  }

  isPatched(key: Key): boolean {
    return this.patched.has(key);
  }

  /** Makes room for `added` rows at once. */
  reserve(added: number): void {
    this.newest.reserve(added);
  }

  /** Takes in changes from the one at `start` on. */
  append(changes: Changes, start = 0): void {
    const { keys, ops } = changes;
    let ordinal = this.length;
    for (let i = start; i < ops.length; i++) {
      if (isRow(ops[i]!))
        this.keys.take(keys, i);
    }
    this.noteOrder(ordinal);
    this.alive = grow(this.alive, this.length);
    this.versions.reserve(this.length - ordinal);
    for (let i = start; i < ops.length; i++) {
      switch (ops[i]) {
        case Op.Told:
          this.versions.add(changes, i);
          if (this.isNews(changes, i))
            this.tell(keys, i, ordinal);
          ordinal++;
          break;
        case Op.Deleted:
          if (this.isNews(changes, i)) {
            this.tombstones.add(changes, i);
            this.tell(keys, i, ~(this.tombstones.length - 1));
          }
          break;
        case Op.Patched:
          this.versions.add(changes, i);
          this.patch(keys, i, ordinal++);
          break;
        case Op.Restored:
          this.patch(keys, i, null);
          break;
      }
    }
  }

  /**
   * All that later changes are measured by, in as few changes as can be: told rows in the order of `ordinals`, deletions,
   * and patched rows. Rows may be appended meanwhile: what it tells is as it was at the start, or a row is missing that
   * one appended since has replaced.
   */
  essence(ordinals: Iterable<number>): Iterable<CopiedChange> {
    return this.tellEssence(ordinals, this.tombstones.length, [...this.patched.values()]);
  }

  private *tellEssence(ordinals: Iterable<number>, tombstoneCount: number, patched: readonly number[]): Iterable<CopiedChange> {
    const { keys, versions, tombstones } = this;
    for (const ordinal of ordinals) {
      if (this.toldAt(keys, ordinal) === ordinal)
        yield { op: Op.Told, keys, index: ordinal, transaction: versions.transactions[ordinal]!, sequence: versions.sequences[ordinal]!, ordinal };
    }
    for (let i = 0; i < tombstoneCount; i++) {
      if (this.newest.get(tombstones.keys, i) === ~i)
        yield { op: Op.Deleted, keys: tombstones.keys, index: i, transaction: tombstones.transactions[i]!, sequence: tombstones.sequences[i]!, ordinal: -1 };
    }
    for (const ordinal of patched)
      yield { op: Op.Patched, keys, index: ordinal, transaction: 0, sequence: 0, ordinal };
  }

  private toldAt(keys: Keys, index: number): number | undefined {
    const ordinal = this.newest.get(keys, index);
    return ordinal === undefined || ordinal < 0 ? undefined : ordinal;
  }

  // Values are made of keys only while there are edits.
  private patchAt(keys: Keys, index: number): number | undefined {
    return this.patched.size === 0 ? undefined : this.patched.get(keys.get(index));
  }

  private tell(keys: Keys, index: number, newest: number): void {
    this.show(keys, index, newest < 0 ? undefined : newest);
    if (this.patched.size > 0)
      this.patched.delete(keys.get(index));
    this.newest.set(keys, index, newest);
  }

  private patch(keys: Keys, index: number, ordinal: number | null): void {
    this.show(keys, index, ordinal ?? this.toldAt(keys, index));
    if (ordinal === null)
      this.patched.delete(keys.get(index));
    else
      this.patched.set(keys.get(index), ordinal);
  }

  /** Shows one ordinal of a key, or none, in place of the one that is shown. */
  private show(keys: Keys, index: number, ordinal: number | undefined): void {
    const shown = this.patchAt(keys, index) ?? this.toldAt(keys, index);
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

  private isNews(changes: Versioned, i: number): boolean {
    const known = this.newest.get(changes.keys, i);
    return known === undefined
      || (known >= 0 ? isOlder(this.versions, known, changes, i) : isOlder(this.tombstones, ~known, changes, i));
  }

  private noteOrder(start: number): void {
    const { keys } = this;
    for (let i = Math.max(start, 1); i < keys.length && (this.rising || this.falling); i++) {
      const order = keys.compare(i - 1, i);
      this.rising &&= order < 0;
      this.falling &&= order > 0;
    }
  }
}

/** A change that goes on counting: its key is one of some others. */
export interface CopiedChange {
  readonly op: Op;
  readonly keys: Keys;
  readonly index: number;
  readonly transaction: number;
  readonly sequence: number;
  /** Of a row, where it was; below zero for a deletion. */
  readonly ordinal: number;
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
  constructor(readonly keys: Keys) {
    super();
  }

  override get byteLength(): number {
    return super.byteLength + this.keys.byteLength;
  }

  override add(changes: Versioned, i: number): void {
    this.keys.take(changes.keys, i);
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

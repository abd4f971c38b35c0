import { NumberColumn } from './columns.ts';
import { grow } from './growable.ts';
import { KeyMap } from './keymap.ts';
import { FieldKind } from './schema.ts';

/** Key, transaction and sequence of the changes of one page: first `upserts` rows, then deleted keys. */
export interface Changes {
  readonly upserts: number;
  readonly keys: Float64Array;
  readonly transactions: Float64Array;
  readonly sequences: Float64Array;
}

/**
 * What memory knows of every row of a generation. A row's ordinal is its place in the order of arrival; a newer version
 * of the same key gets a new ordinal, and the old one stays readable for the views that hold it.
 */
export class Rows {
  /** The key of each ordinal. */
  readonly keys = new NumberColumn(FieldKind.Int64, false);
  /** 1 for each ordinal that is its key's newest version and not deleted. */
  alive = new Uint8Array(0);
  aliveCount = 0;
  /** True while keys have arrived in rising, or in falling order. */
  rising = true;
  falling = true;

  private readonly versions = new Versions();
  private readonly tombstones = new Versions();
  /** From a key to its ordinal, or to ~i where tombstone i is its newest version. */
  private readonly newest = new KeyMap();

  get length(): number {
    return this.keys.length;
  }

  /** True where at least one change is newer than what is known. */
  hasNews(changes: Changes): boolean {
    return changes.keys.some((key, i) => this.isNews(this.newest.get(key), changes, i));
  }

  /** Makes room for `added` rows at once. */
  reserve(added: number): void {
    this.newest.reserve(added);
  }

  append(changes: Changes): void {
    const { upserts, keys } = changes;
    const first = this.length;
    this.noteOrder(keys.subarray(0, upserts));
    this.keys.append(new Uint8Array(keys.buffer, keys.byteOffset, upserts * 8), upserts);
    this.versions.append(changes, 0, upserts);
    this.alive = grow(this.alive, this.length);
    for (let i = 0; i < keys.length; i++) {
      const known = this.newest.get(keys[i]!);
      if (!this.isNews(known, changes, i))
        continue;
      if (known !== undefined && known >= 0) {
        this.alive[known] = 0;
        this.aliveCount--;
      }
      if (i < upserts) {
        this.newest.set(keys[i]!, first + i);
        this.alive[first + i] = 1;
        this.aliveCount++;
      } else {
        this.newest.set(keys[i]!, ~this.tombstones.length);
        this.tombstones.append(changes, i, i + 1);
      }
    }
  }

  private isNews(known: number | undefined, changes: Changes, i: number): boolean {
    return known === undefined
      || (known >= 0 ? this.versions.isOlder(known, changes, i) : this.tombstones.isOlder(~known, changes, i));
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

/** Versions side by side: the transaction first, then the sequence. */
class Versions {
  length = 0;
  private transactions = new Float64Array(0);
  private sequences = new Float64Array(0);

  append(changes: Changes, start: number, end: number): void {
    const length = this.length + end - start;
    this.transactions = grow(this.transactions, length);
    this.sequences = grow(this.sequences, length);
    this.transactions.set(changes.transactions.subarray(start, end), this.length);
    this.sequences.set(changes.sequences.subarray(start, end), this.length);
    this.length = length;
  }

  isOlder(index: number, changes: Changes, i: number): boolean {
    const difference = this.transactions[index]! - changes.transactions[i]!;
    return difference < 0 || (difference === 0 && this.sequences[index]! < changes.sequences[i]!);
  }
}

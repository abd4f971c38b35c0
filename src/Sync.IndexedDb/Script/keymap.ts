import type { Keys } from './keys.ts';

/**
 * From a row's key to where it is, as one typed array: the ordinal of a row, or ~i of tombstone i. What it points to has
 * the key, so that it is not kept a second time. Open addressing with linear probing, at most half full; keys are never
 * removed.
 */
export class KeyMap {
  private slots = new Int32Array(16).fill(EMPTY);
  private size = 0;

  constructor(private readonly rows: Keys, private readonly tombstones: Keys) {}

  /** Where a key is, which is one of some others. */
  get(keys: Keys, index: number): number | undefined {
    const place = this.slots[this.find(keys, index)]!;
    return place === EMPTY ? undefined : place;
  }

  set(keys: Keys, index: number, place: number): void {
    this.reserve(1);
    const at = this.find(keys, index);
    if (this.slots[at] === EMPTY)
      this.size++;
    this.slots[at] = place;
  }

  /** Makes room for `added` further keys at once. */
  reserve(added: number): void {
    const { slots, size, rows, tombstones } = this;
    let length = slots.length;
    while (2 * (size + added) > length)
      length *= 2;
    if (length === slots.length)
      return;
    this.slots = new Int32Array(length).fill(EMPTY);
    for (const place of slots) {
      if (place !== EMPTY)
        this.slots[place < 0 ? this.find(tombstones, ~place) : this.find(rows, place)] = place;
    }
  }

  get byteLength(): number {
    return this.slots.byteLength;
  }

  private find(keys: Keys, index: number): number {
    const { slots, rows, tombstones } = this;
    const mask = slots.length - 1;
    let at = keys.hash(index) & mask;
    for (let place = slots[at]!; place !== EMPTY; place = slots[at]!) {
      if (place < 0 ? keys.equals(index, tombstones, ~place) : keys.equals(index, rows, place))
        break;
      at = (at + 1) & mask;
    }
    return at;
  }
}

const EMPTY = -0x80000000;

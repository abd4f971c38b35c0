/**
 * From a row's key to a number, as one typed array: what the number stands for has the key, so that it is not kept a
 * second time. Open addressing with linear probing, at most half full; keys are never removed.
 */
export class KeyMap {
  private slots = new Int32Array(16).fill(EMPTY);
  private size = 0;

  /** `keyOf` says which key was set to a number. */
  constructor(private readonly keyOf: (value: number) => number) {}

  get(key: number): number | undefined {
    const value = this.slots[this.find(key)]!;
    return value === EMPTY ? undefined : value;
  }

  set(key: number, value: number): void {
    this.reserve(1);
    const at = this.find(key);
    if (this.slots[at] === EMPTY)
      this.size++;
    this.slots[at] = value;
  }

  /** Makes room for `added` further keys at once. */
  reserve(added: number): void {
    const { slots, size } = this;
    let length = slots.length;
    while (2 * (size + added) > length)
      length *= 2;
    if (length === slots.length)
      return;
    this.slots = new Int32Array(length).fill(EMPTY);
    for (const value of slots) {
      if (value !== EMPTY)
        this.slots[this.find(this.keyOf(value))] = value;
    }
  }

  get byteLength(): number {
    return this.slots.byteLength;
  }

  private find(key: number): number {
    const { slots, keyOf } = this;
    const mask = slots.length - 1;
    let at = hash(key) & mask;
    while (slots[at] !== EMPTY && keyOf(slots[at]!) !== key)
      at = (at + 1) & mask;
    return at;
  }
}

const EMPTY = -0x80000000;

// Keys are whole numbers of up to 53 bits: the lower 32 and the upper 21, mixed as MurmurHash3 finishes.
function hash(key: number): number {
  let h = (key | 0) ^ Math.imul(Math.floor(key / 0x100000000) | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

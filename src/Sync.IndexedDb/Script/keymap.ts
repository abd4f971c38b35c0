/**
 * From a row's key to a number, as two typed arrays: a tenth of what a Map of a million keys takes. Open addressing with
 * linear probing, at most half full; keys are never removed.
 */
export class KeyMap {
  private keys = new Float64Array(16).fill(NaN);
  private values = new Int32Array(16);
  private size = 0;

  get(key: number): number | undefined {
    const at = this.find(key);
    return Number.isNaN(this.keys[at]!) ? undefined : this.values[at]!;
  }

  set(key: number, value: number): void {
    this.reserve(1);
    const at = this.find(key);
    if (Number.isNaN(this.keys[at]!)) {
      this.keys[at] = key;
      this.size++;
    }
    this.values[at] = value;
  }

  /** Makes room for `added` further keys at once. */
  reserve(added: number): void {
    let length = this.keys.length;
    while (2 * (this.size + added) > length)
      length *= 2;
    if (length === this.keys.length)
      return;
    const { keys, values } = this;
    this.keys = new Float64Array(length).fill(NaN);
    this.values = new Int32Array(length);
    for (let i = 0; i < keys.length; i++) {
      if (Number.isNaN(keys[i]!))
        continue;
      const at = this.find(keys[i]!);
      this.keys[at] = keys[i]!;
      this.values[at] = values[i]!;
    }
  }

  private find(key: number): number {
    const mask = this.keys.length - 1;
    let at = hash(key) & mask;
    while (this.keys[at] !== key && !Number.isNaN(this.keys[at]!))
      at = (at + 1) & mask;
    return at;
  }
}

// Keys are whole numbers of up to 53 bits: the lower 32 and the upper 21, mixed as MurmurHash3 finishes.
function hash(key: number): number {
  let h = (key | 0) ^ Math.imul(Math.floor(key / 0x100000000) | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

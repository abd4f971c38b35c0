/** Blocks in memory under a budget in bytes; what was used least recently goes first. */
export class BlockCache {
  private readonly blocks = new Map<string, Uint8Array>();
  private byteLength = 0;

  constructor(private readonly budget: number) {}

  get(generation: number, block: number): Uint8Array | undefined {
    const key = keyOf(generation, block);
    const bytes = this.blocks.get(key);
    if (bytes !== undefined) {
      // A Map keeps the order of insertion, so the first entry is the one used least recently.
      this.blocks.delete(key);
      this.blocks.set(key, bytes);
    }
    return bytes;
  }

  has(generation: number, block: number): boolean {
    return this.blocks.has(keyOf(generation, block));
  }

  /** The bytes of all blocks. */
  get size(): number {
    return this.byteLength;
  }

  /** True while a block of `length` bytes fits without another one going. */
  hasRoom(length: number): boolean {
    return this.byteLength + length <= this.budget;
  }

  set(generation: number, block: number, bytes: Uint8Array): void {
    const key = keyOf(generation, block);
    this.remove(key);
    this.blocks.set(key, bytes);
    this.byteLength += bytes.length;
    for (const oldest of this.blocks.keys()) {
      if (this.byteLength <= this.budget)
        break;
      this.remove(oldest);
    }
  }

  /** Forgets the blocks of a generation that nobody reads any more. */
  drop(generation: number): void {
    for (const key of [...this.blocks.keys()]) {
      if (key.startsWith(`${generation}/`))
        this.remove(key);
    }
  }

  private remove(key: string): void {
    this.byteLength -= this.blocks.get(key)?.length ?? 0;
    this.blocks.delete(key);
  }
}

function keyOf(generation: number, block: number): string {
  return `${generation}/${block}`;
}

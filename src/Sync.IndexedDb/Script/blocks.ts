import type { BlockCache } from './blockcache.ts';
import { isWhole, seal, sealable } from './checksum.ts';
import { result, type Database } from './database.ts';
import { StoreError } from './errors.ts';

/** Rows a block: the scattered rows of a sorted view read little besides, and a first sync still writes few records. */
export const ROWS_A_BLOCK = 32;

/** Where a row lies: the number of its block within the generation, and its position there. */
export interface Place {
  readonly block: number;
  readonly slot: number;
}

/**
 * Cuts the rows of a page into blocks. A block is a table of offsets from its own start, one more than it has rows, and
 * then the rows as they came; sealed.
 */
export function cutBlocks(rows: Uint8Array, count: number): Uint8Array[] {
  const offsets = new Uint32Array(rows.buffer, rows.byteOffset, count + 1);
  const blocks: Uint8Array[] = [];
  for (let first = 0; first < count; first += ROWS_A_BLOCK) {
    const size = Math.min(ROWS_A_BLOCK, count - first);
    const table = (size + 1) * 4;
    const start = offsets[first]!;
    const bytes = rows.subarray(offsets.byteLength + start, offsets.byteLength + offsets[first + size]!);
    const block = sealable(table + bytes.length);
    const blockOffsets = new Uint32Array(block.buffer, 0, size + 1);
    for (let i = 0; i <= size; i++)
      blockOffsets[i] = table + offsets[first + i]! - start;
    block.set(bytes, table);
    blocks.push(seal(block));
  }
  return blocks;
}

/** Copies rows behind a table of their offsets, as RowBatch in C# has it, into the array that `allocate` gives for their size. */
export function packRows<T>(found: readonly Uint8Array[], allocate: (length: number) => { bytes: T; rows: Uint8Array }): T {
  const table = (found.length + 1) * 4;
  const { bytes, rows } = allocate(found.reduce((length, row) => length + row.length, table));
  const offsets = new Uint32Array(rows.buffer, rows.byteOffset, found.length + 1);
  found.forEach((row, i) => {
    rows.set(row, table + offsets[i]!);
    offsets[i + 1] = offsets[i]! + row.length;
  });
  return bytes;
}

/** A row of a block, not copied. */
export function rowOf(block: Uint8Array, slot: number): Uint8Array {
  const offsets = new Uint32Array(block.buffer, block.byteOffset, slot + 2);
  return block.subarray(offsets[slot]!, offsets[slot + 1]!);
}

/** Reads blocks by number: from the cache, and those that are not there in one transaction, the caller's if there is one. */
export class BlockReader {
  constructor(private readonly database: Database, private readonly cache: BlockCache) {}

  async read(generation: number, numbers: Iterable<number>, transaction?: IDBTransaction): Promise<Map<number, Uint8Array>> {
    const blocks = new Map<number, Uint8Array>();
    const missing: number[] = [];
    for (const number of new Set(numbers)) {
      const block = this.cache.get(generation, number);
      if (block === undefined)
        missing.push(number);
      else
        blocks.set(number, block);
    }
    if (missing.length > 0) {
      for (const [number, block] of await this.load(generation, missing, transaction)) {
        this.cache.set(generation, number, block);
        blocks.set(number, block);
      }
    }
    return blocks;
  }

  private load(generation: number, numbers: number[], transaction?: IDBTransaction): Promise<[number, Uint8Array][]> {
    const runs = consecutive(numbers);
    const load = async (transaction: IDBTransaction) => {
      const store = transaction.objectStore('rows');
      const found = await Promise.all(runs.map(({ first, last }) => result<Uint8Array[]>(
        store.getAll(IDBKeyRange.bound([generation, first], [generation, last])))));
      return runs.flatMap(({ first, last }, i) => {
        const blocks = found[i]!;
        if (blocks.length !== last - first + 1)
          throw new StoreError('corrupt', 'Rows are missing from the local database, so the collection has to be filled again.');
        if (!blocks.every(isWhole))
          throw new StoreError('corrupt', 'Rows in the local database have been damaged, so the collection has to be filled again.');
        return blocks.map((block, j): [number, Uint8Array] => [first + j, block]);
      });
    };
    return transaction === undefined ? this.database.transact('readonly', ['rows'], load) : load(transaction);
  }
}

/** Numbers that follow each other are read as one range: an export then asks for few, and a sorted view for each. */
function consecutive(numbers: number[]): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  for (const number of numbers.sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run.last === number - 1)
      run.last = number;
    else
      runs.push({ first: number, last: number });
  }
  return runs;
}

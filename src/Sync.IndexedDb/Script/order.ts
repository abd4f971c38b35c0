import { TextColumn, type Column, type NumberColumn } from './columns.ts';
import { GuidKeys, type Keys } from './keys.ts';
import { sortByKey, sortGuids, sortNumbers, sortText } from './sort.ts';

/** Beyond this share of new rows, sorting everything again is cheaper than merging them in. */
export const MERGE_SHARE = 1 / 16;

/**
 * The order of all rows by one field, and each row's rank in it: equal values share a rank. Sorting any rows by any
 * fields is then a radix sort of small integers.
 */
export class Order {
  private sorted: Uint32Array | null = null;

  /** Goes on from ranks that were saved. */
  constructor(ranks: Uint32Array = new Uint32Array(0)) {
    this.ranks = ranks;
  }

  /** By ordinal; missing values have the smallest rank. */
  ranks: Uint32Array;

  /** Ordinals by ascending rank. */
  get items(): Uint32Array {
    if (this.sorted === null) {
      this.sorted = Uint32Array.from(this.ranks.keys());
      sortByKey(this.sorted, this.ranks);
    }
    return this.sorted;
  }

  get byteLength(): number {
    return this.ranks.byteLength + (this.sorted?.byteLength ?? 0);
  }

  /** Takes in the rows that have come since the last time. */
  extend(column: Column | Keys): this {
    const known = this.ranks.length;
    const added = column.length - known;
    if (added > 0) {
      this.sorted = added > known * MERGE_SHARE ? sort(column) : this.merge(column, known, added);
      this.rank(column, known);
    }
    return this;
  }

  private merge(column: Column | Keys, known: number, added: number): Uint32Array {
    const { items } = this;
    const fresh = Uint32Array.from({ length: added }, (_, i) => known + i).sort((a, b) => column.compare(a, b));
    const merged = new Uint32Array(known + added);
    let copied = 0;
    fresh.forEach((item, i) => {
      // The first position behind which all values are larger.
      let low = copied, high = known;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (column.compare(items[middle]!, item) <= 0)
          low = middle + 1;
        else
          high = middle;
      }
      merged.set(items.subarray(copied, low), copied + i);
      merged[low + i] = item;
      copied = low;
    });
    merged.set(items.subarray(copied), copied + added);
    return merged;
  }

  private rank(column: Column | Keys, known: number): void {
    const { items, ranks: old } = this;
    const ranks = new Uint32Array(items.length);
    let rank = 0;
    for (let i = 1; i < items.length; i++) {
      const a = items[i - 1]!, b = items[i]!;
      // Whether two old rows are equal is known already.
      if (a < known && b < known ? old[a] !== old[b] : column.compare(a, b) !== 0)
        rank++;
      ranks[b] = rank;
    }
    this.ranks = ranks;
  }
}

function sort(column: Column | Keys): Uint32Array {
  return column instanceof TextColumn ? sortText(column) : column instanceof GuidKeys ? sortGuids(column) : sortNumbers(column as NumberColumn);
}

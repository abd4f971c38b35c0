import type { TextColumn } from './columns.ts';
import { StoreError } from './errors.ts';
import { MERGE_SHARE, type Order } from './order.ts';

/** Each row's rank in the order of a language, by ordinal; as those of `order`, the code point order, which it is made from. */
export function collatedRanks(order: Order, column: TextColumn, tag: string): Uint32Array {
  let byTag = known.get(order);
  if (byTag === undefined)
    known.set(order, byTag = new Map());
  let collation = byTag.get(tag);
  if (collation === undefined)
    byTag.set(tag, collation = new Collation(tag));
  return collation.extend(order, column);
}

/** As long as the orders themselves are in memory. */
const known = new WeakMap<Order, Map<string, Collation>>();

class Collation {
  private readonly collator: Intl.Collator;
  private items = new Uint32Array(0);
  private ranks = new Uint32Array(0);

  constructor(tag: string) {
    this.collator = collatorOf(tag);
  }

  extend(order: Order, column: TextColumn): Uint32Array {
    const length = this.ranks.length;
    const added = column.length - length;
    if (added > length * MERGE_SHARE)
      this.sort(order, column);
    else if (added > 0)
      this.merge(column, added);
    return this.ranks;
  }

  /** Compares each different text once with others, and not each row. */
  private sort({ items, ranks }: Order, column: TextColumn): void {
    const different: { rank: number; text: string | null }[] = [];
    for (let i = 0; i < items.length; i++) {
      if (i === 0 || ranks[items[i]!] !== ranks[items[i - 1]!])
        different.push({ rank: ranks[items[i]!]!, text: textOf(column, items[i]!) });
    }
    different.sort((a, b) => this.compare(a.text, b.text));
    const collated = new Uint32Array(different.length);
    for (let i = 1, rank = 0; i < different.length; i++)
      collated[different[i]!.rank] = this.compare(different[i - 1]!.text, different[i]!.text) === 0 ? rank : ++rank;
    this.ranks = ranks.map(rank => collated[rank]!);
    const starts = new Uint32Array(different.length + 1);
    for (const rank of this.ranks)
      starts[rank + 1]!++;
    for (let rank = 1; rank < starts.length; rank++)
      starts[rank]! += starts[rank - 1]!;
    this.items = new Uint32Array(this.ranks.length);
    this.ranks.forEach((rank, ordinal) => this.items[starts[rank]!++] = ordinal);
  }

  private merge(column: TextColumn, added: number): void {
    const { items, ranks } = this;
    const length = items.length;
    const fresh = Array.from({ length: added }, (_, i) => ({ item: length + i, text: textOf(column, length + i) })).sort((a, b) => this.compare(a.text, b.text));
    const merged = new Uint32Array(length + added);
    let copied = 0;
    fresh.forEach(({ item, text }, i) => {
      let low = copied, high = length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (this.compare(textOf(column, items[middle]!), text) <= 0)
          low = middle + 1;
        else
          high = middle;
      }
      merged.set(items.subarray(copied, low), copied + i);
      merged[low + i] = item;
      copied = low;
    });
    merged.set(items.subarray(copied), copied + added);
    this.items = merged;
    this.ranks = new Uint32Array(merged.length);
    for (let i = 1, rank = 0; i < merged.length; i++) {
      const a = merged[i - 1]!, b = merged[i]!;
      const differs = a < length && b < length ? ranks[a] !== ranks[b] : this.compare(textOf(column, a), textOf(column, b)) !== 0;
      this.ranks[b] = differs ? ++rank : rank;
    }
  }

  /** Missing values are smallest. */
  private compare(a: string | null, b: string | null): number {
    return a === null || b === null ? Number(b === null) - Number(a === null) : this.collator.compare(a, b);
  }
}

function textOf(column: TextColumn, ordinal: number): string | null {
  return column.isNull(ordinal) ? null : column.text(ordinal);
}

function collatorOf(tag: string): Intl.Collator {
  // Of a language that it does not know, a browser would sort by its own.
  const isKnown = (() => {
    try {
      return Intl.Collator.supportedLocalesOf(tag).length > 0;
    } catch {
      return false; // A RangeError: the tag is malformed.
    }
  })();
  if (!isKnown)
    throw new StoreError('failed', `This browser cannot sort by the language '${tag}'. Sort by one that it knows, or without a collation.`);
  return new Intl.Collator(tag);
}

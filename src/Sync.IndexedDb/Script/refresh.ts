import type { Key } from './keys.ts';
import { MERGE_SHARE } from './order.ts';
import { comparerOf, conditionOf, select, type Query, type Source } from './view.ts';

/** The rows that matched a query, and when that was. */
export interface Selected<S extends Source = Source> {
  readonly query: Query;
  readonly generation: S;
  /** The generation's `rows.flipCount`. */
  readonly flipCount: number;
  readonly ordinals: Uint32Array;
}

/** How many rows there are before a window, in it, and behind it. */
export type Counts = readonly [above: number, inside: number, below: number];

/** How a view differs from an earlier one, as seen from a window of that; C# says more about it. */
export interface ViewChange {
  readonly inserted: Counts;
  readonly removed: Counts;
  readonly changed: Counts;
  readonly start: number;
}

/** Where two views have different ordinals: positions in the earlier and in the later one, rising. The others are in the same order in both. */
interface Difference {
  readonly dropped: ArrayLike<number>;
  readonly added: ArrayLike<number>;
}

/** So few flips are always merged in. */
const MERGE_ALWAYS = 64;

/** A source whose rows may go on in another one. */
export interface Continued extends Source {
  /** The same for sources that go on with the same rows under other ordinals. */
  readonly origin: number;
}

/** The rows that match the query of an earlier view now; its columns are loaded. */
export function refresh<S extends Continued>(before: Selected<S>, generation: S, start: number, count: number): { selected: Selected<S>; change: ViewChange } {
  const { query } = before;
  const isSame = before.generation === generation;
  const merged = isSame ? merge(before, generation) : null;
  const ordinals = merged === null ? select(query, generation) : merged.ordinals;
  const selected = { query, generation, flipCount: generation.rows.flipCount, ordinals };
  const difference = merged ?? (isSame ? compare(before.ordinals, ordinals, generation.rows.length)
    : before.generation.origin === generation.origin ? compareKeys(before, selected) : { dropped: all(before.ordinals), added: all(ordinals) });
  return { selected, change: tell(difference, before, selected, start, count) };
}

/** Takes what has flipped since into the earlier order; null where it is too much, or no longer known. */
function merge({ query, flipCount, ordinals }: Selected, source: Source): (Difference & { ordinals: Uint32Array }) | null {
  const { rows } = source;
  const flips = rows.flippedSince(flipCount);
  if (flips === null || flips.length > Math.max(MERGE_ALWAYS, rows.length * MERGE_SHARE))
    return null;
  const condition = conditionOf(query, source);
  const order = comparerOf(query, source);
  const dropped: number[] = [], fresh: { item: number; at: number }[] = [];
  for (const item of new Set(flips)) {
    if (!condition.test(item))
      continue;
    const at = lowerBound(ordinals, item, order);
    const wasIn = ordinals[at] === item, isIn = rows.alive[item] !== 0;
    if (wasIn && !isIn)
      dropped.push(at);
    else if (isIn && !wasIn)
      fresh.push({ item, at });
  }
  dropped.sort((a, b) => a - b);
  fresh.sort((a, b) => order(a.item, b.item));

  const result = new Uint32Array(ordinals.length - dropped.length + fresh.length);
  const added: number[] = [];
  let from = 0, to = 0, next = 0;
  const copy = (end: number) => {
    result.set(ordinals.subarray(from, end), to);
    to += end - from;
    from = end;
  };
  const drop = (end: number) => {
    for (; next < dropped.length && dropped[next]! < end; next++) {
      copy(dropped[next]!);
      from++;
    }
  };
  for (const { item, at } of fresh) {
    drop(at);
    copy(at);
    added.push(to);
    result[to++] = item;
  }
  drop(ordinals.length);
  copy(ordinals.length);
  return { ordinals: result, dropped, added };
}

/** The first position whose row does not come before another one. */
function lowerBound(ordinals: Uint32Array, item: number, order: (a: number, b: number) => number): number {
  let low = 0, high = ordinals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order(ordinals[middle]!, item) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

function compare(before: Uint32Array, after: Uint32Array, rowCount: number): Difference {
  return { dropped: missingIn(before, after, rowCount), added: missingIn(after, before, rowCount) };
}

/** Where ordinals are others, versions tell what is the same; but not of rows that edits have made, which count as changed. */
function compareKeys(before: Selected, after: Selected): Difference {
  const { rows: old } = before.generation, { rows } = after.generation;
  const isKept = new Uint8Array(rows.length);
  const dropped = all(before.ordinals).filter(position => {
    // What was shown then may have been replaced since.
    const same = old.sameIn(rows, before.ordinals[position]!);
    if (same !== undefined)
      isKept[same] = 1;
    return same === undefined;
  });
  return { dropped, added: all(after.ordinals).filter(position => isKept[after.ordinals[position]!] === 0) };
}

/** The positions of items that others lack. */
function missingIn(items: Uint32Array, others: Uint32Array, rowCount: number): Uint32Array {
  const flags = new Uint8Array(rowCount);
  for (const item of others)
    flags[item] = 1;
  return all(items).filter(position => flags[items[position]!] === 0);
}

function all({ length }: Uint32Array): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i);
}

function tell({ dropped, added }: Difference, before: Selected, after: Selected, start: number, count: number): ViewChange {
  const keyBefore = (position: number) => before.generation.rows.keys.get(before.ordinals[position]!);
  const keyAfter = (position: number) => after.generation.rows.keys.get(after.ordinals[position]!);
  const news = new Map<Key, number>();
  for (let i = 0; i < added.length; i++)
    news.set(keyAfter(added[i]!), added[i]!);

  const newStart = startOf();
  const inserted: [number, number, number] = [0, 0, 0], removed: typeof inserted = [0, 0, 0], changed: typeof inserted = [0, 0, 0];
  const olds = new Set<Key>();
  for (let i = 0; i < dropped.length; i++) {
    const key = keyBefore(dropped[i]!);
    olds.add(key);
    (news.has(key) ? changed : removed)[part(dropped[i]!, start, count)]++;
  }
  for (const [key, position] of news) {
    if (!olds.has(key))
      inserted[part(position, newStart, count)]++;
  }
  return { inserted, removed, changed, start: newStart };

  function startOf(): number {
    const length = before.ordinals.length;
    const first = Math.min(start, length), end = Math.min(start + count, length);
    const at = firstKept(first);
    if (at < end) {
      let found = placeOf(at);
      // Rows before it that are newer and have stayed where they were.
      for (let i = at - 1; i >= first && found > 0; i--) {
        if (keyAfter(found - 1) === keyBefore(i))
          found--;
      }
      return found;
    }
    for (let i = first; i < end; i++) {
      const moved = news.get(keyBefore(i));
      if (moved !== undefined)
        return moved;
    }
    return at < length ? placeOf(at) : Math.min(start, Math.max(0, after.ordinals.length - count));
  }

  /** The first position from another one on of a row that is the same in both. */
  function firstKept(position: number): number {
    for (let i = countBelow(dropped, position); i < dropped.length && dropped[i] === position; i++)
      position++;
    return position;
  }

  /** Where a row that is the same in both stands now. */
  function placeOf(position: number): number {
    let place = position - countBelow(dropped, position);
    for (let i = 0; i < added.length && added[i]! <= place; i++)
      place++;
    return place;
  }
}

function part(position: number, start: number, count: number): 0 | 1 | 2 {
  return position < start ? 0 : position < start + count ? 1 : 2;
}

/** How many of some rising numbers are below another one. */
function countBelow(numbers: ArrayLike<number>, limit: number): number {
  let i = 0;
  while (i < numbers.length && numbers[i]! < limit)
    i++;
  return i;
}

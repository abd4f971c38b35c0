import type { NumberColumn, TextColumn } from './columns.ts';
import type { GuidKeys } from './keys.ts';

/** Up to here comparing is cheaper than counting digits. */
const SMALL_RUN = 48;

/**
 * Sorts items by the 32-bit key that each has, keeping the order of equal ones (radix sort). Digits that are the same
 * in all keys cost nothing.
 */
export function sortByKey(items: Uint32Array, keys: Uint32Array, descending = false): void {
  let differing = 0;
  for (let i = 1; i < items.length; i++)
    differing |= keys[items[i]!]! ^ keys[items[0]!]!;

  let from: Uint32Array = items;
  let to: Uint32Array = new Uint32Array(differing === 0 ? 0 : items.length);
  // Few items are not worth counting in many buckets.
  const digitBits = items.length < 2048 ? 8 : 11;
  const mask = (1 << digitBits) - 1;
  const flip = descending ? mask : 0;
  const ends = new Uint32Array(mask + 1);
  for (let shift = 0; shift < 32; shift += digitBits) {
    if (((differing >>> shift) & mask) === 0)
      continue;
    ends.fill(0);
    for (let i = 0; i < from.length; i++)
      ends[((keys[from[i]!]! >>> shift) & mask) ^ flip]!++;
    for (let digit = 1; digit <= mask; digit++)
      ends[digit]! += ends[digit - 1]!;
    for (let i = from.length - 1; i >= 0; i--)
      to[--ends[((keys[from[i]!]! >>> shift) & mask) ^ flip]!] = from[i]!;
    [from, to] = [to, from];
  }
  if (from !== items)
    items.set(from);
}

/** All ordinals of a column, by value; missing values first. */
export function sortNumbers(column: NumberColumn): Uint32Array {
  const { length, values } = column;
  const items = ordinals(length);
  const high = new Uint32Array(length);
  const low = new Uint32Array(length);
  const float = new Float64Array(1);
  const words = new Uint32Array(float.buffer);
  for (let i = 0; i < length; i++) {
    if (column.isNull(i))
      continue; // Zero, which is below what minus infinity gives.
    float[0] = values[i]! + 0; // -0 equals 0.
    // The bits of a float order like those of an integer once negative ones are inverted and positive ones lifted above.
    const sign = words[1]! >> 31;
    high[i] = words[1]! ^ (sign | 0x80000000);
    low[i] = words[0]! ^ sign;
  }
  sortByKey(items, low);
  sortByKey(items, high);
  return items;
}

/** All ordinals of Guids, by their bytes: the last word first. */
export function sortGuids(keys: GuidKeys): Uint32Array {
  const items = ordinals(keys.length);
  const words = new Uint32Array(keys.length);
  for (let part = 3; part >= 0; part--) {
    for (let i = 0; i < words.length; i++)
      words[i] = keys.word(i, part);
    sortByKey(items, words);
  }
  return items;
}

/**
 * All ordinals of a column, by UTF-8 bytes, which is by code point; missing values first. Six bytes at a time: those
 * and the length left make a 52-bit key, and runs of equal keys go on six bytes further.
 */
export function sortText(column: TextColumn): Uint32Array {
  const { bytes, offsets } = column;
  const items = ordinals(column.length);
  const high = new Uint32Array(column.length);
  const low = new Uint32Array(column.length);
  const runs = [{ start: 0, end: items.length, depth: 0 }];
  for (let next = runs.pop(); next !== undefined; next = runs.pop()) {
    const { start, end, depth } = next;
    const run = items.subarray(start, end);
    if (depth > 0 && run.length <= SMALL_RUN) {
      insertionSort(run, column, depth);
      continue;
    }

    for (let i = 0; i < run.length; i++) {
      const item = run[i]!;
      const at = offsets[item]! + depth;
      const left = offsets[item + 1]! - at;
      high[item] = (left > 0 ? bytes[at]! << 16 : 0) | (left > 1 ? bytes[at + 1]! << 8 : 0) | (left > 2 ? bytes[at + 2]! : 0);
      low[item] = (left > 3 ? bytes[at + 3]! << 20 : 0) | (left > 4 ? bytes[at + 4]! << 12 : 0) | (left > 5 ? bytes[at + 5]! << 4 : 0)
        | (column.isNull(item) ? 0 : 1 + Math.min(left, 7));
    }
    sortByKey(run, low);
    sortByKey(run, high);

    for (let i = 0, first = 0; i < run.length; i++) {
      const item = run[i]!;
      const last = i + 1 === run.length || high[run[i + 1]!] !== high[item] || low[run[i + 1]!] !== low[item];
      if (!last)
        continue;
      const goesOn = (low[item]! & 15) === 8;
      if (goesOn && i > first)
        runs.push({ start: start + first, end: start + i + 1, depth: depth + 6 });
      first = i + 1;
    }
  }
  return items;
}

function ordinals(length: number): Uint32Array {
  const items = new Uint32Array(length);
  for (let i = 0; i < length; i++)
    items[i] = i;
  return items;
}

function insertionSort(items: Uint32Array, column: TextColumn, depth: number): void {
  for (let i = 1; i < items.length; i++) {
    const item = items[i]!;
    let at = i;
    for (; at > 0 && column.compareFrom(items[at - 1]!, item, depth) > 0; at--)
      items[at] = items[at - 1]!;
    items[at] = item;
  }
}

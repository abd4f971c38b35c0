import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NumberColumn, TextColumn, type Column } from '../../../src/Sync.IndexedDb/Script/columns.ts';
import { Order } from '../../../src/Sync.IndexedDb/Script/order.ts';
import { sortByKey } from '../../../src/Sync.IndexedDb/Script/sort.ts';
import { FieldKind } from '../../../src/Sync.IndexedDb/Script/schema.ts';
import { randomFrom, randomText } from './random.ts';
import { numberSection, textSection } from './sections.ts';

test('numbers are ordered as they compare, missing ones first, and equal ones share a rank', () => {
  const random = randomFrom(2);
  const special = [null, 0, -0, 1, -1, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE, -Number.MIN_VALUE, 2 ** 53 - 1, 1 - 2 ** 53];
  const values = Array.from({ length: 5000 }, () => random(3) === 0 ? special[random(special.length)]! : (random(2_000_000) - 1_000_000) / 64);
  const column = new NumberColumn(FieldKind.Double, true);
  check(values, part => column.append(numberSection(part, true, Float64Array), part.length), column,
    (a, b) => a === b ? 0 : a === null ? -1 : b === null ? 1 : a < b ? -1 : 1);
});

test('small integers are ordered as they compare', () => {
  const random = randomFrom(3);
  const values = Array.from({ length: 3000 }, () => [random(10), -random(10), 2 ** 31 - 1, -(2 ** 31)][random(4)]!);
  const column = new NumberColumn(FieldKind.Int32, false);
  check(values, part => column.append(numberSection(part, false, Int32Array), part.length), column, (a, b) => a - b);
});

test('text is ordered by code point, missing before empty, and equal ones share a rank', () => {
  const random = randomFrom(4);
  const values = Array.from({ length: 20_000 }, () => random(20) === 0 ? null : randomText(random));
  const column = new TextColumn(true);
  check(values, part => column.append(textSection(part, true), part.length), column,
    (a, b) => a === b ? 0 : a === null ? -1 : b === null ? 1 : compareCodePoints(a, b));
});

test('a radix sort keeps the order of equal keys, both ways', () => {
  const random = randomFrom(5);
  const keys = Uint32Array.from({ length: 3000 }, () => random(2) === 0 ? random(5) : random(2 ** 32));
  const naive = Array.from(keys.keys());
  const items = Uint32Array.from(naive);
  sortByKey(items, keys);
  assert.deepEqual([...items], naive.toSorted((a, b) => keys[a]! - keys[b]!));
  sortByKey(items.sort(), keys, true);
  assert.deepEqual([...items], naive.toSorted((a, b) => keys[b]! - keys[a]!));
});

/** Orders values that arrive in parts, small ones too, which are merged in, and compares with the plain definition. */
function check<T>(values: T[], append: (part: T[]) => void, column: Column, compare: (a: T, b: T) => number): void {
  const half = Math.floor(values.length / 2);
  let order = new Order();
  for (let start = 0, sizes = [half, 400, 80, 3, 1, 1, values.length - half - 485]; sizes.length > 0;) {
    const size = sizes.shift()!;
    append(values.slice(start, start + size));
    // As it goes on after a start, from the ranks alone.
    if (sizes.length % 2 === 0)
      order = new Order(order.ranks.slice());
    order.extend(column);
    const known = values.slice(0, start + size);
    const sorted = known.toSorted(compare);
    const rankOf = new Map<T, number>();
    let rank = 0;
    sorted.forEach((value, i) => rankOf.set(value, i > 0 && compare(sorted[i - 1]!, value) !== 0 ? ++rank : rank));
    assert.deepEqual(Array.from(order.items, item => rankOf.get(known[item]!)), sorted.map(value => rankOf.get(value)));
    assert.deepEqual([...order.ranks], known.map(value => rankOf.get(value)));
    assert.equal(new Set(order.items).size, known.length);
    start += size;
  }
}

function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

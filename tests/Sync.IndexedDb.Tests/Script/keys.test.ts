import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys, keysOf, layKeys, valuesOf, type Key } from '../../../src/Sync.IndexedDb/Script/keys.ts';
import { Order } from '../../../src/Sync.IndexedDb/Script/order.ts';
import { FieldKind } from '../../../src/Sync.IndexedDb/Script/schema.ts';
import { randomFrom, randomGuid, randomText } from './random.ts';

const random = randomFrom(31);
const kinds: [string, FieldKind, () => Key, (a: Key, b: Key) => number][] = [
  ['integers', FieldKind.Int64, () => random(100) * 2 ** random(40) - 2 ** 20, (a, b) => Number(a) - Number(b)],
  ['texts', FieldKind.Text, () => randomText(random), (a, b) => Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)))],
  // Half of them differ in few bytes.
  ['Guids', FieldKind.Guid, () => random(2) === 0 ? randomGuid(random, 256) : randomGuid(() => random(12) === 0 ? 1 : 0, 2), (a, b) => a < b ? -1 : a > b ? 1 : 0],
];

for (const [name, kind, make, compare] of kinds) {
  test(`${name} come out as they went in, one by one, from others, and from a section`, () => {
    for (let round = 0; round < 100; round++) {
      const values = Array.from({ length: random(60) }, make);
      const keys = keysOf(kind, values);
      assert.deepEqual(valuesOf(keys), values);
      const section = keys.toSection();
      assert.equal(section.length, keys.sectionLength);
      // As in a segment: at a multiple of eight, and with more behind.
      const bytes = new Uint8Array(16 + section.length + 16).fill(0xff);
      bytes.set(section, 16);
      const laid = layKeys(kind, bytes.subarray(16), values.length);
      assert.deepEqual(valuesOf(laid), values);
      assert.equal(laid.sectionLength, section.length);
      assert.deepEqual(laid.toSection().slice(), section.slice());
      const chosen = Array.from({ length: values.length === 0 ? 0 : random(40) }, () => random(values.length));
      const taken = createKeys(kind);
      chosen.forEach(index => taken.take(laid, index));
      assert.deepEqual(valuesOf(taken), chosen.map(index => values[index]));
    }
  });

  test(`${name} are equal, hashed and ordered by what they are`, () => {
    const values = Array.from({ length: 300 }, make);
    const keys = keysOf(kind, values), again = keysOf(kind, values);
    for (let i = 0; i < values.length; i++) {
      assert.equal(keys.hash(i), again.hash(i));
      for (let j = 0; j < values.length; j++) {
        assert.equal(keys.equals(i, again, j), values[i] === values[j], `${values[i]} ${values[j]}`);
        assert.equal(Math.sign(keys.compare(i, j)), Math.sign(compare(values[i]!, values[j]!)), `${values[i]} ${values[j]}`);
      }
    }
  });

  test(`the order of ${name} is that of a comparison, and goes on as keys are added`, () => {
    const keys = createKeys(kind);
    const order = new Order();
    const values: Key[] = [];
    for (let round = 0; round < 8; round++) {
      for (let count = round === 0 ? 3000 : random(200); count > 0; count--) {
        values.push(make());
        keys.add(values.at(-1)!);
      }
      const sorted = Array.from(order.extend(keys).items, index => values[index]!);
      assert.deepEqual(sorted, values.toSorted(compare));
    }
  });
}

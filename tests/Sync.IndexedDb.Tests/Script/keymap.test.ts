import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyMap } from '../../../src/Sync.IndexedDb/Script/keymap.ts';
import { createKeys, keysOf, type Key, type Keys } from '../../../src/Sync.IndexedDb/Script/keys.ts';
import { FieldKind } from '../../../src/Sync.IndexedDb/Script/schema.ts';
import { randomFrom, randomGuid, randomText } from './random.ts';

const random = randomFrom(1);
const kinds: [string, FieldKind, (() => Key)[]][] = [
  ['integers', FieldKind.Int64, [
    () => random(50_000),
    () => -random(50_000),
    () => random(1000) * 4294967296, // The same lower half.
    () => random(1000) * 1024, // The same lower bits.
    () => Number.MAX_SAFE_INTEGER - random(1000),
  ]],
  ['texts', FieldKind.Text, [() => randomText(random), () => `customer-${random(20_000)}`]],
  ['Guids', FieldKind.Guid, [() => randomGuid(random, 256), () => randomGuid(random, 3)]],
];

for (const [name, kind, make] of kinds) {
  test(`a key map holds what a Map holds, whatever the keys: ${name}`, () => {
    const rows = createKeys(kind), tombstones = createKeys(kind);
    const map = new KeyMap(rows, tombstones);
    const model = new Map<Key, number>();
    for (let i = 0; i < 50_000; i++) {
      const key = make[random(make.length)]!();
      const place = random(2) === 0 ? add(rows, key) : ~add(tombstones, key);
      map.set(keysOf(kind, [key]), 0, place);
      model.set(typeof key === 'number' ? key + 0 : key, place);
    }
    for (const [key, place] of model)
      assert.equal(map.get(keysOf(kind, [key]), 0), place);
    for (let i = 0; i < 1000; i++) {
      const key = make[random(make.length)]!();
      assert.equal(map.get(keysOf(kind, [key]), 0), model.get(key));
    }
    const unknown = kind === FieldKind.Int64 ? 0.5 : kind === FieldKind.Text ? 'customer-' : '01234567-89ab-cdef-0123-456789abcdef';
    assert.equal(map.get(keysOf(kind, [unknown]), 0), undefined);
  });
}

test('minus zero is zero', () => {
  const rows = keysOf(FieldKind.Int64, [-0]);
  const map = new KeyMap(rows, createKeys(FieldKind.Int64));
  map.set(rows, 0, 0);
  assert.equal(map.get(keysOf(FieldKind.Int64, [0]), 0), 0);
});

function add(keys: Keys, key: Key): number {
  keys.add(key);
  return keys.length - 1;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyMap } from '../../../src/Sync.IndexedDb/Script/keymap.ts';
import { randomFrom } from './random.ts';

test('a key map holds what a Map holds, whatever the keys', () => {
  const random = randomFrom(1);
  const keys = [
    () => random(50_000),
    () => -random(50_000),
    () => random(1000) * 4294967296, // The same lower half.
    () => random(1000) * 1024, // The same lower bits.
    () => Number.MAX_SAFE_INTEGER - random(1000),
  ];
  const set: number[] = [];
  const map = new KeyMap(value => set[value < 0 ? ~value : value]!);
  const model = new Map<number, number>();
  for (let i = 0; i < 100_000; i++) {
    const key = keys[random(keys.length)]!();
    set.push(key);
    const value = random(2) === 0 ? i : ~i;
    map.set(key, value);
    model.set(key + 0, value);
  }
  for (const [key, value] of model)
    assert.equal(map.get(key), value);
  assert.equal(map.get(0.5), undefined);
  assert.equal(map.get(-50_001), undefined);
});

test('minus zero is zero', () => {
  const map = new KeyMap(() => -0);
  map.set(-0, 7);
  assert.equal(map.get(0), 7);
});

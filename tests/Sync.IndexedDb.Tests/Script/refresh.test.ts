import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refresh, type Selected } from '../../../src/Sync.IndexedDb/Script/refresh.ts';
import { select, type Query } from '../../../src/Sync.IndexedDb/Script/view.ts';
import { Memory, randomFilter, randomSort, schema, thing } from './memory.ts';
import { randomFrom, randomText } from './random.ts';

function open(memory: Memory, query: Partial<Query> = {}): Selected<Memory> {
  const whole = { search: '', filters: [], sort: [], ...query };
  return { query: whole, generation: memory, flipCount: memory.rows.flipCount, ordinals: select(whole, memory) };
}

const keysOf = ({ generation, ordinals }: Selected) => Array.from(ordinals, ordinal => generation.rows.keys.get(ordinal) as number);

test('a view that takes changes in is the same as one that is opened anew, and so is what it tells', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomFrom(seed);
    const memory = new Memory({ ...schema, descending: random(2) === 0 });
    const names = Array.from({ length: 12 }, () => randomText(random));
    const keys = [4, 40, 2000][random(3)]!;
    const change = (most: number) => memory.put(
      Array.from({ length: random(most) }, () => thing(random(keys), names[random(12)]!, random(4) === 0 ? null : names[random(12)]!, random(4) === 0 ? null : random(9) - 4)),
      Array.from({ length: random(Math.ceil(most / 3)) }, () => random(keys)));
    change(keys);
    let view = open(memory, {
      search: random(3) > 0 ? '' : names[random(12)]!.slice(-1),
      filters: Array.from({ length: random(3) }, () => randomFilter(random, names)), sort: randomSort(random),
    });
    for (let step = 0; step < 6; step++) {
      for (let pages = random(3); pages > 0; pages--)
        change(random(6) === 0 ? keys : 8);
      const start = random(view.ordinals.length + 3), count = random(6);
      const fresh = open(memory, view.query);
      const { selected, change: told } = refresh(view, memory, start, count);
      const what = `seed ${seed} step ${step} ${JSON.stringify(view.query)} window ${start} ${count}`;
      assert.deepEqual(selected, fresh, what);
      assert.deepEqual(told, expected(view, fresh, start, count), what);
      view = selected;
    }
  }
});

test('a view of another generation is selected anew, and all its rows are newer', () => {
  const old = new Memory(schema), next = new Memory(schema, 2);
  old.put([thing(1), thing(2), thing(3), thing(4)]);
  next.put([thing(0), thing(2), thing(3), thing(4), thing(5)]);
  const { selected, change } = refresh(open(old), next, 1, 2);
  assert.deepEqual(keysOf(selected), [0, 2, 3, 4, 5]);
  assert.deepEqual(change, { inserted: [1, 0, 1], removed: [1, 0, 0], changed: [0, 2, 1], start: 1 });
});

test('a view of a generation that goes on with the same rows is told what is newer, and no more', () => {
  const old = new Memory(schema), next = new Memory(schema);
  old.put([thing(1), thing(2), thing(3), thing(4), thing(6)], [], [1, 1, 1, 1, 1]);
  const view = open(old);
  old.put([thing(6)], [], [2]); // In both, and newer than in the view.
  next.put([thing(0), thing(2), thing(3), thing(4), thing(5), thing(6)], [], [1, 1, 2, 1, 1, 2]);
  const { selected, change } = refresh(view, next, 1, 2);
  assert.deepEqual(keysOf(selected), [0, 2, 3, 4, 5, 6]);
  assert.deepEqual(change, { inserted: [1, 0, 1], removed: [1, 0, 0], changed: [0, 1, 1], start: 1 });
});

test('changes that the journal has forgotten are found all the same', () => {
  const memory = new Memory(schema);
  memory.put(Array.from({ length: 70_000 }, (_, id) => thing(id)));
  const view = open(memory);
  memory.put(Array.from({ length: 69_999 }, (_, id) => thing(id)), [69_999]);
  const { selected, change } = refresh(view, memory, 10, 5);
  assert.deepEqual(selected, open(memory));
  assert.deepEqual(change, { inserted: [0, 0, 0], removed: [0, 0, 1], changed: [10, 5, 69_984], start: 10 });
});

test('the place is kept by a row that has stayed, and not by one that has moved away', () => {
  const memory = new Memory(schema);
  memory.put([thing(1, '', null, 10), thing(2, '', null, 20), thing(3, '', null, 30), thing(4, '', null, 40)]);
  const view = open(memory, { sort: [{ field: 3, descending: false, collation: null }] });
  const startAfter = (...things: ReturnType<typeof thing>[]) => {
    memory.put(things);
    return refresh(view, memory, 1, 2).change.start;
  };
  assert.equal(startAfter(thing(2, 'renamed', null, 20)), 1);
  assert.equal(startAfter(thing(2, '', null, 5)), 2);
  assert.equal(startAfter(thing(2, '', null, 99)), 1);
  assert.equal(startAfter(thing(0, '', null, 0)), 2);
});

/** What refresh tells, straight from the definition. */
function expected(before: Selected, after: Selected, start: number, count: number) {
  const olds = keysOf(before), news = keysOf(after);
  const isKept = (position: number) => after.ordinals.includes(before.ordinals[position]!);
  const about = (positions: number[], from: number) =>
    [positions.filter(position => position < from).length, positions.filter(position => position >= from && position < from + count).length, positions.filter(position => position >= from + count).length];

  const inWindow = olds.map((_, i) => i).slice(start, start + count);
  const behind = olds.map((_, i) => i).slice(start);
  const stayed = inWindow.find(isKept);
  const next = behind.find(isKept);
  let place = Math.min(start, Math.max(0, news.length - count));
  if (stayed !== undefined) {
    place = news.indexOf(olds[stayed]!);
    for (let i = stayed - 1; i >= start; i--)
      place -= place > 0 && news[place - 1] === olds[i] ? 1 : 0;
  } else {
    const moved = inWindow.find(position => news.includes(olds[position]!)) ?? next;
    place = moved === undefined ? place : news.indexOf(olds[moved]!);
  }
  return {
    inserted: about(news.flatMap((key, i) => olds.includes(key) ? [] : [i]), place),
    removed: about(olds.flatMap((key, i) => news.includes(key) ? [] : [i]), start),
    changed: about(olds.flatMap((key, i) => news.includes(key) && !isKept(i) ? [i] : []), start),
    start: place,
  };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distinct, type Query } from '../../../src/Sync.IndexedDb/Script/view.ts';
import { Memory, naive, randomFilter, randomSort, schema, thing, type Thing } from './memory.ts';
import { randomFrom, randomText } from './random.ts';

test('searching finds what includes() finds, over many pages', () => {
  const random = randomFrom(6);
  const memory = new Memory(schema);
  const things = Array.from({ length: 20_000 }, (_, id) => thing(id, randomText(random), random(3) === 0 ? null : randomText(random)));
  for (let start = 0; start < things.length;) {
    const end = start + 1 + random(start === 0 ? 12_000 : 900);
    memory.put(things.slice(start, end));
    start = end;
    const needle = ['a', 'seller ', 'ß東', '\u{1f600}', 'zz', '\0', '\ufeff', 'r a', 'common beginning z'][random(9)]!;
    const expected = things.slice(0, end).filter(({ name, label }) => name.includes(needle) || label?.includes(needle)).map(({ id }) => id);
    assert.deepEqual(memory.keys({ search: needle }), expected, JSON.stringify(needle));
  }
});

test('a hit that begins in one row and ends in the next is none', () => {
  const memory = new Memory(schema);
  memory.put([thing(1, 'aaa'), thing(2, 'ab'), thing(3, 'aaaa'), thing(4, 'x'), thing(5, '\u{1f600}'), thing(6, 'y')]);
  assert.deepEqual(memory.keys({ search: 'aaaa' }), [3]);
  assert.deepEqual(memory.keys({ search: 'aaab' }), []);
  assert.deepEqual(memory.keys({ search: 'x\u{1f600}' }), []);
  assert.deepEqual(memory.keys({ search: 'Y' }), [6]);
});

test('a value that begins with U+FEFF keeps it, and those behind it keep their places', () => {
  const memory = new Memory(schema);
  memory.put([thing(1, '\ufeffab'), thing(2, 'cd'), thing(3, 'ef')]);
  assert.deepEqual(memory.keys({ search: '\ufeffa' }), [1]);
  assert.deepEqual(memory.keys({ search: 'cd' }), [2]);
  assert.deepEqual(memory.keys({ search: 'ef' }), [3]);
});

test('rows that arrive in key order, against it, or mixed are shown in key order', () => {
  for (const descending of [false, true]) {
    for (const ids of [[1, 2, 3], [3, 2, 1], [2, 3, 1], [2], []]) {
      const memory = new Memory({ ...schema, descending });
      memory.put(ids.map(id => thing(id)));
      assert.deepEqual(memory.keys(), ids.toSorted((a, b) => descending ? b - a : a - b));
    }
  }
});

test('queries give what filtering and sorting plain objects gives, while rows change', () => {
  const random = randomFrom(7);
  for (const descending of [false, true]) {
    const memory = new Memory({ ...schema, descending });
    const model = new Map<number, Thing>();
    const names = Array.from({ length: 40 }, () => randomText(random));
    for (let page = 0; page < 60; page++) {
      const things = Array.from({ length: random(60) }, () =>
        thing(random(500), names[random(40)]!, random(4) === 0 ? null : names[random(40)]!, random(4) === 0 ? null : random(9) - 4));
      const deleted = Array.from({ length: random(8) }, () => random(500));
      memory.put(things, deleted);
      things.forEach(row => model.set(row.id, row));
      deleted.forEach(id => model.delete(id));

      const query: Query = {
        search: random(2) === 0 ? '' : names[random(40)]!.slice(-1),
        filters: Array.from({ length: random(3) }, () => randomFilter(random, names)),
        sort: randomSort(random),
      };
      assert.deepEqual(memory.keys(query), naive([...model.values()], query, descending), JSON.stringify(query));
      assert.equal(memory.rows.aliveCount, model.size);
    }
  }
});

test('the newest version of a key wins, whatever the order of arrival', () => {
  const memory = new Memory(schema);
  memory.put([thing(1, 'new'), thing(2, 'two')], [3], [5, 1, 9]);
  memory.put([thing(1, 'old'), thing(3, 'late'), thing(2, 'again')], [], [4, 8, 1]);
  assert.deepEqual(memory.keys(), [1, 2]);
  assert.deepEqual(memory.keys({ search: 'new' }), [1]);
  assert.deepEqual(memory.keys({ search: 'again' }), []);
  memory.put([thing(3, 'back')], [], [10]);
  assert.deepEqual(memory.keys(), [1, 2, 3]);
});

test('the values of a field are different, in order, of rows that are there, and not more than asked for', () => {
  const memory = new Memory(schema);
  memory.put([thing(1, '', '\uffff'), thing(2, '', 'b'), thing(3), thing(4, '', 'a'), thing(5, '', 'b'), thing(6, '', '\u{1f600}'), thing(7, '', 'gone'), thing(8, '', '')]);
  memory.put([], [7]);
  assert.deepEqual(distinct(2, 10, memory), ['', 'a', 'b', '\uffff', '\u{1f600}']);
  assert.deepEqual(distinct(2, 2, memory), ['', 'a']);
  assert.deepEqual(distinct(2, 0, memory), []);
});

test('a view is queried before any row has come', () => {
  const memory = new Memory(schema);
  assert.deepEqual(memory.keys({ search: 'a', filters: [{ op: 'in', field: 3, values: ['1'] }], sort: [{ field: 1, descending: true, collation: null }] }), []);
});

test('the order of a language takes new rows in where they belong', () => {
  const random = randomFrom(8);
  const memory = new Memory(schema);
  const names = ['å', 'ä', 'z', 'a', 'ö', 'b'];
  const sort = [{ field: 2, descending: false, collation: 'sv' }];
  const all: Thing[] = [];
  for (let page = 0; page < 40; page++) {
    const things = Array.from({ length: page === 0 ? 300 : 5 }, () =>
      thing(0, '', random(20) === 0 ? null : `${names[random(6)]!}${'9'.repeat(page % 7)}${random(1000)}`)).map((row, i) => ({ ...row, id: all.length + i }));
    memory.put(things);
    all.push(...things);
    assert.deepEqual(memory.keys({ sort }), naive(all, { search: '', filters: [], sort }, false), `page ${page}`);
  }
});

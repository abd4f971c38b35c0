import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createColumn, type Column } from '../../../src/Sync.IndexedDb/Script/columns.ts';
import { Order } from '../../../src/Sync.IndexedDb/Script/order.ts';
import { Rows } from '../../../src/Sync.IndexedDb/Script/rows.ts';
import { FieldKind, type Schema } from '../../../src/Sync.IndexedDb/Script/schema.ts';
import { Op } from '../../../src/Sync.IndexedDb/Script/segment.ts';
import { TextSearch } from '../../../src/Sync.IndexedDb/Script/search.ts';
import { distinct, select, type Query } from '../../../src/Sync.IndexedDb/Script/view.ts';
import { randomFrom, randomText } from './random.ts';
import { numberSection, textSection } from './sections.ts';

const plain = { nullable: false, indexed: true, searchable: false };
const schema: Schema = {
  name: 'things', hash: '', key: 0, descending: false,
  fields: [
    { ...plain, name: 'id', kind: FieldKind.Int64, indexed: false },
    { ...plain, name: 'name', kind: FieldKind.Text, searchable: true },
    { ...plain, name: 'label', kind: FieldKind.Text, searchable: true, nullable: true },
    { ...plain, name: 'rank', kind: FieldKind.Int32, nullable: true },
  ],
};

interface Thing {
  readonly id: number;
  readonly name: string;
  readonly label: string | null;
  readonly rank: number | null;
}

/** Rows in memory without a database. */
class Memory {
  readonly rows = new Rows();
  private readonly columns: Column[] = schema.fields.map(createColumn);
  private readonly searches = [1, 2].map(() => new TextSearch());
  private readonly orders: Order[];
  private sequence = 0;

  constructor(readonly schema: Schema) {
    this.columns[0] = this.rows.keys;
    this.orders = this.columns.map(() => new Order());
  }

  put(things: Thing[], deleted: number[] = [], sequences?: number[]): void {
    const keys = Float64Array.from([...things.map(thing => thing.id), ...deleted]);
    this.rows.append({
      keys, transactions: new Float64Array(keys.length), ops: Uint8Array.from(keys, (_, i) => i < things.length ? Op.Told : Op.Deleted),
      sequences: Float64Array.from(keys, (_, i) => sequences?.[i] ?? ++this.sequence),
    });
    this.columns[1]!.append(textSection(things.map(thing => thing.name), false), things.length);
    this.columns[2]!.append(textSection(things.map(thing => thing.label), true), things.length);
    this.columns[3]!.append(numberSection(things.map(thing => thing.rank), true, Int32Array), things.length);
  }

  column = (field: number) => this.columns[field]!;
  order = (field: number) => this.orders[field]!.extend(this.columns[field]!);
  search = (field: number) => this.searches[field - 1]!;

  keys(query: Partial<Query> = {}): number[] {
    return Array.from(select({ search: '', filters: [], sort: [], ...query }, this), ordinal => this.rows.keys.values[ordinal]!);
  }
}

const thing = (id: number, name = '', label: string | null = null, rank: number | null = null): Thing => ({ id, name, label, rank });

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
        filters: random(2) === 0 ? [] : [{ field: 3, value: random(3) === 0 ? null : String(random(9) - 4) }, { field: 2, value: names[random(40)]! }].slice(random(2)),
        sort: [{ field: 2, descending: random(2) === 0 }, { field: 3, descending: random(2) === 0 }, { field: 0, descending: random(2) === 0 }].slice(random(4)),
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
  assert.deepEqual(memory.keys({ search: 'a', filters: [{ field: 3, value: '1' }], sort: [{ field: 1, descending: true }] }), []);
});

function naive(things: Thing[], { search, filters, sort }: Query, keyDescending: boolean): number[] {
  const valueOf = (row: Thing, field: number) => [row.id, row.name, row.label, row.rank][field]!;
  const compare = (a: string | number | null, b: string | number | null) =>
    a === b ? 0 : a === null ? -1 : b === null ? 1
      : typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : a - Number(b);
  return things
    .filter(row => search === '' || row.name.includes(search) || row.label?.includes(search))
    .filter(row => filters.every(({ field, value }) => {
      const own = valueOf(row, field);
      return own === null ? value === null : value !== null && String(own) === value;
    }))
    .sort((a, b) => {
      for (const { field, descending } of [...sort, { field: 0, descending: keyDescending }]) {
        const difference = compare(valueOf(a, field), valueOf(b, field));
        if (difference !== 0)
          return descending ? -difference : difference;
      }
      return 0;
    })
    .map(row => row.id);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf } from '../../../src/Sync.IndexedDb/Script/keys.ts';
import { StoreError } from '../../../src/Sync.IndexedDb/Script/errors.ts';
import { decode, Row, type Edit, type Values } from '../../../src/Sync.IndexedDb/Script/patch.ts';
import { Rows } from '../../../src/Sync.IndexedDb/Script/rows.ts';
import { FieldKind, type Schema } from '../../../src/Sync.IndexedDb/Script/schema.ts';
import { Op, type Changes } from '../../../src/Sync.IndexedDb/Script/segment.ts';
import { randomFrom } from './random.ts';

const plain = { nullable: false, indexed: true, searchable: false };
const schema: Schema = {
  name: 'things', hash: '', key: 0, descending: false,
  fields: [
    { ...plain, name: 'id', kind: FieldKind.Int64, indexed: false },
    { ...plain, name: 'name', kind: FieldKind.Text },
    { ...plain, name: 'constructor', kind: FieldKind.Int32, nullable: true },
  ],
};

const row = new Row(schema, bytes(0x93, 0x01, 0xa2, 0x61, 0x62, 0xc0));

test('an edit replaces the values that it names, and those that the row cannot take are passed over', () => {
  const folded = row.fold([edit({ name: value(0xa1, 0x7a), id: value(0x05), gone: value(0x01) }), edit({ constructor: value(0xa1, 0x7a) }), edit({ constructor: value(0xcd, 1, 0) })]);
  assert.deepEqual(folded.bytes, bytes(0x93, 0x01, 0xa1, 0x7a, 0xcd, 1, 0));
  assert.deepEqual(row.bytes, bytes(0x93, 0x01, 0xa2, 0x61, 0x62, 0xc0));
});

test('an edit whose condition does not hold by then is passed over', () => {
  const folded = row.fold([edit({ name: value(0xa1, 0x61) }), edit({ constructor: value(1) }, { name: value(0xa2, 0x61, 0x62) }), edit({ constructor: value(2) }, { name: value(0xa1, 0x61) })]);
  assert.deepEqual(folded.bytes, bytes(0x93, 0x01, 0xa1, 0x61, 0x02));
  assert.equal(row.fold([edit({ name: value(0xa0) }, { missing: value(0xc0) })]), row);
});

test('a field whose name every object has is a field like others', () => {
  assert.deepEqual({ ...row.read({ name: '' }) }, { name: value(0xa2, 0x61, 0x62) });
  assert.equal(row.holds(JSON.parse('{"constructor":"wA=="}') as Values), true);
  assert.equal(row.holds(JSON.parse('{"toString":"wA=="}') as Values), false);
});

test('values of every width are decoded', () => {
  const cases: [number[], unknown][] = [
    [[0xc0], null], [[0xc2], false], [[0xc3], true], [[0x7f], 127], [[0xe0], -32], [[0xcc, 200], 200], [[0xcd, 1, 0], 256], [[0xce, 0, 1, 0, 0], 65536],
    [[0xcf, 0, 0x1f, 255, 255, 255, 255, 255, 255], Number.MAX_SAFE_INTEGER], [[0xd0, 0x80], -128], [[0xd1, 0x80, 0], -32768], [[0xd2, 0x80, 0, 0, 0], -2147483648],
    [[0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1], Number.MIN_SAFE_INTEGER], [[0xca, 0x3f, 0x80, 0, 0], 1], [[0xcb, 0xbf, 0xf0, 0, 0, 0, 0, 0, 0], -1],
    [[0xa3, 0xef, 0xbb, 0xbf], '\ufeff'], [[0xd9, 1, 0x61], 'a'], [[0xda, 0, 1, 0x61], 'a'], [[0xdb, 0, 0, 0, 1, 0x61], 'a'],
  ];
  const wide: Schema = { ...schema, fields: cases.map((_, i) => ({ ...plain, name: `f${i}`, kind: FieldKind.Text })) };
  const encoded = new Row(wide, bytes(0xdc, 0, cases.length, ...cases.flatMap(([code]) => code)));
  assert.deepEqual(cases.map((_, i) => decode(encoded.value(i))), cases.map(([, decoded]) => decoded));
});

test('what is no row is corrupt, wherever it ends', () => {
  for (let length = 0; length < row.bytes.length; length++)
    assert.throws(() => new Row(schema, row.bytes.slice(0, length)), isCorrupt);
  for (const broken of [[0x92, 1, 0xa0], [0x93, 1, 0xa0, 1, 1], [0x93, 1, 0x90, 1], [0x93, 1, 0xdb, 255, 255, 255, 255, 1]])
    assert.throws(() => new Row(schema, bytes(...broken)), isCorrupt);
});

test('a patched row is shown in place of the one that was told, until it is restored or told anew', () => {
  const random = randomFrom(11);
  const rows = new Rows(FieldKind.Int64);
  const told = new Map<number, { version: number; ordinal: number | null }>();
  const patched = new Map<number, number>();
  for (let version = 1; version < 2000; version++) {
    const key = random(12);
    const known = told.get(key);
    const first = rows.length;
    const what = random(4);
    if (what < 2) {
      const own = random(3) === 0 ? version - 20 : version;
      rows.append(change(key, what === 0, own));
      if (known === undefined || own > known.version) {
        told.set(key, { version: own, ordinal: what === 0 ? first : null });
        patched.delete(key);
      }
    } else if (what === 2 && known !== undefined && known.ordinal !== null) {
      rows.append(patch(key, true));
      patched.set(key, first);
    } else {
      rows.append(patch(key, false));
      patched.delete(key);
    }
    const shown = [...told].map(([key, { ordinal }]) => patched.get(key) ?? ordinal).filter(ordinal => ordinal !== null).sort((a, b) => a - b);
    assert.deepEqual(Array.from(rows.alive.keys()).filter(i => rows.alive[i] === 1), shown, `step ${version}`);
    assert.equal(rows.aliveCount, shown.length);
    assert.equal(rows.isPatched(key), patched.has(key));
    assert.equal(rows.told(key) ?? null, told.get(key)?.ordinal ?? null);
  }
});

function edit(fields: Values, condition: Values = {}): Edit {
  return { fields, if: condition };
}

function change(key: number, isUpsert: boolean, sequence: number): Changes {
  return only(isUpsert ? Op.Told : Op.Deleted, key, sequence);
}

function patch(key: number, isPatched: boolean): Changes {
  return only(isPatched ? Op.Patched : Op.Restored, key, 0);
}

function only(op: Op, key: number, sequence: number): Changes {
  return { keys: keysOf(FieldKind.Int64, [key]), transactions: Float64Array.of(0), sequences: Float64Array.of(sequence), ops: Uint8Array.of(op) };
}

function value(...encoded: number[]): string {
  return Buffer.from(encoded).toString('base64');
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

function isCorrupt(error: unknown): boolean {
  return error instanceof StoreError && error.failure === 'corrupt';
}

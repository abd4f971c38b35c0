import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf, valuesOf, type Keys } from '../../../src/Sync.IndexedDb/Script/keys.ts';
import { isWhole } from '../../../src/Sync.IndexedDb/Script/checksum.ts';
import { createColumn } from '../../../src/Sync.IndexedDb/Script/columns.ts';
import { StoreError } from '../../../src/Sync.IndexedDb/Script/errors.ts';
import { FieldKind, type Schema } from '../../../src/Sync.IndexedDb/Script/schema.ts';
import { decodeSegment, encodeSegment, join, Op, pack, packedRow, type WholeSegment } from '../../../src/Sync.IndexedDb/Script/segment.ts';
import { keyOf, randomFrom, randomText } from './random.ts';
import { numberSection, textSection } from './sections.ts';

const plain = { nullable: false, indexed: true, searchable: false };
const schema: Schema = {
  name: 'things', hash: '', key: 0, descending: false,
  fields: [
    { ...plain, name: 'id', kind: FieldKind.Int64, indexed: false },
    { ...plain, name: 'label', kind: FieldKind.Text, nullable: true },
    { ...plain, name: 'rank', kind: FieldKind.Int32, nullable: true },
    { ...plain, name: 'on', kind: FieldKind.Boolean },
  ],
};

const kinds = [FieldKind.Int64, FieldKind.Text, FieldKind.Guid];

interface Thing {
  readonly label: string | null;
  readonly rank: number | null;
  readonly on: number;
  readonly bytes: Uint8Array;
}

test('a segment reads back as it was written, wherever its rows are', () => {
  const random = randomFrom(21);
  for (let count = 0; count < 70; count++) {
    const kind = kinds[count % 3]!;
    const { segment } = randomSegment(random, count, kind);
    for (const stored of [segment, { ...segment, body: random(1000) }])
      assert.deepEqual(plainly(decodeSegment(encodeSegment(stored), withKey(kind))), plainly(stored));
  }
});

test('a segment with any byte changed is corrupt', () => {
  const bytes = encodeSegment(randomSegment(randomFrom(22), 9).segment);
  assert.ok(isWhole(bytes));
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at]! ^= 1 << at % 8;
    assert.throws(() => decodeSegment(changed, schema), error => error instanceof StoreError && error.failure === 'corrupt', `byte ${at}`);
  }
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => decodeSegment(bytes.slice(0, length), schema), error => error instanceof StoreError && error.failure === 'corrupt');
});

test('segments that are joined have the same changes, values and rows in the same order', () => {
  const random = randomFrom(23);
  for (let round = 0; round < 50; round++) {
    const kind = kinds[round % 3]!;
    const parts = Array.from({ length: 1 + random(6) }, () => randomSegment(random, random(40), kind));
    const joined = join(parts.map(part => part.segment), withKey(kind));
    const things = parts.flatMap(part => part.things);
    assert.equal(joined.rowCount, things.length);
    assert.deepEqual(valuesOf(joined.changes.keys), parts.flatMap(({ segment }) => valuesOf(segment.changes.keys)));
    assert.deepEqual(Array.from(joined.changes.ops), parts.flatMap(({ segment }) => Array.from(segment.changes.ops)));
    assert.deepEqual(joined.body.columns, columnsOf(things));
    assert.deepEqual(things.map((_, i) => Array.from(packedRow(joined.body.rows, things.length, i))), things.map(({ bytes }) => Array.from(bytes)));
  }
});

test('a column takes the rest of a section, and gives any of its values as one', () => {
  const random = randomFrom(24);
  for (let round = 0; round < 200; round++) {
    const things = Array.from({ length: 1 + random(50) }, () => randomThing(random));
    const skip = random(things.length);
    const chosen = Uint32Array.from({ length: random(60) }, () => random(things.length));
    schema.fields.slice(1).forEach((field, i) => {
      const column = createColumn(field);
      column.append(columnsOf(things.slice(0, skip))[i]!, skip);
      column.append(columnsOf(things)[i]!, things.length, skip);
      assert.equal(column.length, things.length);
      assert.deepEqual(column.section(chosen), columnsOf(Array.from(chosen, ordinal => things[ordinal]!))[i]);
    });
  }
});

function withKey(kind: FieldKind): Schema {
  return { ...schema, fields: [{ ...schema.fields[0]!, kind }, ...schema.fields.slice(1)] };
}

function randomSegment(random: (limit: number) => number, count: number, kind = FieldKind.Int64): { segment: WholeSegment; things: Thing[] } {
  const ops = Uint8Array.from({ length: count }, () => random(4));
  const things = Array.from(ops.filter(op => op === Op.Told || op === Op.Patched), () => randomThing(random));
  const numbers = () => Float64Array.from({ length: count }, () => random(1 << 30));
  return {
    things,
    segment: {
      changes: { keys: keysOf(kind, Array.from(numbers(), number => keyOf(kind, number))), transactions: numbers(), sequences: numbers(), ops },
      rowCount: things.length,
      body: { columns: columnsOf(things), rows: pack(things.map(({ bytes }) => bytes)) },
    },
  };
}

function randomThing(random: (limit: number) => number): Thing {
  return {
    label: random(4) === 0 ? null : randomText(random),
    rank: random(4) === 0 ? null : random(1000) - 500,
    on: random(2),
    bytes: Uint8Array.from({ length: random(20) }, () => random(256)),
  };
}

function columnsOf(things: readonly Thing[]): Uint8Array[] {
  return [
    textSection(things.map(({ label }) => label), true),
    numberSection(things.map(({ rank }) => rank), true, Int32Array),
    numberSection(things.map(({ on }) => on), false, Uint8Array),
  ];
}

/** Without the buffers that arrays lie on. */
function plainly(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, part: unknown) => name === 'keys' ? valuesOf(part as Keys) : ArrayBuffer.isView(part) ? Array.from(part as Uint8Array) : part));
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutBlocks, packRows, rowOf, ROWS_A_BLOCK } from '../../../src/Sync.IndexedDb/Script/blocks.ts';
import { createColumn, TextColumn } from '../../../src/Sync.IndexedDb/Script/columns.ts';
import { PageFormatError, type PagePart } from '../../../src/Sync.IndexedDb/Script/errors.ts';
import { valuesOf, type Key } from '../../../src/Sync.IndexedDb/Script/keys.ts';
import { parsePage } from '../../../src/Sync.IndexedDb/Script/page.ts';
import { Row } from '../../../src/Sync.IndexedDb/Script/patch.ts';
import { FieldKind } from '../../../src/Sync.IndexedDb/Script/schema.ts';
import { localChanges, packedRow } from '../../../src/Sync.IndexedDb/Script/segment.ts';
import { goldenPages } from './golden.ts';

interface Expected {
  readonly header: { readonly next: string; readonly more: boolean; readonly upsertCount: number; readonly deleteCount: number };
  readonly keys: Key[];
  readonly versions: [number, number][];
  readonly columns: { readonly field: string; readonly values: (boolean | number | string | null)[] }[];
}

const parts: PagePart[] = ['Header', 'Cursor', 'Keys', 'Versions', 'Column', 'Rows'];

for (const { name, bytes, schema, expected } of goldenPages<Expected>()) {
  test(`golden page ${name} reads as C# wrote it`, () => {
    const page = parsePage(bytes, schema);
    assert.deepEqual(
      { next: page.cursor, more: page.more, upsertCount: page.upserts, deleteCount: page.deletes },
      { next: expected.header.next, more: expected.header.more, upsertCount: expected.header.upsertCount, deleteCount: expected.header.deleteCount });
    assert.deepEqual(valuesOf(page.keys), expected.keys);
    assert.deepEqual(expected.keys.map((_, i) => [page.transactions[i], page.sequences[i]]), expected.versions);
    const indexed = schema.fields.filter(field => field.indexed);
    assert.deepEqual(indexed.map(field => field.name), expected.columns.map(column => column.field));
    indexed.forEach((field, i) => {
      const column = createColumn(field);
      column.append(page.columns[i]!.slice(), page.upserts);
      const values = Array.from({ length: page.upserts }, (_, row) =>
        column.isNull(row) ? null
          : column instanceof TextColumn ? column.text(row)
          : field.kind === FieldKind.Boolean ? column.values[row] === 1 : column.values[row]!);
      assert.deepEqual(values, expected.columns[i]!.values.map(value => toNumber(value, field.kind)));
    });
  });

  test(`golden page ${name} is refused when it ends early, at every byte`, () => {
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => parsePage(bytes.slice(0, length), schema), refusal);
    // The same when the header agrees with the shorter length, so that the sections themselves are looked at.
    for (let length = 64; length < bytes.length; length++) {
      const short = bytes.slice(0, length);
      new DataView(short.buffer).setUint32(8, length, true);
      assert.throws(() => parsePage(short, schema), refusal);
    }
  });

  test(`golden page ${name} with any byte changed is read or refused, and nothing else`, () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const changed = bytes.slice();
        changed[at]! ^= flip;
        try {
          parsePage(changed, schema);
        } catch (error) {
          assert.ok(refusal(error));
        }
      }
    }
  });

  test(`the rows of golden page ${name} are the same after they were cut into blocks and packed again`, () => {
    const page = parsePage(bytes, schema);
    const blocks = cutBlocks(page.rows, page.upserts);
    const rows = Array.from({ length: page.upserts }, (_, i) => rowOf(blocks[Math.floor(i / ROWS_A_BLOCK)]!, i % ROWS_A_BLOCK));
    const packed = packRows(rows, length => {
      const rows = new Uint8Array(length);
      return { bytes: rows, rows };
    });
    assert.deepEqual(packed, page.rows.slice());
  });

  test(`the columns that are made of the rows of golden page ${name} are those that came with them`, () => {
    const page = parsePage(bytes, schema);
    const rows = new Map(Array.from({ length: page.upserts }, (_, i) => [page.keys.get(i), new Row(schema, packedRow(page.rows, page.upserts, i))]));
    const { changes, body } = localChanges(rows, [], schema);
    assert.deepEqual(body.columns, page.columns.map(column => column.slice()));
    assert.deepEqual(body.rows, page.rows.slice());
    assert.deepEqual(valuesOf(changes.keys), valuesOf(page.keys).slice(0, page.upserts));
  });
}

for (const { name, bytes, schema, expected } of goldenPages<{ part: PagePart; offset: number }>('malformed')) {
  test(`malformed page ${name} is refused where C# refuses it`, () => {
    assert.throws(() => parsePage(bytes, schema), error => {
      assert.ok(error instanceof PageFormatError, String(error));
      assert.deepEqual({ part: error.part, offset: error.offset }, { part: expected.part, offset: expected.offset }, error.message);
      return true;
    });
  });
}

function refusal(error: unknown): boolean {
  return error instanceof PageFormatError && parts.includes(error.part) && error.offset >= 0 && error.message.length > 0;
}

function toNumber(value: boolean | number | string | null, kind: FieldKind): boolean | number | string | null {
  return typeof value === 'string' && kind !== FieldKind.Text ? Number(value) : value;
}

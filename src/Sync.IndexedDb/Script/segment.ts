import { align } from './align.ts';
import { packRows } from './blocks.ts';
import { isWhole, seal, sealable } from './checksum.ts';
import { arrayOf, createColumn } from './columns.ts';
import { StoreError } from './errors.ts';
import { fold } from './fold.ts';
import { createKeys, keyKind, keysOf, layKeys, type Key, type Keys } from './keys.ts';
import { limits } from './limits.ts';
import type { Page } from './page.ts';
import { decode, type Row } from './patch.ts';
import { FieldKind, type Field, type Schema } from './schema.ts';

/** What a change does to its key. */
export const enum Op {
  /** The server told a row. */
  Told = 0,
  /** The server told that there is none any more. */
  Deleted = 1,
  /** Edits made a row of what the server told. */
  Patched = 2,
  /** No edit is left: what the server told is shown again. */
  Restored = 3,
}

/** Keys with the versions that the server gave them: transaction and sequence, zero where edits made the change. */
export interface Versioned {
  readonly keys: Keys;
  readonly transactions: Float64Array;
  readonly sequences: Float64Array;
}

/** Changes in their order. */
export interface Changes extends Versioned {
  readonly ops: Uint8Array;
}

/** The rows of some changes: one section an indexed field as a page has it, and encoded rows behind the table of their offsets. */
export interface Body {
  readonly columns: readonly Uint8Array[];
  readonly rows: Uint8Array;
}

/** What one transaction appends to a generation. */
export interface Segment {
  readonly changes: Changes;
  readonly rowCount: number;
  /** Where its rows are stored: the number of the first block, or here. */
  readonly body: Body | number;
}

/** A segment with its rows at hand. */
export type WholeSegment = Segment & { readonly body: Body };

/** True where a segment's rows are better kept in the segment. */
export function isSmall({ changes, body: { rows } }: WholeSegment): boolean {
  return changes.keys.length <= limits.smallChanges && rows.length <= limits.smallBytes;
}

/** A page's changes: first the rows, then the deleted keys. */
export function changesOf({ keys, transactions, sequences, upserts }: Page): Changes {
  return { keys, transactions, sequences, ops: new Uint8Array(keys.length).fill(Op.Deleted, upserts) };
}

/** Rows as edits made them, by key, and keys whose edits are gone. */
export function localChanges(patched: ReadonlyMap<Key, Row>, restored: readonly Key[], schema: Schema): { changes: Changes; body: Body } {
  const rows = [...patched.values()];
  const keys = keysOf(keyKind(schema), [...patched.keys(), ...restored]);
  const ops = new Uint8Array(keys.length).fill(Op.Patched, 0, rows.length).fill(Op.Restored, rows.length);
  return {
    changes: { keys, transactions: new Float64Array(keys.length), sequences: new Float64Array(keys.length), ops },
    body: {
      columns: indexed(schema).map(field => encodeColumn(schema.fields[field]!, rows.map(row => decode(row.value(field))))),
      rows: pack(rows.map(row => row.bytes)),
    },
  };
}

/** Small segments as one, with the same changes in the same order. */
export function join(segments: readonly WholeSegment[], schema: Schema): WholeSegment {
  const keys = createKeys(keyKind(schema));
  for (const { changes } of segments) {
    for (let i = 0; i < changes.keys.length; i++)
      keys.take(changes.keys, i);
  }
  const numbers = (pick: (changes: Changes) => Float64Array) => Float64Array.from(segments.flatMap(({ changes }) => Array.from(pick(changes))));
  const rowCount = segments.reduce((count, segment) => count + segment.rowCount, 0);
  return {
    rowCount,
    changes: {
      keys,
      transactions: numbers(changes => changes.transactions),
      sequences: numbers(changes => changes.sequences),
      ops: Uint8Array.from(segments.flatMap(({ changes }) => Array.from(changes.ops))),
    },
    body: {
      columns: indexed(schema).map((field, i) => {
        const column = createColumn(schema.fields[field]!);
        segments.forEach(({ rowCount, body }) => column.append(body.columns[i]!, rowCount));
        return column.section(Uint32Array.from({ length: rowCount }, (_, ordinal) => ordinal));
      }),
      rows: pack(segments.flatMap(({ rowCount, body }) => Array.from({ length: rowCount }, (_, i) => packedRow(body.rows, rowCount, i)))),
    },
  };
}

/** The positions of the fields that have columns. */
export function indexed(schema: Schema): number[] {
  return schema.fields.flatMap((field, index) => field.indexed ? [index] : []);
}

/** A row of packed rows, not copied. */
export function packedRow(rows: Uint8Array, count: number, index: number): Uint8Array {
  const offsets = new Uint32Array(rows.buffer, rows.byteOffset, count + 1);
  return rows.subarray(offsets.byteLength + offsets[index]!, offsets.byteLength + offsets[index + 1]!);
}

export function pack(rows: readonly Uint8Array[]): Uint8Array {
  return packRows(rows, length => {
    const bytes = new Uint8Array(length);
    return { bytes, rows: bytes };
  });
}

const HEADER = 24;
const IN_BLOCKS = 1;

/**
 * A segment as it is stored, sealed: counts of changes, rows and columns, flags, the first block (all unsigned 32-bit),
 * padding; keys as a page has them, transactions and sequences; ops; then, where its rows are here, each column and the rows, each behind
 * its length. All parts start at multiples of eight.
 */
export function encodeSegment({ changes: { keys, transactions, sequences, ops }, rowCount, body }: Segment): Uint8Array<ArrayBuffer> {
  const parts = typeof body === 'number' ? [] : [...body.columns, body.rows];
  const length = parts.reduce((length, part) => length + 8 + align(part.length), HEADER + align(keys.sectionLength) + 16 * keys.length + align(ops.length));
  const bytes = sealable(length);
  bytes.set(new Uint8Array(Uint32Array.of(
    keys.length, rowCount, Math.max(0, parts.length - 1), parts.length === 0 ? IN_BLOCKS : 0, typeof body === 'number' ? body : 0, 0).buffer));
  bytes.set(keys.toSection(), HEADER);
  let at = HEADER + align(keys.sectionLength);
  for (const numbers of [transactions, sequences]) {
    bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), at);
    at += numbers.byteLength;
  }
  bytes.set(ops, at);
  at += align(ops.length);
  for (const part of parts) {
    new DataView(bytes.buffer).setUint32(at, part.length, true);
    bytes.set(part, at + 8);
    at += 8 + align(part.length);
  }
  return seal(bytes);
}

export function decodeSegment(bytes: Uint8Array, schema: Schema): Segment {
  if (!isWhole(bytes))
    throw new StoreError('corrupt', `A part of '${schema.name}' in the local database has been damaged, so the collection has to be filled again.`);
  const [count, rowCount, columnCount, flags, block] = new Uint32Array(bytes.buffer, bytes.byteOffset, 5) as unknown as [number, number, number, number, number];
  const keys = layKeys(keyKind(schema), bytes.subarray(HEADER), count);
  let at = HEADER + align(keys.sectionLength);
  const numbers = () => new Float64Array(bytes.buffer, bytes.byteOffset + (at += 8 * count) - 8 * count, count);
  const changes = { keys, transactions: numbers(), sequences: numbers(), ops: bytes.subarray(at, at + count) };
  at += align(count);
  if (flags === IN_BLOCKS)
    return { changes, rowCount, body: block };
  const part = () => {
    const length = new Uint32Array(bytes.buffer, bytes.byteOffset + at, 1)[0]!;
    const start = at + 8;
    at = start + align(length);
    return bytes.subarray(start, start + length);
  };
  return { changes, rowCount, body: { columns: Array.from({ length: columnCount }, part), rows: part() } };
}

/** A column as a page has it: the bitmap of missing values where the field is nullable, padded, then the data. */
export function encodeColumn(field: Field, values: readonly (null | boolean | number | string)[]): Uint8Array {
  const start = field.nullable ? align(Math.ceil(values.length / 8)) : 0;
  let section: Uint8Array;
  if (field.kind === FieldKind.Text) {
    const texts = values.map(value => encoder.encode(fold(String(value ?? ''))));
    packRows(texts, length => {
      section = new Uint8Array(start + length);
      return { bytes: section, rows: section.subarray(start) };
    });
  } else {
    const Numbers = arrayOf(field.kind);
    section = new Uint8Array(start + values.length * Numbers.BYTES_PER_ELEMENT);
    new Numbers(section.buffer as ArrayBuffer, start, values.length).set(values.map(Number));
  }
  if (field.nullable)
    values.forEach((value, i) => section[i >> 3]! |= value === null ? 1 << (i & 7) : 0);
  return section!;
}

const encoder = new TextEncoder();

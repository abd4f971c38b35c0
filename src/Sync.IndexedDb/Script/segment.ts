import { cutBlocks, packRows } from './blocks.ts';
import { arrayOf } from './columns.ts';
import { fold } from './fold.ts';
import { align, type Page } from './page.ts';
import { decode, type Row } from './patch.ts';
import { FieldKind, type Field, type Schema } from './schema.ts';

/** Key, transaction and sequence of the changes of one page: first `upserts` rows, then deleted keys. */
export interface Changes {
  readonly upserts: number;
  readonly keys: Float64Array;
  readonly transactions: Float64Array;
  readonly sequences: Float64Array;
}

/** Rows as edits made them: first the keys of `upserts` rows, then keys that show again what the server told. */
export interface Patches {
  readonly upserts: number;
  readonly keys: Float64Array;
  readonly isLocal: true;
}

/** What one transaction appends to a generation, as it is stored, without its columns and rows. */
export type Segment = (Changes | Patches) & {
  /** The number of its first block of rows. */
  readonly firstBlock: number;
};

/** A segment with all that belongs to it. */
export interface WholeSegment {
  readonly number: number;
  readonly segment: Segment;
  /** One for each indexed field, as a page has it. */
  readonly columns: ReadonlyMap<number, Uint8Array>;
  readonly blocks: readonly Uint8Array[];
}

/** A page, in arrays of its own: the page's are let go. */
export function segmentOf(page: Page, schema: Schema, number: number, firstBlock: number): WholeSegment {
  return {
    number,
    segment: {
      upserts: page.upserts,
      firstBlock,
      keys: page.keys.slice(),
      transactions: page.transactions.slice(),
      sequences: page.sequences.slice(),
    },
    columns: new Map(indexed(schema).map((field, i) => [field, page.columns[i]!.slice()])),
    blocks: cutBlocks(page.rows, page.upserts),
  };
}

/** Patched rows by key, and keys that are no longer patched. */
export function localSegment(patched: ReadonlyMap<number, Row>, restored: readonly number[], schema: Schema, number: number, firstBlock: number): WholeSegment {
  const rows = [...patched.values()];
  const packed = packRows(rows.map(row => row.bytes), length => {
    const bytes = new Uint8Array(length);
    return { bytes, rows: bytes };
  });
  return {
    number,
    segment: { upserts: rows.length, firstBlock, keys: Float64Array.from([...patched.keys(), ...restored]), isLocal: true },
    columns: new Map(indexed(schema).map(field => [field, encodeColumn(schema.fields[field]!, rows.map(row => decode(row.value(field))))])),
    blocks: cutBlocks(packed, rows.length),
  };
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

function indexed(schema: Schema): number[] {
  return schema.fields.flatMap((field, index) => field.indexed ? [index] : []);
}

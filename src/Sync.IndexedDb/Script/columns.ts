import { align } from './align.ts';
import { grow } from './growable.ts';
import { FieldKind, type Field } from './schema.ts';

/** The values of one indexed field, by ordinal. Grows as segments arrive; values never change. */
export type Column = NumberColumn | TextColumn;

/** Makes an empty column. */
export function createColumn(field: Field): Column {
  return field.kind === FieldKind.Text ? new TextColumn(field.nullable) : new NumberColumn(field.kind, field.nullable);
}

/** The arrays that numbers, timestamps and booleans are kept in. */
export function arrayOf(kind: FieldKind): typeof Uint8Array | typeof Int32Array | typeof Float64Array {
  return kind === FieldKind.Boolean ? Uint8Array : kind === FieldKind.Int32 ? Int32Array : Float64Array;
}

/** Which values are missing: one byte a row, or nothing where the field is never null. */
class Nulls {
  private flags: Uint8Array | null;

  constructor(nullable: boolean) {
    this.flags = nullable ? new Uint8Array(0) : null;
  }

  has(ordinal: number): boolean {
    return this.flags !== null && this.flags[ordinal] !== 0;
  }

  get byteLength(): number {
    return this.flags === null ? 0 : this.flags.byteLength;
  }

  /** Takes the bitmap from the start of a section, and returns where the data begins. */
  append(section: Uint8Array, length: number, count: number, skip: number): number {
    if (this.flags === null)
      return 0;
    this.flags = grow(this.flags, length + count - skip);
    for (let i = skip; i < count; i++)
      this.flags[length + i - skip] = (section[i >> 3]! >> (i & 7)) & 1;
    return align(Math.ceil(count / 8));
  }

  /** Makes room for `length` bytes of data behind the bitmap of some ordinals; the section, and where the data begins. */
  section(ordinals: Uint32Array, length: number): { section: Uint8Array<ArrayBuffer>; start: number } {
    const start = this.flags === null ? 0 : align(Math.ceil(ordinals.length / 8));
    const section = new Uint8Array(start + length);
    if (this.flags !== null)
      ordinals.forEach((ordinal, i) => section[i >> 3]! |= this.flags![ordinal]! << (i & 7));
    return { section, start };
  }
}

/** Booleans (0 and 1), integers, floats, timestamps. */
export class NumberColumn {
  length = 0;
  values: Uint8Array | Int32Array | Float64Array;
  private readonly nulls: Nulls;

  constructor(kind: FieldKind, nullable: boolean) {
    this.values = new (arrayOf(kind))(0);
    this.nulls = new Nulls(nullable);
  }

  get byteLength(): number {
    return this.values.byteLength + this.nulls.byteLength;
  }

  /** Takes the `count` values of a section, which starts at a multiple of eight of its buffer, but for the first `skip`. */
  append(section: Uint8Array, count: number, skip = 0): void {
    const start = section.byteOffset + this.nulls.append(section, this.length, count, skip);
    this.values = grow(this.values, this.length + count - skip);
    this.values.set(this.over(section.buffer, start, count).subarray(skip), this.length);
    this.length += count - skip;
  }

  /** The values of some ordinals, as a page has them. */
  section(ordinals: Uint32Array): Uint8Array {
    const { section, start } = this.nulls.section(ordinals, ordinals.length * this.values.BYTES_PER_ELEMENT);
    const values = this.over(section.buffer, start, ordinals.length);
    for (let i = 0; i < ordinals.length; i++)
      values[i] = this.values[ordinals[i]!]!;
    return section;
  }

  private over(buffer: ArrayBufferLike, start: number, count: number): Uint8Array | Int32Array | Float64Array {
    return new (this.values.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => Uint8Array | Int32Array | Float64Array)(buffer, start, count);
  }

  isNull(ordinal: number): boolean {
    return this.nulls.has(ordinal);
  }

  /** Missing values are smallest. */
  compare(a: number, b: number): number {
    const nullA = this.isNull(a), nullB = this.isNull(b);
    return nullA || nullB ? Number(nullB) - Number(nullA) : this.values[a]! - this.values[b]! || 0;
  }
}

/** Folded text as UTF-8, one value behind the other. */
export class TextColumn {
  length = 0;
  bytes = new Uint8Array(0);
  /** Value i is the bytes from offset i to offset i + 1. */
  offsets = new Uint32Array(1);
  private readonly nulls: Nulls;

  constructor(nullable: boolean) {
    this.nulls = new Nulls(nullable);
  }

  get byteLength(): number {
    return this.bytes.byteLength + this.offsets.byteLength + this.nulls.byteLength;
  }

  append(section: Uint8Array, count: number, skip = 0): void {
    const table = section.byteOffset + this.nulls.append(section, this.length, count, skip);
    const offsets = new Uint32Array(section.buffer, table, count + 1);
    const first = offsets[skip]!, end = offsets[count]!;
    const base = this.offsets[this.length]!;
    this.bytes = grow(this.bytes, base + end - first);
    this.bytes.set(new Uint8Array(section.buffer, table + offsets.byteLength + first, end - first), base);
    this.offsets = grow(this.offsets, this.length + count - skip + 1);
    for (let i = skip + 1; i <= count; i++)
      this.offsets[this.length + i - skip] = base + offsets[i]! - first;
    this.length += count - skip;
  }

  section(ordinals: Uint32Array): Uint8Array {
    const { bytes, offsets } = this;
    const lengths = ordinals.map(ordinal => offsets[ordinal + 1]! - offsets[ordinal]!);
    const { section, start } = this.nulls.section(ordinals, lengths.reduce((length, value) => length + value, 4 * (ordinals.length + 1)));
    const table = new Uint32Array(section.buffer, start, ordinals.length + 1);
    const text = section.subarray(start + table.byteLength);
    for (let i = 0; i < ordinals.length; i++) {
      text.set(bytes.subarray(offsets[ordinals[i]!]!, offsets[ordinals[i]! + 1]!), table[i]!);
      table[i + 1] = table[i]! + lengths[i]!;
    }
    return section;
  }

  isNull(ordinal: number): boolean {
    return this.nulls.has(ordinal);
  }

  compare(a: number, b: number): number {
    const nullA = this.isNull(a), nullB = this.isNull(b);
    return nullA || nullB ? Number(nullB) - Number(nullA) : this.compareFrom(a, b, 0);
  }

  /** Compares byte by byte, which is by code point, past `skip` bytes that are known to be equal. */
  compareFrom(a: number, b: number, skip: number): number {
    const { bytes, offsets } = this;
    const endA = offsets[a + 1]!, endB = offsets[b + 1]!;
    let i = offsets[a]! + skip, j = offsets[b]! + skip;
    while (i < endA && j < endB) {
      const difference = bytes[i++]! - bytes[j++]!;
      if (difference !== 0)
        return difference;
    }
    return (endA - i) - (endB - j);
  }

  /** The text of a value. */
  text(ordinal: number): string {
    return decoder.decode(this.bytes.subarray(this.offsets[ordinal]!, this.offsets[ordinal + 1]!));
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

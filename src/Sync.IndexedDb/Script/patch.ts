import { StoreError } from './errors.ts';
import { FieldKind, type Field, type Schema } from './schema.ts';

/** Encoded values by field name, each in base64: as C# sends them, and as the outbox keeps them. */
export type Values = Readonly<Record<string, string>>;

/** New values for a row that holds those of `if`. */
export interface Edit {
  readonly fields: Values;
  readonly if: Values;
}

/** An encoded row, laid over its bytes; the same as RowPatch in C#. */
export class Row {
  /** Value i is the bytes from offset i to offset i + 1. */
  private readonly offsets: readonly number[];

  constructor(private readonly schema: Schema, readonly bytes: Uint8Array) {
    this.offsets = findValues(schema, bytes);
  }

  value(field: number): Uint8Array {
    return this.bytes.subarray(this.offsets[field]!, this.offsets[field + 1]!);
  }

  /** The values in the fields that `fields` names. */
  read(fields: Values): Values {
    return Object.fromEntries(this.schema.fields.flatMap(({ name }, i) => Object.hasOwn(fields, name) ? [[name, toBase64(this.value(i))]] : []));
  }

  /** True where the row has all of these values, byte for byte. */
  holds(values: Values): boolean {
    const own = this.read(values);
    return Object.entries(values).every(([name, value]) => Object.hasOwn(own, name) && own[name] === value);
  }

  /** The row once edits have been applied to it in order; those whose condition does not hold by then are passed over. */
  fold(edits: readonly Edit[]): Row {
    return edits.reduce((row: Row, edit) => isEmpty(edit.fields) || !row.holds(edit.if) ? row : row.with(edit.fields), this);
  }

  // An edit may be older than the schema: what the row cannot take is passed over.
  private with(values: Values): Row {
    const parts = this.schema.fields.map((field, i) => {
      const value = Object.hasOwn(values, field.name) ? fromBase64(values[field.name]!) : null;
      return value !== null && i !== this.schema.key && fits(field, value) ? value : this.value(i);
    });
    const start = this.offsets[0]!;
    const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, start));
    bytes.set(this.bytes.subarray(0, start));
    let at = start;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return new Row(this.schema, bytes);
  }
}

export function isEmpty(values: Values): boolean {
  return Object.keys(values).length === 0;
}

/** Decodes one value of a row. */
export function decode(value: Uint8Array): null | boolean | number | string {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const code = view.getUint8(0);
  switch (code) {
    case 0xc0: return null;
    case 0xc2: return false;
    case 0xc3: return true;
    case 0xca: return view.getFloat32(1);
    case 0xcb: return view.getFloat64(1);
    case 0xcc: return view.getUint8(1);
    case 0xcd: return view.getUint16(1);
    case 0xce: return view.getUint32(1);
    case 0xcf: return Number(view.getBigUint64(1));
    case 0xd0: return view.getInt8(1);
    case 0xd1: return view.getInt16(1);
    case 0xd2: return view.getInt32(1);
    case 0xd3: return Number(view.getBigInt64(1));
    case 0xd9: return decoder.decode(value.subarray(2));
    case 0xda: return decoder.decode(value.subarray(3));
    case 0xdb: return decoder.decode(value.subarray(5));
    default: return code >= 0xa0 && code <= 0xbf ? decoder.decode(value.subarray(1)) : view.getInt8(0);
  }
}

// A leading U+FEFF is a character of the value, not a byte order mark.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function fits(field: Field, value: Uint8Array): boolean {
  const decoded = decode(value);
  if (decoded === null)
    return field.nullable;
  return typeof decoded === (field.kind === FieldKind.Boolean ? 'boolean' : field.kind === FieldKind.Text ? 'string' : 'number');
}

function findValues(schema: Schema, bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = schema.fields.length;
  const offsets = [count < 16 ? 1 : 3];
  try {
    if (count < 16 ? view.getUint8(0) === 0x90 + count : view.getUint8(0) === 0xdc && view.getUint16(1) === count) {
      for (let i = 0; i < count; i++)
        offsets.push(offsets[i]! + lengthAt(view, offsets[i]!));
      if (offsets[count] === bytes.length)
        return offsets;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) // The bytes end within a value.
      throw error;
  }
  throw new StoreError('corrupt', `A row of '${schema.name}' does not read back, so the collection has to be filled again.`);
}

/** The length of the value at an offset. Rows hold nil, booleans, numbers, text and the bytes of a Guid, and nothing that is nested. */
function lengthAt(view: DataView, at: number): number {
  const code = view.getUint8(at);
  if (code <= 0x7f || code >= 0xe0 || code === 0xc0 || code === 0xc2 || code === 0xc3)
    return 1;
  if (code >= 0xa0 && code <= 0xbf)
    return 1 + (code & 0x1f);
  switch (code) {
    case 0xcc: case 0xd0: return 2;
    case 0xcd: case 0xd1: return 3;
    case 0xca: case 0xce: case 0xd2: return 5;
    case 0xcb: case 0xcf: case 0xd3: return 9;
    case 0xc4: case 0xd9: return 2 + view.getUint8(at + 1);
    case 0xda: return 3 + view.getUint16(at + 1);
    case 0xdb: return 5 + view.getUint32(at + 1);
    default: throw new RangeError();
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes)
    text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0));
}

import { align } from './align.ts';
import { PageFormatError, type PagePart } from './errors.ts';
import { keyKind, layKeys, whyRefused, type Keys } from './keys.ts';
import { FieldKind, type Schema } from './schema.ts';

const HEADER = 64;
const SECTION_HEADER = 8;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_CURSOR = 4096;
const MAX_FIELDS = 64;
const MAGIC = 0x31475043; // "CPG1"
const MORE = 1;
const SNAPSHOT = 2;
const NO_FIELD = 0xffff;
const ROWS_KIND = 7;

/** A page laid over its bytes, checked as a whole. Rows stay encoded. docs/page-format.md has the layout. */
export interface Page {
  readonly cursor: string;
  /** True while the server has further changes. */
  readonly more: boolean;
  readonly epoch: number;
  readonly upserts: number;
  readonly deletes: number;
  /** Key, transaction and sequence of each change: upserts first, then deletes. */
  readonly keys: Keys;
  readonly transactions: Float64Array;
  readonly sequences: Float64Array;
  /** One for each indexed field, in schema order: the bitmap of missing values where nullable, padded, then the data. */
  readonly columns: readonly Uint8Array[];
  /** The offset table of the rows, and the rows. */
  readonly rows: Uint8Array;
}

/** Lays a page over bytes that start at a multiple of eight of their buffer. */
export function parsePage(bytes: Uint8Array, schema: Schema): Page {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(bytes, view, schema);
  const { upserts, deletes } = header;
  const changes = upserts + deletes;
  const sections = new SectionReader(bytes, view, header.cursor.length);

  const kind = keyKind(schema);
  const keySection = sections.next('Keys', kind, false, schema.key, changes).data;
  checkKeys(kind, keySection, bytes, changes);
  const keys = layKeys(kind, keySection, changes);
  const transactions = numbers(sections.next('Versions', FieldKind.Int64, false, NO_FIELD, changes).data);
  checkNumbers('Versions', transactions, bytes, isCount);
  const sequences = numbers(sections.next('Versions', FieldKind.Int64, false, NO_FIELD, changes).data);
  checkNumbers('Versions', sequences, bytes, isCount);

  const columns: Uint8Array[] = [];
  schema.fields.forEach((field, index) => {
    if (!field.indexed)
      return;
    const { whole, data } = sections.next('Column', field.kind, field.nullable, index, upserts);
    checkColumn(field.kind, data, bytes, upserts);
    columns.push(whole);
  });

  const rows = sections.next('Rows', ROWS_KIND, false, NO_FIELD, upserts).data;
  checkOffsets('Rows', rows, rows.byteOffset - bytes.byteOffset, upserts);
  sections.end();
  return { cursor: header.cursor, more: header.more, epoch: header.epoch, upserts, deletes, keys, transactions, sequences, columns, rows };
}

/** The bytes of one value in a column of fixed width, or 0 for text and rows. */
export function widthOf(kind: FieldKind | typeof ROWS_KIND): number {
  switch (kind) {
    case FieldKind.Boolean: return 1;
    case FieldKind.Int32: return 4;
    case FieldKind.Guid: return 16;
    case FieldKind.Text: case ROWS_KIND: return 0;
    default: return 8;
  }
}

function readHeader(bytes: Uint8Array, view: DataView, schema: Schema) {
  const length = bytes.length;
  const fail = (offset: number, message: string) => { throw new PageFormatError('Header', offset, message); };
  if (length < HEADER)
    fail(length, `a page has at least ${HEADER} bytes, these are ${length}.`);
  if (view.getUint32(0, true) !== MAGIC)
    fail(0, "the bytes do not start with 'CPG1', so this is not a page. A proxy or a sign-in page may have answered instead.");
  const flags = view.getUint32(4, true);
  if ((flags & ~(MORE | SNAPSHOT)) !== 0)
    fail(4, `unknown flags 0x${flags.toString(16)}.`);
  if (view.getUint32(8, true) !== length || length > MAX_BYTES)
    fail(8, `the page says it has ${view.getUint32(8, true)} bytes, these are ${length} (at most ${MAX_BYTES}).`);

  // Every change takes at least 20 bytes (key and version): a count beyond that is a lie, and no memory is taken for it.
  const upserts = view.getUint32(12, true);
  const deletes = view.getUint32(16, true);
  if (upserts + deletes > Math.floor(length / 20))
    fail(12, `${upserts} upserts and ${deletes} deletes do not fit ${length} bytes.`);
  const columns = view.getUint32(20, true);
  if (columns > MAX_FIELDS)
    fail(20, `${columns} columns; a collection has at most ${MAX_FIELDS}.`);
  const epoch = view.getFloat64(32, true);
  if (!isCount(epoch))
    fail(32, `the epoch ${epoch} is not a whole number from 0 to 2^53 - 1.`);
  const total = view.getFloat64(40, true);
  if (total !== -1 && !isCount(total))
    fail(40, `the row total ${total} is neither -1 nor a whole number from 0 to 2^53 - 1.`);
  const cursorLength = view.getUint32(48, true);
  if (cursorLength === 0 || cursorLength > MAX_CURSOR || cursorLength > length - HEADER)
    fail(48, `a cursor of ${cursorLength} bytes; it has 1 to ${MAX_CURSOR} and lies within the page.`);
  if (!isZero(bytes, 52, HEADER))
    fail(52, 'the reserved bytes are not zero.');
  const cursor = String.fromCharCode(...bytes.subarray(HEADER, HEADER + cursorLength));
  if (!/^[!-~]+$/.test(cursor))
    throw new PageFormatError('Cursor', HEADER, 'the cursor is not printable ASCII.');

  const hash = view.getBigUint64(24, true).toString(16).padStart(16, '0');
  if (hash !== schema.hash)
    fail(24, `the page is of schema ${hash}, but '${schema.name}' here is ${schema.hash}: client and server are of different versions.`);
  const indexed = schema.fields.filter(field => field.indexed).length;
  if (columns !== indexed)
    fail(20, `${columns} columns; '${schema.name}' has ${indexed} indexed fields.`);
  return { cursor, more: (flags & MORE) !== 0, epoch, upserts, deletes };
}

/** Walks the sections of a page in their fixed order. */
class SectionReader {
  private position = HEADER;

  constructor(private readonly bytes: Uint8Array, private readonly view: DataView, cursorLength: number) {
    this.pass('Cursor', cursorLength);
  }

  next(part: PagePart, kind: number, nullable: boolean, field: number, count: number): { whole: Uint8Array; data: Uint8Array } {
    const start = this.position;
    if (this.bytes.length - start < SECTION_HEADER)
      throw new PageFormatError(part, start, 'the page ends where a section was expected.');
    const found = this.view.getUint32(start, true);
    const expected = (kind | (nullable ? 1 << 8 : 0) | (field << 16)) >>> 0;
    if (found !== expected)
      throw new PageFormatError(part, start, `section 0x${hex(found)} where 0x${hex(expected)} was expected (field, flags, kind).`);
    const length = this.view.getUint32(start + 4, true);
    const body = this.position += SECTION_HEADER;

    if (nullable) {
      this.pass(part, Math.ceil(count / 8));
      const last = body + (count >> 3);
      if (count % 8 !== 0 && this.bytes[last]! >> (count % 8) !== 0)
        throw new PageFormatError(part, last, 'a bit after the last row is set.');
    }

    const data = this.position;
    const width = widthOf(kind);
    if (width > 0 && length !== count * width)
      throw new PageFormatError(part, start + 4, `a length of ${length} bytes; ${count} values of ${width} take ${count * width}.`);
    this.pass(part, length);
    return { whole: this.bytes.subarray(body, data + length), data: this.bytes.subarray(data, data + length) };
  }

  end(): void {
    if (this.position !== this.bytes.length)
      throw new PageFormatError('Rows', this.position, `${this.bytes.length - this.position} bytes follow the last section.`);
  }

  private pass(part: PagePart, length: number): void {
    const left = this.bytes.length - this.position;
    if (length > left)
      throw new PageFormatError(part, this.position, `${length} bytes were expected, and ${left} are left.`);
    const end = this.position + length;
    const aligned = align(end);
    if (aligned > this.bytes.length || !isZero(this.bytes, end, aligned))
      throw new PageFormatError(part, end, 'the padding to a multiple of eight is missing or not zero.');
    this.position = aligned;
  }
}

function checkColumn(kind: FieldKind, data: Uint8Array, page: Uint8Array, count: number): void {
  switch (kind) {
    case FieldKind.Boolean: {
      const at = data.findIndex(byte => byte > 1);
      if (at >= 0)
        throw new PageFormatError('Column', data.byteOffset - page.byteOffset + at, `${data[at]} is not a boolean.`);
      break;
    }
    case FieldKind.Int64:
    case FieldKind.Timestamp:
      checkNumbers('Column', numbers(data), page, isInteger);
      break;
    case FieldKind.Double:
      checkNumbers('Column', numbers(data), page, value => !Number.isNaN(value));
      break;
    case FieldKind.Text:
      checkText('Column', data, data.byteOffset - page.byteOffset, count);
      break;
  }
}

function checkKeys(kind: FieldKind, data: Uint8Array, page: Uint8Array, count: number): void {
  if (kind === FieldKind.Int64)
    checkNumbers('Keys', numbers(data), page, isInteger);
  if (kind !== FieldKind.Text)
    return;
  const start = data.byteOffset - page.byteOffset;
  checkText('Keys', data, start, count);
  const offsets = new Uint32Array(data.buffer, data.byteOffset, count + 1);
  const text = data.subarray(offsets.byteLength);
  for (let i = 0; i < count; i++) {
    const why = whyRefused(text.subarray(offsets[i], offsets[i + 1]));
    if (why !== null)
      throw new PageFormatError('Keys', start + i * 4, `text ${i} cannot be a key: ${why}.`);
  }
}

function checkText(part: PagePart, section: Uint8Array, start: number, count: number): void {
  checkOffsets(part, section, start, count);
  const table = (count + 1) * 4;
  const text = section.subarray(table);
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    throw new PageFormatError(part, start + table, 'the text is not valid UTF-8.');
  }
  const offsets = new Uint32Array(section.buffer, section.byteOffset, count + 1);
  for (let i = 1; i < count; i++) {
    if (offsets[i]! < text.length && (text[offsets[i]!]! & 0xc0) === 0x80)
      throw new PageFormatError(part, start + i * 4, `offset ${i} points into the middle of a character.`);
  }
}

function checkOffsets(part: PagePart, section: Uint8Array, start: number, count: number): void {
  const table = (count + 1) * 4;
  if (section.length < table)
    throw new PageFormatError(part, start, `${section.length} bytes cannot hold the offsets of ${count} values.`);
  const bytes = section.length - table;
  const offsets = new Uint32Array(section.buffer, section.byteOffset, count + 1);
  let previous = 0;
  for (let i = 0; i <= count; i++) {
    const offset = offsets[i]!;
    if (i === 0 ? offset !== 0 : offset < previous || offset > bytes)
      throw new PageFormatError(part, start + i * 4, `offset ${i} is ${offset}; offsets start at 0, do not fall, and end at ${bytes}.`);
    previous = offset;
  }
  if (previous !== bytes)
    throw new PageFormatError(part, start + count * 4, `the last offset is ${previous}, but ${bytes} bytes follow the table.`);
}

function checkNumbers(part: PagePart, values: Float64Array, page: Uint8Array, isValid: (value: number) => boolean): void {
  for (let i = 0; i < values.length; i++) {
    if (!isValid(values[i]!))
      throw new PageFormatError(part, values.byteOffset - page.byteOffset + i * 8, `${values[i]} is out of range.`);
  }
}

function numbers(data: Uint8Array): Float64Array {
  return new Float64Array(data.buffer, data.byteOffset, data.length / 8);
}

function isInteger(value: number): boolean {
  return Number.isSafeInteger(value);
}

function isCount(value: number): boolean {
  return value >= 0 && Number.isSafeInteger(value);
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i] !== 0)
      return false;
  }
  return true;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}

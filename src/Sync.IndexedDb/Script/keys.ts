import { NumberColumn, TextColumn } from './columns.ts';
import { grow } from './growable.ts';
import { FieldKind, type Schema } from './schema.ts';

/** The key of a row: an integer, a text, or a Guid as 32 lower-case digits with hyphens. */
export type Key = number | string;

/** Keys of one kind side by side: 8 bytes an integer, 16 a Guid, UTF-8 of a text. Those that they are compared with are of the same kind. */
export interface Keys {
  readonly length: number;
  readonly byteLength: number;
  /** How long they are in a page. */
  readonly sectionLength: number;
  get(index: number): Key;
  hash(index: number): number;
  equals(index: number, others: Keys, other: number): boolean;
  /** Integers by value, texts by code point, Guids by the order in which they are written. */
  compare(a: number, b: number): number;
  /** Adds a key. */
  add(key: Key): void;
  /** Adds one of other keys, without making a value of it. */
  take(others: Keys, index: number): void;
  /** All of them, as a page has them. */
  toSection(): Uint8Array;
}

export function keyKind({ fields, key }: Schema): FieldKind {
  return fields[key]!.kind;
}

/** Keys to which others can be added. */
export function createKeys(kind: FieldKind): Keys {
  return kind === FieldKind.Text ? new TextKeys() : kind === FieldKind.Guid ? new GuidKeys() : new NumberKeys();
}

/** True where keys of a kind may hold a value: an edit may be older than the schema, and have a key of another kind. */
export function isOfKind(kind: FieldKind, key: Key): boolean {
  return kind === FieldKind.Int64 ? typeof key === 'number' : typeof key === 'string' && (kind === FieldKind.Text || GUID.test(key));
}

/** Keys of some values, each of which is of the kind. */
export function keysOf(kind: FieldKind, values: Iterable<Key>): Keys {
  const keys = createKeys(kind);
  for (const value of values)
    keys.add(value);
  return keys;
}

/** Keys laid over the section of a page, which starts at a multiple of eight of its buffer; bytes may follow. */
export function layKeys(kind: FieldKind, section: Uint8Array, count: number): Keys {
  return kind === FieldKind.Text ? TextKeys.over(section, count) : kind === FieldKind.Guid ? GuidKeys.over(section, count) : NumberKeys.over(section, count);
}

/** The values of keys, in their order. */
export function valuesOf(keys: Keys): Key[] {
  return Array.from({ length: keys.length }, (_, i) => keys.get(i));
}

/** Integers. */
export class NumberKeys extends NumberColumn implements Keys {
  declare values: Float64Array;

  constructor() {
    super(FieldKind.Int64, false);
  }

  static over({ buffer, byteOffset }: Uint8Array, count: number): NumberKeys {
    const keys = new NumberKeys();
    keys.values = new Float64Array(buffer, byteOffset, count);
    keys.length = count;
    return keys;
  }

  get sectionLength(): number {
    return 8 * this.length;
  }

  get(index: number): number {
    return this.values[index]!;
  }

  // Up to 53 bits: the lower 32 and the upper 21.
  hash(index: number): number {
    const key = this.values[index]!;
    return mix((key | 0) ^ Math.imul(Math.floor(key / 0x100000000) | 0, 0x9e3779b1));
  }

  equals(index: number, others: NumberKeys, other: number): boolean {
    return this.values[index] === others.values[other];
  }

  add(key: Key): void {
    this.values = grow(this.values, this.length + 1);
    this.values[this.length++] = key as number;
  }

  take(others: NumberKeys, index: number): void {
    this.values = grow(this.values, this.length + 1);
    this.values[this.length++] = others.values[index]!;
  }

  toSection(): Uint8Array {
    return new Uint8Array(this.values.buffer, this.values.byteOffset, this.sectionLength);
  }
}

/** Texts as they are, and not folded. */
export class TextKeys extends TextColumn implements Keys {
  constructor() {
    super(false);
  }

  static over({ buffer, byteOffset }: Uint8Array, count: number): TextKeys {
    const keys = new TextKeys();
    keys.offsets = new Uint32Array(buffer as ArrayBuffer, byteOffset, count + 1);
    keys.bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset + keys.offsets.byteLength, keys.offsets[count]);
    keys.length = count;
    return keys;
  }

  get sectionLength(): number {
    return 4 * (this.length + 1) + this.offsets[this.length]!;
  }

  get(index: number): string {
    return this.text(index);
  }

  // FNV-1a.
  hash(index: number): number {
    const { bytes, offsets } = this;
    const end = offsets[index + 1]!;
    let h = 0x811c9dc5;
    for (let i = offsets[index]!; i < end; i++)
      h = Math.imul(h ^ bytes[i]!, 0x01000193);
    return mix(h);
  }

  equals(index: number, others: TextKeys, other: number): boolean {
    const start = this.offsets[index]!, length = this.offsets[index + 1]! - start;
    const otherStart = others.offsets[other]!;
    if (others.offsets[other + 1]! - otherStart !== length)
      return false;
    for (let i = 0; i < length; i++) {
      if (this.bytes[start + i] !== others.bytes[otherStart + i])
        return false;
    }
    return true;
  }

  add(key: Key): void {
    this.push(encoder.encode(key as string));
  }

  take(others: TextKeys, index: number): void {
    this.push(others.bytes.subarray(others.offsets[index]!, others.offsets[index + 1]!));
  }

  toSection(): Uint8Array {
    const table = 4 * (this.length + 1);
    const section = new Uint8Array(this.sectionLength);
    new Uint32Array(section.buffer, 0, this.length + 1).set(this.offsets.subarray(0, this.length + 1));
    section.set(this.bytes.subarray(0, section.length - table), table);
    return section;
  }

  private push(text: Uint8Array): void {
    const start = this.offsets[this.length]!;
    this.bytes = grow(this.bytes, start + text.length);
    this.bytes.set(text, start);
    this.offsets = grow(this.offsets, this.length + 2);
    this.offsets[++this.length] = start + text.length;
  }
}

/** Guids, each as four words whose bytes are in the order in which it is written. */
export class GuidKeys implements Keys {
  length = 0;
  private words = new Uint32Array(0);

  static over({ buffer, byteOffset }: Uint8Array, count: number): GuidKeys {
    const keys = new GuidKeys();
    keys.words = new Uint32Array(buffer as ArrayBuffer, byteOffset, 4 * count);
    keys.length = count;
    return keys;
  }

  get byteLength(): number {
    return this.words.byteLength;
  }

  get sectionLength(): number {
    return 16 * this.length;
  }

  get(index: number): string {
    let digits = '';
    for (let i = 0; i < 4; i++)
      digits += this.word(index, i).toString(16).padStart(8, '0');
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`;
  }

  hash(index: number): number {
    const { words } = this;
    const at = 4 * index;
    return mix(words[at]! ^ Math.imul(words[at + 1]!, 0x9e3779b1) ^ Math.imul(words[at + 2]!, 0x85ebca77) ^ Math.imul(words[at + 3]!, 0xc2b2ae3d));
  }

  equals(index: number, others: GuidKeys, other: number): boolean {
    const a = 4 * index, b = 4 * other;
    return this.words[a] === others.words[b] && this.words[a + 1] === others.words[b + 1]
      && this.words[a + 2] === others.words[b + 2] && this.words[a + 3] === others.words[b + 3];
  }

  compare(a: number, b: number): number {
    for (let i = 0; i < 4; i++) {
      if (this.words[4 * a + i] !== this.words[4 * b + i])
        return this.word(a, i) - this.word(b, i);
    }
    return 0;
  }

  /** A word of a key as a number, by which keys are in order. */
  word(index: number, part: number): number {
    const word = this.words[4 * index + part]!;
    return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
  }

  add(key: Key): void {
    const digits = (key as string).replaceAll('-', '');
    const bytes = Uint8Array.from({ length: 16 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
    this.take(GuidKeys.over(bytes, 1), 0);
  }

  take(others: GuidKeys, index: number): void {
    this.words = grow(this.words, 4 * this.length + 4);
    this.words.set(others.words.subarray(4 * index, 4 * index + 4), 4 * this.length++);
  }

  toSection(): Uint8Array {
    return new Uint8Array(this.words.buffer, this.words.byteOffset, this.sectionLength);
  }
}

/** Why valid UTF-8 is no key, as C# says it too; null where it is one. */
export function whyRefused(text: Uint8Array): string | null {
  return text.length === 0 ? 'it is empty'
    : text.length > MAX_TEXT_BYTES ? `it has ${text.length} bytes of UTF-8, and keys have at most ${MAX_TEXT_BYTES}`
    : text.includes(0) ? 'it holds the character U+0000'
    : null;
}

const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const MAX_TEXT_BYTES = 256;
const encoder = new TextEncoder();

/** As MurmurHash3 finishes. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

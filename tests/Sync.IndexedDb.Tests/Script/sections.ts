import { align } from '../../../src/Sync.IndexedDb/Script/align.ts';

/** A section of a page as PageWriter writes it: the bitmap where the field is nullable, then text or numbers. */
export function textSection(values: (string | null)[], nullable: boolean): Uint8Array {
  const texts = values.map(value => new TextEncoder().encode(value ?? ''));
  const data = new Uint8Array((values.length + 1) * 4 + texts.reduce((length, text) => length + text.length, 0));
  const offsets = new Uint32Array(data.buffer, 0, values.length + 1);
  texts.forEach((text, i) => {
    data.set(text, offsets.byteLength + offsets[i]!);
    offsets[i + 1] = offsets[i]! + text.length;
  });
  return withNulls(data, values, nullable);
}

export function numberSection(values: (number | null)[], nullable: boolean, type: typeof Uint8Array | typeof Int32Array | typeof Float64Array): Uint8Array {
  return withNulls(new Uint8Array(type.from(values.map(value => value ?? 0)).buffer), values, nullable);
}

function withNulls(data: Uint8Array, values: unknown[], nullable: boolean): Uint8Array {
  if (!nullable)
    return data;
  const start = align(Math.ceil(values.length / 8));
  const section = new Uint8Array(start + data.length);
  values.forEach((value, i) => section[i >> 3]! |= value === null ? 1 << (i & 7) : 0);
  section.set(data, start);
  return section;
}

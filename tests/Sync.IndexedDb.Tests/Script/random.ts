import type { Key } from '../../../src/Sync.IndexedDb/Script/keys.ts';
import { FieldKind } from '../../../src/Sync.IndexedDb/Script/schema.ts';

/** Numbers that only look random: the same seed gives the same ones (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 4294967296 * below);
  };
}

const letters = ['a', 'b', 'z', '\0', 'é', 'ß', '東', '\ue000', '\ufeff', '\uffff', '\u{10428}', '\u{1f600}', '\u{10ffff}'];

/** Text of letters of one to four bytes, with many common beginnings. */
export function randomText(random: (below: number) => number): string {
  const prefix = ['', '', 'seller ', 'a common beginning '][random(4)]!;
  return prefix + Array.from({ length: random(9) }, () => letters[random(letters.length)]).join('');
}

/** A Guid whose bytes are below a limit. */
export function randomGuid(random: (below: number) => number, limit: number): string {
  const digits = Array.from({ length: 16 }, () => random(limit).toString(16).padStart(2, '0')).join('');
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

/** A key of a kind, by number: the same one gives the same key. */
export function keyOf(kind: FieldKind, number: number): Key {
  return kind === FieldKind.Int64 ? number : kind === FieldKind.Text ? `${letters[number % letters.length]}${number}` : randomGuid(randomFrom(number), 256);
}

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

/** Room for `length` bytes and the checksum behind them. */
export function sealable(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(((length + 3) & ~3) + 4);
}

/** Writes the checksum of {@link sealable} bytes, so that what a disk has changed since is noticed. */
export function seal<T extends Uint8Array>(bytes: T): T {
  const words = wordsOf(bytes);
  words[words.length - 1] = checksum(words);
  return bytes;
}

/** A sealed copy. */
export function sealed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = sealable(bytes.length);
  copy.set(bytes);
  return seal(copy);
}

/** True where sealed bytes are what they were. */
export function isWhole(bytes: Uint8Array): boolean {
  if (bytes.length < 4 || bytes.length % 4 !== 0)
    return false;
  const words = wordsOf(bytes);
  return words[words.length - 1] === checksum(words);
}

// FNV-1a over words. Each step is one to one, so that no change within a single word goes unnoticed.
function checksum(words: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length - 1; i++)
    hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash >>> 0;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

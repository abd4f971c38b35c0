import type { TextColumn } from './columns.ts';

const ROWS_A_CHUNK = 8192;

/** A run of rows as one string; row `first + i` is the characters from `starts[i]` to `starts[i + 1]`. */
interface Chunk {
  readonly first: number;
  readonly text: string;
  /** True where a character takes one byte of memory, and not two. */
  readonly isNarrow: boolean;
  readonly starts: Uint32Array;
}

/**
 * Finds text within a column. Values are joined into long strings, which the browser's own indexOf scans ten thousand
 * times faster than a cursor; in chunks, so that new rows do not decode old ones again and one emoji does not double
 * the width of all.
 */
export class TextSearch {
  private readonly chunks: Chunk[] = [];
  private length = 0;

  get byteLength(): number {
    return this.chunks.reduce((bytes, { text, starts, isNarrow }) => bytes + text.length * (isNarrow ? 1 : 2) + starts.byteLength, 0);
  }

  /** Sets the flag of each row of `column`, always the same one, that contains `needle`, which is folded and not empty. */
  mark(flags: Uint8Array, needle: string, column: TextColumn): void {
    this.extend(column);
    for (const { first, text, starts } of this.chunks) {
      let row = 0;
      for (let hit = text.indexOf(needle); hit >= 0;) {
        while (starts[row + 1]! <= hit)
          row++;
        // Values lie side by side without a separator, so a hit may begin in one row and end in the next.
        const inside = hit + needle.length <= starts[row + 1]!;
        if (inside)
          flags[first + row] = 1;
        hit = text.indexOf(needle, inside ? starts[row + 1]! : hit + 1);
      }
    }
  }

  private extend(column: TextColumn): void {
    if (this.length === column.length)
      return;
    // A chunk that is not full is decoded again with what has come since.
    const last = this.chunks.at(-1);
    if (last !== undefined && last.starts.length - 1 < ROWS_A_CHUNK) {
      this.chunks.pop();
      this.length = last.first;
    }
    while (this.length < column.length) {
      const end = Math.min(this.length + ROWS_A_CHUNK, column.length);
      this.chunks.push(join(column, this.length, end));
      this.length = end;
    }
  }
}

// A leading U+FEFF is a character of the value, not a byte order mark.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function join(column: TextColumn, first: number, end: number): Chunk {
  const { bytes, offsets } = column;
  const base = offsets[first]!;
  const text = decoder.decode(bytes.subarray(base, offsets[end]!));
  const starts = new Uint32Array(end - first + 1);
  if (text.length === offsets[end]! - base) {
    for (let i = 0; i < starts.length; i++)
      starts[i] = offsets[first + i]! - base;
    return { first, text, starts, isNarrow: true };
  }

  // Each byte that starts a character counts for one UTF-16 unit, and for two where the character takes four bytes.
  let units = 0;
  let at = base;
  for (let i = 1; i < starts.length; i++) {
    for (const valueEnd = offsets[first + i]!; at < valueEnd; at++) {
      const byte = bytes[at]!;
      if ((byte & 0xc0) !== 0x80)
        units += byte >= 0xf0 ? 2 : 1;
    }
    starts[i] = units;
  }
  return { first, text, starts, isNarrow: false };
}

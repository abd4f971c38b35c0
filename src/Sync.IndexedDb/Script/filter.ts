import { TextColumn, type NumberColumn } from './columns.ts';
import { fold } from './fold.ts';
import type { Source } from './view.ts';

/** A condition on rows, as C# asks for it. Fields are positions in the schema; numbers come as text, since JSON has no infinity. */
export type Filter =
  | { readonly op: 'in'; readonly field: number; /** Null asks for missing values. */ readonly values: readonly (string | null)[] }
  | { readonly op: 'range'; readonly field: number; readonly from: string | null; readonly to: string | null; readonly includesFrom: boolean; readonly includesTo: boolean }
  | { readonly op: 'prefix'; readonly field: number; readonly text: string }
  | { readonly op: 'contains'; readonly fields: readonly number[]; readonly text: string }
  | { readonly op: 'and' | 'or'; readonly filters: readonly Filter[] };

/** A filter over the rows that there are now. */
export interface Condition {
  /** Whether a row matches. */
  test(ordinal: number): boolean;
  /** Clears the flag of each row that does not match. */
  keep(flags: Uint8Array): void;
}

/** The fields that a filter reads. */
export function fieldsIn(filter: Filter): readonly number[] {
  switch (filter.op) {
    case 'and':
    case 'or':
      return filter.filters.flatMap(fieldsIn);
    case 'contains':
      return filter.fields;
    default:
      return [filter.field];
  }
}

export function compile(filter: Filter, source: Source): Condition {
  switch (filter.op) {
    case 'and':
      return all(filter.filters.map(part => compile(part, source)));
    case 'or':
      return any(filter.filters.map(part => compile(part, source)));
    case 'contains':
      return contains(filter.fields, fold(filter.text), source);
    case 'prefix': {
      const column = source.column(filter.field) as TextColumn;
      const prefix = encoder.encode(fold(filter.text));
      return each(ordinal => !column.isNull(ordinal) && startsWith(column, ordinal, prefix));
    }
    case 'range': {
      const column = source.column(filter.field);
      return column instanceof TextColumn ? textRange(column, filter) : numberRange(column, filter);
    }
    case 'in': {
      const column = source.column(filter.field);
      return column instanceof TextColumn ? textIn(column, filter.values) : numberIn(column, filter.values);
    }
  }
}

function each(test: (ordinal: number) => boolean): Condition {
  return {
    test,
    keep(flags) {
      for (let i = 0; i < flags.length; i++) {
        if (flags[i] !== 0 && !test(i))
          flags[i] = 0;
      }
    },
  };
}

export function all(parts: readonly Condition[]): Condition {
  return {
    test: ordinal => parts.every(part => part.test(ordinal)),
    keep: flags => parts.forEach(part => part.keep(flags)),
  };
}

function any(parts: readonly Condition[]): Condition {
  return {
    test: ordinal => parts.some(part => part.test(ordinal)),
    keep(flags) {
      const left = flags.slice();
      for (const part of parts) {
        // Rows that one part keeps need not be looked at by the next.
        const kept = left.slice();
        part.keep(kept);
        for (let i = 0; i < left.length; i++)
          left[i]! ^= kept[i]!;
      }
      for (let i = 0; i < flags.length; i++)
        flags[i]! ^= left[i]!;
    },
  };
}

function contains(fields: readonly number[], needle: string, source: Source): Condition {
  const columns = fields.map(field => source.column(field) as TextColumn);
  if (needle === '')
    return each(ordinal => columns.some(column => !column.isNull(ordinal)));
  return {
    test: ordinal => columns.some(column => column.text(ordinal).includes(needle)),
    keep(flags) {
      const marked = new Uint8Array(flags.length);
      fields.forEach((field, i) => source.search(field).mark(marked, needle, columns[i]!));
      for (let i = 0; i < flags.length; i++)
        flags[i]! &= marked[i]!;
    },
  };
}

function numberIn(column: NumberColumn, texts: readonly (string | null)[]): Condition {
  const { values } = column;
  const takesNull = texts.includes(null);
  const wanted = new Set(texts.filter(text => text !== null).map(Number));
  const [first] = wanted;
  return wanted.size === 1
    ? each(ordinal => column.isNull(ordinal) ? takesNull : values[ordinal] === first)
    : each(ordinal => column.isNull(ordinal) ? takesNull : wanted.has(values[ordinal]!));
}

function textIn(column: TextColumn, texts: readonly (string | null)[]): Condition {
  const takesNull = texts.includes(null);
  const wanted = new Map<number, Uint8Array[]>();
  const lengths = new Set<number>();
  for (const text of texts.filter(text => text !== null)) {
    const value = encoder.encode(fold(text));
    const hash = hashOf(value, 0, value.length);
    wanted.set(hash, [...wanted.get(hash) ?? [], value]);
    lengths.add(value.length);
  }
  const { bytes, offsets } = column;
  return each(ordinal => {
    if (column.isNull(ordinal))
      return takesNull;
    const start = offsets[ordinal]!, end = offsets[ordinal + 1]!;
    return lengths.has(end - start)
      && (wanted.get(hashOf(bytes, start, end))?.some(value => value.length === end - start && startsWith(column, ordinal, value)) ?? false);
  });
}

type Range = Filter & { op: 'range' };

function numberRange(column: NumberColumn, { from, to, includesFrom, includesTo }: Range): Condition {
  const { values } = column;
  const low = from === null ? -Infinity : Number(from), high = to === null ? Infinity : Number(to);
  const takesLow = from === null || includesFrom, takesHigh = to === null || includesTo;
  return each(ordinal => {
    const value = values[ordinal]!;
    return !column.isNull(ordinal) && (value > low || (takesLow && value === low)) && (value < high || (takesHigh && value === high));
  });
}

function textRange(column: TextColumn, { from, to, includesFrom, includesTo }: Range): Condition {
  const low = from === null ? null : encoder.encode(fold(from)), high = to === null ? null : encoder.encode(fold(to));
  return each(ordinal => {
    if (column.isNull(ordinal))
      return false;
    const fromLow = low === null ? 1 : compare(column, ordinal, low), fromHigh = high === null ? -1 : compare(column, ordinal, high);
    return (fromLow > 0 || (includesFrom && fromLow === 0)) && (fromHigh < 0 || (includesTo && fromHigh === 0));
  });
}

function startsWith({ bytes, offsets }: TextColumn, ordinal: number, prefix: Uint8Array): boolean {
  const start = offsets[ordinal]!;
  if (offsets[ordinal + 1]! - start < prefix.length)
    return false;
  for (let i = 0; i < prefix.length; i++) {
    if (bytes[start + i] !== prefix[i])
      return false;
  }
  return true;
}

/** Compares byte by byte, which is by code point. */
function compare({ bytes, offsets }: TextColumn, ordinal: number, other: Uint8Array): number {
  const start = offsets[ordinal]!, length = offsets[ordinal + 1]! - start;
  for (let i = 0; i < length && i < other.length; i++) {
    const difference = bytes[start + i]! - other[i]!;
    if (difference !== 0)
      return difference;
  }
  return length - other.length;
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++)
    hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

const encoder = new TextEncoder();

import { TextColumn, type Column } from './columns.ts';
import { fold } from './fold.ts';
import type { Order } from './order.ts';
import type { Rows } from './rows.ts';
import type { Schema } from './schema.ts';
import type { TextSearch } from './search.ts';
import { sortByKey } from './sort.ts';

/** Which rows, and in which order, as C# asks for them. Fields are positions in the schema. */
export interface Query {
  readonly search: string;
  readonly filters: readonly Filter[];
  readonly sort: readonly Sort[];
}

/** A field that equals a value; numbers come as text, since JSON has no infinity; null asks for missing values. */
export interface Filter {
  readonly field: number;
  readonly value: string | null;
}

export interface Sort {
  readonly field: number;
  readonly descending: boolean;
}

/** What a query reads, all of it in memory. */
export interface Source {
  readonly schema: Schema;
  readonly rows: Rows;
  column(field: number): Column;
  order(field: number): Order;
  search(field: number): TextSearch;
}

/** The indexed fields whose values a query needs, besides those that it sorts by. */
export function fieldsOf(query: Query, schema: Schema): number[] {
  const fields = new Set(query.filters.map(part => part.field));
  if (query.search !== '')
    searchable(schema).forEach(field => fields.add(field));
  return [...fields];
}

/** The ordinals of the rows that match a query, in its order. */
export function select(query: Query, source: Source): Uint32Array {
  const items = inKeyOrder(match(query, source), source);
  for (const { field, descending } of query.sort.toReversed())
    sortByKey(items, source.order(field).ranks, descending);
  return items;
}

/** The different values of a text field, in order. */
export function distinct(field: number, limit: number, source: Source): string[] {
  const column = source.column(field) as TextColumn;
  const { items, ranks } = source.order(field);
  const values: string[] = [];
  let last = -1;
  for (let i = 0; i < items.length && values.length < limit; i++) {
    const item = items[i]!;
    if (ranks[item] === last || source.rows.alive[item] === 0 || column.isNull(item))
      continue;
    last = ranks[item]!;
    values.push(column.text(item));
  }
  return values;
}

/** One flag a row, and how many are set. */
function match({ search, filters }: Query, source: Source): { flags: Uint8Array; count: number } {
  const { rows, schema } = source;
  if (search === '' && filters.length === 0)
    return { flags: rows.alive, count: rows.aliveCount };

  let flags = rows.alive.slice(0, rows.length);
  if (search !== '') {
    flags = new Uint8Array(rows.length);
    const needle = fold(search);
    for (const field of searchable(schema))
      source.search(field).mark(flags, needle, source.column(field) as TextColumn);
    for (let i = 0; i < flags.length; i++)
      flags[i]! &= rows.alive[i]!;
  }
  for (const { field, value } of filters) {
    const column = source.column(field);
    if (column instanceof TextColumn)
      column.keepEqual(flags, value === null ? null : fold(value));
    else
      column.keepEqual(flags, value === null ? null : Number(value));
  }
  let count = 0;
  for (let i = 0; i < flags.length; i++)
    count += flags[i]!;
  return { flags, count };
}

function inKeyOrder({ flags, count }: { flags: Uint8Array; count: number }, source: Source): Uint32Array {
  const { rows, schema } = source;
  const items = new Uint32Array(count);
  // A first sync delivers rows in key order, or against it: then there is nothing to sort.
  const sorted = rows.rising || rows.falling ? null : source.order(schema.key).items;
  const backwards = schema.descending !== rows.falling;
  const step = backwards ? -1 : 1;
  for (let next = 0, at = backwards ? rows.length - 1 : 0; next < count; at += step) {
    const item = sorted === null ? at : sorted[at]!;
    if (flags[item] !== 0)
      items[next++] = item;
  }
  return items;
}

function searchable(schema: Schema): number[] {
  return schema.fields.flatMap((field, index) => field.searchable ? [index] : []);
}

import { collatedRanks } from './collation.ts';
import type { Column, TextColumn } from './columns.ts';
import { all, compile, fieldsIn, type Condition, type Filter } from './filter.ts';
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

export interface Sort {
  readonly field: number;
  readonly descending: boolean;
  /** The language whose order text is sorted in; null for code point order. */
  readonly collation: string | null;
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
  return [...new Set([...filtersOf(query, schema).flatMap(fieldsIn), ...query.sort.flatMap(({ field, collation }) => collation === null ? [] : [field])])];
}

/** The ordinals of the rows that match a query, in its order. */
export function select(query: Query, source: Source): Uint32Array {
  const items = inKeyOrder(match(query, source), source);
  for (const sort of query.sort.toReversed())
    sortByKey(items, ranksOf(sort, source), sort.descending);
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

/** What the rows of a query have to fulfil, besides being shown. */
export function conditionOf(query: Query, source: Source): Condition {
  return all(filtersOf(query, source.schema).map(filter => compile(filter, source)));
}

/** The order of a query's rows. Only rows of one key are equal. */
export function comparerOf({ sort }: Query, source: Source): (a: number, b: number) => number {
  const sorts = sort.map(part => ({ ranks: ranksOf(part, source), sign: part.descending ? -1 : 1 }));
  const { keys } = source.rows;
  const keySign = source.schema.descending ? -1 : 1;
  return (a, b) => {
    for (const { ranks, sign } of sorts) {
      if (ranks[a] !== ranks[b])
        return sign * (ranks[a]! - ranks[b]!);
    }
    return keySign * keys.compare(a, b);
  };
}

function ranksOf({ field, collation }: Sort, source: Source): Uint32Array {
  const order = source.order(field);
  return collation === null ? order.ranks : collatedRanks(order, source.column(field) as TextColumn, collation);
}

/** The filters of a query, its search among them. */
function filtersOf({ search, filters }: Query, schema: Schema): readonly Filter[] {
  return search === '' ? filters : [{ op: 'contains', fields: searchable(schema), text: search }, ...filters];
}

/** One flag a row, and how many are set. */
function match(query: Query, source: Source): { flags: Uint8Array; count: number } {
  const { rows } = source;
  if (query.search === '' && query.filters.length === 0)
    return { flags: rows.alive, count: rows.aliveCount };
  const flags = rows.alive.slice(0, rows.length);
  conditionOf(query, source).keep(flags);
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

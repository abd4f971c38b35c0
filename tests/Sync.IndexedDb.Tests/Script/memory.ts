import { createColumn, type Column } from '../../../src/Sync.IndexedDb/Script/columns.ts';
import type { Filter } from '../../../src/Sync.IndexedDb/Script/filter.ts';
import { keysOf, type NumberKeys } from '../../../src/Sync.IndexedDb/Script/keys.ts';
import { Order } from '../../../src/Sync.IndexedDb/Script/order.ts';
import { Rows } from '../../../src/Sync.IndexedDb/Script/rows.ts';
import { FieldKind, type Schema } from '../../../src/Sync.IndexedDb/Script/schema.ts';
import { Op } from '../../../src/Sync.IndexedDb/Script/segment.ts';
import { TextSearch } from '../../../src/Sync.IndexedDb/Script/search.ts';
import { select, type Query, type Sort } from '../../../src/Sync.IndexedDb/Script/view.ts';
import { numberSection, textSection } from './sections.ts';

const plain = { nullable: false, indexed: true, searchable: false };
export const schema: Schema = {
  name: 'things', hash: '', key: 0, descending: false,
  fields: [
    { ...plain, name: 'id', kind: FieldKind.Int64, indexed: false },
    { ...plain, name: 'name', kind: FieldKind.Text, searchable: true },
    { ...plain, name: 'label', kind: FieldKind.Text, searchable: true, nullable: true },
    { ...plain, name: 'rank', kind: FieldKind.Int32, nullable: true },
  ],
};

export interface Thing {
  readonly id: number;
  readonly name: string;
  readonly label: string | null;
  readonly rank: number | null;
}

/** Rows in memory without a database. */
export class Memory {
  readonly rows = new Rows(FieldKind.Int64);
  private readonly columns: Column[] = schema.fields.map(createColumn);
  private readonly searches = [1, 2].map(() => new TextSearch());
  private readonly orders: Order[];
  private sequence = 0;

  constructor(readonly schema: Schema, readonly origin = 1) {
    this.columns[0] = this.rows.keys as NumberKeys;
    this.orders = this.columns.map(() => new Order());
  }

  put(things: Thing[], deleted: number[] = [], sequences?: number[]): void {
    const changed = [...things.map(thing => thing.id), ...deleted];
    this.rows.append({
      keys: keysOf(FieldKind.Int64, changed), transactions: new Float64Array(changed.length), ops: Uint8Array.from(changed, (_, i) => i < things.length ? Op.Told : Op.Deleted),
      sequences: Float64Array.from(changed, (_, i) => sequences?.[i] ?? ++this.sequence),
    });
    this.columns[1]!.append(textSection(things.map(thing => thing.name), false), things.length);
    this.columns[2]!.append(textSection(things.map(thing => thing.label), true), things.length);
    this.columns[3]!.append(numberSection(things.map(thing => thing.rank), true, Int32Array), things.length);
  }

  column = (field: number) => this.columns[field]!;
  order = (field: number) => this.orders[field]!.extend(this.columns[field]!);
  search = (field: number) => this.searches[field - 1]!;

  keys(query: Partial<Query> = {}): number[] {
    return Array.from(select({ search: '', filters: [], sort: [], ...query }, this), ordinal => this.rows.keys.get(ordinal) as number);
  }
}

export const thing = (id: number, name = '', label: string | null = null, rank: number | null = null): Thing => ({ id, name, label, rank });

/** What filtering and sorting plain objects gives. */
export function naive(things: Thing[], { search, filters, sort }: Query, keyDescending: boolean): number[] {
  return things
    .filter(row => search === '' || row.name.includes(search) || row.label?.includes(search))
    .filter(row => filters.every(filter => matches(row, filter)))
    .sort((a, b) => {
      for (const { field, descending, collation } of [...sort, { field: 0, descending: keyDescending, collation: null }]) {
        const difference = compare(valueOf(a, field), valueOf(b, field), collation);
        if (difference !== 0)
          return descending ? -difference : difference;
      }
      return 0;
    })
    .map(row => row.id);
}

type Value = string | number | null;

function valueOf(row: Thing, field: number): Value {
  return [row.id, row.name, row.label, row.rank][field]!;
}

function compare(a: Value, b: Value, collation: string | null = null): number {
  return a === b ? 0 : a === null ? -1 : b === null ? 1
    : typeof a !== 'string' ? a - Number(b)
    : collation !== null ? new Intl.Collator(collation).compare(a, String(b))
    : Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
}

function matches(row: Thing, filter: Filter): boolean {
  switch (filter.op) {
    case 'and':
      return filter.filters.every(part => matches(row, part));
    case 'or':
      return filter.filters.some(part => matches(row, part));
    case 'contains':
      return filter.fields.some(field => valueOf(row, field) !== null && String(valueOf(row, field)).includes(filter.text));
    case 'prefix':
      return valueOf(row, filter.field) !== null && String(valueOf(row, filter.field)).startsWith(filter.text);
    case 'in':
      return filter.values.some(value => compare(valueOf(row, filter.field), value) === 0);
    case 'range': {
      const value = valueOf(row, filter.field);
      const low = filter.from === null ? 1 : compare(value, filter.from), high = filter.to === null ? -1 : compare(value, filter.to);
      return value !== null && (low > 0 || (filter.includesFrom && low === 0)) && (high < 0 || (filter.includesTo && high === 0));
    }
  }
}

type Random = (below: number) => number;

/** Filters of all kinds, in one another now and then. */
export function randomFilter(random: Random, names: readonly string[], depth = 0): Filter {
  const field = 1 + random(3);
  const text = () => names[random(names.length)]!;
  const value = () => field === 3 ? String(random(9) - 4) : text();
  const maybe = () => random(4) === 0 ? null : value();
  switch (random(depth < 3 ? 8 : 5)) {
    case 0:
      return { op: 'in', field, values: [maybe()] };
    case 1:
      return { op: 'in', field, values: Array.from({ length: random(12) }, maybe) };
    case 2:
      return { op: 'range', field, from: maybe(), to: maybe(), includesFrom: random(2) === 0, includesTo: random(2) === 0 };
    case 3:
      return { op: 'prefix', field: 1 + random(2), text: text().slice(0, random(3)) };
    case 4:
      return { op: 'contains', fields: [[1], [2], [1, 2]][random(3)]!, text: [...text()].slice(-random(3)).join('') };
    default:
      return { op: random(2) === 0 ? 'and' : 'or', filters: Array.from({ length: random(4) }, () => randomFilter(random, names, depth + 1)) };
  }
}

export function randomSort(random: Random): Sort[] {
  return [2, 3, 1, 0].map(field => ({ field, descending: random(2) === 0, collation: field < 3 && field > 0 && random(3) === 0 ? 'sv' : null })).slice(random(5));
}

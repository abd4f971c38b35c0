import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schema } from '../../../src/Sync.IndexedDb/Script/schema.ts';

// The tests run as bundles in obj/script.
const folder = join(import.meta.dirname, '../../../golden');

/** A schema as the golden files describe it. */
interface GoldenSchema {
  name: string;
  hash: string;
  keyOrder: 'ascending' | 'descending';
  fields: { name: string; kind: number; key: boolean; nullable: boolean; indexed: boolean; searchable: boolean }[];
}

/** A page that C# has written, and what it says of it. */
export interface Golden<T> {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly schema: Schema;
  readonly expected: T;
}

export function goldenPages<T>(...path: string[]): Golden<T>[] {
  const names = readdirSync(join(folder, ...path)).filter(name => name.endsWith('.page')).map(name => name.slice(0, -5));
  return names.map(name => {
    const expected = goldenJson<T & { schema: GoldenSchema }>(...path, `${name}.json`);
    return { name, expected, schema: toSchema(expected.schema), bytes: new Uint8Array(readFileSync(join(folder, ...path, `${name}.page`))) };
  });
}

export function goldenJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(folder, ...path), 'utf8')) as T;
}

function toSchema({ name, hash, keyOrder, fields }: GoldenSchema): Schema {
  return { name, hash, key: fields.findIndex(field => field.key), descending: keyOrder === 'descending', fields };
}

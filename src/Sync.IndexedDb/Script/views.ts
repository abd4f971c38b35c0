import { packRows } from './blocks.ts';
import type { Collection } from './collection.ts';
import { StoreError } from './errors.ts';
import type { Generation } from './generation.ts';
import { keyKind, keysOf, type Key } from './keys.ts';
import { encodeAnswer, type Answer } from './messages.ts';
import { refresh, type Selected, type ViewChange } from './refresh.ts';
import { distinct, fieldsOf, select, type Query } from './view.ts';

/** The rows that matched a query, in its order, as they were then. */
export type View = Selected<Generation>;

/** What is asked of the rows of a collection. */
export class Views {
  constructor(private readonly collection: Collection) {}

  async open(query: Query, start: number, count: number): Promise<{ view: View; answer: Answer }> {
    const { view, revision } = await this.select(query);
    if (start === 0 && count > 0)
      this.collection.upkeep.remember(query);
    return { view, answer: { count: view.ordinals.length, revision } };
  }

  /** Reads rows of a view, behind what else there is to say. */
  async read(view: View, start: number, count: number, answer: Answer | null): Promise<Uint8Array<ArrayBuffer>> {
    return packRows(await this.readRows(view, start, count), length => encodeAnswer(answer, length));
  }

  /** The position of a key in a view, or null. The view may hold an older row of it than the one that is shown. */
  find({ generation: { rows: { keys }, schema }, ordinals }: View, key: Key): number | null {
    const wanted = keysOf(keyKind(schema), [key]);
    const position = ordinals.findIndex(ordinal => keys.equals(ordinal, wanted, 0));
    return position < 0 ? null : position;
  }

  /** Opens a view of the same query as it is now, and tells how it differs from the old one as seen from a window. */
  async reopen(before: View, start: number, count: number): Promise<{ view: View; answer: Answer; change: ViewChange }> {
    if (this.collection.isClosed)
      throw new StoreError('unavailable', `'${this.collection.schema.name}' has been closed.`);
    const { value: { selected, change }, revision } = await this.querying(before.query, generation => refresh(before, generation, start, count));
    if (count > 0)
      this.collection.upkeep.remember(before.query);
    return { view: selected, answer: { count: selected.ordinals.length, revision, change }, change };
  }

  async readValues(field: number, limit: number): Promise<string[]> {
    const { collection } = this;
    const generation = collection.generation.retain();
    try {
      await collection.reading(() => generation.load([field], [field], collection.shared.database));
      return distinct(field, limit, generation);
    } finally {
      generation.release();
    }
  }

  /** The rows that match a query now. Whoever has them releases their generation. */
  async select(query: Query): Promise<{ view: View; revision: number }> {
    const { value: view, revision } = await this.querying(query, generation =>
      ({ query, generation, flipCount: generation.rows.flipCount, ordinals: select(query, generation) }));
    return { view, revision };
  }

  /** Asks the generation that is shown, with all that a query reads in memory. Whoever has the answer releases it. */
  private async querying<T>(query: Query, ask: (generation: Generation) => T): Promise<{ value: T; revision: number }> {
    const { collection: { schema, shared: { database } }, collection } = this;
    const generation = collection.generation.retain();
    try {
      await collection.reading(() => generation.load(fieldsOf(query, schema), query.sort.map(({ field }) => field), database));
      return { value: ask(generation), revision: generation.revision };
    } catch (error) {
      generation.release();
      throw error;
    }
  }

  readRows({ generation, ordinals }: View, start: number, count: number): Promise<Uint8Array[]> {
    return this.collection.reading(() => generation.readRows(ordinals.subarray(start, start + count), this.collection.blocks));
  }
}

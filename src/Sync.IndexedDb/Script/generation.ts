import { ROWS_A_BLOCK, rowOf, type BlockReader } from './blocks.ts';
import { isWhole } from './checksum.ts';
import { createColumn, type Column } from './columns.ts';
import { result, type Database } from './database.ts';
import { StoreError } from './errors.ts';
import { keyKind, type NumberKeys } from './keys.ts';
import { limits } from './limits.ts';
import { Order } from './order.ts';
import { Rows } from './rows.ts';
import type { Schema } from './schema.ts';
import { TextSearch } from './search.ts';
import { readOrders } from './saved.ts';
import { indexed, packedRow, type Body, type Segment } from './segment.ts';
import type { Source } from './view.ts';

/** Where the changes and rows of a segment begin, and where its rows are. */
interface Piece {
  readonly change: number;
  readonly changeCount: number;
  readonly ordinal: number;
  readonly rowCount: number;
  readonly body: Body | number;
}

/** The segments of one filling of a collection, in memory. It only grows; a refill is another generation. */
export class Generation implements Source {
  readonly rows: Rows;
  /** The collection's revision that this shows. */
  revision = 0;
  /** The number of the generation whose rows it goes on with. */
  origin: number;
  /** How many changes memory knows. */
  changeCount = 0;
  private readonly pieces: Piece[] = [];
  /** What queries have asked for, each with as many rows as have been read; what was used last comes last. */
  private readonly parts = new Map<string, Column | Order | TextSearch>();
  /** What has been used since it was last trimmed. */
  private readonly used = new Set<string>();
  private users = 1;

  constructor(readonly number: number, readonly schema: Schema, private readonly onUnused: () => void) {
    this.origin = number;
    this.rows = new Rows(keyKind(schema));
  }

  /** Where the changes begin that may by now be stored otherwise: in fewer, larger segments. */
  get tailStart(): number {
    return this.pieces.find(piece => typeof piece.body !== 'number')?.change ?? this.changeCount;
  }

  /** The numbers of the blocks that rows are in. */
  get blocks(): number[] {
    return this.pieces.flatMap(({ body, rowCount }) => typeof body === 'number' ? range(body, body + Math.ceil(rowCount / ROWS_A_BLOCK)) : []);
  }

  /** How many segments there are, how many of them are small, and the changes and bytes of those. */
  get layout(): { segments: number; small: number; smallChanges: number; smallBytes: number } {
    const layout = { segments: this.pieces.length, small: 0, smallChanges: 0, smallBytes: 0 };
    for (const { body, changeCount } of this.pieces) {
      if (typeof body === 'number')
        continue;
      layout.small++;
      layout.smallChanges += changeCount;
      layout.smallBytes += body.rows.length;
    }
    return layout;
  }

  /** The fields whose columns are in memory. */
  get loadedColumns(): number[] {
    return indexed(this.schema).filter(field => this.parts.has(`column/${field}`));
  }

  /** The orders that have all rows, by field. */
  get orders(): Map<number, Order> {
    return new Map([this.schema.key, ...indexed(this.schema)].flatMap((field): [number, Order][] => {
      const order = this.parts.get(`order/${field}`) as Order | undefined;
      return order?.ranks.length === this.rows.length ? [[field, order]] : [];
    }));
  }

  /** The bytes in memory, without rows: of keys and versions, and of what queries have asked for. */
  get byteLength(): number {
    return this.rows.byteLength + this.partBytes;
  }

  private get partBytes(): number {
    return [...this.parts.values()].reduce((bytes, part) => bytes + part.byteLength, 0);
  }

  /** The ordinals that there are now, in the order in which views without a sort show their keys. */
  inKeyOrder(): Iterable<number> {
    const { rows, schema } = this;
    const { length } = rows;
    const sorted = rows.rising || rows.falling ? null : this.order(schema.key).items;
    const isBackwards = schema.descending !== rows.falling;
    return function* () {
      for (let i = 0; i < length; i++) {
        const at = isBackwards ? length - 1 - i : i;
        yield sorted === null ? at : sorted[at]!;
      }
    }();
  }

  /** Keeps the stored rows from being swept until {@link release}. */
  retain(): this {
    this.users++;
    return this;
  }

  release(): void {
    if (--this.users === 0)
      this.onUnused();
  }

  /** Takes in the next segment; of its columns, those that are in memory, where the caller has them. */
  append(segment: Segment, columns?: readonly Uint8Array[]): void {
    this.place(segment);
    const { ordinal } = this.pieces.at(-1)!;
    indexed(this.schema).forEach((field, i) => {
      const column = this.parts.get(`column/${field}`) as Column | undefined;
      if (columns !== undefined && column?.length === ordinal)
        column.append(columns[i]!, segment.rowCount);
    });
  }

  /** Takes in segments as they are stored now from a change on; of those that are known, where their rows are. */
  relay(change: number, segments: readonly Segment[]): void {
    this.pieces.length = this.pieces.findLastIndex(piece => piece.change < change) + 1;
    segments.forEach(segment => this.place(segment));
  }

  /** The rows of some ordinals, encoded and not copied. */
  async readRows(ordinals: ArrayLike<number>, reader: BlockReader, transaction?: IDBTransaction): Promise<Uint8Array[]> {
    const places = Array.from(ordinals, ordinal => {
      const { body, rowCount, ordinal: first } = this.pieceOf(ordinal);
      const position = ordinal - first;
      return typeof body === 'number' ? { block: body + Math.floor(position / ROWS_A_BLOCK), slot: position % ROWS_A_BLOCK } : packedRow(body.rows, rowCount, position);
    });
    const blocks = await reader.read(this.number, places.flatMap(place => 'block' in place ? [place.block] : []), transaction);
    return places.map(place => 'block' in place ? rowOf(blocks.get(place.block)!, place.slot) : place);
  }

  /** Forgets what was not used for longest until the rest fits into its budget; what has been used since the last time stays. */
  trim(): void {
    let bytes = this.partBytes;
    for (const [name, part] of this.parts) {
      if (bytes <= limits.columnBytes)
        break;
      if (this.used.has(name))
        continue;
      this.parts.delete(name);
      bytes -= part.byteLength;
    }
    this.used.clear();
  }

  /**
   * Reads what is missing of some columns, and of those that orders of some fields need: none where a saved order has all
   * rows. Afterwards, until the next await, they have all rows.
   */
  async load(columns: readonly number[], orders: readonly number[], database: Database): Promise<void> {
    await this.loadOrders(orders, database);
    for (;;) {
      const fields = new Set([...columns, ...orders.filter(field => !this.isOrdered(field))]);
      fields.delete(this.schema.key);
      const missing = [...fields].flatMap(field =>
        this.missingOf(field, this.use(`column/${field}`, () => createColumn(this.schema.fields[field]!))));
      if (missing.length === 0)
        return;
      const stored = missing.filter(run => run.body === null);
      const sections = stored.length === 0 ? [] : await database.transact('readonly', ['columns'], transaction => Promise.all(stored.map(({ field, pieces }) =>
        result<Uint8Array[]>(transaction.objectStore('columns').getAll(
          IDBKeyRange.bound([this.number, field, pieces[0]!.change], [this.number, field, pieces.at(-1)!.change]))))));
      stored.forEach(({ field, pieces }, i) => {
        if (sections[i]!.length !== pieces.length || !sections[i]!.every(isWhole))
          throw new StoreError('corrupt', `Values of '${this.schema.fields[field]!.name}' are missing from the local database or damaged, so the collection has to be filled again.`);
      });
      for (const { field, pieces, body } of missing) {
        const read = body === null ? sections[stored.findIndex(run => run.pieces === pieces)]! : [body.columns[indexed(this.schema).indexOf(field)]!];
        pieces.forEach((piece, i) => this.extend(this.column(field), piece, read[i]!));
      }
    }
  }

  /** A column that has been loaded, or an integer key: views filter by no other. */
  column(field: number): Column {
    return field === this.schema.key ? this.rows.keys as NumberKeys : this.parts.get(`column/${field}`) as Column;
  }

  order(field: number): Order {
    const order = this.use(`order/${field}`, () => new Order());
    return this.isOrdered(field) ? order : order.extend(field === this.schema.key ? this.rows.keys : this.column(field));
  }

  search(field: number): TextSearch {
    return this.use(`search/${field}`, () => new TextSearch());
  }

  private async loadOrders(fields: readonly number[], database: Database): Promise<void> {
    const missing = fields.filter(field => !this.parts.has(`order/${field}`));
    if (missing.length === 0)
      return;
    for (const [field, ranks] of await readOrders(this.number, missing, database)) {
      // What another tab has saved may have rows that this one has not heard of.
      if (ranks.length <= this.rows.length && !this.parts.has(`order/${field}`))
        this.parts.set(`order/${field}`, new Order(ranks));
    }
  }

  private isOrdered(field: number): boolean {
    return (this.parts.get(`order/${field}`) as Order | undefined)?.ranks.length === this.rows.length;
  }

  /** Finds a part of those that are kept, or makes it. */
  private use<T extends Column | Order | TextSearch>(name: string, create: () => T): T {
    const part = this.parts.get(name) as T | undefined ?? create();
    this.parts.delete(name);
    this.parts.set(name, part);
    this.used.add(name);
    return part;
  }

  private place({ changes, rowCount, body }: Segment): void {
    const last = this.pieces.at(-1);
    const change = last === undefined ? 0 : last.change + last.changeCount;
    const ordinal = last === undefined ? 0 : last.ordinal + last.rowCount;
    const changeCount = changes.keys.length;
    this.pieces.push({ change, changeCount, ordinal, rowCount, body });
    const known = this.changeCount - change;
    if (known >= changeCount)
      return;
    this.rows.append(changes, known);
    this.changeCount = change + changeCount;
  }

  private pieceOf(ordinal: number): Piece {
    const { pieces } = this;
    let low = 0, high = pieces.length - 1;
    while (low < high) {
      // Segments without rows start where the next one does: the last of those that start here has the row.
      const middle = (low + high + 1) >>> 1;
      if (pieces[middle]!.ordinal <= ordinal)
        low = middle;
      else
        high = middle - 1;
    }
    return pieces[low]!;
  }

  /** The pieces whose rows a column lacks: those in memory one by one, those that are stored in runs. */
  private missingOf(field: number, column: Column): { field: number; pieces: Piece[]; body: Body | null }[] {
    const runs: { field: number; pieces: Piece[]; body: Body | null }[] = [];
    for (const piece of this.pieces) {
      if (piece.ordinal + piece.rowCount <= column.length)
        continue;
      const body = typeof piece.body === 'number' ? null : piece.body;
      const last = runs.at(-1);
      if (last !== undefined && last.body === null && body === null)
        last.pieces.push(piece);
      else
        runs.push({ field, pieces: [piece], body });
    }
    return runs;
  }

  // Another view may have read the same meanwhile.
  private extend(column: Column, { ordinal, rowCount }: Piece, section: Uint8Array): void {
    const known = column.length - ordinal;
    if (known >= 0 && known < rowCount)
      column.append(section, rowCount, known);
  }
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

import { ROWS_A_BLOCK, rowOf, type BlockReader } from './blocks.ts';
import { isWhole } from './checksum.ts';
import { createColumn, type Column, type TextColumn } from './columns.ts';
import { result, type Database } from './database.ts';
import { StoreError } from './errors.ts';
import { Order } from './order.ts';
import { Rows } from './rows.ts';
import type { Schema } from './schema.ts';
import { TextSearch } from './search.ts';
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
  readonly rows = new Rows();
  /** The collection's revision that this shows. */
  revision = 0;
  /** How many changes memory knows. */
  changeCount = 0;
  private readonly pieces: Piece[] = [];
  /** The columns that a query has asked for, each with as many rows as have been read. */
  private readonly columns = new Map<number, Column>();
  private readonly orders = new Map<number, Order>();
  private readonly searches = new Map<number, TextSearch>();
  private users = 1;

  constructor(readonly number: number, readonly schema: Schema, private readonly onUnused: () => void) {}

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
    return [...this.columns.keys()];
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
      const column = this.columns.get(field);
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

  /** Reads what is missing of some columns; afterwards, until the next await, they have all rows. */
  async loadColumns(fields: readonly number[], database: Database): Promise<void> {
    for (;;) {
      const missing = fields.flatMap(field => {
        const column = kept(this.columns, field, () => createColumn(this.schema.fields[field]!));
        return this.missingOf(field, column);
      });
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
        pieces.forEach((piece, i) => this.extend(this.columns.get(field)!, piece, read[i]!));
      }
    }
  }

  column(field: number): Column {
    return field === this.schema.key ? this.rows.keys : this.columns.get(field)!;
  }

  order(field: number): Order {
    return kept(this.orders, field, () => new Order(this.column(field))).extend();
  }

  search(field: number): TextSearch {
    return kept(this.searches, field, () => new TextSearch(this.column(field) as TextColumn));
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

function kept<T>(map: Map<number, T>, key: number, create: () => T): T {
  let value = map.get(key);
  if (value === undefined)
    map.set(key, value = create());
  return value;
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

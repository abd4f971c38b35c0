import { isAt } from './collection.ts';
import { keysFrom, result } from './database.ts';
import type { Generation } from './generation.ts';
import { limits } from './limits.ts';
import { readRecord } from './record.ts';
import { decodeSegment, join, type Segment, type WholeSegment } from './segment.ts';
import { store } from './stored.ts';
import type { Host } from './upkeep.ts';

/** True where there are more small segments than a start should have to read. */
export function isTailLong({ layout: { small, smallChanges, smallBytes } }: Generation): boolean {
  return small > limits.tailSegments || smallChanges > limits.tailChanges || smallBytes > limits.tailBytes;
}

/**
 * Stores small segments that follow each other as one. Rows keep their ordinals, so that views, and other tabs, need not
 * know. The transaction is short: there are never many small segments.
 */
export function mergeTail(host: Host): Promise<void> {
  const { schema, shared: { database, cache } } = host;
  return host.exclusively(async () => {
    const { generation } = host;
    const start = generation.tailStart;
    const merged = await database.transact('readwrite', ['collections', 'segments', 'columns', 'rows'], async transaction => {
      const record = await readRecord(transaction, schema);
      if (!isAt(generation, record.shown))
        return null; // Another tab has stored more. There will be another time.
      const segments = transaction.objectStore('segments');
      const stored = await result<Uint8Array[]>(segments.getAll(keysFrom(generation.number, start)));
      const found = runs(stored.map(bytes => decodeSegment(bytes, schema)));
      let change = start;
      const laid = found.map((run, i) => {
        const first = change;
        run.forEach(segment => change += segment.changes.keys.length);
        const isLast = i === found.length - 1;
        if (!run.every(isWhole) || (run.length === 1 && isLast))
          return { segment: run[0]!, blocks: [] };
        // Behind other segments nothing can be merged with them any more.
        segments.delete(IDBKeyRange.bound([generation.number, first], [generation.number, change], true, true));
        return store(transaction, schema, record.shown, first, join(run, schema), isLast);
      });
      transaction.objectStore('collections').put(record);
      return { record, laid };
    });
    if (merged === null)
      return;
    generation.relay(start, merged.laid.map(({ segment }) => segment));
    host.record = merged.record;
    for (const { segment, blocks } of merged.laid) {
      blocks.forEach((block, i) => {
        if (cache.hasRoom(block.length))
          cache.set(generation.number, segment.body as number + i, block);
      });
    }
  });
}

/** Segments in order, those together that can become one: small ones that follow each other. */
function runs(segments: readonly Segment[]): Segment[][] {
  const found: Segment[][] = [];
  for (const segment of segments) {
    const last = found.at(-1);
    if (last !== undefined && isWhole(segment) && isWhole(last[0]!))
      last.push(segment);
    else
      found.push([segment]);
  }
  return found;
}

function isWhole(segment: Segment): segment is WholeSegment {
  return typeof segment.body !== 'number';
}

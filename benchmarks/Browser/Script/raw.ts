/**
 * The least that anybody can do at a start: IndexedDB without a library, one object a row, and one getAll of the first
 * rows. It has no indexes, so it could not do anything else quickly.
 */
import { time, type Outcome } from './outcome.ts';
import { fetchPages, parsePage } from './pages.ts';

document.title = 'IndexedDB getAll';

/** Deletes the database, and fills it anew. */
export async function fill(): Promise<Outcome> {
  await answer(indexedDB.deleteDatabase('raw'));
  const database = await open();
  for (const bytes of await fetchPages()) {
    const transaction = database.transaction('rows', 'readwrite', { durability: 'relaxed' });
    const rows = transaction.objectStore('rows');
    for (const change of parsePage(bytes).changes)
      if (change.op === 'upsert') rows.put(change.row);
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
  }
  const count = await answer(database.transaction('rows').objectStore('rows').count());
  database.close();
  return { milliseconds: [], seen: [count] };
}

/** From opening the database to the first rows in default order. */
export async function warmOpen(count: number): Promise<Outcome> {
  const outcome = { milliseconds: [], seen: [] } as Outcome;
  const rows = await time(outcome, async () => {
    const rows = (await open()).transaction('rows').objectStore('rows') as unknown as DescendingStore;
    return answer(rows.getAll({ direction: 'prev', count }));
  });
  return { ...outcome, seen: rows.map(row => row.id) };
}


/** Chromium reads backwards in one call; TypeScript does not know it yet. */
interface DescendingStore {
  getAll(options: { direction: 'prev'; count: number }): IDBRequest<{ id: number }[]>;
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('raw', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('rows', { keyPath: 'id' });
  return answer(request);
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const STORE = 'queries';

/** Opens the database of kept queries, and deletes what has expired. */
export async function open(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE).createIndex('expiresAt', 'expiresAt');
  const database = await result(request);
  // Another tab deletes it: this one holds nothing up.
  database.onversionchange = () => database.close();
  const transact = async (mode, action) => {
    const transaction = database.transaction(STORE, mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const answer = action(transaction.objectStore(STORE));
    await done;
    return answer?.result;
  };
  await transact('readwrite', store => {
    store.index('expiresAt').openCursor(IDBKeyRange.upperBound(Date.now())).onsuccess = ({ target: { result: cursor } }) => {
      cursor?.delete();
      cursor?.continue();
    };
  });

  return {
    /** The metadata of a query, to be followed by its bytes; null where nothing is kept. */
    read: async key => {
      const kept = await transact('readonly', store => store.get(key));
      return kept === undefined ? null : { updatedAt: kept.updatedAt, expiresAt: kept.expiresAt, buster: kept.buster, data: toBase64(kept.data) };
    },
    write: (key, data, updatedAt, expiresAt, buster) => transact('readwrite', store => { store.put({ data, updatedAt, expiresAt, buster }, key); }),
    remove: key => transact('readwrite', store => { store.delete(key); }),
    close: () => database.close(),
    wipe: async () => {
      // Behind all that is under way, which would hold up the deletion.
      await transact('readwrite', store => { store.clear(); });
      database.close();
      await deleted(name);
    },
  };
}

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Another tab that is in the midst of a write is told to close, and the browser deletes as soon as it has: nothing is left by then.
function deleted(name) {
  const request = indexedDB.deleteDatabase(name);
  return Promise.race([result(request), new Promise(resolve => request.onblocked = resolve)]);
}

function toBase64(bytes) {
  return bytes.toBase64?.() ?? btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
}

// Files of the site's own (OPFS), which no person sees. Each is under a Web Lock for as long as its tab may need it: a file
// whose lock is free was left by a tab that has crashed or was closed.

const folderName = "export-streaming";

/** A new file, or null where the browser has none that a page can write. */
export async function makeTemporaryFile() {
  const folder = await openFolder(true);
  if (!folder) return null;
  await sweep();
  const name = crypto.randomUUID();
  const release = await lock(name);
  const remove = async () => {
    // What cannot be removed now is left for a sweep.
    await folder.removeEntry(name).catch(() => {});
    release();
  };
  try {
    const handle = await folder.getFileHandle(name, { create: true });
    const stream = await handle.createWritable();
    return {
      /** @param {Uint8Array} bytes */
      write: bytes => stream.write(bytes),

      async close() {
        await stream.close();
        return handle.getFile();
      },

      async remove() {
        await stream.abort().catch(() => {});
        await remove();
      },
    };
  } catch {
    await remove();
    return null;
  }
}

/** Removes the files that no tab needs any more. */
export async function sweep() {
  const folder = await openFolder(false);
  if (!folder) return;
  for await (const name of folder.keys()) {
    await navigator.locks.request(lockOf(name), { ifAvailable: true }, async free => {
      // Somebody else may be sweeping too.
      if (free) await folder.removeEntry(name).catch(() => {});
    });
  }
}

/** @param {boolean} create */
async function openFolder(create) {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(folderName, { create });
  } catch {
    // There is none yet; or the browser has no such files in this window, or no room for one.
    return null;
  }
}

/**
 * Chromium writes beside a file, to one of the same name with an ending: both are under the one lock.
 * @param {string} name
 */
const lockOf = name => `${folderName}/${name.split(".")[0]}`;

/**
 * Takes the lock of a file, and returns what releases it.
 * @param {string} name
 * @returns {Promise<() => void>}
 */
const lock = name =>
  new Promise((taken, failed) => {
    navigator.locks.request(lockOf(name), () => new Promise(release => taken(() => release(undefined)))).catch(failed);
  });

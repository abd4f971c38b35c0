import { openDownload } from "./download.js";
import { toldInWords } from "./failures.js";

/**
 * A file where the person wants it, or a download where the browser lets nobody choose.
 * @param {string} fileName
 * @param {string} mediaType
 */
export function openFile(fileName, mediaType) {
  /** @type {Awaited<ReturnType<typeof openDownload>>} */
  let target;
  return toldInWords({
    /** Asks where to put the file. False where the person does not want one after all. */
    async pick() {
      try {
        target = "showSaveFilePicker" in globalThis ? await pickFile(fileName, mediaType) : await openDownload(fileName, mediaType);
      } catch (error) {
        const { name } = /** @type {Error} */ (error);
        if (name === "AbortError") return false;
        // In a frame of another site, or long after the click.
        if (name !== "SecurityError") throw error;
        target = await openDownload(fileName, mediaType);
      }
      return true;
    },

    /** @param {Uint8Array} bytes */
    write: bytes => target.write(bytes),
    complete: () => target.complete(),
    abort: () => target?.abort(),
  });
}

/**
 * @param {string} fileName
 * @param {string} mediaType
 */
async function pickFile(fileName, mediaType) {
  const extension = fileName.slice(fileName.lastIndexOf("."));
  const handle = await globalThis.showSaveFilePicker({
    suggestedName: fileName,
    types: [{ accept: { [mediaType.split(";")[0]]: [extension] } }],
  });
  // Written beside the file, which takes its place when the stream is closed.
  const stream = await handle.createWritable();
  return {
    /** @param {Uint8Array} bytes */
    write: bytes => stream.write(bytes),

    complete: () => stream.close(),

    async abort() {
      await stream.abort().catch(() => {});
      // The picker has made an empty file, or emptied the one that was chosen. Where it cannot be removed, it stays
      // empty, and looks like no export.
      const file = await handle.getFile().catch(() => null);
      if (file?.size === 0) await handle.remove?.().catch(() => {});
    },
  };
}

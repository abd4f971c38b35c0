import { toldInWords } from "./failures.js";
import { makeTemporaryFile } from "./temporaryFile.js";

/**
 * A file that the browser downloads once it is whole. Until then its bytes lie in a file of the site's own, or where
 * there is none in blobs.
 * @param {string} fileName
 * @param {string} mediaType
 */
export async function openDownload(fileName, mediaType) {
  const store = (await makeTemporaryFile()) ?? makeBlobs();
  return toldInWords({
    /** @param {Uint8Array} bytes */
    write: bytes => store.write(bytes),

    async complete() {
      const whole = await store.close();
      const url = URL.createObjectURL(whole.slice(0, whole.size, mediaType));
      const link = document.createElement("a");
      link.href = url;
      link.download = fileName;
      link.click();
      setTimeout(() => {
        URL.revokeObjectURL(url);
        void store.remove();
      }, keptFor(whole.size));
    },

    abort: () => store.remove(),
  });
}

// The browser copies the bytes, and no event says that it has: a minute, and time for a disk of 10 MB a second.
const keptFor = (/** @type {number} */ byteLength) => 60_000 + byteLength / 10_000;

/** Bytes in blobs, which browsers keep out of the page's memory, and on disk when they grow. */
function makeBlobs() {
  /** @type {Blob[]} */
  let parts = [];
  return {
    /** @param {Uint8Array} bytes */
    async write(bytes) {
      parts.push(new Blob([bytes]));
    },

    async close() {
      const whole = new Blob(parts);
      parts = [];
      return whole;
    },

    async remove() {
      parts = [];
    },
  };
}

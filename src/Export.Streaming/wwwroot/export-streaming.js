// What the sinks of a browser call: a download from its first byte to the click that saves it, and the clipboard.

// The browser has begun to read the blob long before; there is no event that says so.
const revokeAfter = 60_000;

/**
 * @param {string} fileName
 * @param {string} mediaType
 */
export function openDownload(fileName, mediaType) {
  /** @type {Blob[]} */
  let parts = [];
  return {
    /** @param {Uint8Array} bytes */
    write(bytes) {
      parts.push(new Blob([bytes]));
    },

    complete() {
      const url = URL.createObjectURL(new Blob(parts, { type: mediaType }));
      parts = [];
      const link = document.createElement("a");
      link.href = url;
      link.download = fileName;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), revokeAfter);
    },

    abort() {
      parts = [];
    },
  };
}

/** One text for the clipboard. It is decoded as a whole, since a character may lie across two writes. */
export function openClipboard() {
  /** @type {Blob[]} */
  let parts = [];
  return {
    /** @param {Uint8Array} bytes */
    write(bytes) {
      parts.push(new Blob([bytes]));
    },

    async complete() {
      const text = await new Blob(parts).text();
      parts = [];
      await navigator.clipboard.writeText(text);
    },

    abort() {
      parts = [];
    },
  };
}

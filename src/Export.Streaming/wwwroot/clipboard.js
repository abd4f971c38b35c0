import { toldInWords } from "./failures.js";

/** One text for the clipboard. It is decoded as a whole, since a character may lie across two writes. */
export function openClipboard() {
  /** @type {Blob[]} */
  let parts = [];
  return toldInWords({
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
  });
}

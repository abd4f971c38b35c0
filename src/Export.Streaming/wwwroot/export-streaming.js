// What C# calls. Each of these makes an object that takes the bytes of one export: write, then complete or abort.

export { openClipboard } from "./clipboard.js";
export { openDownload } from "./download.js";
export { openFile } from "./pickedFile.js";
export { sweep } from "./temporaryFile.js";

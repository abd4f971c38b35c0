// Stands in for the person who picks a file: it is one of the site's own, which a test can read. And for a disk that
// fails: window.failsAt is the byte at which a write is cut off, or the length of the file for its closing. window.hangs lets writes
// beyond window.hangsAt never end; window.waits lets the first wait for window.goOn().

(() => {
  window.failsAt = Infinity;
  window.hangsAt = 0;
  window.picks = true;

  // Opened before anything is read, as long as the click still counts.
  const pick = async options => {
    window.picked = { ...options, isActive: navigator.userActivation.isActive };
    if (!window.picks) throw new DOMException("The user aborted a request.", "AbortError");
    const root = await navigator.storage.getDirectory();
    return root.getFileHandle(options.suggestedName, { create: true });
  };
  window.pickFiles = isOn => {
    if (isOn) window.showSaveFilePicker = pick;
    else delete window.showSaveFilePicker;
  };

  const prototype = FileSystemFileHandle.prototype;
  const createWritable = prototype.createWritable;
  prototype.createWritable = async function () {
    const stream = await createWritable.call(this);
    const [write, close] = [stream.write.bind(stream), stream.close.bind(stream)];
    let length = 0;
    const failed = () => {
      window.failedAt = window.failsAt;
      return new DOMException("It is full.", "QuotaExceededError");
    };
    stream.write = async bytes => {
      const start = length;
      length += bytes.length;
      if (window.hangs && length > window.hangsAt) {
        window.isHanging = true;
        await new Promise(() => {});
      }
      if (window.waits) {
        window.waits = false;
        await new Promise(goOn => (window.goOn = goOn));
      }
      if (length <= window.failsAt) return write(bytes);
      await write(bytes.subarray(0, window.failsAt - start));
      throw failed();
    };
    stream.close = async () => {
      if (length >= window.failsAt) throw failed();
      return close();
    };
    return stream;
  };

  // Everything that the site has on disk: paths and sizes. What another tab removes meanwhile is not there.
  window.filesOnDisk = async () => {
    const found = {};
    const read = handle =>
      handle.getFile().catch(error => {
        if (error.name !== "NotFoundError") throw error;
        return null;
      });
    const walk = async (folder, path) => {
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === "directory") await walk(handle, `${path}${name}/`);
        else {
          const file = await read(handle);
          if (file) found[path + name] = file.size;
        }
      }
    };
    await walk(await navigator.storage.getDirectory(), "");
    return found;
  };
})();

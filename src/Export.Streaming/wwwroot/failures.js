/**
 * The same members, whose errors say in words what has happened: C# shows the message of an error and knows nothing of its kind.
 * @template {Record<string, (...args: any[]) => any>} T
 * @param {T} members
 */
export function toldInWords(members) {
  /** @param {(...args: any[]) => any} member */
  const told = member => async (/** @type {any[]} */ ...args) => {
    try {
      return await member(...args);
    } catch (error) {
      throw new Error(inWords(error), { cause: error });
    }
  };
  return /** @type {T} */ (Object.fromEntries(Object.entries(members).map(([name, member]) => [name, told(member)])));
}

/** @param {unknown} error */
function inWords(error) {
  const { name, message } = /** @type {Error} */ (error);
  switch (name) {
    case "QuotaExceededError":
      return "There is no room for the file on this device. Make some, or export fewer rows, and try again.";
    case "NotAllowedError":
      return `The browser does not allow it: ${message}`;
    case "NotFoundError":
      return "The file was removed while it was being written. Export it again.";
    default:
      return message || name;
  }
}

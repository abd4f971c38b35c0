// localStorage throws where a person has forbidden it, and when it is full.

/** @param {string} key */
export function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {string} text
 */
export function write(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Then it is not kept.
  }
}

/** @param {string} key */
export function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Then it was not kept either.
  }
}

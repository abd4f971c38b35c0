/** What can be done about a failure; C# has the same list. With 'reload', nothing but loading the page again helps. */
export type Failure = 'quota' | 'reload' | 'unavailable' | 'corrupt' | 'superseded' | 'failed';

/** A failure with a message for a person: what happened, and what to do. */
export class StoreError extends Error {
  constructor(readonly failure: Failure, message: string) {
    super(message);
  }
}

/** Bytes are not a page of the collection. */
export class PageFormatError extends Error {
  constructor(readonly part: PagePart, readonly offset: number, message: string) {
    super(message);
  }
}

/** A part of a page, named as C# names it. */
export type PagePart = 'Header' | 'Cursor' | 'Keys' | 'Versions' | 'Column' | 'Rows';

/**
 * True for what a connection ends in that may be opened again: the browser's storage has stopped, or closed it. An
 * InvalidStateError says so only where there was a connection; on opening it is how a private window says no.
 */
export function isLost(error: unknown, wasOpen: boolean): boolean {
  const name = error instanceof Error ? error.name : '';
  return name === 'UnknownError' || name === 'AbortError' || (wasOpen && name === 'InvalidStateError');
}

/** Sorts what a browser throws by what can be done about it. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError)
    return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  switch (name) {
    case 'QuotaExceededError':
      return new StoreError('quota', `The browser has no room left for the local database (${message || name}). Free some disk space or delete other sites' data, then try again.`);
    case 'InvalidStateError':
    case 'SecurityError':
    case 'UnknownError':
    case 'ReferenceError':
      return new StoreError('unavailable', `The browser's database cannot be used (${name}: ${message}). Reload the page; in a private window, use an ordinary one.`);
    default:
      return new StoreError('failed', `The local database failed: ${name ? `${name}: ` : ''}${message}`);
  }
}

/** The next multiple of eight: every section of a page starts on one, so that typed arrays lie over the bytes. */
export function align(length: number): number {
  return (length + 7) & ~7;
}

type Numbers = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** The array itself where it holds `length` values, else a copy of at least twice the size. */
export function grow<T extends Numbers>(array: T, length: number): T {
  if (length <= array.length)
    return array;
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, array.length * 2, 64));
  larger.set(array);
  return larger;
}

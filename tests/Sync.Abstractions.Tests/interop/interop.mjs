// Reads [{ type, value, bytes }] from standard input, bytes in hexadecimal as C# wrote them. Fails unless each decodes
// to its value, and prints what @msgpack/msgpack makes of the values, one a line.
import { deepStrictEqual } from "node:assert";
import { readFileSync } from "node:fs";
import { decode, encode } from "@msgpack/msgpack";

const values = {
  integer: (value) => Number(value),
  // Beyond 2^53 JavaScript has big integers, which the library writes in nine bytes whatever their size.
  big: (value) => BigInt(value),
  real: (value) => Number(value),
  other: (value) => value,
};

for (const { type, value, bytes } of JSON.parse(readFileSync(0, "utf8"))) {
  const useBigInt64 = type === "big";
  const expected = values[type](value);
  const decoded = decode(Buffer.from(bytes, "hex"), { useBigInt64 });
  deepStrictEqual(useBigInt64 ? BigInt(decoded) : decoded, expected, `${type} ${value}: ${bytes}`);
  console.log(Buffer.from(encode(expected, { useBigInt64 })).toString("hex"));
}

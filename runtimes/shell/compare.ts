/**
 * Order of shell strings: by their bytes, as strcmp(3) and the C locale have it. Pure. UTF-8 keeps
 * code point order, which differs from JavaScript's own order for surrogates.
 */
import { encodeUtf8 } from "../../kernel/bytes.ts";

/** Negative, zero or positive, as a sort function wants it. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const one = a.charCodeAt(index);
    const two = b.charCodeAt(index);
    if (one === two) continue;
    if (one < 0xd800 && two < 0xd800) return one - two;
    return compareEncoded(a, b);
  }
  return a.length - b.length;
}

function compareEncoded(a: string, b: string): number {
  const one = encodeUtf8(a);
  const two = encodeUtf8(b);
  const length = Math.min(one.length, two.length);
  for (let index = 0; index < length; index++) {
    const difference = (one[index] as number) - (two[index] as number);
    if (difference !== 0) return difference;
  }
  return one.length - two.length;
}

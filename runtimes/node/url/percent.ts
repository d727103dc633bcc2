/** Percent-encoding. https://url.spec.whatwg.org/#percent-encoded-bytes */

/** Sets of code points to encode, each as what is in it. */
export const EncodeSet = {
  c0Control: /[^\x20-\x7e]/gu,
  fragment: /[^\x21\x23-\x3b\x3d\x3f-\x5f\x61-\x7e]/gu,
  query: /[^\x21\x24-\x3b\x3d\x3f-\x7e]/gu,
  specialQuery: /[^\x21\x24-\x26\x28-\x3b\x3d\x3f-\x7e]/gu,
  path: /[^\x21\x24-\x3b\x3d\x40-\x5f\x61-\x7a\x7c\x7e]/gu,
  userinfo: /[^\x21\x24-\x2e\x30-\x39\x41-\x5a\x5f\x61-\x7a\x7e]/gu,
} as const;

/** `text` is well-formed UTF-16. */
export function percentEncode(text: string, set: RegExp): string {
  return text.replace(set, encodeCodePoint);
}

function encodeCodePoint(char: string): string {
  const code = char.codePointAt(0) as number;
  if (code > 0x7f) return encodeURIComponent(char);
  return `%${code < 16 ? "0" : ""}${code.toString(16).toUpperCase()}`;
}

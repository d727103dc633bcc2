/** IP addresses as text (inet_pton(3), inet_ntop(3), as libuv has them). */

/** Four numbers, or undefined; without leading zeros. */
export function parseIPv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i] as string;
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

/** Sixteen bytes, or undefined; a zone (`%eth0`) is left out. */
export function parseIPv6(text: string): Uint8Array | undefined {
  const zone = text.indexOf("%");
  let address = zone < 0 ? text : text.slice(0, zone);
  const lastColon = address.lastIndexOf(":");
  if (address.includes(".")) {
    const v4 = parseIPv4(address.slice(lastColon + 1));
    if (!v4 || lastColon < 0) return undefined;
    const [a, b, c, d] = v4 as unknown as [number, number, number, number];
    const words = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    address = address.slice(0, lastColon + 1) + words;
  }
  const halves = address.split("::");
  if (halves.length > 2) return undefined;
  const head = wordsOf(halves[0] as string);
  const tail = halves.length === 2 ? wordsOf(halves[1] as string) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const bytes = new Uint8Array(16);
  [...head, ...new Array<number>(missing).fill(0), ...tail].forEach((word, i) => {
    bytes[2 * i] = word >> 8;
    bytes[2 * i + 1] = word & 255;
  });
  return bytes;
}

export function formatIP(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join(".") : formatIPv6(bytes);
}

/** True where the first `prefix` bits of both are equal. */
export function samePrefix(one: Uint8Array, other: Uint8Array, prefix: number): boolean {
  for (let bit = 0; bit < prefix; bit++) {
    const mask = 0x80 >> (bit & 7);
    if (((one[bit >> 3] as number) & mask) !== ((other[bit >> 3] as number) & mask)) return false;
  }
  return true;
}

/** The IPv4 address inside of ::ffff:a.b.c.d. */
export function unmapped(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length !== 16) return undefined;
  for (let i = 0; i < 12; i++) if (bytes[i] !== (i < 10 ? 0 : 255)) return undefined;
  return bytes.subarray(12);
}

function wordsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const words = text.split(":");
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  return words.map((word) => Number.parseInt(word, 16));
}

function formatIPv6(bytes: Uint8Array): string {
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2)
    words.push(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
  const { start, length } = longestZeros(words);
  const isMapped = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const tail = isMapped ? formatIP(bytes.slice(12)) : undefined;
  const shown = tail === undefined ? words : words.slice(0, 6);
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(":");
  if (length < 2) return hex(words);
  const before = hex(shown.slice(0, start));
  const after = hex(shown.slice(start + length));
  const rest = [after, tail].filter((part) => part !== undefined && part !== "").join(":");
  return `${before}::${rest}`;
}

function longestZeros(words: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  for (let start = 0; start < words.length; start++) {
    let length = 0;
    while (words[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

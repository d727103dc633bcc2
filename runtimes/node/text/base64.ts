/**
 * Base64 and hexadecimal as Buffer has them: V8's own where the engine has it and the input is clean,
 * else the lenient way of Node, which skips what is not in the alphabet and ends at the first "=".
 */
import { viewOf } from "./bytes.ts";
import { encodeLatin1, fromUnits, readHex, writeHex } from "./units.ts";

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`;
const HEX = "0123456789abcdef";
const PAD = 0x3d;

export type Alphabet = "base64" | "base64url";

/** What newer engines have and ES2024's types lack. */
interface Codecs {
  toBase64?(options: { alphabet: Alphabet; omitPadding: boolean }): string;
  toHex?(): string;
  setFromBase64?(text: string, options: { alphabet: Alphabet }): { read: number; written: number };
  setFromHex?(text: string): { read: number; written: number };
}

/** The engine's own; a context that becomes a snapshot may not have them yet. */
let codecs: Codecs = {};

function native(): Codecs {
  if (codecs.toHex) return codecs;
  const { toBase64, toHex, setFromBase64, setFromHex } = Uint8Array.prototype as Codecs;
  if (toBase64 && toHex && setFromBase64 && setFromHex) {
    codecs = { toBase64, toHex, setFromBase64, setFromHex };
  }
  return codecs;
}

/** Without padding in the URL's alphabet. */
export function encodeBase64(bytes: Uint8Array, alphabet: Alphabet): string {
  const omitPadding = alphabet === "base64url";
  const { toBase64 } = native();
  if (toBase64) return toBase64.call(bytes, { alphabet, omitPadding });
  const letters = omitPadding ? URL_SAFE : STANDARD;
  const units = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let to = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const group =
      ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) as number);
    for (let shift = 18; shift >= 0; shift -= 6) {
      units[to++] = letters.charCodeAt((group >> shift) & 0x3f);
    }
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  if (omitPadding) return fromUnits(units, 0, units.length - missing);
  units.fill(PAD, units.length - missing);
  return fromUnits(units);
}

/** Decodes either alphabet into `target` from `start`, as far as `end`; returns the bytes written. */
export function decodeBase64(text: string, target: Uint8Array, start: number, end: number): number {
  const { setFromBase64 } = native();
  if (setFromBase64 && text.length > 0 && end - start >= Math.ceil(text.length / 4) * 3 - 2) {
    const room = viewOf(target, start, end);
    const alphabet = text.includes("-") || text.includes("_") ? "base64url" : "base64";
    try {
      const { read, written } = setFromBase64.call(room, text, { alphabet });
      if (read === text.length) return written;
    } catch {
      // Letters of neither alphabet, of both, or odd padding: what Node reads all the same.
    }
  }
  return decodeLoosely(text, target, start, end);
}

let values: Int8Array | undefined;

/** By character: its six bits, -1 for what is skipped. */
function sixBits(): Int8Array {
  if (values) return values;
  values = new Int8Array(256).fill(-1);
  for (let i = 0; i < 64; i++) {
    values[STANDARD.charCodeAt(i)] = i;
    values[URL_SAFE.charCodeAt(i)] = i;
  }
  return values;
}

function decodeLoosely(text: string, target: Uint8Array, start: number, end: number): number {
  const bits = sixBits();
  let at = start;
  let group = 0;
  let count = 0;
  for (let i = 0; i < text.length && at < end; i++) {
    // As in Node, of a wide character only the low byte counts.
    const unit = text.charCodeAt(i) & 0xff;
    if (unit === PAD) break;
    const value = bits[unit] as number;
    if (value < 0) continue;
    group = ((group << 6) | value) & 0xffffff;
    count = (count + 1) & 3;
    if (count === 1) continue;
    target[at++] = group >> (count === 2 ? 4 : count === 3 ? 2 : 0);
  }
  return at - start;
}

export function encodeHex(bytes: Uint8Array): string {
  const text = readHex(bytes);
  if (text !== undefined) return text;
  const { toHex } = native();
  if (toHex) return toHex.call(bytes);
  const units = new Uint8Array(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    units[2 * i] = HEX.charCodeAt((bytes[i] as number) >> 4);
    units[2 * i + 1] = HEX.charCodeAt((bytes[i] as number) & 15);
  }
  return fromUnits(units);
}

/** Decodes pairs of digits up to the first that is none; returns the bytes written. */
export function decodeHex(text: string, target: Uint8Array, start: number, end: number): number {
  const count = Math.min(text.length >> 1, end - start);
  const written = writeHex(text, target, start, count);
  if (written !== undefined) return written;
  const { setFromHex } = native();
  if (setFromHex) {
    const room = viewOf(target, start, start + count);
    try {
      return setFromHex.call(room, text.length === 2 * count ? text : text.slice(0, 2 * count))
        .written;
    } catch {
      // Ends early, where the loop finds.
    }
  }
  for (let i = 0; i < count; i++) {
    const high = digit(text.charCodeAt(2 * i));
    const low = digit(text.charCodeAt(2 * i + 1));
    if (high < 0 || low < 0) return i;
    target[start + i] = (high << 4) | low;
  }
  return count;
}

function digit(unit: number): number {
  const code = unit & 0xff;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

/**
 * https://infra.spec.whatwg.org/#forgiving-base64-decode: the bytes as a string; -1 for one letter too
 * many, -2 for what is no base64 (numbers that lib/buffer.js knows).
 */
export function atob(input: string): string | -1 | -2 {
  const padded = input.replace(/[\t\n\f\r ]/g, "");
  const text = padded.replace(/==?$/, "");
  if (/[^A-Za-z0-9+/]/.test(text)) return -2;
  if (text.length % 4 === 1) return -1;
  if (text !== padded && padded.length % 4 !== 0) return -2;
  const bytes = new Uint8Array(Math.ceil((text.length * 3) / 4));
  return fromUnits(bytes, 0, decodeLoosely(text, bytes, 0, bytes.length));
}

/** Base64 of text whose units are bytes; -1 where one is not. */
export function btoa(input: string): string | -1 {
  for (let i = 0; i < input.length; i++) if (input.charCodeAt(i) > 0xff) return -1;
  const bytes = new Uint8Array(input.length);
  encodeLatin1(input, bytes, 0, bytes.length);
  return encodeBase64(bytes, "base64");
}

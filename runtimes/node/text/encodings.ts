/** Node's encodings by number (enum encoding of node.h) and name, and text in each of them. */
import { decodeBase64, decodeHex, encodeBase64, encodeHex } from "./base64.ts";
import {
  decodeAscii,
  decodeLatin1,
  decodeUtf8,
  decodeUtf16,
  encodeLatin1,
  encodeUtf8,
  encodeUtf16,
  utf8Length,
} from "./units.ts";

/** In the order of their numbers. */
export const ENCODINGS = [
  "ascii",
  "utf8",
  "base64",
  "utf16le",
  "latin1",
  "hex",
  "buffer",
  "base64url",
] as const;

export type Encoding = (typeof ENCODINGS)[number];

const OTHER_NAMES: Readonly<Record<string, Encoding>> = {
  "utf-8": "utf8",
  ucs2: "utf16le",
  "ucs-2": "utf16le",
  "utf-16le": "utf16le",
  binary: "latin1",
};

/** ParseEncoding: what a number or name says; `otherwise` for anything else. */
export function encodingOf(value: unknown, otherwise: Encoding = "utf8"): Encoding {
  if (typeof value === "number") return ENCODINGS[value] ?? otherwise;
  if (typeof value !== "string") return otherwise;
  if ((ENCODINGS as readonly string[]).includes(value)) return value as Encoding;
  const name = value.toLowerCase();
  if ((ENCODINGS as readonly string[]).includes(name)) return name as Encoding;
  return OTHER_NAMES[name] ?? otherwise;
}

/** StringBytes::Encode of what is no "buffer". */
export function readText(bytes: Uint8Array, encoding: Encoding): string {
  switch (encoding) {
    case "ascii":
      return decodeAscii(bytes);
    case "latin1":
      return decodeLatin1(bytes);
    case "utf16le":
      return decodeUtf16(bytes);
    case "hex":
      return encodeHex(bytes);
    case "base64":
    case "base64url":
      return encodeBase64(bytes, encoding);
    default:
      return decodeUtf8(bytes);
  }
}

/** StringBytes::Write: the bytes written, whole characters only. */
export function writeText(
  text: string,
  target: Uint8Array,
  start: number,
  end: number,
  encoding: Encoding,
): number {
  switch (encoding) {
    case "ascii":
    case "latin1":
      return encodeLatin1(text, target, start, end);
    case "utf16le":
      return encodeUtf16(text, target, start, end);
    case "hex":
      return decodeHex(text, target, start, end);
    case "base64":
    case "base64url":
      return decodeBase64(text, target, start, end);
    default:
      return encodeUtf8(text, target, start, end);
  }
}

/** Bytes that are enough for `text`, and exact but for hex and base64. */
export function sizeInEncoding(text: string, encoding: Encoding): number {
  switch (encoding) {
    case "ascii":
    case "latin1":
      return text.length;
    case "utf16le":
      return text.length * 2;
    case "hex":
      return text.length >> 1;
    case "base64":
    case "base64url":
      return Math.ceil((text.length * 3) / 4);
    default:
      return utf8Length(text);
  }
}

/** `text` as bytes of its own. */
export function bytesOfText(text: string, encoding: Encoding): Uint8Array {
  const bytes = new Uint8Array(sizeInEncoding(text, encoding));
  const length = writeText(text, bytes, 0, bytes.length, encoding);
  return length === bytes.length ? bytes : bytes.subarray(0, length);
}

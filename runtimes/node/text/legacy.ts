/**
 * The WHATWG's encodings, and streams of text in any of them: Unicode's here, all others by a library
 * whose tables they are, in a script of its own (legacy-script.ts). https://encoding.spec.whatwg.org/
 */
import { viewOf } from "./bytes.ts";
import { decodeUtf8, decodeUtf16, isUtf8 } from "./units.ts";

const MULTI_BYTE = new Set([
  "gbk",
  "gb18030",
  "big5",
  "euc-jp",
  "iso-2022-jp",
  "shift_jis",
  "euc-kr",
]);
/** Encodings of the WHATWG that ICU, and so Node, does not know. */
const NOT_IN_NODE = new Set(["x-user-defined", "replacement", "iso-8859-16"]);
const NONE = new Uint8Array();
const REPLACEMENT = "\ufffd";
const BYTE_ORDER_MARK = "\ufeff";

/** Invalid input of a decoder that is `fatal`. */
export class InvalidData extends Error {}

/** Text from pieces; `end` says that no more comes, and makes it ready for another text. */
export interface TextSource {
  readonly isUnicode: boolean;
  decode(piece: Uint8Array, end: boolean): string;
}

type CreateDecoder = (
  encoding: string,
  loose: boolean,
) => (bytes: Uint8Array, stream?: boolean) => string;

/** What the script has. */
export interface LegacyDecoders {
  readonly createMultibyteDecoder: CreateDecoder;
  readonly createSinglebyteDecoder: CreateDecoder;
}

/** Undefined for an encoding that Node does not know; `legacy` is asked for where it is not Unicode's. */
export function textSource(
  encoding: string,
  fatal: boolean,
  legacy: () => LegacyDecoders,
): TextSource | undefined {
  if (encoding === "utf-8") return new UnicodeSource(fatal, incompleteUtf8, decodeUtf8, isUtf8);
  if (encoding === "utf-16le") {
    return new UnicodeSource(fatal, incompleteUtf16(1), wellFormed, isUtf16);
  }
  if (encoding === "utf-16be") {
    const decode = (bytes: Uint8Array) => wellFormed(swapped(bytes));
    const isValid = (bytes: Uint8Array) => isUtf16(swapped(bytes));
    return new UnicodeSource(fatal, incompleteUtf16(0), decode, isValid);
  }
  if (NOT_IN_NODE.has(encoding)) return undefined;
  const { createMultibyteDecoder, createSinglebyteDecoder } = legacy();
  try {
    const decode = MULTI_BYTE.has(encoding)
      ? createMultibyteDecoder(encoding, !fatal)
      : createSinglebyteDecoder(encoding, !fatal);
    return { isUnicode: false, decode: (piece, end) => guarded(() => decode(piece, !end)) };
  } catch {
    return undefined;
  }
}

class UnicodeSource implements TextSource {
  readonly isUnicode = true;
  readonly #fatal: boolean;
  readonly #incomplete: (bytes: Uint8Array) => number;
  readonly #decode: (bytes: Uint8Array) => string;
  readonly #isValid: (bytes: Uint8Array) => boolean;
  #held: Uint8Array = NONE;

  constructor(
    fatal: boolean,
    incomplete: (bytes: Uint8Array) => number,
    decode: (bytes: Uint8Array) => string,
    isValid: (bytes: Uint8Array) => boolean,
  ) {
    this.#fatal = fatal;
    this.#incomplete = incomplete;
    this.#decode = decode;
    this.#isValid = isValid;
  }

  decode(piece: Uint8Array, end: boolean): string {
    const bytes = this.#held.length === 0 ? piece : joined(this.#held, piece);
    const whole = end ? bytes.length : bytes.length - this.#incomplete(bytes);
    this.#held = viewOf(bytes, whole).slice();
    const text = viewOf(bytes, 0, whole);
    if (this.#fatal && !this.#isValid(text)) {
      this.#held = NONE;
      throw new InvalidData();
    }
    return this.#decode(text);
  }
}

/** A string that begins with a byte order mark without it. */
export function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** Bytes at the end that may become a character when more come. */
function incompleteUtf8(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const size =
      byte >= 0xc2 && byte < 0xe0 ? 2 : byte >> 4 === 0xe ? 3 : byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
    if (back >= size) return 0;
    // One U+FFFD for the whole tail: it is the beginning of something valid.
    return decodeUtf8(bytes, bytes.length - back) === REPLACEMENT ? back : 0;
  }
  return 0;
}

/** The same for UTF-16, whose high byte stands at `high` in a unit. */
function incompleteUtf16(high: 0 | 1) {
  return (bytes: Uint8Array): number => {
    const odd = bytes.length % 2;
    const last = bytes[bytes.length - odd - 2 + high] ?? 0;
    return odd + ((last & 0xfc) === 0xd8 ? 2 : 0);
  };
}

function isUtf16(bytes: Uint8Array): boolean {
  return bytes.length % 2 === 0 && decodeUtf16(bytes).isWellFormed();
}

function wellFormed(bytes: Uint8Array): string {
  const text = decodeUtf16(bytes).toWellFormed();
  if (bytes.length % 2 === 0) return text;
  // A high surrogate and half a unit after it are one fault.
  const endsInFault = bytes.length > 2 && ((bytes[bytes.length - 2] as number) & 0xfc) === 0xd8;
  return endsInFault ? text : text + REPLACEMENT;
}

function swapped(bytes: Uint8Array): Uint8Array {
  const result = viewOf(bytes, 0).slice();
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    result[i] = bytes[i + 1] as number;
    result[i + 1] = bytes[i] as number;
  }
  return result;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function guarded(decode: () => string): string {
  try {
    return decode();
  } catch {
    throw new InvalidData();
  }
}

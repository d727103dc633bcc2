/** internalBinding("icu"): TextDecoder's converters, transcoding, widths in a terminal (node_i18n.cc). */
import { eastAsianWidthType } from "get-east-asian-width";
import { bufferOf } from "../buffers.ts";
import type { BindingFactory } from "../environment.ts";
import { bytesOfText, type Encoding, encodingOf } from "../text/encodings.ts";
import { InvalidData, type TextSource, textSource, withoutMark } from "../text/legacy.ts";
import { decodeLatin1, decodeUtf8, decodeUtf16, isUtf8 } from "../text/units.ts";
import { inputBytes, invalidData, legacyDecoders } from "./encoding_binding.ts";

/** Bits that lib/internal/encoding.js passes. */
const Flag = { Flush: 1, Fatal: 2, IgnoreBom: 4 } as const;
/** UErrorCode. */
const U_ILLEGAL_ARGUMENT_ERROR = 1;
const U_INVALID_CHAR_FOUND = 10;

class Converter {
  readonly #source: TextSource;
  readonly #ignoreBom: boolean;
  #bomSeen = false;

  constructor(source: TextSource, ignoreBom: boolean) {
    this.#source = source;
    this.#ignoreBom = ignoreBom;
  }

  static decode(converter: Converter, bytes: Uint8Array, end: boolean): string {
    const text = converter.#source.decode(bytes, end);
    const looks = converter.#source.isUnicode && !converter.#ignoreBom && !converter.#bomSeen;
    if (text.length > 0) converter.#bomSeen = true;
    if (end) converter.#bomSeen = false;
    return looks ? withoutMark(text) : text;
  }
}

export const icu: BindingFactory = (env) => ({
  icuErrName: (code: number) => ERROR_NAMES[code] ?? "[BOGUS UErrorCode]",

  getConverter(encoding: string, flags: number): Converter | undefined {
    const source = textSource(encoding, (flags & Flag.Fatal) !== 0, () => legacyDecoders(env));
    return source && new Converter(source, (flags & Flag.IgnoreBom) !== 0);
  },

  hasConverter: (encoding: string) =>
    textSource(encoding, false, () => legacyDecoders(env)) !== undefined,

  decode(converter: Converter, input: unknown, flags: number, encoding: string): string {
    const kinds = "SharedArrayBuffer, ArrayBuffer or ArrayBufferView";
    const bytes = inputBytes(input, "input", kinds);
    try {
      return Converter.decode(converter, bytes, (flags & Flag.Flush) !== 0);
    } catch (reason) {
      throw reason instanceof InvalidData ? invalidData(encoding) : reason;
    }
  },

  /** A Buffer, or the number of an error. */
  transcode(source: Uint8Array, from: unknown, to: unknown): unknown {
    const [given, wanted] = [encodingOf(from, "buffer"), encodingOf(to, "buffer")];
    const [decode, encode] = [DECODERS[given], ENCODERS[wanted]];
    if (!decode || !encode) return U_ILLEGAL_ARGUMENT_ERROR;
    const strict =
      (given === "utf8" && wanted === "utf16le") || (given === "utf16le" && wanted === "utf8");
    if (strict && !isValid(source, given)) return U_INVALID_CHAR_FOUND;
    // ICU widens ASCII as it is; and half a unit at the end shows only where units stay units.
    if (wanted !== "utf16le") return bufferOf(env, encode(decode(source)));
    const text = given === "ascii" ? decodeLatin1(source) : decode(source);
    const half = given === "utf16le" && source.length % 2 === 1 ? "\ufffd" : "";
    return bufferOf(env, encode(text + half));
  },

  getStringWidth(text: string, ambiguousIsWide: boolean, expandEmoji: boolean): number {
    let width = 0;
    let before = "";
    for (const character of text) {
      const joins = before === ZERO_WIDTH_JOINER && EMOJI_IN_SEQUENCE.test(character);
      if (!joins || expandEmoji) width += columnsOf(character, ambiguousIsWide);
      before = character;
    }
    return width;
  },
});

const ZERO_WIDTH_JOINER = "\u200d";
const SOFT_HYPHEN = "\u00ad";
const EMOJI_IN_SEQUENCE = /^[\p{Emoji_Presentation}\p{Emoji_Modifier}]$/u;
const NO_WIDTH = /^[\p{Cc}\p{Cf}\p{Me}\p{Mn}\p{Emoji_Modifier}]$/u;
const EMOJI = /^\p{Emoji}$/u;
/** From the first letter that is wide or takes no column of its own. */
const FIRST_UNUSUAL = 0xa1;
const FIRST_PRINTING = 0x20;
const LAST_PLAIN = 0x7e;

function columnsOf(character: string, ambiguousIsWide: boolean): number {
  const code = character.codePointAt(0) as number;
  if (code < FIRST_UNUSUAL)
    return code >= FIRST_PRINTING && code <= LAST_PLAIN ? 1 : code === 0xa0 ? 1 : 0;
  if (character !== SOFT_HYPHEN && NO_WIDTH.test(character)) return 0;
  switch (eastAsianWidthType(code)) {
    case "fullwidth":
    case "wide":
      return 2;
    case "ambiguous":
      return ambiguousIsWide || EMOJI.test(character) ? 2 : 1;
    case "neutral":
      return EMOJI.test(character) ? 2 : 1;
    default:
      return 1;
  }
}

type Decode = (bytes: Uint8Array) => string;
type Encode = (text: string) => Uint8Array;

const ascii: Decode = (bytes) => decodeLatin1(bytes).replace(/[\x80-\xff]/g, "\ufffd");
const utf16: Decode = (bytes) => decodeUtf16(bytes);
const utf8: Decode = (bytes) => decodeUtf8(bytes);
const latin1: Decode = (bytes) => decodeLatin1(bytes);
/** A code point that has no byte becomes a question mark. */
const limited =
  (most: number): Encode =>
  (text) =>
    Uint8Array.from(text, (character) => {
      const code = character.codePointAt(0) as number;
      return code > most ? 0x3f : code;
    });
const toUtf16: Encode = (text) => bytesOfText(text.toWellFormed(), "utf16le");
const toUtf8: Encode = (text) => bytesOfText(text, "utf8");

const DECODERS: Partial<Record<Encoding, Decode>> = { ascii, latin1, utf8, utf16le: utf16 };
const ENCODERS: Partial<Record<Encoding, Encode>> = {
  ascii: limited(0x7f),
  latin1: limited(0xff),
  utf8: toUtf8,
  utf16le: toUtf16,
};

function isValid(source: Uint8Array, encoding: Encoding): boolean {
  return encoding === "utf8" ? isUtf8(source) : decodeUtf16(source).isWellFormed();
}

const ERROR_NAMES: Readonly<Record<number, string>> = {
  "-128": "U_USING_FALLBACK_WARNING",
  "-127": "U_USING_DEFAULT_WARNING",
  "-126": "U_SAFECLONE_ALLOCATED_WARNING",
  "-124": "U_STRING_NOT_TERMINATED_WARNING",
  0: "U_ZERO_ERROR",
  1: "U_ILLEGAL_ARGUMENT_ERROR",
  2: "U_MISSING_RESOURCE_ERROR",
  3: "U_INVALID_FORMAT_ERROR",
  4: "U_FILE_ACCESS_ERROR",
  5: "U_INTERNAL_PROGRAM_ERROR",
  6: "U_MESSAGE_PARSE_ERROR",
  7: "U_MEMORY_ALLOCATION_ERROR",
  8: "U_INDEX_OUTOFBOUNDS_ERROR",
  9: "U_PARSE_ERROR",
  10: "U_INVALID_CHAR_FOUND",
  11: "U_TRUNCATED_CHAR_FOUND",
  12: "U_ILLEGAL_CHAR_FOUND",
  13: "U_INVALID_TABLE_FORMAT",
  14: "U_INVALID_TABLE_FILE",
  15: "U_BUFFER_OVERFLOW_ERROR",
  16: "U_UNSUPPORTED_ERROR",
};

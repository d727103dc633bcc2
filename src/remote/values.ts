/**
 * Values as bytes: CBOR (RFC 8949) of what structured clone would carry between threads: numbers, big
 * integers, strings, bytes, arrays, plain objects, undefined. A string that is no Unicode (file names of
 * the kernel hold lone surrogates) travels as its UTF-16 code units under a tag of ours, so that it comes
 * out as it went in.
 */
import {
  type DecodeOptions,
  decode,
  type EncodeOptions,
  encode,
  Token,
  Tokenizer,
  Type,
} from "cborg";

const TAG_POSITIVE = 2;
const TAG_NEGATIVE = 3;
/** Unassigned with IANA. */
const TAG_UTF16 = 7310;
/** More digits than any time or size has; a hostile number could keep the thread. */
const BIG_BYTES_MAX = 64;

const ENCODING: EncodeOptions = {
  typeEncoders: {
    bigint: (value: bigint) => bigToTokens(value),
    string: (value: string) =>
      value.isWellFormed() ? null : [new Token(Type.tag, TAG_UTF16), bytesToken(unitsOf(value))],
  },
};

const TAGS: NonNullable<DecodeOptions["tags"]> = {
  [TAG_POSITIVE]: (content) => bigOf(content()),
  [TAG_NEGATIVE]: (content) => -1n - bigOf(content()),
  [TAG_UTF16]: (content) => textOf(content()),
};

export function encodeValue(value: unknown): Uint8Array {
  return encode(value, ENCODING);
}

/** Throws where `bytes` is no such value, or one of more than `valuesMax` parts. */
export function decodeValue(bytes: Uint8Array, valuesMax: number): unknown {
  const options: DecodeOptions = {
    tags: TAGS,
    allowIndefinite: false,
    rejectDuplicateMapKeys: true,
  };
  return decode(bytes, { ...options, tokenizer: new BoundedTokenizer(bytes, options, valuesMax) });
}

/** A few bytes can stand for many objects; their number bounds what a message costs to hold. */
class BoundedTokenizer extends Tokenizer {
  #left: number;

  constructor(bytes: Uint8Array, options: DecodeOptions, most: number) {
    super(bytes, options);
    this.#left = most;
  }

  override next(): Token {
    if (this.#left-- === 0) throw new Error("too many values in one message");
    return super.next();
  }
}

function bigToTokens(value: bigint): Token[] {
  const negative = value < 0n;
  const digits = (negative ? -1n - value : value).toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const tag = new Token(Type.tag, negative ? TAG_NEGATIVE : TAG_POSITIVE);
  return [tag, bytesToken(Uint8Array.from(even.match(/../g) ?? [], (pair) => parseInt(pair, 16)))];
}

function bytesToken(bytes: Uint8Array): Token {
  return new Token(Type.bytes, bytes);
}

function bigOf(content: unknown): bigint {
  if (!(content instanceof Uint8Array) || content.length > BIG_BYTES_MAX) {
    throw new Error("a big integer is not what it should be");
  }
  return content.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function unitsOf(text: string): Uint8Array {
  const units = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    units[i * 2] = unit >> 8;
    units[i * 2 + 1] = unit & 0xff;
  }
  return units;
}

function textOf(content: unknown): string {
  if (!(content instanceof Uint8Array) || content.length % 2 !== 0) {
    throw new Error("a string is not what it should be");
  }
  const pieces: string[] = [];
  for (let at = 0; at < content.length; at += 2) {
    pieces.push(String.fromCharCode(((content[at] as number) << 8) | (content[at + 1] as number)));
  }
  return pieces.join("");
}

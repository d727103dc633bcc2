/** DER (X.690), as far as keys, signatures and certificates use it: a reader, and a writer of bytes. */
import { joined } from "../../../kernel/bytes.ts";
import { fromBigInt, toBigInt } from "./random.ts";

export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  Null: 0x05,
  ObjectIdentifier: 0x06,
  Utf8String: 0x0c,
  Sequence: 0x30,
  Set: 0x31,
} as const;

/** What is not DER, or not what was expected. */
export class DerError extends Error {}

export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With its tag and length. */
  readonly whole: Uint8Array;
}

/** Reads elements one after the other. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The tag of the next element; -1 at the end. */
  get nextTag(): number {
    return this.#bytes[this.#at] ?? -1;
  }

  next(tag?: number): Element {
    const start = this.#at;
    const found = this.#byte();
    if (tag !== undefined && found !== tag) throw new DerError("wrong tag");
    let length = this.#byte();
    if (length > 0x84 || length === 0x80) throw new DerError("length");
    if (length > 0x80) {
      let count = length - 0x80;
      for (length = 0; count > 0; count--) length = length * 256 + this.#byte();
    }
    if (this.#at + length > this.#bytes.length) throw new DerError("too long");
    const content = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return { tag: found, content, whole: this.#bytes.subarray(start, this.#at) };
  }

  sequence(): DerReader {
    return new DerReader(this.next(Tag.Sequence).content);
  }

  integer(): bigint {
    const { content } = this.next(Tag.Integer);
    const value = toBigInt(content);
    const isNegative = ((content[0] ?? 0) & 0x80) !== 0;
    return isNegative ? value - (1n << BigInt(8 * content.length)) : value;
  }

  oid(): string {
    return decodeOid(this.next(Tag.ObjectIdentifier).content);
  }

  octets(): Uint8Array {
    return this.next(Tag.OctetString).content;
  }

  /** Whole bytes only. */
  bits(): Uint8Array {
    const { content } = this.next(Tag.BitString);
    if (content.length === 0 || content[0] !== 0) throw new DerError("bit string");
    return content.subarray(1);
  }

  /** The next element if it is explicitly tagged with `number`. */
  optional(number: number): DerReader | undefined {
    if (this.nextTag !== (0xa0 | number)) return undefined;
    return new DerReader(this.next().content);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new DerError("too short");
    return byte;
  }
}

export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = joined(contents);
  const { length } = content;
  if (length < 0x80) return joined([Uint8Array.of(tag, length), content]);
  const size = fromBigInt(BigInt(length));
  return joined([Uint8Array.of(tag, 0x80 | size.length), size, content]);
}

export const sequence = (...contents: readonly Uint8Array[]) => element(Tag.Sequence, ...contents);
export const octetString = (bytes: Uint8Array) => element(Tag.OctetString, bytes);
export const bitString = (bytes: Uint8Array) => element(Tag.BitString, Uint8Array.of(0), bytes);
export const nothing = () => element(Tag.Null);
export const explicit = (number: number, content: Uint8Array) => element(0xa0 | number, content);

/** Of a number that is not negative. */
export function integer(value: bigint): Uint8Array {
  const bytes = fromBigInt(value);
  return (bytes[0] as number) >= 0x80
    ? element(Tag.Integer, Uint8Array.of(0), bytes)
    : element(Tag.Integer, bytes);
}

export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [40 * first + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift((left & 0x7f) | 0x80);
    }
    return digits;
  });
  return element(Tag.ObjectIdentifier, Uint8Array.from(bytes));
}

function decodeOid(bytes: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of bytes) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - 40 * first);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join(".");
}

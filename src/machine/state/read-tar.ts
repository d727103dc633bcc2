/**
 * Reads a tar stream entry by entry: ustar, with the extended headers of pax and GNU's long names.
 *
 * Specification: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
import { decodeUtf8 } from "../../../kernel/bytes.ts";
import { IsopodError } from "../../errors.ts";

export interface TarEntry {
  /** The header's type flag: "0" a file, "1" a hard link, "2" a symbolic link, "5" a directory. */
  readonly type: string;
  readonly name: string;
  readonly target: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  readonly size: number;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** Its bytes; to be read before the next entry is asked for, or not at all. */
  readonly content: () => AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** Bytes of the extended headers of one entry at most. */
const EXTENSION_MAX = 1 << 20;
const XATTR = "SCHILY.xattr.";
const NANOSECONDS = 1_000_000_000n;

export async function* readTar(stream: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = new Pieces(stream);
  let extension = new Map<string, Uint8Array>();
  let extended = 0;
  for (;;) {
    const header = await bytes.take(BLOCK, true);
    if (!header || header.every((byte) => byte === 0)) return;
    checkSum(header);
    const type = String.fromCharCode(header[156] || 0x30);
    const size = number(header, 124, 12);
    if (type === "x" || type === "g" || type === "L" || type === "K") {
      extended += size;
      if (extended > EXTENSION_MAX) throw tarError(`extended headers of ${extended} bytes`);
      const body = (await bytes.take(size)) as Uint8Array;
      await bytes.take(padding(size));
      if (type === "x") for (const [key, value] of records(body)) extension.set(key, value);
      else if (type !== "g") extension.set(type === "L" ? "path" : "linkpath", untilNul(body));
      continue;
    }
    const entry = entryOf(header, type, extension);
    extension = new Map();
    extended = 0;
    let left = entry.size;
    const content = async function* () {
      while (left > 0) {
        const piece = await bytes.some(left);
        left -= piece.length;
        yield piece;
      }
    };
    yield { ...entry, content };
    for await (const _ of content()) void _;
    await bytes.take(padding(entry.size));
  }
}

/** A stream in the pieces that are asked for. */
class Pieces {
  readonly #stream: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#stream = stream[Symbol.asyncIterator]();
  }

  /** Exactly so many; undefined at the end of the stream, where there may be one. */
  async take(count: number, mayEnd = false): Promise<Uint8Array | undefined> {
    const whole = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        if (mayEnd && filled === 0) return undefined;
        throw tarError("the archive ends in the middle of an entry");
      }
      const part = this.#rest.subarray(0, count - filled);
      whole.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return whole;
  }

  /** At least one byte, and `most` at most. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#rest.length === 0 && !(await this.#more()))
      throw tarError("the archive ends in the middle of a file");
    const part = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const { done, value } = await this.#stream.next();
      if (done) return false;
      if (value.length === 0) continue;
      this.#rest = value as Uint8Array<ArrayBuffer>;
      return true;
    }
  }
}

function entryOf(
  header: Uint8Array,
  type: string,
  extension: ReadonlyMap<string, Uint8Array>,
): Omit<TarEntry, "content"> {
  const said = (key: string) => {
    const value = extension.get(key);
    return value === undefined ? undefined : decodeUtf8(value);
  };
  const isUstar = decodeUtf8(header, 257, 262) === "ustar";
  const prefix = isUstar ? text(header, 345, 155) : "";
  const name = text(header, 0, 100);
  const size = type === "0" || type === "7" ? whole(said("size")) : 0;
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of extension)
    if (key.startsWith(XATTR)) xattrs.set(key.slice(XATTR.length), value);
  return {
    type,
    name: said("path") ?? (prefix === "" ? name : `${prefix}/${name}`),
    target: said("linkpath") ?? text(header, 157, 100),
    mode: number(header, 100, 8) & 0o7777,
    uid: whole(said("uid")) ?? number(header, 108, 8),
    gid: whole(said("gid")) ?? number(header, 116, 8),
    mtime: time(said("mtime")) ?? BigInt(number(header, 136, 12)) * NANOSECONDS,
    size: size ?? number(header, 124, 12),
    major: number(header, 329, 8),
    minor: number(header, 337, 8),
    xattrs,
  };
}

function checkSum(header: Uint8Array): void {
  const said = number(header, 148, 8);
  let sum = 0;
  for (const [i, byte] of header.entries()) sum += i >= 148 && i < 156 ? 0x20 : byte;
  if (sum !== said) throw tarError("a header whose checksum is wrong");
}

/** Octal digits, or with the highest bit set a number of base 256. */
function number(header: Uint8Array, at: number, length: number): number {
  if ((header[at] as number) & 0x80) {
    let value = (header[at] as number) & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (header[i] as number);
    return checked(value);
  }
  const digits = text(header, at, length).trim();
  return digits === "" ? 0 : checked(/^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : -1);
}

function whole(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : checked(/^\d+$/.test(digits) ? Number(digits) : -1);
}

function checked(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw tarError("a number that is none");
}

function time(seconds: string | undefined): bigint | undefined {
  if (seconds === undefined) return undefined;
  const [, sign, integer = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(seconds) ?? [];
  if (integer === "" || integer.length > 18) throw tarError(`the time ${seconds}`);
  const value = BigInt(integer) * NANOSECONDS + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
  return sign === "-" ? -value : value;
}

/** `length key=value\n`, one after the other. */
function* records(body: Uint8Array): Generator<[string, Uint8Array]> {
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const space = body.indexOf(0x20, at);
    const length = Number(decodeUtf8(body, at, Math.max(space, at)));
    const equals = body.indexOf(0x3d, space);
    const end = at + length;
    if (!(length > 0 && equals > space && equals < end && end <= body.length))
      throw tarError("an extended header that makes no sense");
    yield [decodeUtf8(body, space + 1, equals), body.slice(equals + 1, end - 1)];
    at = end;
  }
}

function text(header: Uint8Array, at: number, length: number): string {
  return decodeUtf8(untilNul(header.subarray(at, at + length)));
}

function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

export function tarError(what: string): IsopodError {
  return new IsopodError("ERR_IMPORT", `the layer cannot be imported: ${what}`);
}

/** internalBinding("buffer"): text in and out of memory, search, compare, fill (src/node_buffer.cc). */
import type { BindingFactory } from "../environment.ts";
import { codedError } from "../errors.ts";
import { atob, btoa, decodeBase64, decodeHex, encodeBase64, encodeHex } from "../text/base64.ts";
import { bytesOf, isBytes, viewOf } from "../text/bytes.ts";
import { encodingOf, sizeInEncoding, writeText } from "../text/encodings.ts";
import { indexOfBytes, indexOfOffset } from "../text/search.ts";
import {
  decodeAscii,
  decodeLatin1,
  decodeUtf8,
  decodeUtf16,
  encodeLatin1,
  encodeUtf8,
  encodeUtf16,
  isAscii,
  isUtf8,
  utf8Length,
} from "../text/units.ts";

/** What V8 on 64 bits has: v8::TypedArray::kMaxByteLength and v8::String::kMaxLength. */
const K_MAX_LENGTH = 2 ** 53 - 1;
export const K_STRING_MAX_LENGTH = 2 ** 29 - 24;

type Decode = (bytes: Uint8Array, start: number, end: number) => string;
type Encode = (text: string, target: Uint8Array, start: number, end: number) => number;

export const buffer: BindingFactory = () => ({
  kMaxLength: K_MAX_LENGTH,
  kStringMaxLength: K_STRING_MAX_LENGTH,
  setBufferPrototype() {},

  asciiSlice: slicer(decodeAscii, 1),
  latin1Slice: slicer(decodeLatin1, 1),
  utf8Slice: slicer(decodeUtf8, 1),
  ucs2Slice: slicer(decodeUtf16, 0.5),
  hexSlice: slicer((bytes, start, end) => encodeHex(part(bytes, start, end)), 2),
  base64Slice: slicer(
    (bytes, start, end) => encodeBase64(part(bytes, start, end), "base64"),
    4 / 3,
  ),
  base64urlSlice: slicer(
    (bytes, start, end) => encodeBase64(part(bytes, start, end), "base64url"),
    4 / 3,
  ),
  hexWrite: writer(decodeHex),
  base64Write: writer(decodeBase64),
  base64urlWrite: writer(decodeBase64),
  ucs2Write: writer(encodeUtf16),
  asciiWriteStatic: staticWriter(encodeLatin1),
  latin1WriteStatic: staticWriter(encodeLatin1),
  utf8WriteStatic: staticWriter(encodeUtf8),
  byteLengthUtf8: utf8Length,

  compare(left: unknown, right: unknown): number {
    return compareBytes(bytesOfBuffer(left), bytesOfBuffer(right));
  },

  compareOffset(
    source: unknown,
    target: unknown,
    targetStart: number,
    sourceStart: number,
    targetEnd: number,
    sourceEnd: number,
  ): number {
    const [from, to] = [bytesOfBuffer(source), bytesOfBuffer(target)];
    if (sourceStart > from.length) throw outOfRange('The value of "sourceStart" is out of range.');
    if (targetStart > to.length) throw outOfRange('The value of "targetStart" is out of range.');
    return compareBytes(
      viewOf(from, sourceStart, Math.max(sourceStart, Math.min(sourceEnd, from.length))),
      viewOf(to, targetStart, Math.max(targetStart, Math.min(targetEnd, to.length))),
    );
  },

  copy(source: unknown, target: unknown, targetStart: number, sourceStart: number, count: number) {
    const from = viewOf(bytesOfBuffer(source), sourceStart, sourceStart + count);
    bytesOfBuffer(target).set(from, targetStart);
    return count;
  },

  copyArrayBuffer(
    target: ArrayBufferLike,
    targetStart: number,
    source: ArrayBufferLike,
    sourceStart: number,
    count: number,
  ) {
    new Uint8Array(target, targetStart, count).set(new Uint8Array(source, sourceStart, count));
  },

  createUnsafeArrayBuffer: (size: number) => new ArrayBuffer(size),

  /** Undefined, -1 where nothing fills, -2 where the range is not within. */
  fill(target: unknown, value: unknown, from: unknown, to: unknown, encoding: unknown) {
    const bytes = bytesOfBuffer(target);
    const start = arrayIndex(from, 0);
    const end = arrayIndex(to, bytes.length);
    if (start > end || end > bytes.length) return -2;
    if (typeof value !== "string" && !isBytes(value)) {
      viewOf(bytes, start, end).fill(Number(value) & 0xff);
      return undefined;
    }
    const room = viewOf(bytes, start, end);
    const pattern = typeof value === "string" ? patternOf(value, encoding, room) : bytesOf(value);
    if (pattern.length === 0) return room.length === 0 ? undefined : -1;
    room.set(pattern.length > room.length ? pattern.subarray(0, room.length) : pattern);
    for (let done = pattern.length; done < room.length; done *= 2) {
      room.copyWithin(done, 0, Math.min(done, room.length - done));
    }
    return undefined;
  },

  indexOfString(
    haystack: unknown,
    needle: string,
    offset: number,
    encoding: number,
    forward: boolean,
  ): number {
    const bytes = bytesOfBuffer(haystack);
    const name = encodingOf(encoding);
    const sought = new Uint8Array(sizeInEncoding(needle, name));
    const length = writeText(needle, sought, 0, sought.length, name);
    return indexOfBytes(bytes, sought.subarray(0, length), offset, name === "utf16le", forward);
  },

  indexOfBuffer(
    haystack: unknown,
    needle: unknown,
    offset: number,
    encoding: number,
    forward: boolean,
  ): number {
    const isWide = encodingOf(encoding) === "utf16le";
    return indexOfBytes(bytesOfBuffer(haystack), bytesOfBuffer(needle), offset, isWide, forward);
  },

  indexOfNumber(haystack: unknown, value: number, offset: number, forward: boolean): number {
    const bytes = bytesOf(bytesOfBuffer(haystack));
    const start = indexOfOffset(bytes.length, offset, 1, forward);
    if (start < 0 || bytes.length === 0) return -1;
    return forward ? bytes.indexOf(value & 0xff, start) : bytes.lastIndexOf(value & 0xff, start);
  },

  swap16: swapper(2),
  swap32: swapper(4),
  swap64: swapper(8),
  isUtf8: (input: unknown) => isUtf8(attached(input)),
  isAscii: (input: unknown) => isAscii(attached(input)),
  atob,
  btoa,
});

/** A method of buffers: their text from `start` to `end`, of about `unitsPerByte`. */
function slicer(decode: Decode, unitsPerByte: number) {
  return function slice(this: unknown, from?: unknown, to?: unknown): string {
    const bytes = bytesOfBuffer(this);
    if (bytes.length === 0) return "";
    const start = arrayIndex(from, 0);
    const end = Math.max(start, arrayIndex(to, bytes.length));
    if (end > bytes.length) throw outOfRange("Index out of range");
    if ((end - start) * unitsPerByte > K_STRING_MAX_LENGTH) throw stringTooLong();
    return decode(bytes, start, end);
  };
}

/** A method of buffers that writes text at an offset. */
function writer(encode: Encode) {
  return function write(this: unknown, text: unknown, offset?: unknown, length?: unknown): number {
    return put(bytesOfBuffer(this), text, offset, length, encode, true);
  };
}

/** The same with the buffer as an argument, whose bounds lib/ has checked. */
function staticWriter(encode: Encode) {
  return (target: unknown, text: unknown, offset?: unknown, length?: unknown): number =>
    put(bytesOfBuffer(target), text, offset, length, encode, false);
}

function put(
  bytes: Uint8Array,
  text: unknown,
  offset: unknown,
  length: unknown,
  encode: Encode,
  checked: boolean,
): number {
  if (typeof text !== "string") throw invalidType("argument must be a string");
  const start = arrayIndex(offset, 0);
  if (start > bytes.length) {
    if (!checked) return 0;
    throw codedError(
      RangeError,
      "ERR_BUFFER_OUT_OF_BOUNDS",
      '"offset" is outside of buffer bounds',
    );
  }
  const room = Math.min(arrayIndex(length, bytes.length - start), bytes.length - start);
  return room === 0 ? 0 : encode(text, bytes, start, start + room);
}

/** The bytes with which a string fills `room`, which need not hold them all. */
function patternOf(text: string, encoding: unknown, room: Uint8Array): Uint8Array {
  const name = encodingOf(encoding);
  const size = sizeInEncoding(text, name);
  const whole = name === "utf8" || name === "utf16le";
  const pattern = new Uint8Array(whole ? size : Math.min(size, room.length));
  return pattern.subarray(0, writeText(text, pattern, 0, pattern.length, name));
}

function swapper(size: number) {
  return (target: unknown): unknown => {
    const bytes = bytesOfBuffer(target);
    for (let at = 0; at + size <= bytes.length; at += size) {
      for (let low = at, high = at + size - 1; low < high; low++, high--) {
        const byte = bytes[low] as number;
        bytes[low] = bytes[high] as number;
        bytes[high] = byte;
      }
    }
    return target;
  };
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    if (left[i] !== right[i]) return (left[i] as number) < (right[i] as number) ? -1 : 1;
  }
  return Math.sign(left.length - right.length);
}

function part(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === 0 && end === bytes.length ? bytes : viewOf(bytes, start, end);
}

function bytesOfBuffer(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (!ArrayBuffer.isView(value)) throw invalidType("argument must be a buffer");
  return bytesOf(value);
}

/** ParseArrayIndex of node_buffer.h. */
function arrayIndex(value: unknown, absent: number): number {
  if (value === undefined) return absent;
  const index = Math.trunc(Number(value)) || 0;
  if (index < 0) throw outOfRange("Index out of range");
  return index;
}

function attached(value: unknown): Uint8Array {
  const memory = ArrayBuffer.isView(value) ? value.buffer : value;
  if ((memory as { detached?: boolean }).detached === true) {
    throw codedError(Error, "ERR_INVALID_STATE", "Cannot validate on a detached buffer");
  }
  return bytesOf(value as ArrayBufferLike);
}

function invalidType(message: string): Error {
  return codedError(TypeError, "ERR_INVALID_ARG_TYPE", message);
}

function outOfRange(message: string): Error {
  return codedError(RangeError, "ERR_OUT_OF_RANGE", message);
}

export function stringTooLong(): Error {
  const most = `0x${K_STRING_MAX_LENGTH.toString(16)}`;
  const message = `Cannot create a string longer than ${most} characters`;
  return codedError(Error, "ERR_STRING_TOO_LONG", message);
}

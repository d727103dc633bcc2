/** Arguments of `vm.fs`, checked and turned into the kernel's terms, with errors as node:fs words them. */

import { decode, encode, fileURLToPath, inspect, isEncoding, toBuffer } from "#values";
import { decodeUtf8, encodeUtf8 } from "../../kernel/bytes.ts";
import { constants } from "./constants.ts";

export type PathLike = string | Uint8Array | URL;
export type TimeLike = string | number | bigint | Date;
export type Mode = number | string;
export type OpenFlags = string | number;

export type BufferEncodingOption = BufferEncoding | "buffer" | null | undefined;

/** A value of the wrong type or out of its range, as Node throws it. */
export function invalid(
  code: "ERR_INVALID_ARG_TYPE" | "ERR_INVALID_ARG_VALUE" | "ERR_OUT_OF_RANGE",
  message: string,
): Error {
  const error = code === "ERR_OUT_OF_RANGE" ? new RangeError(message) : new TypeError(message);
  return Object.assign(error, { code });
}

export function received(value: unknown): string {
  if (value === null || value === undefined) return `Received ${value}`;
  if (typeof value === "function") return `Received function ${value.name}`;
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name ? `Received an instance of ${name}` : `Received ${inspect(value, { depth: -1 })}`;
  }
  const shown = inspect(value);
  const short = shown.length > 28 ? `${shown.slice(0, 25)}...` : shown;
  return `Received type ${typeof value} (${short})`;
}

export function wrongType(name: string, expected: string, value: unknown): Error {
  const message = `The "${name}" argument must be ${expected}. ${received(value)}`;
  return invalid("ERR_INVALID_ARG_TYPE", message);
}

/** A path in the kernel's form: bytes that are no Unicode stand as lone surrogates. */
export function toPath(value: unknown, name = "path"): string {
  const path = value instanceof URL ? fileURLToPath(value) : value;
  if (typeof path !== "string" && !(path instanceof Uint8Array)) {
    throw wrongType(name, "of type string or an instance of Buffer or URL", value);
  }
  const text = typeof path === "string" ? path : decodeUtf8(path);
  if (!text.includes("\0")) return text;
  throw invalid(
    "ERR_INVALID_ARG_VALUE",
    `The argument '${name}' must be a string, Uint8Array, or URL without null bytes. Received ${inspect(value)}`,
  );
}

/** A name from the kernel as the caller's encoding has it. */
export function fromPath(path: string, encoding: BufferEncodingOption): string | Buffer {
  if (encoding === "buffer") return toBuffer(encodeUtf8(path));
  if (encoding && encoding !== "utf8" && encoding !== "utf-8") {
    return decode(encodeUtf8(path), encoding);
  }
  // What is no Unicode becomes U+FFFD, as Node shows it.
  return path.toWellFormed();
}

export function toEncoding(options: unknown): BufferEncodingOption {
  const encoding =
    typeof options === "object" && options !== null
      ? (options as { encoding?: unknown }).encoding
      : options;
  if (encoding === undefined || encoding === null || encoding === "buffer") return encoding;
  if (typeof encoding === "string" && isEncoding(encoding)) return encoding;
  throw invalid(
    "ERR_INVALID_ARG_VALUE",
    `The argument 'encoding' is invalid encoding. Received ${inspect(encoding)}`,
  );
}

/** The options object, where a lone string stands for its encoding. */
export function toOptions<T extends object>(options: T | string | null | undefined): Partial<T> {
  if (options === null || options === undefined) return {};
  if (typeof options === "string") return { encoding: options } as unknown as Partial<T>;
  if (typeof options === "object") return options;
  throw wrongType("options", "of type string or an instance of Object", options);
}

const FLAGS: Readonly<Record<string, number>> = {
  r: constants.O_RDONLY,
  rs: constants.O_RDONLY | constants.O_SYNC,
  "r+": constants.O_RDWR,
  "rs+": constants.O_RDWR | constants.O_SYNC,
  w: constants.O_TRUNC | constants.O_CREAT | constants.O_WRONLY,
  wx: constants.O_TRUNC | constants.O_CREAT | constants.O_WRONLY | constants.O_EXCL,
  "w+": constants.O_TRUNC | constants.O_CREAT | constants.O_RDWR,
  "wx+": constants.O_TRUNC | constants.O_CREAT | constants.O_RDWR | constants.O_EXCL,
  a: constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY,
  ax: constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_EXCL,
  as: constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_SYNC,
  "a+": constants.O_APPEND | constants.O_CREAT | constants.O_RDWR,
  "ax+": constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_EXCL,
  "as+": constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_SYNC,
  sr: constants.O_RDONLY | constants.O_SYNC,
  "sr+": constants.O_RDWR | constants.O_SYNC,
  xw: constants.O_TRUNC | constants.O_CREAT | constants.O_WRONLY | constants.O_EXCL,
  "xw+": constants.O_TRUNC | constants.O_CREAT | constants.O_RDWR | constants.O_EXCL,
  xa: constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_EXCL,
  "xa+": constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_EXCL,
  sa: constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_SYNC,
  "sa+": constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_SYNC,
};

export function toFlags(flags: unknown, fallback: string): number {
  if (flags === undefined || flags === null) return FLAGS[fallback] as number;
  if (typeof flags === "number") return toInteger(flags, "flags", 0, 0x7fff_ffff);
  const known = typeof flags === "string" && Object.hasOwn(FLAGS, flags) ? FLAGS[flags] : undefined;
  if (known !== undefined) return known;
  const message = `The argument 'flags' is invalid. Received ${inspect(flags)}`;
  throw invalid("ERR_INVALID_ARG_VALUE", message);
}

export function toMode(mode: unknown, fallback: number, name = "mode"): number {
  if (mode === undefined || mode === null) return fallback;
  if (typeof mode === "string") {
    if (/^[0-7]+$/.test(mode)) return Number.parseInt(mode, 8);
    const message = `The argument '${name}' must be a 32-bit unsigned integer or an octal string. Received ${inspect(mode)}`;
    throw invalid("ERR_INVALID_ARG_VALUE", message);
  }
  return toInteger(mode, name, 0, 0xffff_ffff);
}

export function toInteger(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== "number") throw wrongType(name, "of type number", value);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const range = Number.isInteger(value) ? `>= ${min} && <= ${max}` : "an integer";
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${inspect(value)}`;
  throw invalid("ERR_OUT_OF_RANGE", message);
}

/** The modifiers of access and copyFile. */
export function toModifiers(value: unknown): number {
  if (typeof value !== "number") throw wrongType("mode", "of type number", value);
  if (Number.isInteger(value) && value >= 0 && value <= 7) return value;
  throw invalid("ERR_OUT_OF_RANGE", "mode is out of range: >= 0 && <= 7");
}

/** Part of a buffer: at least 0 and at most what there is. */
export function toExtent(value: unknown, name: string, most: number): number {
  if (typeof value !== "number") throw wrongType(name, "of type number", value);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  const range = Number.isInteger(value) ? (value < 0 ? ">= 0" : `<= ${most}`) : "an integer";
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${inspect(value)}`;
  throw invalid("ERR_OUT_OF_RANGE", message);
}

export function toId(value: unknown, name: string): number {
  return toInteger(value, name, -1, 0xffff_ffff);
}

/** A position in a file; null where it is the current one. */
export function toPosition(value: unknown): number | null {
  if (value === undefined || value === null || value === -1) return null;
  const position = typeof value === "bigint" ? Number(value) : value;
  return toInteger(position, "position", 0, Number.MAX_SAFE_INTEGER);
}

/** Nanoseconds since 1970. Numbers and texts are seconds and count to the microsecond, as in libuv. */
export function toTime(value: unknown): bigint {
  if (value instanceof Date) return fromSeconds(value.getTime() / 1000);
  if (typeof value === "bigint") return value * 1_000_000_000n;
  if (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value))) {
    return fromSeconds(Number(value));
  }
  if (typeof value === "number") return fromSeconds(value);
  throw wrongType("time", "an instance of Date or an Time in seconds", value);
}

function fromSeconds(seconds: number): bigint {
  if (!Number.isFinite(seconds)) return BigInt(Date.now()) * 1_000_000n;
  const whole = Math.floor(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.round((seconds - whole) * 1e6)) * 1000n;
}

/** The bytes of what a write takes. */
export function toBytes(data: unknown, encoding?: BufferEncodingOption): Uint8Array {
  if (typeof data === "string") {
    return encode(data, encoding && encoding !== "buffer" ? encoding : "utf8");
  }
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  throw wrongType("data", "of type string or an instance of Buffer, TypedArray, or DataView", data);
}

/** As Node's AbortError: what an aborted operation rejects with. */
export function throwIfAborted(signal: unknown): void {
  if (signal === undefined || signal === null) return;
  if (!(signal instanceof AbortSignal)) {
    const message = `The "options.signal" property must be an instance of AbortSignal. ${received(signal)}`;
    throw invalid("ERR_INVALID_ARG_TYPE", message);
  }
  if (!signal.aborted) return;
  const error = new Error("The operation was aborted", { cause: signal.reason });
  error.name = "AbortError";
  throw Object.assign(error, { code: "ABORT_ERR" });
}

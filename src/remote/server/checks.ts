/** Checks of what a client sends, value by value. A wrong one is refused before anything is done. */
import { RemoteError } from "../errors.ts";
import { PIECE_BYTES } from "../protocol.ts";

/** Answers with the value as it may be used; throws where it may not. */
export type Check<T> = (value: unknown) => T;

const PATH_MAX = 1 << 16;
const TEXT_MAX = 1 << 20;
const ITEMS_MAX = 1 << 16;
const SAFE = Number.MAX_SAFE_INTEGER;
const SHOWN_MAX = 60;

export function refused(value: unknown, expected: string): never {
  const shown = show(value);
  throw new RemoteError(400, "ERR_BAD_REQUEST", `expected ${expected}, but it is ${shown}`);
}

export function integerIn(min: number, max: number): Check<number> {
  return (value) => {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) {
      return value as number;
    }
    return refused(value, `a whole number from ${min} to ${max}`);
  };
}

export const descriptor = integerIn(0, 2 ** 31 - 1);
export const size = integerIn(0, SAFE);
export const bits = integerIn(0, 2 ** 31 - 1);
export const id32 = integerIn(-1, 2 ** 32 - 1);
export const columns = integerIn(1, 65_535);
export const boolean: Check<boolean> = (value) =>
  typeof value === "boolean" ? value : refused(value, "true or false");

export function textUpTo(max: number): Check<string> {
  return (value) => {
    if (typeof value !== "string") return refused(value, "a string");
    if (value.length > max) return refused(value, `a string of at most ${max} characters`);
    return value.includes("\0") ? refused(value, "a string without NUL characters") : value;
  };
}

export const path = textUpTo(PATH_MAX);
export const text = textUpTo(TEXT_MAX);
export const absolutePath: Check<string> = (value) =>
  path(value).startsWith("/") ? (value as string) : refused(value, "an absolute path");

/** Nanoseconds since 1970, or the kernel's marks for "now" and "leave it". */
export const time: Check<bigint> = (value) =>
  typeof value === "bigint" && BigInt.asIntN(64, value) === value
    ? value
    : refused(value, "a big integer of 64 bits");

export const bytes: Check<Uint8Array> = (value) => {
  if (!(value instanceof Uint8Array)) return refused(value, "bytes");
  if (value.length <= PIECE_BYTES * 2) return value;
  return refused(value, `at most ${PIECE_BYTES * 2} bytes in one piece`);
};

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value) => (value === undefined ? undefined : check(value));
}

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null ? null : check(value));
}

export function either<A, B>(first: Check<A>, second: Check<B>): Check<A | B> {
  return (value) => {
    try {
      return first(value);
    } catch {
      return second(value);
    }
  };
}

export function oneOf<const T extends string>(...allowed: T[]): Check<T> {
  return (value) =>
    allowed.includes(value as T)
      ? (value as T)
      : refused(value, `one of ${allowed.map((name) => JSON.stringify(name)).join(", ")}`);
}

export function list<T>(check: Check<T>, most = ITEMS_MAX): Check<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return refused(value, "an array");
    if (value.length > most) return refused(value, `an array of at most ${most} items`);
    return value.map((item) => check(item));
  };
}

/** Plain objects whose fields are these and no others; a field that may be undefined may be missing. */
export function record<T>(checks: { readonly [K in keyof T]: Check<T[K]> }): Check<T> {
  return (value) => {
    const given = plain(value);
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(checks, name)) refused(name, `a field among ${Object.keys(checks)}`);
    }
    const entries = Object.entries(checks as Record<string, Check<unknown>>);
    const checked = entries.map(([name, check]) => [name, field(name, given[name], check)]);
    // What is not given stays away, so that defaults apply.
    return Object.fromEntries(checked.filter(([, item]) => item !== undefined)) as T;
  };
}

/** Names and strings, as of an environment. */
export function strings<T extends string | undefined>(
  check: Check<T>,
): Check<Readonly<Record<string, T>>> {
  return (value) => {
    const entries = Object.entries(plain(value));
    if (entries.length > ITEMS_MAX) refused(value, `at most ${ITEMS_MAX} names`);
    for (const [name] of entries) {
      if (name === "" || /[=\0]/.test(name)) refused(name, 'a name without "=" and NUL');
    }
    return Object.fromEntries(entries.map(([name, item]) => [name, field(name, item, check)]));
  };
}

function field<T>(name: string, value: unknown, check: Check<T>): T {
  try {
    return check(value);
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    throw new RemoteError(error.status, error.code, `${shorten(name)}: ${error.message}`);
  }
}

function plain(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refused(value, "an object");
  }
  return value instanceof Uint8Array ? refused(value, "an object") : { ...value };
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "string") return JSON.stringify(shorten(value));
  return typeof value === "bigint" ? `${shorten(value.toString())}n` : String(value);
}

function shorten(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}

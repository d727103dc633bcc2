/** Arguments that a guest gives to natives: each is what it should be, or EINVAL. */
import { Errno, KernelError } from "../../../../kernel/index.ts";

export type Check = (value: unknown) => unknown;

export function invalid(): never {
  throw new KernelError(Errno.EINVAL);
}

/** Exactly these arguments; what is optional may be left out, or null. */
export function checked(values: readonly unknown[], checks: readonly Check[]): unknown[] {
  if (values.length > checks.length) invalid();
  const good = checks.map((check, i) => check(values[i] ?? undefined));
  while (good.length > 0 && good.at(-1) === undefined) good.pop();
  return good;
}

/** OpenSSL takes texts that end at a NUL. */
export const text: Check = (value) =>
  typeof value === "string" && value.length <= 65_536 && !value.includes("\0") ? value : invalid();

export const flag: Check = (value) => (typeof value === "boolean" ? value : invalid());

export const integer: Check = (value) =>
  Number.isInteger(value) && Math.abs(value as number) < 2 ** 31 ? value : invalid();

/** Bytes as a Buffer over the same memory. */
export const bytes: Check = (value) =>
  value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : invalid();

export const textOrBytes: Check = (value) => (typeof value === "string" ? value : bytes(value));

export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value);

/** What a guest asks of a host's TLS, and its arguments: each is what it should be, or EINVAL. */
import { Errno, KernelError } from "../../../kernel/abi.ts";
import { type Question, unpack } from "../../../runtimes/node/tls/messages.ts";

export type Check = (value: unknown) => unknown;

export function invalid(): never {
  throw new KernelError(Errno.EINVAL);
}

/** What a message asks; EINVAL for what is no question. */
export function questionOf(message: Uint8Array): Question {
  try {
    const { operation, values } = unpack(message) as Question;
    if (typeof operation === "string" && Array.isArray(values)) return { operation, values };
  } catch {
    // Refused below, as of any other form.
  }
  return invalid();
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

export const bytes: Check = (value) => (value instanceof Uint8Array ? value : invalid());

export const textOrBytes: Check = (value) => (typeof value === "string" ? value : bytes(value));

export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined ? undefined : check(value);

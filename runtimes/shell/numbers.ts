/**
 * Reading the integers that builtins take as arguments, as strtoimax(3) reads them, and bash's words
 * for what is none. Pure.
 */

export interface ParsedInteger {
  readonly value: bigint;
  /** The whole text was a number. */
  readonly isValid: boolean;
  readonly outOfRange: boolean;
}

export const INTEGER_MAX = 2n ** 63n - 1n;
export const INTEGER_MIN = -(2n ** 63n);
const UNSIGNED_MAX = 2n ** 64n - 1n;

/**
 * Reads the number at the start of `text`: blanks, a sign, digits; decimal, or with `base` 0 also
 * octal and hexadecimal by their prefix. Clamps to 64 bits.
 */
export function parseIntegerPrefix(text: string, base: 0 | 10, unsigned = false): ParsedInteger {
  const pattern =
    base === 0
      ? /^[ \t\n\v\f\r]*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/u
      : /^[ \t\n\v\f\r]*([-+]?)(\d+)/u;
  const match = pattern.exec(text);
  if (match === null) return { value: 0n, isValid: false, outOfRange: false };
  const [all, sign, digits = ""] = match;
  const magnitude = BigInt(base === 0 && /^0\d/u.test(digits) ? `0o${digits}` : digits);
  const value = sign === "-" ? -magnitude : magnitude;
  const isValid = all.length === text.length;
  if (unsigned) {
    const outOfRange = magnitude > UNSIGNED_MAX;
    return { value: outOfRange ? UNSIGNED_MAX : BigInt.asUintN(64, value), isValid, outOfRange };
  }
  if (value > INTEGER_MAX) return { value: INTEGER_MAX, isValid, outOfRange: true };
  if (value < INTEGER_MIN) return { value: INTEGER_MIN, isValid, outOfRange: true };
  return { value, isValid, outOfRange: false };
}

/**
 * A decimal integer with blanks around it, or undefined: what `exit`, `shift`, `test -eq` and their
 * like accept.
 */
export function parseDecimal(text: string): bigint | undefined {
  const match = /^[ \t\n]*([-+]?\d+)[ \t\n]*$/u.exec(text);
  if (match === null) return undefined;
  const value = BigInt(match[1] as string);
  return value > INTEGER_MAX || value < INTEGER_MIN ? undefined : value;
}

/** `invalid number`, or which kind of number it wanted to be. */
export function describeInvalidNumber(text: string): string {
  if (/^0\d/u.test(text)) return "invalid octal number";
  return /^0[xX]/u.test(text) ? "invalid hex number" : "invalid number";
}

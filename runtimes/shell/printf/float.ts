/**
 * Floating point for `printf %f %e %g %a` with the 64-bit mantissa of x86's long double, which bash
 * uses: `printf %.20f 0.1` prints twenty exact digits. Values are integers times a power of two;
 * every digit printed is exact. Pure.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/functions/fprintf.html
 */

export type Float =
  | { readonly kind: "infinity"; readonly negative: boolean }
  | { readonly kind: "nan"; readonly negative: boolean }
  /** `mantissa * 2 ** exponent`; the mantissa has at most 64 bits. */
  | {
      readonly kind: "finite";
      readonly negative: boolean;
      readonly mantissa: bigint;
      readonly exponent: number;
    };

export interface ParsedFloat {
  readonly value: Float;
  /** Characters that were read; 0: no number at all. */
  readonly length: number;
  readonly outOfRange: boolean;
}

const MANTISSA_BITS = 64;
/** Exponents of the lowest bit of the smallest and of the first too large value. */
const MIN_EXPONENT = -16445;
const OVERFLOW_BITS = 16384;
/** Digits beyond this only say that there is something: they cannot change the rounding otherwise. */
const MAX_DIGITS = 12_000;

/** Reads as much of `text` as strtold(3) would. */
export function parseFloatPrefix(text: string): ParsedFloat {
  const special = /^\s*([-+]?)(inf(?:inity)?|nan(?:\(\w*\))?)/iu.exec(text);
  if (special !== null) {
    const kind = special[2]?.toLowerCase().startsWith("inf") ? "infinity" : "nan";
    const value: Float = { kind, negative: special[1] === "-" };
    return { value, length: special[0].length, outOfRange: false };
  }
  const hex = /^\s*([-+]?)0x(?=\.?[0-9a-f])([0-9a-f]*)\.?([0-9a-f]*)(?:p([-+]?\d+))?/iu.exec(text);
  if (hex !== null) {
    const [all, sign, whole = "", fraction = "", power = "0"] = hex;
    const mantissa = BigInt(`0x${whole}${fraction}`);
    const exponent = clampExponent(power) - 4 * fraction.length;
    return finish(sign === "-", mantissa, 1n, exponent, all.length);
  }
  const decimal = /^\s*([-+]?)(?=\.?\d)(\d*)\.?(\d*)(?:e([-+]?\d+))?/iu.exec(text);
  if (decimal === null) {
    return { value: finite(false, 0n, 0), length: 0, outOfRange: false };
  }
  const [all, sign, whole = "", fraction = "", power = "0"] = decimal;
  const digits = (whole + fraction).replace(/^0+/u, "");
  const kept = digits.length > MAX_DIGITS ? `${digits.slice(0, MAX_DIGITS)}1` : digits;
  const scale = clampExponent(power) - fraction.length + (digits.length - kept.length);
  const mantissa = BigInt(kept || "0");
  const magnitude = kept.length + scale;
  if (mantissa === 0n) return finish(sign === "-", 0n, 1n, 0, all.length);
  if (magnitude > 5000) return finish(sign === "-", 1n, 1n, 20_000, all.length);
  if (magnitude < -5000) return finish(sign === "-", 1n, 1n, -20_000, all.length);
  return scale >= 0
    ? finish(sign === "-", mantissa * 10n ** BigInt(scale), 1n, 0, all.length)
    : finish(sign === "-", mantissa, 10n ** BigInt(-scale), 0, all.length);
}

export function floatFromInteger(value: number): Float {
  return { kind: "finite", negative: value < 0, mantissa: BigInt(Math.abs(value)), exponent: 0 };
}

function finite(negative: boolean, mantissa: bigint, exponent: number): Float {
  return { kind: "finite", negative, mantissa, exponent };
}

function clampExponent(text: string): number {
  return Math.max(-1_000_000, Math.min(1_000_000, Number(text)));
}

/** Rounds `numerator / denominator * 2 ** exponent` to a long double. */
function finish(
  negative: boolean,
  numerator: bigint,
  denominator: bigint,
  exponent: number,
  length: number,
): ParsedFloat {
  if (numerator === 0n) return { value: finite(negative, 0n, 0), length, outOfRange: false };
  const bits = bitLength(numerator) - bitLength(denominator);
  if (bits + exponent > OVERFLOW_BITS + 1) {
    return { value: { kind: "infinity", negative }, length, outOfRange: true };
  }
  // The quotient below has one bit more or less than wanted at most; a second look settles it.
  let shift = Math.max(bits - MANTISSA_BITS, MIN_EXPONENT - exponent);
  let mantissa = divideRounded(numerator, denominator, shift);
  if (bitLength(mantissa) > MANTISSA_BITS) {
    shift++;
    mantissa = divideRounded(numerator, denominator, shift);
  }
  const lowest = exponent + shift;
  if (bitLength(mantissa) + lowest > OVERFLOW_BITS) {
    return { value: { kind: "infinity", negative }, length, outOfRange: true };
  }
  const isTiny = bitLength(mantissa) < MANTISSA_BITS && lowest === MIN_EXPONENT;
  return { value: finite(negative, mantissa, lowest), length, outOfRange: isTiny };
}

function divideRounded(numerator: bigint, denominator: bigint, shift: number): bigint {
  const top = shift < 0 ? numerator << BigInt(-shift) : numerator;
  const bottom = shift > 0 ? denominator << BigInt(shift) : denominator;
  const quotient = top / bottom;
  const twice = 2n * (top % bottom);
  const roundUp = twice > bottom || (twice === bottom && (quotient & 1n) === 1n);
  return roundUp ? quotient + 1n : quotient;
}

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex[0] as string, 16)) - 28);
}

/** The magnitude as `%f %e %g %a` print it, without sign and padding. */
export function formatFloat(
  value: Float,
  conversion: string,
  precision: number | undefined,
  alternate: boolean,
): string {
  const lower = conversion.toLowerCase();
  const text = formatLower(value, lower, precision, alternate);
  return conversion === lower ? text : text.toUpperCase();
}

function formatLower(
  value: Float,
  conversion: string,
  precision: number | undefined,
  alternate: boolean,
): string {
  if (value.kind === "infinity") return "inf";
  if (value.kind === "nan") return "nan";
  if (conversion === "a") {
    return formatHex(value.mantissa, value.exponent, precision, alternate);
  }
  const decimal = toDecimal(value.mantissa, value.exponent);
  if (conversion === "f") return formatFixed(decimal, precision ?? 6, alternate);
  if (conversion === "e") return formatExponent(decimal, precision ?? 6, alternate);
  return formatGeneral(decimal, precision ?? 6, alternate);
}

/** Exact digits; the value is `0.DIGITS * 10 ** point`. Zero has no digits. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

function toDecimal(mantissa: bigint, exponent: number): Decimal {
  if (mantissa === 0n) return { digits: "", point: 1 };
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const digits = scaled.toString();
  return { digits, point: digits.length + Math.min(exponent, 0) };
}

/** Keeps `count` digits after the leading zeros are counted in; rounds half to even. */
function roundDecimal({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return { digits: "", point: 1 };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const isOdd = "13579".includes(kept.at(-1) ?? "0");
  const isHalf = /^50*$/u.test(rest);
  const roundUp = isHalf ? isOdd : rest >= "5";
  if (!roundUp) return { digits: kept, point };
  const raised = (BigInt(kept || "0") + 1n).toString().padStart(count, "0");
  return { digits: raised, point: point + (raised.length - count) };
}

function formatFixed(decimal: Decimal, precision: number, alternate: boolean): string {
  const { digits, point } = roundDecimal(decimal, decimal.point + precision);
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  const leading = "0".repeat(Math.min(Math.max(-point, 0), precision));
  const fraction = (leading + digits.slice(Math.max(point, 0))).padEnd(precision, "0");
  const shown = fraction.slice(0, precision);
  return (digits === "" ? "0" : whole) + (precision > 0 || alternate ? "." : "") + shown;
}

function formatExponent(decimal: Decimal, precision: number, alternate: boolean): string {
  const { digits, point } = roundDecimal(decimal, precision + 1);
  const exponent = digits === "" ? 0 : point - 1;
  const fraction = digits.slice(1, precision + 1).padEnd(precision, "0");
  const dot = precision > 0 || alternate ? "." : "";
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits[0] ?? "0"}${dot}${fraction}e${exponent < 0 ? "-" : "+"}${power}`;
}

function formatGeneral(decimal: Decimal, precision: number, alternate: boolean): string {
  const significant = precision === 0 ? 1 : precision;
  const { digits, point } = roundDecimal(decimal, significant);
  const exponent = digits === "" ? 0 : point - 1;
  const isFixed = exponent < significant && exponent >= -4;
  const text = isFixed
    ? formatFixed(decimal, significant - 1 - exponent, alternate)
    : formatExponent(decimal, significant - 1, alternate);
  if (alternate || !text.includes(".")) return text;
  const end = text.indexOf("e");
  const mantissa = end < 0 ? text : text.slice(0, end);
  return mantissa.replace(/\.?0+$/u, "") + (end < 0 ? "" : text.slice(end));
}

/** The first hexadecimal digit holds the mantissa's top four bits, as on x86. */
function formatHex(
  mantissa: bigint,
  exponent: number,
  precision: number | undefined,
  alternate: boolean,
): string {
  let bits = mantissa;
  let power = mantissa === 0n ? 0 : exponent + MANTISSA_BITS - 4;
  const missing = MANTISSA_BITS - bitLength(bits);
  if (bits !== 0n && missing > 0 && exponent - missing >= MIN_EXPONENT) {
    bits <<= BigInt(missing);
    power -= missing;
  }
  const wanted = Math.min(precision ?? 15, 15);
  bits = divideRounded(bits, 1n, (15 - wanted) * 4);
  if (bits.toString(16).length > wanted + 1) {
    bits >>= 4n;
    power += 4;
  }
  const hex = bits.toString(16).padStart(wanted + 1, "0");
  const fraction =
    precision === undefined
      ? hex.slice(1).replace(/0+$/u, "")
      : hex.slice(1).padEnd(precision, "0");
  const dot = fraction !== "" || alternate ? "." : "";
  return `0x${hex[0]}${dot}${fraction}p${power < 0 ? "-" : "+"}${Math.abs(power)}`;
}

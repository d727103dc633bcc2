/**
 * 64-bit signed integers with wraparound, as C's intmax_t behaves on the machines that bash runs on.
 * A value is a number while it is a safe integer and a bigint beyond, so that ordinary sums stay fast.
 * Pure; used by arithmetic, `printf` and `test`.
 */

/** Invariant: a bigint only where a number could not hold the value exactly. */
export type Integer = number | bigint;

/** Wraps to 64 bits and takes the smaller representation. */
export function wrap(value: bigint): Integer {
  const wrapped = BigInt.asIntN(64, value);
  const small = Number(wrapped);
  return Number.isSafeInteger(small) ? small : wrapped;
}

export function add(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wrap(BigInt(a) + BigInt(b));
}

export function subtract(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return wrap(BigInt(a) - BigInt(b));
}

export function multiply(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // `+ 0` turns -0 into 0.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return wrap(BigInt(a) * BigInt(b));
}

/** Truncates toward zero; the divisor must not be zero. */
export function divide(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
  return wrap(BigInt(a) / BigInt(b));
}

/** Takes the sign of the dividend; the divisor must not be zero. */
export function remainder(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  return wrap(BigInt(a) % BigInt(b));
}

/** The exponent must not be negative. */
export function power(base: Integer, exponent: Integer): Integer {
  let result: Integer = 1;
  let square = base;
  let rest = BigInt(exponent);
  while (rest > 0n) {
    if (rest & 1n) result = multiply(result, square);
    rest >>= 1n;
    if (rest > 0n) square = multiply(square, square);
  }
  return result;
}

/** The machine shifts by the low six bits of the distance. */
export function shiftLeft(a: Integer, distance: Integer): Integer {
  return wrap(BigInt(a) << (BigInt(distance) & 63n));
}

export function shiftRight(a: Integer, distance: Integer): Integer {
  return wrap(BigInt(a) >> (BigInt(distance) & 63n));
}

export function bitAnd(a: Integer, b: Integer): Integer {
  return areSmall(a, b) ? (a as number) & (b as number) : wrap(BigInt(a) & BigInt(b));
}

export function bitOr(a: Integer, b: Integer): Integer {
  return areSmall(a, b) ? (a as number) | (b as number) : wrap(BigInt(a) | BigInt(b));
}

export function bitXor(a: Integer, b: Integer): Integer {
  return areSmall(a, b) ? (a as number) ^ (b as number) : wrap(BigInt(a) ^ BigInt(b));
}

export function negate(a: Integer): Integer {
  return subtract(0, a);
}

export function complement(a: Integer): Integer {
  return subtract(-1, a);
}

function areSmall(a: Integer, b: Integer): boolean {
  return typeof a === "number" && typeof b === "number" && (a | 0) === a && (b | 0) === b;
}

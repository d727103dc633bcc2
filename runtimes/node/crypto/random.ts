/** Random bytes of the kernel's, fetched in blocks for those who want few, and primes. */
import type { Environment } from "../environment.ts";

const BLOCK = 4096;
/** More than this many is asked for directly. */
const FEW = 256;

let block = new Uint8Array(0);
let used = 0;

export function fillRandom(env: Environment, target: Uint8Array): void {
  if (target.length > FEW) {
    for (let at = 0; at < target.length; ) {
      const room = new Uint8Array(target.buffer, target.byteOffset + at, target.length - at);
      at += env.sys.getrandom(room.subarray(0, 1 << 20));
    }
    return;
  }
  if (used + target.length > block.length) {
    block = new Uint8Array(BLOCK);
    env.sys.getrandom(block);
    used = 0;
  }
  const end = used + target.length;
  target.set(block.subarray(used, end));
  // What was given out is nobody else's to find.
  block.fill(0, used, end);
  used = end;
}

export function randomBytes(env: Environment, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  fillRandom(env, bytes);
  return bytes;
}

/** A whole number of 0 to `bound` - 1, all equally likely. */
export function randomBelow(env: Environment, bound: bigint): bigint {
  const bits = bound.toString(2).length;
  for (;;) {
    const value = BigInt.asUintN(bits, toBigInt(randomBytes(env, (bits + 7) >> 3)));
    if (value < bound) return value;
  }
}

export function toBigInt(bytes: Uint8Array): bigint {
  let hex = "0x0";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt(hex);
}

/** Big-endian, in `length` bytes or as many as it needs. */
export function fromBigInt(value: bigint, length?: number): Uint8Array<ArrayBuffer> {
  const digits = value.toString(16);
  const hex = digits.padStart(
    length === undefined ? digits.length + (digits.length & 1) : 2 * length,
    "0",
  );
  const bytes = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  if (modulus === 1n) return 0n;
  const bits = exponent.toString(2);
  // Four bits at a time: a quarter of the multiplications.
  const reduced = ((base % modulus) + modulus) % modulus;
  const powers = [1n, reduced];
  for (let i = 2; i < 16; i++) powers.push(((powers[i - 1] as bigint) * reduced) % modulus);
  let result = 1n;
  const first = bits.length % 4 || 4;
  for (let at = 0, end = first; at < bits.length; at = end, end += 4) {
    if (at > 0) {
      for (let i = 0; i < 4; i++) result = (result * result) % modulus;
    }
    const digit = Number.parseInt(bits.slice(at, end), 2);
    if (digit > 0) result = (result * (powers[digit] as bigint)) % modulus;
  }
  return result;
}

export function modInverse(value: bigint, modulus: bigint): bigint | undefined {
  let [a, b] = [((value % modulus) + modulus) % modulus, modulus];
  let [x, y] = [1n, 0n];
  while (a > 1n && b > 0n) {
    const quotient = a / b;
    [a, b] = [b, a % b];
    [x, y] = [y, x - quotient * y];
  }
  return a === 1n ? ((x % modulus) + modulus) % modulus : undefined;
}

const SMALL_PRIMES: bigint[] = [];
for (let n = 2; SMALL_PRIMES.length < 600; n++) {
  if (SMALL_PRIMES.every((prime) => BigInt(n) % prime !== 0n)) SMALL_PRIMES.push(BigInt(n));
}
/** Products of small primes, so that one division of a large number serves many of them. */
const SIEVES: { product: bigint; primes: bigint[] }[] = [];
for (let i = 0; i < SMALL_PRIMES.length; i += 30) {
  const primes = SMALL_PRIMES.slice(i, i + 30);
  SIEVES.push({ product: primes.reduce((a, b) => a * b), primes });
}

function hasSmallFactor(value: bigint): boolean {
  for (const { product, primes } of SIEVES) {
    const rest = value % product;
    for (const prime of primes) if (rest % prime === 0n && value !== prime) return true;
  }
  return false;
}

/** Miller and Rabin's test, `rounds` times with random bases. */
export function isProbablePrime(env: Environment, value: bigint, rounds: number): boolean {
  if (value < 2n) return false;
  if (hasSmallFactor(value)) return false;
  if (value < 10_000n) return true;
  let odd = value - 1n;
  let twos = 0;
  while ((odd & 1n) === 0n) {
    odd >>= 1n;
    twos++;
  }
  for (let round = 0; round < rounds; round++) {
    const base = 2n + randomBelow(env, value - 3n);
    let power = modPow(base, odd, value);
    if (power === 1n || power === value - 1n) continue;
    let isComposite = true;
    for (let i = 1; i < twos && isComposite; i++) {
      power = (power * power) % value;
      if (power === value - 1n) isComposite = false;
    }
    if (isComposite) return false;
  }
  return true;
}

/** Rounds after which a number of so many bits is as likely prime as OpenSSL wants it. */
const roundsFor = (bits: number): number => (bits > 2048 ? 4 : bits > 512 ? 6 : 20);

export interface PrimeOptions {
  /** Of (p - 1) / 2 as well. */
  readonly safe?: boolean;
  readonly add?: bigint;
  readonly rem?: bigint;
  /** Bits that are set at the top; OpenSSL sets two where no remainder is asked for. */
  readonly top?: number;
}

export function randomPrime(env: Environment, bits: number, options: PrimeOptions = {}): bigint {
  const { safe = false, add, top = 2 } = options;
  const rem = options.rem ?? (safe ? 3n : 1n);
  for (;;) {
    let value = BigInt.asUintN(bits, toBigInt(randomBytes(env, (bits + 7) >> 3)));
    if (add === undefined) {
      const topBits = bits > 2 || safe ? Math.min(top, bits) : 1;
      value |= ((1n << BigInt(topBits)) - 1n) << BigInt(bits - topBits);
      if (bits > 1) value |= 1n;
      if (safe && bits > 2) value |= 3n;
    } else {
      value |= 1n << BigInt(bits - 1);
      value += rem - (value % add);
      if (value.toString(2).length !== bits) continue;
    }
    if (value.toString(2).length > bits || hasSmallFactor(value)) continue;
    if (safe && value > 7n && hasSmallFactor(value >> 1n)) continue;
    if (!isProbablePrime(env, value, 1)) continue;
    if (safe && !isProbablePrime(env, value >> 1n, roundsFor(bits))) continue;
    if (isProbablePrime(env, value, roundsFor(bits))) return value;
  }
}

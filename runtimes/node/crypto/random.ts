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

/** Odd primes below 2^14, by Eratosthenes' sieve; made when a prime is first looked for. */
let smallPrimes: Uint16Array | undefined;

function oddPrimes(): Uint16Array {
  if (smallPrimes) return smallPrimes;
  const isComposite = new Uint8Array(1 << 14);
  const primes: number[] = [];
  for (let n = 3; n < isComposite.length; n += 2) {
    if (isComposite[n]) continue;
    primes.push(n);
    for (let multiple = n * n; multiple < isComposite.length; multiple += 2 * n) {
      isComposite[multiple] = 1;
    }
  }
  smallPrimes = Uint16Array.from(primes);
  return smallPrimes;
}

/** Remainders by each small prime: several of them divide together, since large numbers divide slowly. */
function remainders(value: bigint): Uint16Array {
  const primes = oddPrimes();
  const rests = new Uint16Array(primes.length);
  for (let i = 0; i < primes.length; ) {
    const start = i;
    let product = 1;
    while (i < primes.length && product * (primes[i] as number) < 2 ** 53) {
      product *= primes[i] as number;
      i++;
    }
    const rest = Number(value % BigInt(product));
    for (let k = start; k < i; k++) rests[k] = rest % (primes[k] as number);
  }
  return rests;
}

function hasSmallFactor(value: bigint): boolean {
  if ((value & 1n) === 0n) return value !== 2n;
  const primes = oddPrimes();
  const rests = remainders(value);
  return rests.some((rest, i) => rest === 0 && value !== BigInt(primes[i] as number));
}

/** Miller and Rabin's test, `rounds` times with random bases. */
export function isProbablePrime(env: Environment, value: bigint, rounds: number): boolean {
  if (value < 2n) return false;
  if (hasSmallFactor(value)) return false;
  if (value < 1n << 28n) return true;
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
  const step = add ?? (safe && bits > 2 ? 4n : 2n);
  for (;;) {
    let start = BigInt.asUintN(bits, toBigInt(randomBytes(env, (bits + 7) >> 3)));
    const topBits = add === undefined && bits > 2 ? Math.min(top, bits) : 1;
    start |= ((1n << BigInt(topBits)) - 1n) << BigInt(bits - topBits);
    if (add !== undefined) start += rem - (start % add);
    else if (bits > 1) start |= safe && bits > 2 ? 3n : 1n;
    if (start.toString(2).length !== bits) continue;
    if (bits < SMALL_BITS) {
      if (isPrimeOfKind(env, start, bits, safe)) return start;
      continue;
    }
    const found = firstFrom(env, start, step, bits, safe);
    if (found !== undefined) return found;
  }
}

/** Primes of fewer bits are tried one by one: among so few, steps would favour some. */
const SMALL_BITS = 40;
/** Candidates after which a new start is drawn. */
const STEPS = 20_000;

/** The first prime at `start` or steps after it, with what small primes divide sieved out beforehand. */
function firstFrom(
  env: Environment,
  start: bigint,
  step: bigint,
  bits: number,
  safe: boolean,
): bigint | undefined {
  const primes = oddPrimes();
  const rests = remainders(start);
  const steps = remainders(step);
  const halves = safe ? remainders(start >> 1n) : undefined;
  const halfSteps = safe ? remainders(step >> 1n) : undefined;
  for (let turn = 0; turn < STEPS; turn++) {
    let isSieved = false;
    for (let i = 0; i < primes.length && !isSieved; i++) {
      const prime = primes[i] as number;
      const rest = ((rests[i] as number) + turn * (steps[i] as number)) % prime;
      isSieved = rest === 0;
      if (halves && halfSteps && !isSieved) {
        isSieved = ((halves[i] as number) + turn * (halfSteps[i] as number)) % prime === 0;
      }
    }
    if (isSieved) continue;
    const value = start + BigInt(turn) * step;
    if (value.toString(2).length !== bits) return undefined;
    if (isPrimeOfKind(env, value, bits, safe)) return value;
  }
  return undefined;
}

function isPrimeOfKind(env: Environment, value: bigint, bits: number, safe: boolean): boolean {
  if (!isProbablePrime(env, value, 1)) return false;
  if (safe && !isProbablePrime(env, value >> 1n, roundsFor(bits))) return false;
  return isProbablePrime(env, value, roundsFor(bits));
}

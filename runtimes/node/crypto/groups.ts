/** Primes for Diffie and Hellman: the groups of RFC 2409 and 3526, whose digits are those of pi, and new ones. */
import type { Environment } from "../environment.ts";
import { isProbablePrime, randomPrime } from "./random.ts";

/** Bits, and what is added, by name. */
const GROUPS: Readonly<Record<string, readonly [bits: number, added: bigint]>> = {
  modp1: [768, 149_686n],
  modp2: [1024, 129_093n],
  modp5: [1536, 741_804n],
  modp14: [2048, 124_476n],
  modp15: [3072, 1_690_314n],
  modp16: [4096, 240_904n],
  modp17: [6144, 929_484n],
  modp18: [8192, 4_743_158n],
};

/** Undefined for a name that is none. */
export function groupPrime(name: string): bigint | undefined {
  const group = GROUPS[name.toLowerCase()];
  if (!group) return undefined;
  const [bits, added] = group;
  const one = 1n;
  const digits = pi(bits - 130) + added;
  return (one << BigInt(bits)) - (one << BigInt(bits - 64)) - one + (digits << 64n);
}

/** Pi times 2 to the power of `bits`, rounded down (Machin's formula). */
function pi(bits: number): bigint {
  const guard = 64;
  const unit = 1n << BigInt(bits + guard);
  const value = 4n * (4n * inverseTangent(5n, unit) - inverseTangent(239n, unit));
  return value >> BigInt(guard);
}

function inverseTangent(of: bigint, unit: bigint): bigint {
  const square = of * of;
  let term = unit / of;
  let sum = term;
  for (let i = 3n, sign = -1n; term !== 0n; i += 2n, sign = -sign) {
    term /= square;
    sum += (sign * term) / i;
  }
  return sum;
}

/** A safe prime that `generator` suits, as OpenSSL looks for one. */
export function generateDhPrime(env: Environment, bits: number, generator: bigint): bigint {
  const [add, rem] =
    generator === 2n ? [24n, 23n] : generator === 5n ? [60n, 59n] : ([12n, 11n] as const);
  return randomPrime(env, bits, { safe: true, add, rem });
}

const Check = { NotPrime: 1, NotSafe: 2, CannotCheck: 4, NotSuitable: 8, TooSmall: 0x80 } as const;
const SMALLEST = 512;
const ROUNDS = 8;

/** DH_check: bits for what is wrong. */
export function checkDh(env: Environment, p: bigint, g: bigint): number {
  let found = 0;
  if (p.toString(2).length < SMALLEST) found |= Check.TooSmall;
  if (g <= 1n || g >= p - 1n) found |= Check.NotSuitable;
  if (!isProbablePrime(env, p, ROUNDS)) found |= Check.NotPrime;
  else if (!isProbablePrime(env, p >> 1n, ROUNDS)) found |= Check.NotSafe;
  return found;
}

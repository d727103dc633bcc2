/** Random bytes, primes and derived keys of the crypto binding. */
import { expand, extract } from "@noble/hashes/hkdf.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import type { Binding, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { type Bytes, bytesOf } from "../text/bytes.ts";
import { bytesOfInput, secretOf } from "./context.ts";
import { algorithmOf, isEqual } from "./hash-classes.ts";
import { arrayBufferOf, jobClass } from "./jobs.ts";
import { fillRandom, fromBigInt, isProbablePrime, randomPrime, toBigInt } from "./random.ts";

const DEFAULT_ROUNDS = 20;

export function deriveClasses(env: Environment): Binding {
  return {
    RandomBytesJob: jobClass(
      env,
      "RANDOMBYTESREQUEST",
      (target: Bytes, offset: number, size: number) => () => {
        fillRandom(env, bytesOf(target).subarray(offset, offset + size));
      },
    ),

    RandomPrimeJob: jobClass(
      env,
      "RANDOMPRIMEREQUEST",
      (bits: number, safe: boolean, add: Bytes | undefined, rem: Bytes | undefined) => {
        const options = {
          safe,
          ...(add && { add: toBigInt(bytesOf(add)) }),
          ...(rem && { rem: toBigInt(bytesOf(rem)) }),
        };
        if (options.add !== undefined) checkRemainder(bits, options.add, options.rem);
        return () => arrayBufferOf(fromBigInt(randomPrime(env, bits, options), (bits + 7) >> 3));
      },
    ),

    CheckPrimeJob: jobClass(env, "CHECKPRIMEREQUEST", (candidate: Bytes, checks: number) => {
      const value = toBigInt(bytesOf(candidate));
      return () => isProbablePrime(env, value, checks || DEFAULT_ROUNDS);
    }),

    PBKDF2Job: jobClass(
      env,
      "PBKDF2REQUEST",
      (password: Bytes, salt: Bytes, rounds: number, length: number, digest: string) => {
        const { run } = algorithmOf(digest);
        const [secret, salted] = [bytesOf(password).slice(), bytesOf(salt).slice()];
        return () => {
          if (length === 0) return new ArrayBuffer(0);
          return arrayBufferOf(pbkdf2(run as never, secret, salted, { c: rounds, dkLen: length }));
        };
      },
    ),

    HKDFJob: jobClass(
      env,
      "DERIVEBITSREQUEST",
      (digest: string, key: unknown, salt: Bytes, info: Bytes, length: number) => {
        const { run } = algorithmOf(digest);
        if (length > 255 * run.outputLen) {
          throw codedError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length");
        }
        const [secret, salted] = [secretOf(key), bytesOf(salt).slice()];
        const context = bytesOf(info).slice();
        return () => {
          if (length === 0) return new ArrayBuffer(0);
          const start = extract(run as never, secret, salted);
          return arrayBufferOf(expand(run as never, start, context, length));
        };
      },
    ),

    ScryptJob: jobClass(
      env,
      "SCRYPTREQUEST",
      (
        password: Bytes,
        salt: Bytes,
        ...[N, r, p, maxmem, length]: [number, number, number, number, number]
      ) => {
        checkScrypt(N, r, p, maxmem);
        const [secret, salted] = [bytesOf(password).slice(), bytesOf(salt).slice()];
        return () => {
          if (length === 0) return new ArrayBuffer(0);
          const options = { N, r, p, dkLen: length, maxmem: Number.MAX_SAFE_INTEGER };
          return arrayBufferOf(scrypt(secret, salted, options));
        };
      },
    ),

    timingSafeEqual(left: unknown, right: unknown): boolean {
      const [one, other] = [comparable(left, "buf1"), comparable(right, "buf2")];
      if (one.length !== other.length) {
        throw codedError(
          RangeError,
          "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH",
          "Input buffers must have the same byte length",
        );
      }
      return isEqual(one, other);
    },

    secureBuffer: (size: number) => new Uint8Array(size),
    secureHeapUsed: () => undefined,
  };
}

function comparable(value: unknown, name: string): Uint8Array {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return bytesOfInput(value);
  throw codedError(
    TypeError,
    "ERR_INVALID_ARG_TYPE",
    `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`,
  );
}

function checkRemainder(bits: number, add: bigint, rem: bigint | undefined): void {
  if (add.toString(2).length > bits) {
    throw codedError(RangeError, "ERR_OUT_OF_RANGE", "invalid options.add");
  }
  if (rem !== undefined && add <= rem) {
    throw codedError(RangeError, "ERR_OUT_OF_RANGE", "invalid options.rem");
  }
}

function checkScrypt(N: number, r: number, p: number, maxmem: number): void {
  const invalid = (more = "") =>
    codedError(RangeError, "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", `Invalid scrypt params${more}`);
  const isPowerOfTwo = Number.isInteger(Math.log2(N));
  if (N >= 2 && (!isPowerOfTwo || p * r > 2 ** 30 - 1)) throw invalid();
  if (N < 2 || 128 * r * (N + p + 2) > maxmem) {
    throw invalid(": error:030000AC:digital envelope routines::memory limit exceeded");
  }
}

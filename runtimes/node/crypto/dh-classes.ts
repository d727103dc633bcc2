/** Key agreement of the crypto binding (crypto_dh.cc, crypto_ec.cc). */
import { bufferOf } from "../buffers.ts";
import type { Binding, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { type Bytes, bytesOf } from "../text/bytes.ts";
import { bytesOfInput } from "./context.ts";
import { invalidState, openSslError, operationFailed } from "./errors.ts";
import { checkDh, generateDhPrime, groupPrime } from "./groups.ts";
import { arrayBufferOf, jobClass } from "./jobs.ts";
import {
  type AsymmetricKey,
  CURVES,
  type Curve,
  curveOf,
  type EcKey,
  isOkp,
  okpOf,
} from "./key-data.ts";
import { secretBytes } from "./key-der.ts";
import { KeyHandle } from "./key-handle.ts";
import { fromBigInt, modPow, randomBelow, toBigInt } from "./random.ts";

const Form = { Compressed: 2, Uncompressed: 4, Hybrid: 6 } as const;

export function dhClasses(env: Environment): Binding {
  class DiffieHellman {
    readonly #p: bigint;
    readonly #g: bigint;
    readonly #known: boolean;
    #x: bigint | undefined;
    #y: bigint | undefined;

    constructor(sizeOrPrime: number | Bytes, generator: number | Bytes, known = false) {
      const g = typeof generator === "number" ? BigInt(generator) : toBigInt(bytesOf(generator));
      if (typeof sizeOrPrime === "number" && sizeOrPrime < 2) {
        throw openSslError("0280007E", "Diffie-Hellman routines", "modulus too small", {
          code: "DH_MODULUS_TOO_SMALL",
        });
      }
      if (g <= 1n) {
        throw openSslError("02800065", "Diffie-Hellman routines", "bad generator", {
          code: "DH_BAD_GENERATOR",
        });
      }
      this.#g = g;
      this.#known = known;
      this.#p =
        typeof sizeOrPrime === "number"
          ? generateDhPrime(env, sizeOrPrime, g)
          : toBigInt(bytesOf(sizeOrPrime));
    }

    get verifyError(): number {
      return this.#known ? 0 : checkDh(env, this.#p, this.#g);
    }

    generateKeys(): unknown {
      this.#x ??= 2n + randomBelow(env, this.#p - 3n);
      this.#y = modPow(this.#g, this.#x, this.#p);
      return bufferOf(env, fromBigInt(this.#y, this.#size));
    }

    computeSecret(other: Bytes): unknown {
      const y = toBigInt(bytesOf(other));
      if (y <= 1n) {
        throw codedError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Supplied key is too small");
      }
      if (y >= this.#p - 1n) {
        throw codedError(RangeError, "ERR_CRYPTO_INVALID_KEYLEN", "Supplied key is too large");
      }
      if (this.#x === undefined)
        throw invalidState("No private key - did you forget to generate one?");
      return bufferOf(env, fromBigInt(modPow(y, this.#x, this.#p), this.#size));
    }

    getPrime(): unknown {
      return bufferOf(env, fromBigInt(this.#p));
    }

    getGenerator(): unknown {
      return bufferOf(env, fromBigInt(this.#g));
    }

    getPublicKey(): unknown {
      if (this.#y === undefined) {
        throw invalidState("No public key - did you forget to generate one?");
      }
      return bufferOf(env, fromBigInt(this.#y));
    }

    getPrivateKey(): unknown {
      if (this.#x === undefined) {
        throw invalidState("No private key - did you forget to generate one?");
      }
      return bufferOf(env, fromBigInt(this.#x));
    }

    setPublicKey(bytes: Bytes): void {
      this.#y = toBigInt(bytesOf(bytes));
    }

    setPrivateKey(bytes: Bytes): void {
      this.#x = toBigInt(bytesOf(bytes));
    }

    get #size(): number {
      return (this.#p.toString(2).length + 7) >> 3;
    }
  }

  class DiffieHellmanGroup extends DiffieHellman {
    constructor(name: string) {
      const prime = groupPrime(name);
      if (prime === undefined) {
        throw codedError(Error, "ERR_CRYPTO_UNKNOWN_DH_GROUP", "Unknown DH group");
      }
      super(fromBigInt(prime), 2, true);
    }
  }

  class ECDH {
    readonly #curve: Curve;
    #secret: Uint8Array | undefined;
    #point: Uint8Array | undefined;

    constructor(name: string) {
      this.#curve = knownCurve(name);
    }

    generateKeys(): void {
      const { run } = this.#curve;
      const secret = 1n + randomBelow(env, run.Point.Fn.ORDER - 1n);
      this.#secret = secretBytes(secret, this.#curve);
      this.#point = run.getPublicKey(this.#secret, false);
    }

    computeSecret(other: unknown): unknown {
      const { run } = this.#curve;
      if (!this.#secret || !this.#isPair()) {
        throw codedError(RangeError, "ERR_CRYPTO_INVALID_KEYPAIR", "Invalid key pair");
      }
      let point: Uint8Array;
      try {
        point = uncompressed(this.#curve, bytesOfInput(other));
      } catch {
        // lib/ makes an error of its own of a string.
        return "invalid";
      }
      return bufferOf(env, run.getSharedSecret(this.#secret, point, true).slice(1));
    }

    getPublicKey(form: number): unknown {
      if (!this.#point) throw operationFailed("Failed to get ECDH public key");
      return bufferOf(env, inForm(this.#curve, this.#point, form));
    }

    getPrivateKey(): unknown {
      if (!this.#secret) throw operationFailed("Failed to get ECDH private key");
      return bufferOf(env, this.#secret.slice());
    }

    setPrivateKey(bytes: unknown): void {
      const { run } = this.#curve;
      const value = toBigInt(bytesOfInput(bytes));
      if (value <= 0n || value >= run.Point.Fn.ORDER) {
        throw codedError(
          RangeError,
          "ERR_CRYPTO_INVALID_KEYTYPE",
          "Private key is not valid for specified curve.",
        );
      }
      this.#secret = secretBytes(value, this.#curve);
      this.#point = run.getPublicKey(this.#secret, false);
    }

    setPublicKey(bytes: unknown): void {
      this.#point = pointOf(this.#curve, bytesOfInput(bytes));
    }

    /** A public key that was set apart from the private one need not belong to it. */
    #isPair(): boolean {
      const own = this.#curve.run.getPublicKey(this.#secret as Uint8Array, false);
      return own.every((byte, i) => byte === this.#point?.[i]);
    }
  }

  const agree = (mine: AsymmetricKey, theirs: AsymmetricKey): Uint8Array => {
    if (mine.type === "dh" && theirs.type === "dh") {
      if (mine.p !== theirs.p || mine.g !== theirs.g) {
        throw openSslError("1C8000CB", "Provider routines", "mismatching domain parameters");
      }
      const size = (mine.p.toString(2).length + 7) >> 3;
      return fromBigInt(modPow(theirs.y, mine.x as bigint, mine.p), size);
    }
    if (isOkp(mine) && isOkp(theirs) && mine.type === theirs.type) {
      const { exchanges } = okpOf(mine.type);
      if (exchanges)
        return exchanges.getSharedSecret(mine.secret as Uint8Array, theirs.publicBytes);
    }
    const [ours, others] = [mine as EcKey, theirs as EcKey];
    if (ours.curve !== others.curve) {
      throw openSslError("1C8000CB", "Provider routines", "mismatching domain parameters");
    }
    return ours.curve.run.getSharedSecret(ours.secret as Uint8Array, others.point, true).slice(1);
  };

  return {
    DiffieHellman,
    DiffieHellmanGroup,
    ECDH,
    getCurves: () => CURVES.map(({ name }) => name),
    ECDHConvertKey(bytes: unknown, name: string, form: number): unknown {
      const curve = knownCurve(name);
      return bufferOf(env, inForm(curve, pointOf(curve, bytesOfInput(bytes)), form));
    },
    statelessDH(mine: KeyHandle, theirs: KeyHandle): unknown {
      return bufferOf(
        env,
        agree(KeyHandle.dataOf(mine) as AsymmetricKey, KeyHandle.dataOf(theirs) as AsymmetricKey),
      );
    },
    ECDHBitsJob: bitsJob(),
    DHBitsJob: bitsJob(),
  };

  function bitsJob() {
    return jobClass(env, "DERIVEBITSREQUEST", (theirs: KeyHandle, mine: KeyHandle) => {
      const [other, own] = [KeyHandle.dataOf(theirs), KeyHandle.dataOf(mine)];
      return () => arrayBufferOf(agree(own as AsymmetricKey, other as AsymmetricKey));
    });
  }
}

function knownCurve(name: string): Curve {
  const curve = curveOf(name);
  if (!curve) throw codedError(TypeError, "ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name");
  return curve;
}

function pointOf(curve: Curve, bytes: Uint8Array): Uint8Array {
  try {
    return uncompressed(curve, bytes);
  } catch {
    throw operationFailed("Failed to convert Buffer to EC_POINT");
  }
}

/** Hybrid points, 6 or 7 and both coordinates, are uncompressed ones to the library. */
function uncompressed(curve: Curve, bytes: Uint8Array): Uint8Array {
  const isHybrid = bytes[0] === 6 || bytes[0] === 7;
  const plain = isHybrid ? Uint8Array.from(bytes, (byte, i) => (i === 0 ? 4 : byte)) : bytes;
  return curve.run.Point.fromBytes(plain).toBytes(false);
}

function inForm(curve: Curve, point: Uint8Array, form: number): Uint8Array {
  if (form === Form.Compressed) return curve.run.Point.fromBytes(point).toBytes(true);
  const copy = point.slice();
  if (form === Form.Hybrid) copy[0] = Form.Hybrid | ((point[point.length - 1] as number) & 1);
  return copy;
}

/** Key objects of the crypto binding: handles, exports, generation (crypto_keys.cc, crypto_keygen.cc). */
import { bufferOf } from "../buffers.ts";
import type { Binding, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { type Bytes, bytesOf } from "../text/bytes.ts";
import { bytesOfInput, NativeKey } from "./context.ts";
import { digestAlgorithm } from "./digests.ts";
import { invalidDigest } from "./errors.ts";
import { generateDhPrime, groupPrime } from "./groups.ts";
import { isEqual } from "./hash-classes.ts";
import { arrayBufferOf, jobClass } from "./jobs.ts";
import {
  type AsymmetricKey,
  curveOf,
  isOkp,
  type KeyData,
  okpOf,
  okpPublic,
  publicOf,
  type RsaKey,
} from "./key-data.ts";
import { ecPrivate, ecPublic, secretBytes, writePkcs8, writeSpki } from "./key-der.ts";
import { KeyHandle } from "./key-handle.ts";
import { Format, readJwk, readPrivateKey, readPublicKey, writeJwk, writeKey } from "./key-text.ts";
import { fromBigInt, modPow, randomBelow, randomBytes, randomPrime, toBigInt } from "./random.ts";
import { generateRsa } from "./rsa.ts";

const KeyType = { Secret: 0, Public: 1, Private: 2 } as const;
const RSA_PSS_VARIANT = 1;
const WebFormat = { Raw: 0, Pkcs8: 1, Spki: 2, Jwk: 3 } as const;
const MIN_RSA_BITS = 512;

/** Formats and encodings that a pair's halves are to have; none: handles. */
type PairEncoding = [
  publicFormat?: number,
  publicType?: number,
  privateFormat?: number,
  privateType?: number,
  cipher?: string,
  passphrase?: Bytes,
];

export function keyClasses(env: Environment): Binding {
  class KeyObjectHandle extends KeyHandle {
    init(
      type: number,
      data: unknown,
      ...rest: [format?: number, encoding?: number, passphrase?: Bytes]
    ): void {
      if (type === KeyType.Secret) {
        KeyHandle.fill(this, { kind: "secret", bytes: bytesOfInput(data).slice() });
      } else {
        KeyHandle.fill(this, keyOf(type === KeyType.Public ? "public" : "private", data, ...rest));
      }
    }

    initJwk(jwk: Record<string, unknown>, curve?: string): number | undefined {
      const data = readJwk(jwk, curve);
      if (!data) return undefined;
      KeyHandle.fill(this, data);
      const { kind } = data;
      return kind === "secret"
        ? KeyType.Secret
        : kind === "public"
          ? KeyType.Public
          : KeyType.Private;
    }

    initECRaw(name: string, bytes: Bytes): boolean {
      const curve = curveOf(name);
      if (!curve) return false;
      try {
        KeyHandle.fill(this, ecPublic(curve, bytesOf(bytes)));
        return true;
      } catch {
        return false;
      }
    }

    initEDRaw(name: string, bytes: Bytes, type: number): boolean {
      const { type: okp, size } = okpOf(name);
      const raw = bytesOf(bytes).slice();
      if (raw.length !== size) return false;
      KeyHandle.fill(
        this,
        type === KeyType.Public
          ? { kind: "public", type: okp, publicBytes: raw }
          : { kind: "private", type: okp, secret: raw, publicBytes: okpPublic(okp, raw) },
      );
      return true;
    }

    getSymmetricKeySize(): number {
      return (KeyHandle.dataOf(this) as { bytes: Uint8Array }).bytes.length;
    }

    getAsymmetricKeyType(): string {
      return (KeyHandle.dataOf(this) as AsymmetricKey).type;
    }

    checkEcKeyData(): boolean {
      return (KeyHandle.dataOf(this) as AsymmetricKey).type === "ec";
    }

    keyDetail(details: Record<string, unknown>): Record<string, unknown> {
      const data = KeyHandle.dataOf(this);
      const found = data.kind === "secret" ? { length: 8 * data.bytes.length } : detailsOf(data);
      return Object.assign(details, found);
    }

    export(format?: number, type?: number, cipher?: string | null, passphrase?: Bytes): unknown {
      const data = KeyHandle.dataOf(this);
      if (data.kind === "secret") return bufferOf(env, data.bytes.slice());
      const password = passphrase && bytesOf(passphrase);
      return writeKey(env, data, { format: format as number, type, cipher, password });
    }

    exportJwk(jwk: Record<string, unknown>, allowPss: boolean): Record<string, unknown> {
      return writeJwk(KeyHandle.dataOf(this), jwk, allowPss);
    }

    equals(other: KeyHandle): boolean {
      return isEqual(identity(KeyHandle.dataOf(this)), identity(KeyHandle.dataOf(other)));
    }
  }

  const handleOf = (data: KeyData): KeyObjectHandle => {
    const handle = new KeyObjectHandle();
    KeyHandle.fill(handle, data);
    return handle;
  };

  const inFormat = (
    key: AsymmetricKey,
    format?: number,
    type?: number,
    cipher?: string,
    pass?: Bytes,
  ) => {
    if (format === undefined) return handleOf(key);
    if (format === Format.Jwk) return writeJwk(key, {}, false);
    return writeKey(env, key, { format, type, cipher, password: pass && bytesOf(pass) });
  };

  const pairOf = (key: AsymmetricKey, encoding: PairEncoding) => {
    const [publicFormat, publicType, ...rest] = encoding;
    return [inFormat(publicOf(key), publicFormat, publicType), inFormat(key, ...rest)];
  };

  return {
    KeyObjectHandle,
    createNativeKeyObjectClass: (make: (base: typeof NativeKey) => unknown) => make(NativeKey),

    SecretKeyGenJob: jobClass(env, "KEYGENREQUEST", (bits: number) => () => {
      return handleOf({ kind: "secret", bytes: randomBytes(env, Math.floor(bits / 8)) });
    }),

    RsaKeyPairGenJob: jobClass(
      env,
      "KEYPAIRGENREQUEST",
      (variant: number, bits: number, exponent: number, ...rest: unknown[]) => {
        const isPss = variant === RSA_PSS_VARIANT;
        const pss = isPss ? pssParameters(rest.splice(0, 3)) : undefined;
        return () => {
          checkRsa(bits, exponent);
          const key = generateRsa(env, bits, BigInt(exponent));
          const whole: RsaKey = isPss ? { ...key, type: "rsa-pss", ...(pss && { pss }) } : key;
          return pairOf(whole, rest as PairEncoding);
        };
      },
    ),

    EcKeyPairGenJob: jobClass(
      env,
      "KEYPAIRGENREQUEST",
      (name: string, _parameters: number, ...encoding: PairEncoding) => {
        const curve = curveOf(name);
        if (!curve) {
          throw codedError(TypeError, "ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name");
        }
        return () => {
          const secret = 1n + randomBelow(env, curve.run.Point.Fn.ORDER - 1n);
          return pairOf(ecPrivate(curve, secretBytes(secret, curve)), encoding);
        };
      },
    ),

    NidKeyPairGenJob: jobClass(
      env,
      "KEYPAIRGENREQUEST",
      (nid: number, ...encoding: PairEncoding) => {
        const { type, size } = okpOf(nid);
        return () => {
          const secret = randomBytes(env, size);
          const publicBytes = okpPublic(type, secret);
          return pairOf({ kind: "private", type, secret, publicBytes }, encoding);
        };
      },
    ),

    DsaKeyPairGenJob: jobClass(
      env,
      "KEYPAIRGENREQUEST",
      (bits: number, divisorBits: number, ...encoding: PairEncoding) => {
        const order = divisorBits > 0 ? divisorBits : bits >= 2048 ? 256 : 160;
        return () => pairOf(generateDsa(env, bits, order), encoding);
      },
    ),

    DhKeyPairGenJob: jobClass(env, "KEYPAIRGENREQUEST", (...args: unknown[]) => {
      const [first] = args;
      const encoding = args.slice(typeof first === "string" ? 1 : 2) as PairEncoding;
      const generator = typeof first === "string" ? 2 : Number(args[1]);
      const prime = typeof first === "string" ? groupPrime(first) : undefined;
      if (typeof first === "string" && prime === undefined) {
        throw codedError(Error, "ERR_CRYPTO_UNKNOWN_DH_GROUP", "Unknown DH group");
      }
      return () => {
        const g = BigInt(generator);
        const given = typeof first === "number" ? generateDhPrime(env, first, g) : undefined;
        const p = prime ?? given ?? toBigInt(bytesOfInput(first));
        const x = 2n + randomBelow(env, p - 3n);
        return pairOf({ kind: "private", type: "dh", p, g, x, y: modPow(g, x, p) }, encoding);
      };
    }),

    ECKeyExportJob: exportJob(env),
    RSAKeyExportJob: exportJob(env),
    DHKeyExportJob: exportJob(env),
  };
}

/** A key from what a program gave: a handle, PEM or DER. */
export function keyOf(
  kind: "public" | "private",
  data: unknown,
  format?: number,
  type?: number,
  passphrase?: Bytes,
): AsymmetricKey {
  if (data instanceof KeyHandle) {
    const key = KeyHandle.dataOf(data) as AsymmetricKey;
    return kind === "public" ? publicOf(key) : key;
  }
  const read = kind === "public" ? readPublicKey : readPrivateKey;
  return read(bytesOfInput(data), format, type, passphrase && bytesOf(passphrase));
}

function exportJob(env: Environment) {
  return jobClass(env, "KEYEXPORTREQUEST", (format: number, handle: KeyHandle) => {
    const key = KeyHandle.dataOf(handle) as AsymmetricKey;
    return () => {
      if (format === WebFormat.Spki) return arrayBufferOf(writeSpki(key));
      if (format === WebFormat.Pkcs8) return arrayBufferOf(writePkcs8(key));
      if (isOkp(key)) return arrayBufferOf(key.publicBytes.slice());
      if (key.type === "ec") return arrayBufferOf(key.point.slice());
      throw new Error("the key has no raw form");
    };
  });
}

function pssParameters(values: unknown[]): RsaKey["pss"] | undefined {
  const [hash, mgf1, salt] = values as [string | undefined, string | undefined, number | undefined];
  if (hash !== undefined && !digestAlgorithm(hash)) throw invalidDigest(hash);
  if (mgf1 !== undefined && !digestAlgorithm(mgf1)) {
    throw codedError(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid MGF1 digest: ${mgf1}`);
  }
  if (hash === undefined && mgf1 === undefined && salt === undefined) return undefined;
  const name = digestAlgorithm(hash ?? "sha1")?.name as string;
  const mask = mgf1 === undefined ? name : (digestAlgorithm(mgf1)?.name as string);
  const own = digestAlgorithm(name)?.run.outputLen as number;
  return { hash: name, mgf1Hash: mask, saltLength: salt ?? (hash === undefined ? 20 : own) };
}

function checkRsa(bits: number, exponent: number): void {
  if (bits < MIN_RSA_BITS) {
    throw new Error("error:1C8000AB:Provider routines::key size too small");
  }
  if (exponent < 3 || exponent % 2 === 0) {
    throw new Error("error:020000B2:rsa routines::pub exponent out of range");
  }
}

function generateDsa(env: Environment, bits: number, orderBits: number): AsymmetricKey {
  const q = randomPrime(env, orderBits);
  for (;;) {
    const p = randomPrime(env, bits, { add: 2n * q, rem: 1n });
    const g = modPow(2n, (p - 1n) / q, p);
    if (g === 1n) continue;
    const x = 1n + randomBelow(env, q - 1n);
    return { kind: "private", type: "dsa", p, q, g, x, y: modPow(g, x, p) };
  }
}

const bitsOf = (value: bigint): number => value.toString(2).length;

function detailsOf(key: AsymmetricKey): Record<string, unknown> {
  switch (key.type) {
    case "rsa":
    case "rsa-pss": {
      const details = {
        modulusLength: bitsOf(key.n),
        publicExponent: arrayBufferOf(fromBigInt(key.e)),
      };
      if (!key.pss) return details;
      const { hash: hashAlgorithm, mgf1Hash: mgf1HashAlgorithm, saltLength } = key.pss;
      return { ...details, hashAlgorithm, mgf1HashAlgorithm, saltLength };
    }
    case "ec":
      return { namedCurve: key.curve.name };
    case "dsa":
      return { modulusLength: bitsOf(key.p), divisorLength: bitsOf(key.q) };
    default:
      return {};
  }
}

/** Bytes that are equal where keys are. */
function identity(key: KeyData): Uint8Array {
  if (key.kind === "secret") return key.bytes;
  return key.kind === "public" ? writeSpki(key) : writePkcs8(key);
}

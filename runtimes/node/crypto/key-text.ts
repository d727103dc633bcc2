/** Keys in the formats that programs give and ask for: PEM, DER, JWK. */
import { bufferOf } from "../buffers.ts";
import type { Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "../text/base64.ts";
import { readCertificate } from "./certificate.ts";
import { cipherAlgorithm } from "./ciphers.ts";
import { DerError } from "./der.ts";
import { badDecrypt, openSslError, operationFailed, unsupportedKey } from "./errors.ts";
import {
  type AsymmetricKey,
  curveOf,
  type EcKey,
  isOkp,
  type KeyData,
  okpOf,
  publicOf,
  type RsaKey,
} from "./key-data.ts";
import {
  canEncrypt,
  decryptPkcs8,
  ecPrivate,
  ecPublic,
  encryptPkcs8,
  isEncryptedPkcs8,
  readDsaPrivate,
  readPkcs8,
  readRsaPrivate,
  readRsaPublic,
  readSec1,
  readSpki,
  writePkcs8,
  writeRsaPrivate,
  writeRsaPublic,
  writeSec1,
  writeSpki,
} from "./key-der.ts";
import { decryptPem, encryptPem, type PemBlock, readPem, writePem } from "./pem.ts";
import { fromBigInt, randomBytes, toBigInt } from "./random.ts";

export const Format = { Der: 0, Pem: 1, Jwk: 2 } as const;
export const Encoding = { Pkcs1: 0, Pkcs8: 1, Spki: 2, Sec1: 3 } as const;

/** A private key in PEM or DER. */
export function readPrivateKey(
  bytes: Uint8Array,
  format: number | undefined,
  type: number | undefined,
  password: Uint8Array | undefined,
): AsymmetricKey {
  if (format === Format.Der) return readDer(bytes, type, password);
  const block = readPem(bytes).find(({ label }) => /PRIVATE KEY$/.test(label));
  if (!block) throw unsupportedKey();
  return guarded(() => readPrivateBlock(block, password));
}

/** A public key, or the public half of what holds more: a private key, a certificate. */
export function readPublicKey(
  bytes: Uint8Array,
  format: number | undefined,
  type: number | undefined,
  password: Uint8Array | undefined,
): AsymmetricKey {
  if (format === Format.Der) {
    if (type === Encoding.Pkcs8 || type === Encoding.Sec1) {
      return publicOf(readDer(bytes, type, password));
    }
    try {
      return type === Encoding.Pkcs1 ? readRsaPublic(bytes) : readSpki(bytes);
    } catch {
      if (type === Encoding.Pkcs1) {
        try {
          return publicOf(readRsaPrivate(bytes));
        } catch {
          // Told of below, as of any other fault.
        }
      }
      throw withStack(new Error("Failed to read asymmetric key"));
    }
  }
  for (const block of readPem(bytes)) {
    if (block.label === "PUBLIC KEY") return guarded(() => readSpki(block.bytes));
    if (block.label === "RSA PUBLIC KEY") return guarded(() => readRsaPublic(block.bytes));
    if (/^(X509 |TRUSTED )?CERTIFICATE$/.test(block.label)) {
      return guarded(() => readSpki(readCertificate(block.bytes).spki));
    }
    if (/PRIVATE KEY$/.test(block.label)) {
      return publicOf(guarded(() => readPrivateBlock(block, password)));
    }
  }
  throw unsupportedKey();
}

export interface KeyEncoding {
  readonly format: number;
  readonly type: number | undefined;
  readonly cipher: string | null | undefined;
  readonly password: Uint8Array | undefined;
}

/** PEM as text, DER as a Buffer. */
export function writeKey(env: Environment, key: AsymmetricKey, encoding: KeyEncoding): unknown {
  const { format, type, password } = encoding;
  if (key.kind === "public") {
    const isPkcs1 = type === Encoding.Pkcs1;
    const bytes = isPkcs1 ? writeRsaPublic(key as RsaKey) : writeSpki(key);
    if (format === Format.Der) return bufferOf(env, bytes);
    return writePem(isPkcs1 ? "RSA PUBLIC KEY" : "PUBLIC KEY", bytes);
  }
  const cipher = encoding.cipher == null ? undefined : cipherAlgorithm(encoding.cipher);
  if (encoding.cipher != null && !cipher) {
    throw codedError(Error, "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher");
  }
  if (type === Encoding.Pkcs8) {
    let bytes = writePkcs8(key);
    if (cipher) {
      if (!canEncrypt(cipher)) throw operationFailed("Failed to encode private key");
      bytes = encryptPkcs8(env, bytes, cipher, password ?? new Uint8Array());
    }
    if (format === Format.Der) return bufferOf(env, bytes);
    return writePem(cipher ? "ENCRYPTED PRIVATE KEY" : "PRIVATE KEY", bytes);
  }
  const isRsa = type === Encoding.Pkcs1;
  const bytes = isRsa ? writeRsaPrivate(key as RsaKey) : writeSec1(key as EcKey, true);
  if (format === Format.Der) return bufferOf(env, bytes);
  const label = isRsa ? "RSA PRIVATE KEY" : "EC PRIVATE KEY";
  if (!cipher) return writePem(label, bytes);
  const iv = randomBytes(env, cipher.ivLength);
  return encryptPem(label, bytes, cipher, password ?? new Uint8Array(), iv);
}

type Jwk = Record<string, unknown>;

/** Adds a key's members to `jwk`. */
export function writeJwk(key: KeyData, jwk: Jwk, allowPss: boolean): Jwk {
  if (key.kind === "secret") return Object.assign(jwk, { kty: "oct", k: base64(key.bytes) });
  if (isOkp(key)) {
    const okp = { kty: "OKP", crv: okpOf(key.type).jwk, x: base64(key.publicBytes) };
    return Object.assign(jwk, okp, key.secret ? { d: base64(key.secret) } : {});
  }
  switch (key.type) {
    case "ec": {
      const { curve, point, secret } = key;
      const [x, y] = [point.slice(1, 1 + curve.size), point.slice(1 + curve.size)];
      const members = { kty: "EC", x: base64(x), y: base64(y), crv: curve.jwk };
      return Object.assign(jwk, members, secret ? { d: base64(secret) } : {});
    }
    case "rsa":
    case "rsa-pss": {
      if (key.type === "rsa-pss" && !allowPss) break;
      const { n, e, secret } = key;
      Object.assign(jwk, { kty: "RSA", n: base64Of(n), e: base64Of(e) });
      if (!secret) return jwk;
      const { d, p, q, dp, dq, qi } = secret;
      const numbers = Object.entries({ d, p, q, dp, dq, qi });
      for (const [name, value] of numbers) jwk[name] = base64Of(value);
      return jwk;
    }
  }
  throw codedError(Error, "ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE", "Unsupported JWK Key Type.");
}

/** Undefined where it is no key. */
export function readJwk(jwk: Jwk, curveName: string | undefined): KeyData | undefined {
  switch (jwk["kty"]) {
    case "oct":
      return { kind: "secret", bytes: bytesOfBase64(jwk["k"]) };
    case "EC":
      return readEcJwk(jwk, curveName ?? String(jwk["crv"]));
    case "RSA": {
      const number = (name: string) => toBigInt(bytesOfBase64(jwk[name]));
      const key: RsaKey = { kind: "public", type: "rsa", n: number("n"), e: number("e") };
      if (jwk["d"] === undefined) return key;
      const secret = {
        ...{ d: number("d"), p: number("p"), q: number("q") },
        ...{ dp: number("dp"), dq: number("dq"), qi: number("qi") },
      };
      return { ...key, kind: "private", secret };
    }
    default:
      return undefined;
  }
}

function readEcJwk(jwk: Jwk, curveName: string): EcKey | undefined {
  const curve = curveOf(curveName);
  if (!curve) {
    throw codedError(Error, "ERR_CRYPTO_INVALID_CURVE", `Invalid EC curve name: ${curveName}`);
  }
  const point = new Uint8Array(1 + 2 * curve.size);
  const [x, y] = [bytesOfBase64(jwk["x"]), bytesOfBase64(jwk["y"])];
  if (x.length > curve.size || y.length > curve.size) return undefined;
  point[0] = 4;
  point.set(x, 1 + curve.size - x.length);
  point.set(y, 1 + 2 * curve.size - y.length);
  try {
    const key = ecPublic(curve, point);
    if (jwk["d"] === undefined) return key;
    return { ...ecPrivate(curve, bytesOfBase64(jwk["d"])), point: key.point };
  } catch {
    return undefined;
  }
}

function readDer(
  bytes: Uint8Array,
  type: number | undefined,
  password: Uint8Array | undefined,
): AsymmetricKey {
  try {
    if (type === Encoding.Pkcs1) return readRsaPrivate(bytes);
    if (type === Encoding.Sec1) return readSec1(bytes);
    const isEncrypted = isEncryptedPkcs8(bytes);
    if (!password) {
      if (isEncrypted) {
        throw codedError(
          TypeError,
          "ERR_MISSING_PASSPHRASE",
          "Passphrase required for encrypted key",
        );
      }
      return readPkcs8(bytes);
    }
    return readPkcs8(isEncrypted ? decryptPkcs8(bytes, password) : bytes);
  } catch (reason) {
    if (!(reason instanceof DerError)) throw reason;
    if (type !== Encoding.Pkcs8) throw unsupportedKey();
    throw openSslError("068000A8", "asn1 encoding routines", "wrong tag", {
      code: "ASN1_WRONG_TAG",
      stack: NESTED,
    });
  }
}

function readPrivateBlock(block: PemBlock, password: Uint8Array | undefined): AsymmetricKey {
  const { label, headers } = block;
  const isEncrypted = label === "ENCRYPTED PRIVATE KEY" || headers.has("DEK-Info");
  if (isEncrypted && !password) {
    throw openSslError("07880109", "common libcrypto routines", "interrupted or cancelled", {
      code: "CRYPTO_INTERRUPTED_OR_CANCELLED",
    });
  }
  if (label === "ENCRYPTED PRIVATE KEY") {
    return decrypted(() => readPkcs8(decryptPkcs8(block.bytes, password as Uint8Array)));
  }
  const bytes = headers.has("DEK-Info") ? decryptPem(block, password as Uint8Array) : block.bytes;
  if (!bytes) throw unsupportedKey();
  const read =
    label === "DSA PRIVATE KEY"
      ? readDsaPrivate
      : label === "RSA PRIVATE KEY"
        ? readRsaPrivate
        : label === "EC PRIVATE KEY"
          ? readSec1
          : readPkcs8;
  return isEncrypted ? decrypted(() => read(bytes)) : read(bytes);
}

/** What was decrypted with a wrong password is rarely a key. */
function decrypted(read: () => AsymmetricKey): AsymmetricKey {
  try {
    return read();
  } catch (reason) {
    throw reason instanceof DerError ? badDecrypt() : reason;
  }
}

const NESTED = [
  "error:0688010A:asn1 encoding routines::nested asn1 error",
  "error:068000A8:asn1 encoding routines::wrong tag",
];

function withStack(error: Error): Error {
  return Object.assign(error, { opensslErrorStack: NESTED });
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (reason) {
    if (reason instanceof Error && "code" in reason) throw reason;
    throw unsupportedKey();
  }
}

const base64 = (bytes: Uint8Array) => encodeBase64(bytes, "base64url");
const base64Of = (value: bigint) => base64(fromBigInt(value));

export function bytesOfBase64(text: unknown): Uint8Array {
  const value = String(text);
  const bytes = new Uint8Array(value.length);
  return bytes.slice(0, decodeBase64(value, bytes, 0, bytes.length));
}

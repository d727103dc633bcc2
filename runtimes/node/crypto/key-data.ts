/** Keys as values: what a KeyObject holds. */

import { ed448, x448 } from "@noble/curves/ed448.js";
import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";

export interface SecretKey {
  readonly kind: "secret";
  readonly bytes: Uint8Array;
}

export interface RsaKey {
  readonly kind: "public" | "private";
  readonly type: "rsa" | "rsa-pss";
  readonly n: bigint;
  readonly e: bigint;
  readonly secret?: RsaSecret;
  /** What an RSA-PSS key is bound to. */
  readonly pss?: PssParameters;
}

export interface RsaSecret {
  readonly d: bigint;
  readonly p: bigint;
  readonly q: bigint;
  readonly dp: bigint;
  readonly dq: bigint;
  readonly qi: bigint;
}

export interface PssParameters {
  readonly hash: string;
  readonly mgf1Hash: string;
  readonly saltLength: number;
}

export interface EcKey {
  readonly kind: "public" | "private";
  readonly type: "ec";
  readonly curve: Curve;
  /** Uncompressed. */
  readonly point: Uint8Array;
  readonly secret?: Uint8Array;
}

export interface OkpKey {
  readonly kind: "public" | "private";
  readonly type: OkpType;
  readonly publicBytes: Uint8Array;
  readonly secret?: Uint8Array;
}

export interface DsaKey {
  readonly kind: "public" | "private";
  readonly type: "dsa";
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
  readonly y: bigint;
  readonly x?: bigint;
}

export interface DhKey {
  readonly kind: "public" | "private";
  readonly type: "dh";
  readonly p: bigint;
  readonly g: bigint;
  readonly y: bigint;
  readonly x?: bigint;
}

export type AsymmetricKey = RsaKey | EcKey | OkpKey | DsaKey | DhKey;
export type KeyData = SecretKey | AsymmetricKey;

/** The parts of the library's curves that are used here. */
interface CurveFunctions {
  getPublicKey(secret: Uint8Array, compressed?: boolean): Uint8Array;
  sign(data: Uint8Array, secret: Uint8Array, options: object): Uint8Array;
  verify(signature: Uint8Array, data: Uint8Array, point: Uint8Array, options: object): boolean;
  getSharedSecret(secret: Uint8Array, point: Uint8Array, compressed?: boolean): Uint8Array;
  readonly utils: { isValidSecretKey(secret: Uint8Array): boolean };
  readonly Point: {
    fromBytes(bytes: Uint8Array): { toBytes(compressed: boolean): Uint8Array };
    readonly Fn: { readonly ORDER: bigint };
  };
}

export interface Curve {
  readonly name: string;
  readonly jwk: string;
  readonly oid: string;
  /** Bytes of a coordinate, and of a secret. */
  readonly size: number;
  readonly bits: number;
  readonly run: CurveFunctions;
}

const curve = (name: string, jwk: string, oid: string, bits: number, run: unknown): Curve => {
  return { name, jwk, oid, bits, size: (bits + 7) >> 3, run: run as CurveFunctions };
};

export const CURVES: readonly Curve[] = [
  curve("prime256v1", "P-256", "1.2.840.10045.3.1.7", 256, p256),
  curve("secp256k1", "secp256k1", "1.3.132.0.10", 256, secp256k1),
  curve("secp384r1", "P-384", "1.3.132.0.34", 384, p384),
  curve("secp521r1", "P-521", "1.3.132.0.35", 521, p521),
];

/** By OpenSSL's name, NIST's, or the identifier. */
export function curveOf(name: string): Curve | undefined {
  return CURVES.find((entry) => entry.name === name || entry.jwk === name || entry.oid === name);
}

export type OkpType = "ed25519" | "ed448" | "x25519" | "x448";

interface OkpFunctions {
  getPublicKey(secret: Uint8Array): Uint8Array;
}

export interface SigningFunctions extends OkpFunctions {
  sign(data: Uint8Array, secret: Uint8Array, options?: object): Uint8Array;
  verify(signature: Uint8Array, data: Uint8Array, key: Uint8Array, options?: object): boolean;
}

export interface ExchangeFunctions extends OkpFunctions {
  getSharedSecret(secret: Uint8Array, publicKey: Uint8Array): Uint8Array;
}

export interface Okp {
  readonly type: OkpType;
  readonly jwk: string;
  readonly oid: string;
  readonly nid: number;
  readonly size: number;
  readonly signs?: SigningFunctions;
  readonly exchanges?: ExchangeFunctions;
}

export const OKPS: readonly Okp[] = [
  {
    ...{ type: "ed25519", jwk: "Ed25519", oid: "1.3.101.112", nid: 1087, size: 32 },
    signs: { ...ed25519, verify: (s, d, k) => ed25519.verify(s, d, k, { zip215: false }) },
  },
  {
    ...{ type: "ed448", jwk: "Ed448", oid: "1.3.101.113", nid: 1088, size: 57 },
    signs: ed448 as unknown as SigningFunctions,
  },
  {
    ...{ type: "x25519", jwk: "X25519", oid: "1.3.101.110", nid: 1034, size: 32 },
    exchanges: x25519 as unknown as ExchangeFunctions,
  },
  {
    ...{ type: "x448", jwk: "X448", oid: "1.3.101.111", nid: 1035, size: 56 },
    exchanges: x448 as unknown as ExchangeFunctions,
  },
];

export function okpOf(name: string | number): Okp {
  const okp = OKPS.find(
    (entry) =>
      entry.type === name || entry.jwk === name || entry.oid === name || entry.nid === name,
  );
  if (!okp) throw new TypeError(`no such key type: ${name}`);
  return okp;
}

export function isOkp(key: AsymmetricKey): key is OkpKey {
  return OKPS.some(({ type }) => type === key.type);
}

export function okpPublic(type: OkpType, secret: Uint8Array): Uint8Array {
  const okp = okpOf(type);
  return ((okp.signs ?? okp.exchanges) as OkpFunctions).getPublicKey(secret);
}

/** The public half. */
export function publicOf(key: AsymmetricKey): AsymmetricKey {
  if (key.kind === "public") return key;
  const half: Record<string, unknown> = { ...key, kind: "public" };
  delete half["secret"];
  delete half["x"];
  return half as unknown as AsymmetricKey;
}

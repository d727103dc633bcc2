/** RSA on big integers: keys, and the paddings of PKCS #1 (RFC 8017). Not constant in time. */
import { joined } from "../../../kernel/bytes.ts";
import type { Environment } from "../environment.ts";
import { element, nothing, octetString, sequence, Tag } from "./der.ts";
import type { DigestAlgorithm } from "./digests.ts";
import { dataTooLarge, dataTooSmall, digestTooBig, oaepError, openSslError } from "./errors.ts";
import type { RsaKey } from "./key-data.ts";
import { fromBigInt, modInverse, modPow, randomBytes, randomPrime, toBigInt } from "./random.ts";

export const Padding = { Pkcs1: 1, None: 3, Oaep: 4, Pss: 6 } as const;

export const rsaBytes = ({ n }: RsaKey): number => (n.toString(2).length + 7) >> 3;

export function generateRsa(env: Environment, bits: number, e: bigint): RsaKey {
  for (;;) {
    const p = randomPrime(env, bits - (bits >> 1));
    const q = randomPrime(env, bits >> 1);
    const n = p * q;
    if (p === q || n.toString(2).length !== bits) continue;
    const phi = (p - 1n) * (q - 1n);
    const d = modInverse(e, phi / gcd(p - 1n, q - 1n));
    if (d === undefined) continue;
    const [large, small] = p > q ? [p, q] : [q, p];
    const secret = {
      ...{ d, p: large, q: small, dp: d % (large - 1n), dq: d % (small - 1n) },
      qi: modInverse(small, large) as bigint,
    };
    return { kind: "private", type: "rsa", n, e, secret };
  }
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

/** With the public exponent. */
export function rsaPublic(key: RsaKey, data: Uint8Array): Uint8Array {
  const value = toBigInt(data);
  if (value >= key.n) throw tooLargeForModulus();
  return fromBigInt(modPow(value, key.e, key.n), rsaBytes(key));
}

/** With the private exponent, by the primes' remainders. */
export function rsaPrivate(key: RsaKey, data: Uint8Array): Uint8Array {
  const value = toBigInt(data);
  if (value >= key.n || !key.secret) throw tooLargeForModulus();
  const { p, q, dp, dq, qi } = key.secret;
  const [m1, m2] = [modPow(value, dp, p), modPow(value, dq, q)];
  const h = (((m1 - m2) % p) + p) * qi;
  return fromBigInt(m2 + (h % p) * q, rsaBytes(key));
}

const tooLargeForModulus = () =>
  openSslError("02000084", "rsa routines", "data too large for modulus", {
    code: "RSA_DATA_TOO_LARGE_FOR_MODULUS",
  });

/** Block type 1: what signatures and privateEncrypt are. */
export function padType1(data: Uint8Array, length: number, tooLong: () => Error): Uint8Array {
  if (data.length > length - 11) throw tooLong();
  const padding = new Uint8Array(length - data.length - 3).fill(0xff);
  return joined([Uint8Array.of(0, 1), padding, Uint8Array.of(0), data]);
}

export function unpadType1(block: Uint8Array): Uint8Array | undefined {
  let at = 2;
  while (block[at] === 0xff) at++;
  const isFine = block[0] === 0 && block[1] === 1 && block[at] === 0 && at >= 10;
  return isFine ? block.slice(at + 1) : undefined;
}

export function padType2(env: Environment, data: Uint8Array, length: number): Uint8Array {
  if (data.length > length - 11) throw dataTooLarge();
  const padding = randomBytes(env, length - data.length - 3).map((byte) => byte || 1);
  return joined([Uint8Array.of(0, 2), padding, Uint8Array.of(0), data]);
}

export function unpadType2(block: Uint8Array): Uint8Array | undefined {
  const end = block.indexOf(0, 2);
  return block[0] === 0 && block[1] === 2 && end >= 10 ? block.slice(end + 1) : undefined;
}

export function checkWhole(data: Uint8Array, length: number): Uint8Array {
  if (data.length > length) throw dataTooLarge();
  if (data.length < length) throw dataTooSmall();
  return data;
}

export function padOaep(
  env: Environment,
  data: Uint8Array,
  length: number,
  hash: DigestAlgorithm,
  label: Uint8Array,
): Uint8Array {
  const size = hash.run.outputLen;
  if (data.length > length - 2 * size - 2) throw dataTooLarge();
  const padding = new Uint8Array(length - data.length - 2 * size - 2);
  const text = joined([hash.run(label), padding, Uint8Array.of(1), data]);
  const seed = randomBytes(env, size);
  const masked = xor(text, mask(hash, seed, text.length));
  return joined([Uint8Array.of(0), xor(seed, mask(hash, masked, size)), masked]);
}

export function unpadOaep(block: Uint8Array, hash: DigestAlgorithm, label: Uint8Array): Uint8Array {
  const size = hash.run.outputLen;
  if (block.length < 2 * size + 2) throw oaepError();
  const masked = block.subarray(1 + size);
  const seed = xor(block.subarray(1, 1 + size), mask(hash, masked, size));
  const text = xor(masked, mask(hash, seed, masked.length));
  const expected = hash.run(label);
  let wrong = block[0] as number;
  for (let i = 0; i < size; i++) wrong |= (text[i] as number) ^ (expected[i] as number);
  let at = size;
  while (at < text.length && text[at] === 0) at++;
  if (wrong !== 0 || text[at] !== 1) throw oaepError();
  return text.slice(at + 1);
}

/** DigestInfo of a digest, which PKCS #1 signatures hold. */
export function digestInfo(hash: DigestAlgorithm, digest: Uint8Array): Uint8Array {
  const hex = hash.oid ?? "";
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return sequence(sequence(element(Tag.ObjectIdentifier, bytes), nothing()), octetString(digest));
}

export function padSignature(
  hash: DigestAlgorithm,
  digest: Uint8Array,
  length: number,
): Uint8Array {
  return padType1(digestInfo(hash, digest), length, digestTooBig);
}

/** `saltLength` -1: the digest's; -2: as long as there is room. */
export function padPss(
  env: Environment,
  digest: Uint8Array,
  bits: number,
  hash: DigestAlgorithm,
  maskHash: DigestAlgorithm,
  saltLength: number,
): Uint8Array {
  const length = (bits + 6) >> 3;
  const size = hash.run.outputLen;
  const room = length - size - 2;
  const saltBytes = saltLength === -1 ? size : saltLength === -2 ? room : saltLength;
  if (saltBytes > room || room < 0) throw dataTooLarge(true);
  const salt = randomBytes(env, saltBytes);
  const code = hash.run(joined([new Uint8Array(8), digest, salt]));
  const text = joined([new Uint8Array(room - saltBytes), Uint8Array.of(1), salt]);
  const masked = xor(text, mask(maskHash, code, text.length));
  masked[0] = (masked[0] as number) & (0xff >> (8 * length - (bits - 1)));
  return joined([masked, code, Uint8Array.of(0xbc)]);
}

export function isPss(
  block: Uint8Array,
  digest: Uint8Array,
  bits: number,
  hash: DigestAlgorithm,
  maskHash: DigestAlgorithm,
  saltLength: number,
): boolean {
  const length = (bits + 6) >> 3;
  const size = hash.run.outputLen;
  const encoded = block.subarray(block.length - length);
  if (block.length > length && block[0] !== 0) return false;
  if (encoded.length < size + 2 || encoded[length - 1] !== 0xbc) return false;
  const masked = encoded.subarray(0, length - size - 1);
  const code = encoded.subarray(length - size - 1, length - 1);
  const clear = 0xff >> (8 * length - (bits - 1));
  if (((masked[0] as number) & ~clear & 0xff) !== 0) return false;
  const text = xor(masked, mask(maskHash, code, masked.length));
  text[0] = (text[0] as number) & clear;
  let at = 0;
  while (at < text.length && text[at] === 0) at++;
  if (text[at] !== 1) return false;
  const salt = text.subarray(at + 1);
  const wanted = saltLength === -1 ? size : saltLength;
  if (wanted >= 0 && salt.length !== wanted) return false;
  const again = hash.run(joined([new Uint8Array(8), digest, salt]));
  return again.every((byte, i) => byte === code[i]);
}

/** MGF1. */
function mask(hash: DigestAlgorithm, seed: Uint8Array, length: number): Uint8Array {
  const size = hash.run.outputLen;
  const result = new Uint8Array(Math.ceil(length / size) * size);
  for (let i = 0; i * size < length; i++) {
    const counter = Uint8Array.of(i >>> 24, i >>> 16, i >>> 8, i);
    result.set(hash.run(joined([seed, counter])), i * size);
  }
  return result.subarray(0, length);
}

function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, i) => byte ^ (right[i] as number));
}

/** Signing and verifying with every kind of key. */
import { joined } from "../../../kernel/bytes.ts";
import type { Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { DerReader, integer, sequence } from "./der.ts";
import { type DigestAlgorithm, digestAlgorithm } from "./digests.ts";
import { invalidDigest, openSslError } from "./errors.ts";
import {
  type AsymmetricKey,
  type DsaKey,
  type EcKey,
  isOkp,
  type OkpKey,
  okpOf,
  type RsaKey,
} from "./key-data.ts";
import { fromBigInt, modInverse, modPow, randomBelow, toBigInt } from "./random.ts";
import {
  digestInfo,
  isPss,
  Padding,
  padPss,
  padSignature,
  rsaBytes,
  rsaPrivate,
  rsaPublic,
  unpadType1,
} from "./rsa.ts";

export interface SignatureOptions {
  readonly padding: number | undefined;
  readonly saltLength: number | undefined;
  /** Two numbers side by side instead of DER. */
  readonly p1363: boolean;
  readonly context?: Uint8Array | undefined;
}

/** Signs a digest that was made with `hash`. */
export function signDigest(
  env: Environment,
  key: AsymmetricKey,
  hash: DigestAlgorithm,
  digest: Uint8Array,
  options: SignatureOptions,
): Uint8Array {
  if (key.kind !== "private") throw new TypeError("a private key is needed");
  switch (key.type) {
    case "rsa":
    case "rsa-pss":
      return signRsa(env, key, hash, digest, options);
    case "ec":
      return key.curve.run.sign(digest, key.secret as Uint8Array, {
        ...{ prehash: false, lowS: false },
        format: options.p1363 ? "compact" : "der",
      });
    case "dsa":
      return signDsa(env, key, digest, options.p1363);
    default:
      throw unsupportedOperation();
  }
}

export function verifyDigest(
  key: AsymmetricKey,
  hash: DigestAlgorithm,
  digest: Uint8Array,
  signature: Uint8Array,
  options: SignatureOptions,
): boolean {
  switch (key.type) {
    case "rsa":
    case "rsa-pss":
      return verifyRsa(key, hash, digest, signature, options);
    case "ec":
      return verifyEc(key, digest, signature, options.p1363);
    case "dsa":
      return verifyDsa(key, digest, signature, options.p1363);
    default:
      throw unsupportedOperation();
  }
}

/** Signs the data itself, digested with the algorithm of that name; none: the key type's own. */
export function signData(
  env: Environment,
  key: AsymmetricKey,
  name: string | undefined,
  data: Uint8Array,
  options: SignatureOptions,
): Uint8Array {
  if (isOkp(key)) {
    const { signs, type } = okpOf(key.type);
    if (!signs || key.kind !== "private") throw unsupportedOperation();
    if (name !== undefined) throw ownDigest();
    return signs.sign(data, key.secret as Uint8Array, contextOf(type, options));
  }
  const hash = hashFor(key, name);
  return signDigest(env, key, hash, hash.run(data), options);
}

export function verifyData(
  key: AsymmetricKey,
  name: string | undefined,
  data: Uint8Array,
  signature: Uint8Array,
  options: SignatureOptions,
): boolean {
  if (isOkp(key)) {
    const { signs, type } = okpOf(key.type);
    if (!signs) throw unsupportedOperation();
    if (name !== undefined) throw ownDigest();
    return isTrue(() =>
      signs.verify(signature, data, (key as OkpKey).publicBytes, contextOf(type, options)),
    );
  }
  const hash = hashFor(key, name);
  return verifyDigest(key, hash, hash.run(data), signature, options);
}

export const unsupportedOperation = () =>
  codedError(Error, "ERR_CRYPTO_UNSUPPORTED_OPERATION", "Unsupported crypto operation");

const ownDigest = () => openSslError("1C80007A", "Provider routines", "invalid digest");

function contextOf(type: string, { context }: SignatureOptions): object {
  return type === "ed448" && context ? { context } : {};
}

/** Without a name, OpenSSL's default for the kind of key. */
function hashFor(key: AsymmetricKey, name: string | undefined): DigestAlgorithm {
  const wanted = name ?? (key.type === "rsa-pss" ? key.pss?.hash : undefined) ?? "sha256";
  const hash = digestAlgorithm(wanted);
  if (!hash) throw invalidDigest(wanted);
  return hash;
}

function paddingOf(key: RsaKey, { padding }: SignatureOptions): number {
  return padding ?? (key.type === "rsa-pss" ? Padding.Pss : Padding.Pkcs1);
}

function pssOf(key: RsaKey, hash: DigestAlgorithm, saltLength: number | undefined, signs: boolean) {
  const { pss } = key;
  if (pss && saltLength !== undefined && saltLength >= 0 && saltLength < pss.saltLength) {
    throw openSslError("1C8000AC", "Provider routines", "pss saltlen too small");
  }
  if (pss && pss.hash !== hash.name) {
    throw openSslError("1C8000AE", "Provider routines", "digest not allowed");
  }
  const maskHash = pss ? (digestAlgorithm(pss.mgf1Hash) as DigestAlgorithm) : hash;
  const own = pss && signs ? pss.saltLength : -2;
  return { maskHash, salt: saltLength ?? own };
}

function signRsa(
  env: Environment,
  key: RsaKey,
  hash: DigestAlgorithm,
  digest: Uint8Array,
  options: SignatureOptions,
): Uint8Array {
  if (paddingOf(key, options) === Padding.Pss) {
    const { maskHash, salt } = pssOf(key, hash, options.saltLength, true);
    const bits = key.n.toString(2).length;
    return rsaPrivate(key, padPss(env, digest, bits, hash, maskHash, salt));
  }
  refuseOther(key, options);
  return rsaPrivate(key, padSignature(hash, digest, rsaBytes(key)));
}

function verifyRsa(
  key: RsaKey,
  hash: DigestAlgorithm,
  digest: Uint8Array,
  signature: Uint8Array,
  options: SignatureOptions,
): boolean {
  if (signature.length !== rsaBytes(key)) return false;
  const isPssPadding = paddingOf(key, options) === Padding.Pss;
  const pss = isPssPadding ? pssOf(key, hash, options.saltLength, false) : undefined;
  if (!pss) refuseOther(key, options);
  return isTrue(() => {
    const block = rsaPublic(key, signature);
    if (pss) {
      const bits = key.n.toString(2).length;
      return isPss(block, digest, bits, hash, pss.maskHash, pss.salt);
    }
    return isSame(unpadType1(block), digestInfo(hash, digest));
  });
}

/** An RSA-PSS key does no other padding, and nobody signs with those for encryption. */
function refuseOther(key: RsaKey, options: SignatureOptions): void {
  if (key.type === "rsa" && paddingOf(key, options) === Padding.Pkcs1) return;
  throw openSslError("1C8000A5", "Provider routines", "illegal or unsupported padding mode", {
    code: "ILLEGAL_OR_UNSUPPORTED_PADDING_MODE",
  });
}

function verifyEc(key: EcKey, digest: Uint8Array, signature: Uint8Array, p1363: boolean): boolean {
  const options = { prehash: false, lowS: false, format: p1363 ? "compact" : "der" };
  return isTrue(() => key.curve.run.verify(signature, digest, key.point, options));
}

function signDsa(env: Environment, key: DsaKey, digest: Uint8Array, p1363: boolean): Uint8Array {
  const { p, q, g, x } = key as DsaKey & { x: bigint };
  const z = leftmost(digest, q);
  for (;;) {
    const k = 1n + randomBelow(env, q - 1n);
    const r = modPow(g, k, p) % q;
    const s = ((modInverse(k, q) as bigint) * (z + x * r)) % q;
    if (r === 0n || s === 0n) continue;
    const size = bytesOfOrder(q);
    return p1363
      ? joined([fromBigInt(r, size), fromBigInt(s, size)])
      : sequence(integer(r), integer(s));
  }
}

function verifyDsa(
  key: DsaKey,
  digest: Uint8Array,
  signature: Uint8Array,
  p1363: boolean,
): boolean {
  const { p, q, g, y } = key;
  return isTrue(() => {
    const [r, s] = p1363 ? halves(signature, bytesOfOrder(q)) : twoNumbers(signature);
    if (r <= 0n || r >= q || s <= 0n || s >= q) return false;
    const w = modInverse(s, q) as bigint;
    const v = (modPow(g, (leftmost(digest, q) * w) % q, p) * modPow(y, (r * w) % q, p)) % p;
    return v % q === r;
  });
}

function twoNumbers(bytes: Uint8Array): [bigint, bigint] {
  const reader = new DerReader(bytes).sequence();
  return [reader.integer(), reader.integer()];
}

function halves(bytes: Uint8Array, size: number): [bigint, bigint] {
  if (bytes.length !== 2 * size) return [0n, 0n];
  return [toBigInt(bytes.subarray(0, size)), toBigInt(bytes.subarray(size))];
}

const bytesOfOrder = (q: bigint): number => (q.toString(2).length + 7) >> 3;

/** As many bits of a digest as the order has. */
function leftmost(digest: Uint8Array, q: bigint): bigint {
  const excess = 8 * digest.length - q.toString(2).length;
  const value = toBigInt(digest);
  return excess > 0 ? value >> BigInt(excess) : value;
}

function isSame(left: Uint8Array | undefined, right: Uint8Array): boolean {
  return left?.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** A signature that cannot be read is one that is wrong. */
function isTrue(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

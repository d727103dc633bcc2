/** Keys from and to DER: PKCS #1, PKCS #8 (encrypted too), SPKI and SEC1. */
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { joined } from "../../../kernel/bytes.ts";
import type { Environment } from "../environment.ts";
import { type CipherAlgorithm, cipherAlgorithm, cipherStream } from "./ciphers.ts";
import {
  bitString,
  DerError,
  DerReader,
  explicit,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  Tag,
} from "./der.ts";
import { digestAlgorithm } from "./digests.ts";
import { badDecrypt } from "./errors.ts";
import {
  type AsymmetricKey,
  type Curve,
  curveOf,
  type EcKey,
  isOkp,
  OKPS,
  okpOf,
  okpPublic,
  type PssParameters,
  type RsaKey,
} from "./key-data.ts";
import { noRandom } from "./pem.ts";
import { fromBigInt, modPow, randomBytes } from "./random.ts";

const Oid = {
  Rsa: "1.2.840.113549.1.1.1",
  RsaPss: "1.2.840.113549.1.1.10",
  Mgf1: "1.2.840.113549.1.1.8",
  Ec: "1.2.840.10045.2.1",
  Dsa: "1.2.840.10040.4.1",
  Dh: "1.2.840.113549.1.3.1",
  Pbes2: "1.2.840.113549.1.5.13",
  Pbkdf2: "1.2.840.113549.1.5.12",
} as const;
const HASHES: readonly (readonly [oid: string, name: string])[] = [
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.4", "sha224"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
  ["2.16.840.1.101.3.4.2.5", "sha512-224"],
  ["2.16.840.1.101.3.4.2.6", "sha512-256"],
];
const MACS: readonly (readonly [oid: string, name: string])[] = [
  ["1.2.840.113549.2.7", "sha1"],
  ["1.2.840.113549.2.8", "sha224"],
  ["1.2.840.113549.2.9", "sha256"],
  ["1.2.840.113549.2.10", "sha384"],
  ["1.2.840.113549.2.11", "sha512"],
];
const CIPHERS: readonly (readonly [oid: string, name: string])[] = [
  ["2.16.840.1.101.3.4.1.2", "aes-128-cbc"],
  ["2.16.840.1.101.3.4.1.22", "aes-192-cbc"],
  ["2.16.840.1.101.3.4.1.42", "aes-256-cbc"],
  ["2.16.840.1.101.3.4.1.1", "aes-128-ecb"],
  ["2.16.840.1.101.3.4.1.21", "aes-192-ecb"],
  ["2.16.840.1.101.3.4.1.41", "aes-256-ecb"],
  ["1.2.840.113549.3.7", "des-ede3-cbc"],
];
const byOid = (table: typeof HASHES, id: string) => table.find(([key]) => key === id)?.[1];
const byName = (table: typeof HASHES, name: string) =>
  table.find(([, value]) => value === name)?.[0];

/** A digest by its identifier. */
export function digestNameOf(id: string): string {
  return byOid(HASHES, id) ?? "";
}

/** PSS's own defaults, which a key that names parameters need not repeat. */
const PSS_DEFAULT: PssParameters = { hash: "sha1", mgf1Hash: "sha1", saltLength: 20 };

export function readSpki(bytes: Uint8Array): AsymmetricKey {
  const reader = new DerReader(bytes).sequence();
  const algorithm = reader.sequence();
  const id = algorithm.oid();
  const key = reader.bits();
  switch (id) {
    case Oid.Rsa:
    case Oid.RsaPss:
      return withPss(
        { ...readRsaPublic(key), type: id === Oid.Rsa ? "rsa" : "rsa-pss" },
        algorithm,
      );
    case Oid.Ec:
      return ecPublic(readCurve(algorithm), key);
    case Oid.Dsa: {
      const [p, q, g] = readNumbers(algorithm.sequence(), 3) as [bigint, bigint, bigint];
      return { kind: "public", type: "dsa", p, q, g, y: new DerReader(key).integer() };
    }
    case Oid.Dh: {
      const [p, g] = readNumbers(algorithm.sequence(), 2) as [bigint, bigint];
      return { kind: "public", type: "dh", p, g, y: new DerReader(key).integer() };
    }
    default: {
      const okp = OKPS.find((entry) => entry.oid === id);
      if (!okp || key.length !== okp.size) throw new DerError("unknown key");
      return { kind: "public", type: okp.type, publicBytes: key.slice() };
    }
  }
}

export function readPkcs8(bytes: Uint8Array): AsymmetricKey {
  const reader = new DerReader(bytes).sequence();
  reader.integer();
  const algorithm = reader.sequence();
  const id = algorithm.oid();
  const key = reader.octets();
  switch (id) {
    case Oid.Rsa:
    case Oid.RsaPss:
      return withPss(
        { ...readRsaPrivate(key), type: id === Oid.Rsa ? "rsa" : "rsa-pss" },
        algorithm,
      );
    case Oid.Ec:
      return readSec1(key, readCurve(algorithm));
    case Oid.Dsa: {
      const [p, q, g] = readNumbers(algorithm.sequence(), 3) as [bigint, bigint, bigint];
      const x = new DerReader(key).integer();
      return { kind: "private", type: "dsa", p, q, g, x, y: modPow(g, x, p) };
    }
    case Oid.Dh: {
      const [p, g] = readNumbers(algorithm.sequence(), 2) as [bigint, bigint];
      const x = new DerReader(key).integer();
      return { kind: "private", type: "dh", p, g, x, y: modPow(g, x, p) };
    }
    default: {
      const okp = OKPS.find((entry) => entry.oid === id);
      const secret = new DerReader(key).octets().slice();
      if (!okp || secret.length !== okp.size) throw new DerError("unknown key");
      return { kind: "private", type: okp.type, secret, publicBytes: okpPublic(okp.type, secret) };
    }
  }
}

export function readRsaPublic(bytes: Uint8Array): RsaKey {
  const reader = new DerReader(bytes).sequence();
  const [n, e] = readNumbers(reader, 2) as [bigint, bigint];
  if (!reader.isAtEnd) throw new DerError("more than a public key");
  return { kind: "public", type: "rsa", n, e };
}

export function readRsaPrivate(bytes: Uint8Array): RsaKey {
  const numbers = readNumbers(new DerReader(bytes).sequence(), 9);
  const [, n, e, d, p, q, dp, dq, qi] = numbers as [
    ...[bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint],
  ];
  return { kind: "private", type: "rsa", n, e, secret: { d, p, q, dp, dq, qi } };
}

/** OpenSSL's own form of DSA keys. */
export function readDsaPrivate(bytes: Uint8Array): AsymmetricKey {
  const numbers = readNumbers(new DerReader(bytes).sequence(), 6);
  const [, p, q, g, y, x] = numbers as [bigint, bigint, bigint, bigint, bigint, bigint];
  return { kind: "private", type: "dsa", p, q, g, y, x };
}

/** Whether it is an EncryptedPrivateKeyInfo, as far as its beginning tells. */
export function isEncryptedPkcs8(bytes: Uint8Array): boolean {
  try {
    return new DerReader(bytes).sequence().nextTag === Tag.Sequence;
  } catch {
    return false;
  }
}

/** ECPrivateKey, on `known` or the curve that it names. */
export function readSec1(bytes: Uint8Array, known?: Curve): EcKey {
  const reader = new DerReader(bytes).sequence();
  reader.integer();
  const secret = reader.octets();
  const named = reader.optional(0);
  const curve = known ?? (named && readCurve(named));
  if (!curve) throw new DerError("no curve");
  return ecPrivate(curve, secret);
}

export function ecPublic(curve: Curve, bytes: Uint8Array): EcKey {
  const point = curve.run.Point.fromBytes(bytes).toBytes(false);
  return { kind: "public", type: "ec", curve, point };
}

export function ecPrivate(curve: Curve, bytes: Uint8Array): EcKey {
  const secret = new Uint8Array(curve.size);
  secret.set(
    bytes.subarray(Math.max(0, bytes.length - curve.size)),
    Math.max(0, curve.size - bytes.length),
  );
  const point = curve.run.getPublicKey(secret, false);
  return { kind: "private", type: "ec", curve, point, secret };
}

export function writeSpki(key: AsymmetricKey): Uint8Array {
  return sequence(algorithmOf(key), bitString(publicContent(key)));
}

export function writePkcs8(key: AsymmetricKey): Uint8Array {
  return sequence(integer(0n), algorithmOf(key), octetString(privateContent(key)));
}

export function writeRsaPublic({ n, e }: RsaKey): Uint8Array {
  return sequence(integer(n), integer(e));
}

export function writeRsaPrivate({ n, e, secret }: RsaKey): Uint8Array {
  if (!secret) throw new DerError("no private key");
  const { d, p, q, dp, dq, qi } = secret;
  return sequence(...[0n, n, e, d, p, q, dp, dq, qi].map(integer));
}

export function writeSec1({ curve, secret, point }: EcKey, isNamed: boolean): Uint8Array {
  const name = isNamed ? [explicit(0, oid(curve.oid))] : [];
  const content = [integer(1n), octetString(secret as Uint8Array), ...name];
  return sequence(...content, explicit(1, bitString(point)));
}

/** Decrypts EncryptedPrivateKeyInfo, of PBES2 with AES. */
export function decryptPkcs8(bytes: Uint8Array, password: Uint8Array): Uint8Array {
  const reader = new DerReader(bytes).sequence();
  const algorithm = reader.sequence();
  if (algorithm.oid() !== Oid.Pbes2) throw new DerError("unknown encryption");
  const parameters = algorithm.sequence();
  const derivation = parameters.sequence();
  if (derivation.oid() !== Oid.Pbkdf2) throw new DerError("unknown derivation");
  const { salt, rounds, mac } = readPbkdf2(derivation.sequence());
  const scheme = parameters.sequence();
  const cipher = cipherAlgorithm(byOid(CIPHERS, scheme.oid()) ?? "");
  if (!cipher) throw new DerError("unknown cipher");
  const iv = cipher.ivLength > 0 ? scheme.octets() : new Uint8Array();
  const key = deriveKey(password, salt, rounds, mac, cipher.keyLength);
  const stream = cipherStream(cipher, { key, iv, encrypts: false, tagLength: 0, random: noRandom });
  try {
    return joined([stream.update(reader.octets()), stream.final()]);
  } catch {
    throw badDecrypt();
  }
}

/** OpenSSL's rounds. */
const ROUNDS = 2048;

export function encryptPkcs8(
  env: Environment,
  bytes: Uint8Array,
  cipher: CipherAlgorithm,
  password: Uint8Array,
): Uint8Array {
  const salt = randomBytes(env, 16);
  const iv = randomBytes(env, cipher.ivLength);
  const key = deriveKey(password, salt, ROUNDS, "sha256", cipher.keyLength);
  const stream = cipherStream(cipher, { key, iv, encrypts: true, tagLength: 0, random: noRandom });
  const mac = sequence(oid(byName(MACS, "sha256") as string), nothing());
  const derivation = sequence(
    oid(Oid.Pbkdf2),
    sequence(octetString(salt), integer(BigInt(ROUNDS)), mac),
  );
  const scheme = sequence(
    oid(byName(CIPHERS, cipher.name) as string),
    ...(cipher.ivLength > 0 ? [octetString(iv)] : []),
  );
  const algorithm = sequence(oid(Oid.Pbes2), sequence(derivation, scheme));
  return sequence(algorithm, octetString(joined([stream.update(bytes), stream.final()])));
}

/** Whether encryptPkcs8 knows the cipher. */
export function canEncrypt(cipher: CipherAlgorithm): boolean {
  return byName(CIPHERS, cipher.name) !== undefined;
}

function readPbkdf2(reader: DerReader): { salt: Uint8Array; rounds: number; mac: string } {
  const salt = reader.octets();
  const rounds = Number(reader.integer());
  if (reader.nextTag === Tag.Integer) reader.integer();
  const mac = reader.isAtEnd ? "sha1" : byOid(MACS, reader.sequence().oid());
  if (mac === undefined || rounds < 1) throw new DerError("unknown derivation");
  return { salt, rounds, mac };
}

function deriveKey(
  password: Uint8Array,
  salt: Uint8Array,
  rounds: number,
  mac: string,
  length: number,
): Uint8Array {
  const run = digestAlgorithm(mac)?.run as never;
  return pbkdf2(run, password, salt, { c: rounds, dkLen: length });
}

function readNumbers(reader: DerReader, count: number): bigint[] {
  return Array.from({ length: count }, () => reader.integer());
}

function readCurve(reader: DerReader): Curve {
  const curve = curveOf(reader.oid());
  if (!curve) throw new DerError("unknown curve");
  return curve;
}

function algorithmOf(key: AsymmetricKey): Uint8Array {
  switch (key.type) {
    case "rsa":
      return sequence(oid(Oid.Rsa), nothing());
    case "rsa-pss":
      return sequence(oid(Oid.RsaPss), ...(key.pss ? [writePss(key.pss)] : []));
    case "ec":
      return sequence(oid(Oid.Ec), oid(key.curve.oid));
    case "dsa":
      return sequence(oid(Oid.Dsa), sequence(...[key.p, key.q, key.g].map(integer)));
    case "dh":
      return sequence(oid(Oid.Dh), sequence(...[key.p, key.g].map(integer)));
    default:
      return sequence(oid(okpOf(key.type).oid));
  }
}

function publicContent(key: AsymmetricKey): Uint8Array {
  if (isOkp(key)) return key.publicBytes;
  if (key.type === "ec") return key.point;
  if (key.type === "dsa" || key.type === "dh") return integer(key.y);
  return writeRsaPublic(key as RsaKey);
}

function privateContent(key: AsymmetricKey): Uint8Array {
  if (isOkp(key)) return octetString(key.secret as Uint8Array);
  if (key.type === "ec") return writeSec1(key, false);
  if (key.type === "dsa" || key.type === "dh") return integer(key.x as bigint);
  return writeRsaPrivate(key as RsaKey);
}

function withPss(key: RsaKey, algorithm: DerReader): RsaKey {
  if (key.type === "rsa" || algorithm.isAtEnd) return key;
  const parameters = algorithm.sequence();
  let { hash, mgf1Hash, saltLength } = PSS_DEFAULT;
  const ownHash = parameters.optional(0);
  if (ownHash) hash = hashName(ownHash.sequence());
  const mask = parameters.optional(1)?.sequence();
  if (mask) {
    if (mask.oid() !== Oid.Mgf1) throw new DerError("unknown mask");
    mgf1Hash = hashName(mask.sequence());
  }
  const salt = parameters.optional(2);
  if (salt) saltLength = Number(salt.integer());
  return { ...key, pss: { hash, mgf1Hash, saltLength } };
}

function hashName(reader: DerReader): string {
  const name = byOid(HASHES, reader.oid());
  if (!name) throw new DerError("unknown hash");
  return name;
}

function writePss({ hash, mgf1Hash, saltLength }: PssParameters): Uint8Array {
  const algorithm = (name: string) => sequence(oid(byName(HASHES, name) as string), nothing());
  const parts: Uint8Array[] = [];
  if (hash !== PSS_DEFAULT.hash) parts.push(explicit(0, algorithm(hash)));
  if (mgf1Hash !== PSS_DEFAULT.mgf1Hash) {
    parts.push(explicit(1, sequence(oid(Oid.Mgf1), algorithm(mgf1Hash))));
  }
  if (saltLength !== PSS_DEFAULT.saltLength) parts.push(explicit(2, integer(BigInt(saltLength))));
  return sequence(...parts);
}

/** A secret as the curve's own number of bytes. */
export function secretBytes(value: bigint, curve: Curve): Uint8Array {
  return fromBigInt(value, curve.size);
}

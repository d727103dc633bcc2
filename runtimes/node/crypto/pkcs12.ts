/**
 * PKCS #12 (RFC 7292): the key and certificates of a file, as Node's contexts take them. It is opened
 * here and not by the host's library, whose thread would hash a password as often as the file says.
 */

import { hmac } from "@noble/hashes/hmac.js";
import { joined } from "../../../kernel/bytes.ts";
import { codedError } from "../errors.ts";
import { decodeUtf8 } from "../text/units.ts";
import type { Bundle } from "../tls/secure-context.ts";
import { cipherAlgorithm, cipherStream } from "./ciphers.ts";
import { DerError, DerReader, octetString, sequence } from "./der.ts";
import { digestAlgorithm } from "./digests.ts";
import { operationFailed } from "./errors.ts";
import { isEqual } from "./hash-classes.ts";
import { decryptPkcs8, digestNameOf } from "./key-der.ts";
import { noRandom, writePem } from "./pem.ts";

const Oid = {
  Data: "1.2.840.113549.1.7.1",
  EncryptedData: "1.2.840.113549.1.7.6",
  KeyBag: "1.2.840.113549.1.12.10.1.1",
  ShroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  CertificateBag: "1.2.840.113549.1.12.10.1.3",
  X509: "1.2.840.113549.1.9.22.1",
  LocalKeyId: "1.2.840.113549.1.9.21",
  Pbes2: "1.2.840.113549.1.5.13",
  TripleDes: "1.2.840.113549.1.12.1.3",
} as const;
/** What derived bytes are for. */
const Purpose = { Key: 1, Iv: 2, Mac: 3 } as const;
const TRIPLE_DES = { key: 24, iv: 8 };
const IMPLICIT_OCTETS = 0x80;
const IMPLICIT_PARTS = 0xa0;

interface Found {
  readonly bytes: Uint8Array;
  readonly id: string;
}

/** Throws in the words of OpenSSL's that Node passes on. */
export function readPkcs12(file: Uint8Array, passphrase: Uint8Array | undefined): Bundle {
  const password = passphrase ?? new Uint8Array();
  let contents: Uint8Array;
  try {
    contents = openFile(file, password);
  } catch (reason) {
    if (reason instanceof DerError) throw new Error("not enough data");
    throw reason;
  }
  const keys: Found[] = [];
  const certificates: Found[] = [];
  for (const list = new DerReader(contents).sequence(); !list.isAtEnd; ) {
    const bags = new DerReader(readContent(list.sequence(), password)).sequence();
    while (!bags.isAtEnd) readBag(bags.sequence(), password, keys, certificates);
  }
  const [key] = keys;
  if (!key) throw operationFailed("Unable to load private key from PFX data");
  const own = certificates.findIndex(({ id }) => id === key.id);
  const [leaf] = certificates.splice(Math.max(own, 0), 1);
  if (!leaf) throw operationFailed("Unable to load certificate from PFX data");
  const pem = ({ bytes }: Found) => writePem("CERTIFICATE", bytes);
  const authorities = certificates.map(pem);
  return {
    key: writePem("PRIVATE KEY", key.bytes),
    certificate: [pem(leaf), ...authorities].join(""),
    authorities,
  };
}

/** The contents of the file, if its code of authentication is the password's. */
function openFile(file: Uint8Array, password: Uint8Array): Uint8Array {
  const outer = new DerReader(file).sequence();
  outer.integer();
  const contents = readContent(outer.sequence(), password);
  if (outer.isAtEnd) return contents;
  const mac = outer.sequence();
  const info = mac.sequence();
  const name = digestNameOf(info.sequence().oid());
  const digest = info.octets();
  const salt = mac.octets();
  const rounds = mac.isAtEnd ? 1 : Number(mac.integer());
  const run = digestAlgorithm(name)?.run as never as Digest | undefined;
  if (!run) throw unsupported();
  const isOf = (secret: Uint8Array): boolean => {
    const key = derive(run, Purpose.Mac, secret, salt, rounds, run.outputLen);
    return isEqual(hmac(run as never, key, contents), digest);
  };
  // No password is either none or an empty one.
  if (!isOf(inUnits(password)) && !(password.length === 0 && isOf(new Uint8Array()))) {
    throw new Error("mac verify failure");
  }
  return contents;
}

function readContent(info: DerReader, password: Uint8Array): Uint8Array {
  const type = info.oid();
  const content = info.optional(0);
  if (!content) throw new DerError("no content");
  if (type === Oid.Data) return content.octets();
  if (type !== Oid.EncryptedData) throw new DerError("unknown content");
  const data = content.sequence();
  data.integer();
  const encrypted = data.sequence();
  encrypted.oid();
  const algorithm = encrypted.next().whole;
  const { tag, content: bytes } = encrypted.next();
  if (tag !== IMPLICIT_OCTETS && tag !== IMPLICIT_PARTS) throw new DerError("no content");
  return decrypted(algorithm, tag === IMPLICIT_PARTS ? partsOf(bytes) : bytes, password);
}

function partsOf(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const reader = new DerReader(bytes); !reader.isAtEnd; ) parts.push(reader.octets());
  return joined(parts);
}

function readBag(bag: DerReader, password: Uint8Array, keys: Found[], certificates: Found[]): void {
  const type = bag.oid();
  const value = bag.optional(0);
  if (!value) throw new DerError("no bag");
  const id = bag.isAtEnd ? "" : localKeyId(new DerReader(bag.next().content));
  if (type === Oid.KeyBag) keys.push({ bytes: value.next().whole, id });
  if (type === Oid.ShroudedKeyBag) {
    const shroud = value.sequence();
    const algorithm = shroud.next().whole;
    keys.push({ bytes: decrypted(algorithm, shroud.octets(), password), id });
  }
  if (type !== Oid.CertificateBag) return;
  const certificate = value.sequence();
  if (certificate.oid() !== Oid.X509) return;
  const bytes = certificate.optional(0)?.octets();
  if (bytes) certificates.push({ bytes, id });
}

function localKeyId(attributes: DerReader): string {
  while (!attributes.isAtEnd) {
    const attribute = attributes.sequence();
    if (attribute.oid() === Oid.LocalKeyId) return String(attribute.next().content);
  }
  return "";
}

function decrypted(algorithm: Uint8Array, bytes: Uint8Array, password: Uint8Array): Uint8Array {
  const reader = new DerReader(algorithm).sequence();
  const scheme = reader.oid();
  if (scheme === Oid.Pbes2) {
    try {
      return decryptPkcs8(sequence(algorithm, octetString(bytes)), password);
    } catch (reason) {
      // Ciphers that OpenSSL has in its legacy provider alone.
      throw reason instanceof DerError ? unsupported() : reason;
    }
  }
  const cipher = cipherAlgorithm("des-ede3-cbc");
  if (scheme !== Oid.TripleDes || !cipher) throw unsupported();
  const parameters = reader.sequence();
  const salt = parameters.octets();
  const rounds = Number(parameters.integer());
  const run = digestAlgorithm("sha1")?.run as never as Digest;
  const secret = inUnits(password);
  const key = derive(run, Purpose.Key, secret, salt, rounds, TRIPLE_DES.key);
  const iv = derive(run, Purpose.Iv, secret, salt, rounds, TRIPLE_DES.iv);
  const stream = cipherStream(cipher, { key, iv, encrypts: false, tagLength: 0, random: noRandom });
  return joined([stream.update(bytes), stream.final()]);
}

function unsupported(): Error {
  return codedError(Error, "ERR_CRYPTO_UNSUPPORTED_OPERATION", "Unsupported PKCS12 PFX data");
}

interface Digest {
  (data: Uint8Array): Uint8Array;
  readonly outputLen: number;
  readonly blockLen: number;
}

/** RFC 7292, appendix B.2. */
function derive(
  run: Digest,
  purpose: number,
  password: Uint8Array,
  salt: Uint8Array,
  rounds: number,
  length: number,
): Uint8Array {
  const size = run.blockLen;
  const input = joined([repeated(salt, size), repeated(password, size)]);
  const made: Uint8Array[] = [];
  for (let left = length; left > 0; left -= run.outputLen) {
    let block = run(joined([new Uint8Array(size).fill(purpose), input]));
    for (let round = 1; round < rounds; round++) block = run(block);
    made.push(block);
    const step = repeated(block, size).subarray(0, size);
    for (let at = 0; at < input.length; at += size) addOne(input.subarray(at, at + size), step);
  }
  return joined(made).slice(0, length);
}

/** Adds `step` and one to a number in the same bytes. */
function addOne(number: Uint8Array, step: Uint8Array): void {
  let carry = 1;
  for (let i = number.length - 1; i >= 0; i--) {
    carry += (number[i] as number) + (step[i] as number);
    number[i] = carry;
    carry >>= 8;
  }
}

/** As often as it takes to fill whole blocks. */
function repeated(bytes: Uint8Array, size: number): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / size) * size);
  for (let at = 0; at < whole.length; at++) whole[at] = bytes[at % bytes.length] as number;
  return whole;
}

/** Big-endian UTF-16 with a zero behind it. */
function inUnits(password: Uint8Array): Uint8Array {
  const text = `${decodeUtf8(password)}\0`;
  return Uint8Array.from({ length: text.length * 2 }, (_, i) => {
    const unit = text.charCodeAt(i >> 1);
    return i % 2 === 0 ? unit >> 8 : unit & 0xff;
  });
}

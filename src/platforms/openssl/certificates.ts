/** Certificates as Node describes them (crypto_x509.cc): the fields that OpenSSL's wasm reads of one. */
import { decodeUtf8 } from "../../../kernel/abi.ts";
import { encodeHex } from "../../../runtimes/node/text/base64.ts";
import { soundDer } from "../tls/private-key.ts";
import { answering } from "../tls/questions.ts";
import { codedError, firstError } from "./errors.ts";
import type { Field, Instance } from "./instance.ts";

/** Numbers of the fields that openssl/glue puts. */
const Part = {
  Subject: 1,
  AltName: 2,
  Issuer: 3,
  InfoAccess: 4,
  ValidFrom: 5,
  ValidTo: 6,
  Serial: 7,
  Raw: 8,
  Authority: 9,
  SubjectName: 10,
  IssuerName: 11,
  Modulus: 12,
  Exponent: 13,
  Bits: 14,
  Point: 15,
  Curve: 16,
  NistCurve: 17,
  PublicKey: 18,
  Sha1: 19,
  Sha256: 20,
  Sha512: 21,
  Usage: 22,
  Pem: 23,
} as const;

type Legacy = Record<string, unknown>;

export function certificateAnswers(library: () => Instance) {
  const found = <T>(encoded: Uint8Array, act: (instance: Instance, certificate: number) => T) =>
    withCertificate(library(), encoded, act);
  return answering({
    ciphers: () => ciphersOf(library()),
    roots: () => library().roots,
    certificate: (encoded: Uint8Array) => found(encoded, fieldsOf),
    checkHost: (encoded: Uint8Array, name: string, flags: number) =>
      found(encoded, (instance, certificate) => {
        const bytes = new TextEncoder().encode(name);
        const result = instance.call("certificate_check_host", certificate, bytes, flags);
        const [matched] = instance.answer();
        return requireName(result) ? decodeUtf8(matched?.bytes ?? bytes) : undefined;
      }),
    checkEmail: (encoded: Uint8Array, email: string, flags: number) =>
      found(encoded, (instance, certificate) => {
        const bytes = new TextEncoder().encode(email);
        const result = instance.call("certificate_check_email", certificate, bytes, flags);
        return requireName(result) ? email : undefined;
      }),
    checkIP: (encoded: Uint8Array, ip: string) =>
      found(encoded, (instance, certificate) => {
        const result = instance.call("certificate_check_ip", certificate, ip);
        return requireName(result) ? ip : undefined;
      }),
    checkIssued: (encoded: Uint8Array, issuer: Uint8Array) =>
      found(encoded, (instance, certificate) =>
        withCertificate(
          instance,
          issuer,
          (_instance, other) => instance.call("certificate_is_issued_by", certificate, other) === 1,
        ),
      ),
    checkPrivateKey: (encoded: Uint8Array, key: Uint8Array) =>
      found(
        encoded,
        (instance, certificate) =>
          instance.call("certificate_has_key", certificate, soundDer(key)) === 1,
      ),
    verify: (encoded: Uint8Array, key: Uint8Array) =>
      found(
        encoded,
        (instance, certificate) => instance.call("certificate_verify", certificate, key) === 1,
      ),
  });
}

/** lib/'s legacy object of a certificate in DER. */
export function legacyOf(instance: Instance, der: Uint8Array): Legacy {
  return withCertificate(instance, der, (_instance, certificate) =>
    legacyFields(new Parts(instance.fields("certificate_describe", certificate))),
  );
}

/** The first of `chain` as a legacy object, in which each has the next one as its issuer. */
export function legacyChain(instance: Instance, chain: readonly Field[]): Legacy | undefined {
  let made: Legacy | undefined;
  for (const { number, bytes } of chain.toReversed()) {
    if (number !== 1) continue;
    const issuer = made;
    made = legacyOf(instance, bytes);
    if (issuer) made["issuerCertificate"] = issuer;
    // What says that the last one issued itself stands behind it.
    else if (chain.at(-1)?.number !== 1) made["issuerCertificate"] = made;
  }
  return made;
}

function fieldsOf(instance: Instance, certificate: number): Record<string, unknown> {
  const parts = new Parts(instance.fields("certificate_describe", certificate));
  const legacy = legacyFields(parts);
  return {
    subject: parts.text(Part.Subject),
    subjectAltName: parts.text(Part.AltName),
    issuer: parts.text(Part.Issuer),
    infoAccess: parts.text(Part.InfoAccess),
    validFrom: parts.text(Part.ValidFrom),
    validTo: parts.text(Part.ValidTo),
    fingerprint: legacy["fingerprint"],
    fingerprint256: legacy["fingerprint256"],
    fingerprint512: legacy["fingerprint512"],
    keyUsage: legacy["ext_key_usage"],
    serialNumber: legacy["serialNumber"],
    raw: parts.bytes(Part.Raw),
    ca: legacy["ca"],
    pem: parts.text(Part.Pem),
    publicKey: parts.bytes(Part.PublicKey),
    legacy,
  };
}

/** In Node's order. What is undefined is left out of messages. */
function legacyFields(parts: Parts): Legacy {
  const bits = parts.bytes(Part.Bits);
  const exponent = parts.text(Part.Exponent);
  const usages = parts.all(Part.Usage).map((usage) => decodeUtf8(usage));
  const publicKey = parts.bytes(Part.PublicKey);
  return defined({
    subject: namesOf(parts.all(Part.SubjectName)),
    issuer: namesOf(parts.all(Part.IssuerName)),
    subjectaltname: parts.text(Part.AltName),
    infoAccess: parts.text(Part.InfoAccess),
    ca: parts.bytes(Part.Authority) !== undefined,
    modulus: parts.text(Part.Modulus),
    bits: bits && new DataView(bits.buffer, bits.byteOffset).getInt32(0, true),
    exponent: exponent && `0x${exponent.replace(/^0+/, "").toLowerCase()}`,
    pubkey: exponent ? publicKey : parts.bytes(Part.Point),
    asn1Curve: parts.text(Part.Curve),
    nistCurve: parts.text(Part.NistCurve),
    valid_from: parts.text(Part.ValidFrom),
    valid_to: parts.text(Part.ValidTo),
    fingerprint: fingerprint(parts.bytes(Part.Sha1)),
    fingerprint256: fingerprint(parts.bytes(Part.Sha256)),
    fingerprint512: fingerprint(parts.bytes(Part.Sha512)),
    ext_key_usage: usages.length > 0 ? usages : undefined,
    serialNumber: parts.text(Part.Serial),
    raw: parts.bytes(Part.Raw),
  });
}

class Parts {
  readonly #fields: readonly Field[];

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  all(number: number): Uint8Array[] {
    return this.#fields.filter((field) => field.number === number).map(({ bytes }) => bytes);
  }

  bytes(number: number): Uint8Array | undefined {
    return this.#fields.find((field) => field.number === number)?.bytes;
  }

  text(number: number): string | undefined {
    const bytes = this.bytes(number);
    return bytes && decodeUtf8(bytes);
  }
}

/** Names and values come in turn; of a name that comes again all values are kept. */
function namesOf(list: readonly Uint8Array[]): Record<string, unknown> {
  const names: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i + 1 < list.length; i += 2) {
    const [name, value] = [list[i], list[i + 1]].map((bytes) => decodeUtf8(bytes as Uint8Array));
    const known = names[name as string];
    names[name as string] =
      known === undefined ? (value as string) : [known, value as string].flat();
  }
  return { ...names };
}

function fingerprint(digest: Uint8Array | undefined): string | undefined {
  return (
    digest &&
    encodeHex(digest)
      .toUpperCase()
      .replace(/..(?=.)/g, "$&:")
  );
}

function ciphersOf(instance: Instance): string[] {
  const names = instance.fields("list_ciphers").map(({ bytes }) => decodeUtf8(bytes).toLowerCase());
  return [...new Set(names)].sort();
}

function requireName(result: number): boolean {
  if (result < 0) throw codedError("ERR_INVALID_ARG_VALUE", "Invalid name", TypeError);
  return result === 1;
}

function defined(fields: Legacy): Legacy {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function withCertificate<T>(
  instance: Instance,
  encoded: Uint8Array,
  act: (instance: Instance, certificate: number) => T,
): T {
  const certificate = instance.call("certificate_read", encoded);
  if (certificate === 0) throw firstError(instance);
  instance.call("errors_clear");
  try {
    return act(instance, certificate);
  } finally {
    if (!instance.isDead) instance.call("certificate_free", certificate);
  }
}

/** What needs no connection: certificates (X.509), authorities that Node ships, names of ciphers. */
import { createPublicKey, X509Certificate } from "node:crypto";
import { bytes, type Check, checked, integer, invalid, text } from "./arguments.ts";
import { nodeTlsModule } from "./natives.ts";
import { soundKey } from "./private-key.ts";

const CERTIFICATE_MAX = 262_144;

export function answerAbout(operation: string, values: readonly unknown[]): unknown {
  const found = Object.hasOwn(QUESTIONS, operation) ? QUESTIONS[operation] : undefined;
  const [checks, answer] = found ?? invalid();
  return answer(...(checked(values, checks) as never[]));
}

type Question = readonly [checks: readonly Check[], answer: (...values: never[]) => unknown];

const certificate: Check = (value) => {
  const encoded = bytes(value) as Buffer;
  return encoded.length <= CERTIFICATE_MAX ? encoded : invalid();
};

const QUESTIONS: Readonly<Record<string, Question>> = {
  ciphers: [[], () => nodeTlsModule().getCiphers()],
  roots: [[], () => nodeTlsModule().rootCertificates],
  /** Everything that a certificate says of itself; PEM or DER. */
  certificate: [[certificate], (encoded: Buffer) => fieldsOf(new X509Certificate(encoded))],
  checkHost: [
    [certificate, text, integer],
    (encoded: Buffer, name: string, flags: number) =>
      new X509Certificate(encoded).checkHost(name, optionsOf(flags)),
  ],
  checkEmail: [
    [certificate, text, integer],
    (encoded: Buffer, email: string, flags: number) =>
      new X509Certificate(encoded).checkEmail(email, optionsOf(flags)),
  ],
  checkIP: [
    [certificate, text],
    (encoded: Buffer, ip: string) => new X509Certificate(encoded).checkIP(ip),
  ],
  checkIssued: [
    [certificate, certificate],
    (encoded: Buffer, issuer: Buffer) =>
      new X509Certificate(encoded).checkIssued(new X509Certificate(issuer)),
  ],
  /** Keys are DER: PKCS #8 and SPKI. */
  checkPrivateKey: [
    [certificate, certificate],
    (encoded: Buffer, key: Buffer) => new X509Certificate(encoded).checkPrivateKey(soundKey(key)),
  ],
  verify: [
    [certificate, certificate],
    (encoded: Buffer, key: Buffer) =>
      new X509Certificate(encoded).verify(createPublicKey({ key, format: "der", type: "spki" })),
  ],
};

function fieldsOf(found: X509Certificate): Record<string, unknown> {
  const { subject, subjectAltName, issuer, infoAccess, validFrom, validTo } = found;
  const { fingerprint, fingerprint256, fingerprint512, keyUsage, serialNumber, raw, ca } = found;
  return {
    ...{ subject, subjectAltName, issuer, infoAccess, validFrom, validTo },
    ...{ fingerprint, fingerprint256, fingerprint512, keyUsage, serialNumber, raw, ca },
    pem: found.toString(),
    publicKey: publicKeyOf(found),
    legacy: { ...found.toLegacyObject(), infoAccess },
  };
}

/** SPKI; undefined for a key of no kind that Node has. */
function publicKeyOf(found: X509Certificate): Buffer | undefined {
  try {
    return found.publicKey.export({ type: "spki", format: "der" });
  } catch {
    return undefined;
  }
}

/** X509_CHECK_FLAG_*, as the options that stand for them. */
function optionsOf(flags: number) {
  const subject = (flags & 1) !== 0 ? "always" : (flags & 32) !== 0 ? "never" : "default";
  return {
    subject,
    wildcards: (flags & 2) === 0,
    partialWildcards: (flags & 4) === 0,
    multiLabelWildcards: (flags & 8) !== 0,
    singleLabelSubdomains: (flags & 16) !== 0,
  } as const;
}

/** What needs no connection: certificates (X.509), authorities that Node ships, names of ciphers. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { soundDer } from "../../tls/private-key.ts";
import { answering } from "../../tls/questions.ts";
import { nodeTlsModule } from "./natives.ts";

export const answerAbout = answering({
  ciphers: () => nodeTlsModule().getCiphers(),
  roots: () => nodeTlsModule().rootCertificates,
  certificate: (encoded: Uint8Array) => fieldsOf(new X509Certificate(encoded)),
  checkHost: (encoded: Uint8Array, name: string, flags: number) =>
    new X509Certificate(encoded).checkHost(name, optionsOf(flags)),
  checkEmail: (encoded: Uint8Array, email: string, flags: number) =>
    new X509Certificate(encoded).checkEmail(email, optionsOf(flags)),
  checkIP: (encoded: Uint8Array, ip: string) => new X509Certificate(encoded).checkIP(ip),
  checkIssued: (encoded: Uint8Array, issuer: Uint8Array) =>
    new X509Certificate(encoded).checkIssued(new X509Certificate(issuer)),
  checkPrivateKey: (encoded: Uint8Array, der: Uint8Array) => {
    const key = Buffer.from(soundDer(der));
    return new X509Certificate(encoded).checkPrivateKey(
      createPrivateKey({ key, format: "der", type: "pkcs8" }),
    );
  },
  verify: (encoded: Uint8Array, der: Uint8Array) => {
    const key = Buffer.from(der);
    return new X509Certificate(encoded).verify(
      createPublicKey({ key, format: "der", type: "spki" }),
    );
  },
});

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

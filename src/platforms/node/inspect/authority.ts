/**
 * The authority of one machine: its key is made here, signs certificates of the servers that the machine's
 * programs ask for, and never leaves the kernel's thread. Keys and signatures are Node's; node-forge puts
 * certificates together, which Node cannot.
 */
import { createSign, generateKeyPair, type KeyObject, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { promisify } from "node:util";
import forge from "node-forge";

const DAY_MS = 86_400_000;
/** Clocks differ; and no machine is on for so long. */
const BEFORE_MS = DAY_MS;
const AFTER_MS = 90 * DAY_MS;
/** Servers whose certificates are kept. */
const KEPT_MAX = 256;
const MODULUS_BITS = 2048;

const makeKeys = promisify(generateKeyPair);

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export class Authority {
  /** PEM, for the machine's programs to trust. */
  readonly certificate: string;
  readonly #keys: Keys;
  readonly #issuer: forge.pki.Certificate;
  /** All servers' certificates are for one key: they are one server. */
  readonly #server: Keys;
  readonly #serverKey: forge.pki.PublicKey;
  readonly #contexts = new Map<string, SecureContext>();

  private constructor(keys: Keys, server: Keys) {
    this.#keys = keys;
    this.#server = server;
    this.#serverKey = forgeKey(server.publicKey);
    this.#issuer = newCertificate(forgeKey(keys.publicKey));
    // No two machines' authorities are taken for each other.
    const name = `Isopod machine ${randomBytes(8).toString("hex")}`;
    const subject = [
      { name: "commonName", value: name },
      { name: "organizationName", value: "Isopod inspection" },
    ];
    this.#issuer.setSubject(subject);
    this.#issuer.setIssuer(subject);
    this.#issuer.setExtensions([
      { name: "basicConstraints", critical: true, cA: true, pathLenConstraint: 0 },
      { name: "keyUsage", critical: true, keyCertSign: true },
      { name: "subjectKeyIdentifier" },
    ]);
    this.certificate = this.#signed(this.#issuer);
  }

  static async make(): Promise<Authority> {
    const options = { modulusLength: MODULUS_BITS };
    const [keys, server] = await Promise.all([makeKeys("rsa", options), makeKeys("rsa", options)]);
    return new Authority(keys, server);
  }

  /** What the server of that name, or address, shows. */
  contextFor(name: string): SecureContext {
    const known = this.#contexts.get(name);
    if (known) {
      this.#contexts.delete(name);
      this.#contexts.set(name, known);
      return known;
    }
    const [oldest] = this.#contexts.size >= KEPT_MAX ? this.#contexts.keys() : [];
    if (oldest !== undefined) this.#contexts.delete(oldest);
    const context = createSecureContext({
      cert: this.#certificateFor(name),
      key: this.#server.privateKey.export({ type: "pkcs8", format: "pem" }),
      minVersion: "TLSv1.2",
    });
    this.#contexts.set(name, context);
    return context;
  }

  #certificateFor(name: string): string {
    const certificate = newCertificate(this.#serverKey);
    // A common name has 64 characters at most, and nobody looks at it.
    certificate.setSubject([{ name: "commonName", value: name.slice(0, 64) }]);
    certificate.setIssuer(this.#issuer.subject.attributes);
    const meant = isIP(name) ? { type: 7, ip: name } : { type: 2, value: name };
    certificate.setExtensions([
      { name: "basicConstraints", critical: true, cA: false },
      { name: "keyUsage", critical: true, digitalSignature: true, keyEncipherment: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: [meant] },
      { name: "authorityKeyIdentifier", keyIdentifier: this.#keyIdentifier() },
    ]);
    return this.#signed(certificate);
  }

  #keyIdentifier(): string {
    return this.#issuer.generateSubjectKeyIdentifier().getBytes();
  }

  #signed(certificate: forge.pki.Certificate): string {
    const signer = {
      // Of what forge has just put together.
      sign: () => {
        const { tbsCertificate } = certificate as unknown as { tbsCertificate: forge.asn1.Asn1 };
        const bytes = Buffer.from(forge.asn1.toDer(tbsCertificate).getBytes(), "latin1");
        return createSign("sha256").update(bytes).sign(this.#keys.privateKey, "latin1");
      },
    };
    certificate.sign(signer as never, forge.md.sha256.create());
    return forge.pki.certificateToPem(certificate);
  }
}

function forgeKey(publicKey: KeyObject): forge.pki.PublicKey {
  return forge.pki.publicKeyFromPem(publicKey.export({ type: "spki", format: "pem" }) as string);
}

function newCertificate(publicKey: forge.pki.PublicKey): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  // Positive, and as many bits as RFC 5280 lets it have.
  certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
  certificate.validity.notBefore = new Date(Date.now() - BEFORE_MS);
  certificate.validity.notAfter = new Date(Date.now() + AFTER_MS);
  return certificate;
}

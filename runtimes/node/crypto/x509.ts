/**
 * X509Certificate's handle (crypto_x509.cc): the host reads a certificate once, and checks it where that
 * is asked for. Public keys are the guest's own key objects.
 */
import { bufferOf } from "../buffers.ts";
import type { Binding, Environment } from "../environment.ts";
import { type Bytes, bytesOf } from "../text/bytes.ts";
import { legacyCertificate } from "../tls/certificates.ts";
import { type AsymmetricKey, publicOf } from "./key-data.ts";
import { writePkcs8, writeSpki } from "./key-der.ts";
import { KeyHandle } from "./key-handle.ts";

interface Fields {
  readonly subject: string;
  readonly subjectAltName: string;
  readonly issuer: string;
  readonly infoAccess: string;
  readonly validFrom: string;
  readonly validTo: string;
  readonly fingerprint: string;
  readonly fingerprint256: string;
  readonly fingerprint512: string;
  readonly keyUsage: readonly string[];
  readonly serialNumber: string;
  readonly raw: Uint8Array;
  readonly ca: boolean;
  readonly pem: string;
  readonly publicKey: Uint8Array | undefined;
  readonly legacy: object;
}

/** Answers what is asked of certificates, or throws what Node would. */
export type AskLibrary = (operation: string, ...values: readonly unknown[]) => unknown;

interface PublicKey {
  init(type: number, bytes: Uint8Array, format: number, encoding: number): void;
}

const PUBLIC = 1;
const DER = 0;
const SPKI = 2;

/** `ask` is the host's library (tls/host-tls.ts), which knows the errors of the script that calls it. */
export function x509Classes(env: Environment, ask: AskLibrary): Binding {
  class X509Certificate {
    readonly #fields: Fields;
    readonly #issuers: readonly Uint8Array[];

    constructor(encoded: Uint8Array, issuers: readonly Uint8Array[] = []) {
      this.#fields = ask("certificate", encoded) as Fields;
      this.#issuers = issuers;
    }

    static rawOf(certificate: X509Certificate): Uint8Array {
      return certificate.#fields.raw;
    }

    subject = () => this.#fields.subject ?? undefined;
    subjectAltName = () => this.#fields.subjectAltName ?? undefined;
    issuer = () => this.#fields.issuer ?? undefined;
    infoAccess = () => this.#fields.infoAccess ?? undefined;
    validFrom = () => this.#fields.validFrom;
    validTo = () => this.#fields.validTo;
    validFromDate = () => new Date(this.#fields.validFrom);
    validToDate = () => new Date(this.#fields.validTo);
    fingerprint = () => this.#fields.fingerprint;
    fingerprint256 = () => this.#fields.fingerprint256;
    fingerprint512 = () => this.#fields.fingerprint512;
    keyUsage = () => this.#fields.keyUsage ?? undefined;
    serialNumber = () => this.#fields.serialNumber;
    raw = () => bufferOf(env, this.#fields.raw.slice());
    pem = () => this.#fields.pem;
    checkCA = () => this.#fields.ca;
    toLegacy = () => legacyCertificate(env, this.#fields.legacy);

    publicKey(): PublicKey {
      const { KeyObjectHandle } = env.internalBinding<{ KeyObjectHandle: new () => PublicKey }>(
        "crypto",
      );
      const handle = new KeyObjectHandle();
      handle.init(PUBLIC, this.#fields.publicKey ?? new Uint8Array(), DER, SPKI);
      return handle;
    }

    getIssuerCert(): X509Certificate | undefined {
      const [issuer, ...rest] = this.#issuers;
      return issuer && new X509Certificate(issuer, rest);
    }

    checkHost(name: string, flags: number): unknown {
      return this.#check("checkHost", name, flags);
    }

    checkEmail(email: string, flags: number): unknown {
      return this.#check("checkEmail", email, flags);
    }

    checkIP(ip: string): unknown {
      return this.#check("checkIP", ip);
    }

    checkIssued(issuer: X509Certificate): unknown {
      return this.#check("checkIssued", X509Certificate.rawOf(issuer));
    }

    checkPrivateKey(key: KeyHandle): unknown {
      return this.#check("checkPrivateKey", writePkcs8(KeyHandle.dataOf(key) as AsymmetricKey));
    }

    verify(key: KeyHandle): unknown {
      const data = publicOf(KeyHandle.dataOf(key) as AsymmetricKey);
      return this.#check("verify", writeSpki(data));
    }

    #check(operation: string, ...values: readonly unknown[]): unknown {
      return ask(operation, this.#fields.raw, ...values) ?? undefined;
    }
  }

  return {
    parseX509: (encoded: Bytes) => new X509Certificate(bytesOf(encoded)),
    /** For certificates of connections: DER, each followed by its issuer. */
    x509Handle: ([encoded, ...issuers]: readonly Uint8Array[]) =>
      new X509Certificate(encoded as Uint8Array, issuers),
  };
}

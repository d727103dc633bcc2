/** Certificates as bindings answer with them: lib/'s legacy objects, and handles of X509Certificate. */
import type { Environment } from "../environment.ts";
import { natural } from "./host-tls.ts";

interface X509Binding {
  x509Handle(chain: readonly Uint8Array[]): object;
}

/** A handle for the first of `chain`, which are DER, each the issuer of the one before. */
export function x509Handle(env: Environment, chain: readonly Uint8Array[] | undefined): unknown {
  if (!chain || chain.length === 0) return undefined;
  return env.internalBinding<X509Binding & Record<string, unknown>>("crypto").x509Handle(chain);
}

type Legacy = Record<string, unknown>;

/** The object of an answer, its names without a prototype and a root its own issuer, as in Node. */
export function legacyCertificate(env: Environment, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const { isOwnIssuer, issuerCertificate, ...fields } = value as Legacy;
  const made = natural(env, fields) as Legacy;
  for (const name of ["subject", "issuer"]) {
    const names = made[name];
    if (typeof names === "object" && names !== null) {
      made[name] = Object.assign(Object.create(null), names);
    }
  }
  if (isOwnIssuer) made["issuerCertificate"] = made;
  else if (issuerCertificate) made["issuerCertificate"] = legacyCertificate(env, issuerCertificate);
  return made;
}

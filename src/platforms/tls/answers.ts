/** What natives of TLS answer and throw, as messages carry it. */
import { KernelError } from "../../../kernel/abi.ts";
import type { Failure } from "../../../runtimes/node/tls/messages.ts";

/** An error of Node's or OpenSSL's; one of the kernel's is thrown on, for it is the call's own. */
export function failureOf(reason: unknown): Failure {
  if (reason instanceof KernelError) throw reason;
  if (!(reason instanceof Error)) return { type: "Error", message: String(reason), fields: {} };
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(reason)) {
    const value = (reason as unknown as Record<string, unknown>)[key];
    if (typeof value === "string" || typeof value === "number") fields[key] = value;
    else if (Array.isArray(value)) fields[key] = value.map(String);
  }
  const type =
    reason instanceof TypeError
      ? "TypeError"
      : reason instanceof RangeError
        ? "RangeError"
        : "Error";
  return { type, message: reason.message, fields };
}

/** A legacy certificate without its cycle: the issuer of a root is left out, and the other side ties it. */
export function certificateOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { issuerCertificate, ...rest } = value as Record<string, unknown>;
  if (issuerCertificate === undefined) return rest;
  if (issuerCertificate === value) return { ...rest, isOwnIssuer: true };
  return { ...rest, issuerCertificate: certificateOf(issuerCertificate) };
}

interface NativeCertificate {
  raw(): Uint8Array;
  getIssuerCert(): NativeCertificate | undefined;
}

/** A native certificate and its issuers, as far as they are known: DER. */
export function chainOf(value: unknown): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate = value as NativeCertificate | undefined | null;
  while (certificate && chain.length < CHAIN_MAX) {
    chain.push(certificate.raw());
    certificate = certificate.getIssuerCert();
  }
  return chain;
}

const CHAIN_MAX = 32;

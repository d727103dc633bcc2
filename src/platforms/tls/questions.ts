/** What guests ask of a TLS library beside connections: about certificates, authorities and ciphers. */
import { bytes, type Check, checked, integer, invalid, text } from "./arguments.ts";

const CERTIFICATE_MAX = 262_144;

/** Encoded, as keys are. */
const certificate: Check = (value) =>
  (bytes(value) as Uint8Array).length <= CERTIFICATE_MAX ? value : invalid();

const CHECKS = {
  ciphers: [],
  roots: [],
  /** Everything that a certificate says of itself; PEM or DER. */
  certificate: [certificate],
  checkHost: [certificate, text, integer],
  checkEmail: [certificate, text, integer],
  checkIP: [certificate, text],
  checkIssued: [certificate, certificate],
  /** Keys are DER: PKCS #8 and SPKI. */
  checkPrivateKey: [certificate, certificate],
  verify: [certificate, certificate],
} satisfies Readonly<Record<string, readonly Check[]>>;

export type Answers = Readonly<Record<keyof typeof CHECKS, (...values: never[]) => unknown>>;

/** EINVAL for what is none of these questions. */
export function answering(answers: Answers) {
  return (operation: string, values: readonly unknown[]): unknown => {
    if (!Object.hasOwn(CHECKS, operation)) invalid();
    const name = operation as keyof typeof CHECKS;
    return answers[name](...(checked(values, CHECKS[name]) as never[]));
  };
}

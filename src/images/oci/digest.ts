/** Digests of the OCI image specification; SHA-256 alone, which is all that images use. */
import { IsopodError } from "../../errors.ts";

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = string;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && DIGEST.test(text);
}

export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** Everything that is wrong with an image, for people: `where` names the part, `what` the fault. */
export function imageError(where: string, what: string, cause?: unknown): IsopodError {
  const options = cause === undefined ? undefined : { cause };
  return new IsopodError("ERR_IMAGE", `${where}: ${what}`, options);
}

/** Refuses bytes that are not what their digest says. */
export function checkDigest(where: string, expected: Digest, hex: string): void {
  if (`sha256:${hex}` === expected) return;
  throw imageError(where, `the bytes have digest sha256:${hex}, expected ${expected}`);
}

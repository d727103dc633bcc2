/** Signed public keys of the crypto binding (crypto_spkac.cc). */
import { bufferOf } from "../buffers.ts";
import type { Binding, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { decodeBase64 } from "../text/base64.ts";
import { type Bytes, bytesOf } from "../text/bytes.ts";
import { decodeLatin1 } from "../text/units.ts";
import { DerReader } from "./der.ts";
import { readSpki } from "./key-der.ts";
import { writePem } from "./pem.ts";
import { verifyData } from "./signatures.ts";

/** What OpenSSL counts in an int. */
const SIZE_MAX = 2 ** 31 - 1;
/** Digests of signatures with RSA, by identifier. */
const SIGNATURES: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.4": "md5",
  "1.2.840.113549.1.1.5": "sha1",
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
};
const NO_OPTIONS = { padding: undefined, saltLength: undefined, p1363: false };

export function certificateClasses(env: Environment): Binding {
  return {
    certVerifySpkac(input: Bytes): boolean {
      const found = readSpkac(input);
      if (!found) return false;
      const { signed, spki, digest, signature } = found;
      try {
        return verifyData(readSpki(spki), digest, signed, signature, NO_OPTIONS);
      } catch {
        return false;
      }
    },

    certExportPublicKey(input: Bytes): unknown {
      const found = readSpkac(input);
      if (!found) return "";
      const pem = writePem("PUBLIC KEY", found.spki);
      return bufferOf(
        env,
        Uint8Array.from(pem, (letter) => letter.charCodeAt(0)),
      );
    },

    certExportChallenge(input: Bytes): unknown {
      const found = readSpkac(input);
      return found ? bufferOf(env, found.challenge.slice()) : "";
    },
  };
}

/** SignedPublicKeyAndChallenge, in base64; undefined for what is none. */
function readSpkac(input: Bytes) {
  const given = bytesOf(input);
  if (given.length > SIZE_MAX)
    throw codedError(RangeError, "ERR_OUT_OF_RANGE", "spkac is too large");
  const text = decodeLatin1(given).replace(/^SPKAC=/, "");
  const bytes = new Uint8Array(text.length);
  try {
    const outer = new DerReader(bytes.subarray(0, decodeBase64(text, bytes, 0, bytes.length)));
    const reader = outer.sequence();
    const signed = reader.next();
    const inner = new DerReader(signed.content);
    const spki = inner.next().whole;
    const challenge = inner.next().content;
    const digest = SIGNATURES[reader.sequence().oid()];
    return { signed: signed.whole, spki, challenge, digest, signature: reader.bits() };
  } catch {
    return undefined;
  }
}

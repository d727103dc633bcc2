/** Errors as OpenSSL's error queue makes them in Node (ncrypto, crypto_util.cc), and Node's own. */
import { codedError } from "../errors.ts";

/** What OpenSSL says went wrong: `number` is the error's, in hexadecimal. */
export function openSslError(
  number: string,
  library: string,
  reason: string,
  { code, stack }: { code?: string; stack?: readonly string[] } = {},
): Error {
  const error = new Error(`error:${number}:${library}::${reason}`) as Error &
    Record<string, unknown>;
  if (stack) error["opensslErrorStack"] = stack;
  error["library"] = library;
  error["reason"] = reason;
  error["code"] = `ERR_OSSL_${code ?? reason.toUpperCase().replaceAll(" ", "_")}`;
  return error;
}

const PROVIDER = "Provider routines";
const RSA = "rsa routines";
const RSA_LIB = { stack: ["error:1C880004:Provider routines::RSA lib"] };

export const badDecrypt = () => openSslError("1C800064", PROVIDER, "bad decrypt");
export const wrongFinalBlock = () => openSslError("1C80006B", PROVIDER, "wrong final block length");
export const digestTooBig = () =>
  openSslError("02000070", RSA, "digest too big for rsa key", {
    code: "RSA_DIGEST_TOO_BIG_FOR_RSA_KEY",
    ...RSA_LIB,
  });
export const dataTooLarge = (signs = false) =>
  openSslError("0200006E", RSA, "data too large for key size", {
    code: "RSA_DATA_TOO_LARGE_FOR_KEY_SIZE",
    ...(signs ? RSA_LIB : {}),
  });
export const dataTooSmall = () =>
  openSslError("0200007A", RSA, "data too small for key size", {
    code: "RSA_DATA_TOO_SMALL_FOR_KEY_SIZE",
  });
export const oaepError = () =>
  openSslError("02000079", RSA, "oaep decoding error", { code: "RSA_OAEP_DECODING_ERROR" });
export const unsupportedKey = () =>
  openSslError("1E08010C", "DECODER routines", "unsupported", {
    stack: ["error:1E08010C:DECODER routines::unsupported"],
  });

export const invalidDigest = (name: string) =>
  codedError(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${name}`);
export const invalidState = (message: string) =>
  codedError(Error, "ERR_CRYPTO_INVALID_STATE", message);
export const operationFailed = (message: string) =>
  codedError(Error, "ERR_CRYPTO_OPERATION_FAILED", message);

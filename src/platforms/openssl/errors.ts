/** Errors of OpenSSL's as Node makes them (ncrypto's and crypto_util.cc's), and codes of verification. */
import { decodeUtf8 } from "../../../kernel/abi.ts";
import type { Instance } from "./instance.ts";

type CodedError = Error & Record<string, unknown>;

/** ERR_LIB_*, as far as Node has a name for them. */
const LIBRARIES: Readonly<Record<number, string>> = {
  ...{ 2: "SYS", 3: "BN", 4: "RSA", 5: "DH", 6: "EVP", 7: "BUF", 8: "OBJ", 9: "PEM", 10: "DSA" },
  ...{ 11: "X509", 13: "ASN1", 14: "CONF", 15: "CRYPTO", 16: "EC", 32: "BIO", 33: "PKCS7" },
  ...{ 34: "X509V3", 35: "PKCS12", 36: "RAND", 37: "DSO", 38: "ENGINE", 39: "OCSP", 40: "UI" },
  ...{ 41: "COMP", 42: "ECDSA", 43: "ECDH", 44: "OSSL_STORE", 45: "FIPS", 46: "CMS", 47: "TS" },
  ...{ 48: "HMAC", 50: "CT", 51: "ASYNC", 52: "KDF", 53: "SM2" },
};
const SSL = 20;

/** X509_V_ERR_*. */
const VERIFY_CODES: Readonly<Record<number, string>> = {
  2: "UNABLE_TO_GET_ISSUER_CERT",
  3: "UNABLE_TO_GET_CRL",
  4: "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  5: "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
  6: "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  7: "CERT_SIGNATURE_FAILURE",
  8: "CRL_SIGNATURE_FAILURE",
  9: "CERT_NOT_YET_VALID",
  10: "CERT_HAS_EXPIRED",
  11: "CRL_NOT_YET_VALID",
  12: "CRL_HAS_EXPIRED",
  13: "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  14: "ERROR_IN_CERT_NOT_AFTER_FIELD",
  15: "ERROR_IN_CRL_LAST_UPDATE_FIELD",
  16: "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
  17: "OUT_OF_MEM",
  18: "DEPTH_ZERO_SELF_SIGNED_CERT",
  19: "SELF_SIGNED_CERT_IN_CHAIN",
  20: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  21: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  22: "CERT_CHAIN_TOO_LONG",
  23: "CERT_REVOKED",
  25: "PATH_LENGTH_EXCEEDED",
  26: "INVALID_PURPOSE",
  27: "CERT_UNTRUSTED",
  28: "CERT_REJECTED",
  62: "HOSTNAME_MISMATCH",
  79: "INVALID_CA",
};

/** Of the first error of the queue, which is emptied; `otherwise` where there is none. */
export function cryptoError(instance: Instance, otherwise = ""): Error {
  const first = instance.call("errors_next") >>> 0;
  return errorOf(instance, first, otherwise);
}

/** The same, without those that follow it. */
export function firstError(instance: Instance): Error {
  const first = instance.call("errors_next") >>> 0;
  instance.call("errors_clear");
  return errorOf(instance, first);
}

export function errorOf(instance: Instance, number: number, otherwise = ""): Error {
  const described = describe(instance, number);
  const error = new Error(number === 0 && otherwise ? otherwise : described.text) as CodedError;
  const stack: string[] = [];
  for (let next = instance.call("errors_next"); next !== 0; next = instance.call("errors_next")) {
    stack.unshift(describe(instance, next >>> 0).text);
  }
  if (stack.length > 0) error["opensslErrorStack"] = stack;
  const { library, reason } = described;
  if (number === 0) return error;
  if (library) error["library"] = library;
  if (!reason) return error;
  error["reason"] = reason;
  const of = (number >>> 23) & 0xff;
  const name = LIBRARIES[of];
  const prefix = of === SSL ? "SSL_" : name ? `OSSL_${name}_` : "OSSL_";
  error["code"] = `ERR_${prefix}${upper(reason)}`;
  return error;
}

/** What ended a connection: the first error of the queue, in the words of the last. */
export function connectionError(instance: Instance): Error {
  const { library, reason } = describe(instance, instance.call("errors_first") >>> 0);
  const error = new Error(printedErrors(instance)) as CodedError;
  if (library) error["library"] = library;
  error["reason"] = reason;
  error["code"] = `ERR_SSL_${upper(reason ?? "")}`;
  return error;
}

/** The queue's last error as OpenSSL prints it; the queue is emptied. */
export function printedErrors(instance: Instance): string {
  return instance.text("errors_print") ?? "";
}

export function verifyError(instance: Instance, result: number): Error {
  const error = new Error(instance.text("verify_describe", result)) as CodedError;
  error["code"] = VERIFY_CODES[result] ?? "UNSPECIFIED";
  return error;
}

export function codedError(code: string, message: string, Class: ErrorConstructor = Error): Error {
  return Object.assign(new Class(message), { code });
}

function describe(instance: Instance, number: number) {
  const fields = instance.fields("error_describe", number);
  const [text = "", library, reason] = [1, 2, 3].map((wanted) => {
    const found = fields.find((field) => field.number === wanted);
    return found && decodeUtf8(found.bytes);
  });
  return { text, library, reason };
}

function upper(reason: string): string {
  return reason.replaceAll(" ", "_").toUpperCase();
}

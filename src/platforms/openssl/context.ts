/** A SecureContext (crypto_context.cc) over OpenSSL's wasm, as src/platforms/tls/context.ts asks it. */
import { encodeUtf8 } from "../../../kernel/abi.ts";
import { codedError, cryptoError, errorOf, printedErrors } from "./errors.ts";
import type { Instance } from "./instance.ts";

const TLS1_2 = 0x0303;
const TLS1_3 = 0x0304;
/** Ends of connections that a context is for. */
const EITHER = 0;
const SERVER = 1;
const CLIENT = 2;
const DH_BITS_LEAST = 1024;
const DH_BITS_GOOD = 2048;
const NO_CIPHER_MATCH = 185;
const SSL_LIBRARY = 20;

interface Method {
  readonly end: number;
  readonly least?: number;
  readonly most?: number;
}

type Encoded = string | Uint8Array;

export class OpensslContext {
  readonly instance: Instance;
  #pointer = 0;

  constructor(instance: Instance) {
    this.instance = instance;
  }

  get pointer(): number {
    return this.#pointer;
  }

  init(name: string | undefined, least: number, most: number): void {
    const method: Method = name === undefined ? { end: EITHER } : methodOf(name);
    const from = method.least ?? least;
    const to = (method.most ?? most) || TLS1_3;
    this.#pointer = this.instance.call("context_new", method.end, from, to);
    if (this.#pointer === 0) throw cryptoError(this.instance, "SSL_CTX_new");
  }

  setKey(key: Encoded): void {
    this.#require("context_set_key", bytesOf(key));
  }

  setCert(certificate: Encoded): void {
    this.#require("context_set_certificate", bytesOf(certificate));
  }

  addCACert(certificates: Encoded): void {
    this.#ask("context_add_authorities", bytesOf(certificates));
  }

  addCRL(list: Encoded): void {
    if (this.#ask("context_add_revocations", bytesOf(list))) return;
    throw operationFailed("Failed to parse CRL");
  }

  addRootCerts(): void {
    this.instance.loadRoots();
    this.#ask("context_trust_roots");
  }

  setAllowPartialTrustChain(): void {
    this.#ask("context_trust_partial_chains");
  }

  setCipherSuites(suites: string): void {
    this.#require("context_set_suites", suites);
  }

  setCiphers(ciphers: string): void {
    this.instance.call("errors_clear");
    if (this.#ask("context_set_ciphers", ciphers)) return;
    const error = this.instance.call("errors_next") >>> 0;
    // Those of TLS 1.2 are left out so.
    if (ciphers === "" && isReason(error, NO_CIPHER_MATCH)) return;
    throw errorOf(this.instance, error, "Failed to set ciphers");
  }

  setSigalgs(algorithms: string): void {
    this.instance.call("errors_clear");
    if (!this.#ask("context_set_signatures", algorithms)) throw cryptoError(this.instance);
  }

  setECDHCurve(groups: string): void {
    if (groups === "auto" || this.#ask("context_set_groups", groups)) return;
    this.instance.call("errors_clear");
    throw operationFailed("Failed to set ECDH curve");
  }

  setDHParam(group: true | Encoded): string | undefined {
    if (group === true) {
      this.#ask("context_set_dh_auto");
      return undefined;
    }
    const bits = this.#ask("context_set_dh", bytesOf(group), DH_BITS_LEAST);
    this.instance.call("errors_clear");
    if (bits < 0) throw operationFailed("Error setting temp DH parameter");
    if (bits === 0) return undefined;
    if (bits < DH_BITS_LEAST) {
      throw codedError("ERR_INVALID_ARG_VALUE", "DH parameter is less than 1024 bits", TypeError);
    }
    return bits < DH_BITS_GOOD ? "DH parameter is less than 2048 bits" : undefined;
  }

  setMinProto(version: number): void {
    this.#ask("context_set_least", version);
  }

  setMaxProto(version: number): void {
    this.#ask("context_set_most", version);
  }

  getMinProto(): number {
    return this.#ask("context_get_least");
  }

  getMaxProto(): number {
    return this.#ask("context_get_most");
  }

  setOptions(options: number): void {
    const bits = BigInt.asUintN(64, BigInt(options));
    this.#ask("context_set_options", Number(bits & 0xffff_ffffn), Number(bits >> 32n));
  }

  setSessionIdContext(id: string): void {
    this.instance.call("errors_clear");
    if (this.#ask("context_set_session_id", encodeUtf8(id))) return;
    throw new Error(printedErrors(this.instance));
  }

  setSessionTimeout(seconds: number): void {
    this.#ask("context_set_timeout", seconds);
  }

  setTicketKeys(keys: Uint8Array): void {
    const pointer = this.instance.place(keys);
    this.#ask("context_set_ticket_keys", pointer);
    this.instance.call("release", pointer);
  }

  getTicketKeys(): Uint8Array | undefined {
    return this.instance.field(1, "context_get_ticket_keys", this.#pointer);
  }

  getCertificate(): Uint8Array | null {
    return this.instance.field(1, "context_get_certificate", this.#pointer, 0) ?? null;
  }

  getIssuer(): Uint8Array | null {
    return this.instance.field(1, "context_get_certificate", this.#pointer, 1) ?? null;
  }

  close(): void {
    const pointer = this.#pointer;
    this.#pointer = 0;
    if (pointer !== 0 && !this.instance.isDead) this.instance.call("context_free", pointer);
  }

  #ask(name: string, ...values: readonly (number | Encoded)[]): number {
    return this.instance.call(name, this.#pointer, ...values);
  }

  #require(name: string, ...values: readonly Encoded[]): void {
    this.instance.call("errors_clear");
    if (!this.#ask(name, ...values)) throw cryptoError(this.instance, name);
    this.instance.call("errors_clear");
  }
}

/** Names of OpenSSL's old methods, which Node takes still. */
function methodOf(name: string): Method {
  const [, family, of] = /^(.+?)(_server|_client)?_method$/.exec(name) ?? [];
  const end = of === "_server" ? SERVER : of === "_client" ? CLIENT : EITHER;
  switch (family) {
    case "SSLv2":
    case "SSLv3":
      throw invalidMethod(`${family} methods disabled`);
    case "SSLv23":
      return { end, most: TLS1_2 };
    case "TLS":
      return { end, least: 0, most: TLS1_3 };
    case "TLSv1":
      return { end, least: 0x0301, most: 0x0301 };
    case "TLSv1_1":
      return { end, least: 0x0302, most: 0x0302 };
    case "TLSv1_2":
      return { end, least: TLS1_2, most: TLS1_2 };
    default:
      throw invalidMethod(`Unknown method: ${name}`);
  }
}

function invalidMethod(message: string): Error {
  return codedError("ERR_TLS_INVALID_PROTOCOL_METHOD", message, TypeError);
}

function operationFailed(message: string): Error {
  return codedError("ERR_CRYPTO_OPERATION_FAILED", message);
}

function isReason(error: number, reason: number): boolean {
  return ((error >>> 23) & 0xff) === SSL_LIBRARY && (error & 0x7f_ffff) === reason;
}

function bytesOf(value: Encoded): Uint8Array {
  return typeof value === "string" ? encodeUtf8(value) : value;
}

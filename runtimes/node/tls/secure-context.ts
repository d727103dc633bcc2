/**
 * SecureContext of the crypto binding (crypto_context.cc): each thing it is told goes to the host's own
 * at once, so that a bad key or cipher is OpenSSL's error where Node throws it. It also keeps what a
 * gateway needs to speak TLS in its place; where the host has no TLS that is all it does.
 */
import { Errno, KernelError } from "../../../kernel/abi.ts";
import { bufferOf } from "../buffers.ts";
import type { Environment } from "../environment.ts";
import { refused } from "../errors.ts";
import { type Bytes, bytesOf, isBytes } from "../text/bytes.ts";
import { decodeUtf8 } from "../text/units.ts";
import type { Authorities } from "./authorities.ts";
import { answered, noTls, TlsObject } from "./host-tls.ts";

type Encoded = string | Bytes;

/** PEM of what a context was given. */
export interface Credentials {
  readonly authorities: readonly string[] | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** What a PKCS #12 file holds, in PEM. */
export interface Bundle {
  readonly key: string;
  readonly certificate: string;
  readonly authorities: readonly string[];
}

/** What stands above it in the crypto binding. */
export interface KeyReaders {
  /** Decrypts a private key: PEM of one that is not encrypted. */
  decrypted(key: Encoded, passphrase: string | undefined): string;
  unbundled(pfx: Uint8Array, passphrase: Uint8Array | undefined): Bundle;
}

const SECURITY_LEVEL = "@SECLEVEL";

export interface SecureContextClass {
  new (): object;
  /** The host's context; throws where the host has none, or where it is closed. */
  objectOf(context: object): TlsObject;
  credentialsOf(context: object): Credentials;
  /** The newest protocol version that it allows; 0: the library's own. */
  newestOf(context: object): number;
}

export function secureContextClass(
  env: Environment,
  authorities: Authorities,
  readers: () => KeyReaders,
): SecureContextClass {
  class SecureContext {
    #object: TlsObject | undefined;
    #isClosed = false;
    #authorities: string[] | undefined;
    #certificate: string | undefined;
    #key: string | undefined;
    #least = 0;
    #newest = 0;

    static objectOf(context: SecureContext): TlsObject {
      return context.#object ?? fail(noTls());
    }

    static credentialsOf(context: SecureContext): Credentials {
      return {
        authorities: context.#authorities,
        certificate: context.#certificate,
        key: context.#key,
      };
    }

    static newestOf(context: SecureContext): number {
      return context.#newest;
    }

    /** Stands for the C++ object; a TypeError for what is no context. */
    get _external(): object {
      if (!(#object in this)) throw new TypeError("Illegal invocation");
      return this;
    }

    init(method: unknown, least: number, newest: number): void {
      this.#object = hostContext(env);
      const text = typeof method === "string" ? method : null;
      this.#ask("init", [text, least, newest]);
      this.#least = this.#object ? (this.#ask("getMinProto") as number) : least;
      this.#newest = this.#object ? (this.#ask("getMaxProto") as number) : newest;
    }

    setKey(key: Encoded, passphrase?: string): void {
      const isEncrypted = textOf(key).includes("ENCRYPTED");
      const plain = isEncrypted ? readers().decrypted(key, passphrase) : encoded(key);
      this.#ask("setKey", [plain]);
      this.#key = textOf(plain);
    }

    setCert(certificate: Encoded): void {
      this.#ask("setCert", [encoded(certificate)]);
      this.#certificate = textOf(certificate);
    }

    addCACert(certificate: Encoded): void {
      this.#ask("addCACert", [encoded(certificate)]);
      this.#authorities ??= [];
      this.#authorities.push(textOf(certificate));
    }

    addCRL(list: Encoded): void {
      this.#ask("addCRL", [encoded(list)]);
    }

    addRootCerts(): void {
      const user = authorities.user();
      if (!user) this.#ask("addRootCerts");
      for (const certificate of user ?? authorities.extra()) {
        this.#ask("addCACert", [certificate]);
      }
      if (user) this.#authorities = [...user];
    }

    setAllowPartialTrustChain(): void {
      this.#ask("setAllowPartialTrustChain");
    }

    setCipherSuites(suites: string): void {
      this.#ask("setCipherSuites", [suites]);
    }

    /** The host's Node may ask for stronger keys than the library's release does. */
    setCiphers(ciphers: string): void {
      if (ciphers.includes(SECURITY_LEVEL)) {
        this.#ask("setCiphers", [ciphers]);
        return;
      }
      if (ciphers === "") this.#ask("setCiphers", [`DEFAULT:${SECURITY_LEVEL}=1`]);
      this.#ask("setCiphers", [ciphers === "" ? "" : `${ciphers}:${SECURITY_LEVEL}=1`]);
    }

    setSigalgs(algorithms: string): void {
      this.#ask("setSigalgs", [algorithms]);
    }

    setECDHCurve(curve: string): void {
      this.#ask("setECDHCurve", [curve]);
    }

    setDHParam(parameters: true | Encoded): unknown {
      return (
        this.#ask("setDHParam", [parameters === true ? true : encoded(parameters)]) ?? undefined
      );
    }

    setMaxProto(version: number): void {
      this.#ask("setMaxProto", [version]);
      this.#newest = version;
    }

    setMinProto(version: number): void {
      this.#ask("setMinProto", [version]);
      this.#least = version;
    }

    getMaxProto(): number {
      return this.#newest;
    }

    getMinProto(): number {
      return this.#least;
    }

    setOptions(options: number): void {
      this.#ask("setOptions", [options]);
    }

    setSessionIdContext(context: string): void {
      this.#ask("setSessionIdContext", [context]);
    }

    setSessionTimeout(seconds: number): void {
      this.#ask("setSessionTimeout", [seconds]);
    }

    loadPKCS12(pfx: Bytes, passphrase?: Bytes): void {
      const bundle = readers().unbundled(bytesOf(pfx), passphrase && bytesOf(passphrase));
      this.setCert(bundle.certificate);
      this.setKey(bundle.key);
      for (const authority of bundle.authorities) this.addCACert(authority);
    }

    setTicketKeys(keys: Bytes): void {
      this.#ask("setTicketKeys", [bytesOf(keys)]);
    }

    getTicketKeys(): unknown {
      return this.#bytes("getTicketKeys");
    }

    enableTicketKeyCallback(): never {
      throw refused("A callback for ticket keys", "connections do not wait for one");
    }

    getCertificate(): unknown {
      return this.#bytes("getCertificate");
    }

    getIssuer(): unknown {
      return this.#bytes("getIssuer");
    }

    setEngineKey(): never {
      throw noEngine();
    }

    setClientCertEngine(): never {
      throw noEngine();
    }

    close(): void {
      this.#isClosed = true;
      this.#object?.close();
    }

    #bytes(operation: string): unknown {
      const found = this.#ask(operation);
      return found instanceof Uint8Array ? bufferOf(env, found.slice()) : (found ?? null);
    }

    #ask(operation: string, values: readonly unknown[] = []): unknown {
      if (!this.#object || this.#isClosed) return undefined;
      return answered(this.#object.ask(operation, values));
    }
  }

  return SecureContext as unknown as SecureContextClass;
}

/** An engine is a shared library, of which a machine has none. */
function noEngine(): Error {
  const reason = "could not load the shared library";
  const error = new Error(`error:12800067:DSO support routines::${reason}`);
  return Object.assign(error, {
    opensslErrorStack: ["error:13000084:engine routines::dso not found"],
    library: "DSO support routines",
    reason,
    code: "ERR_OSSL_DSO_COULD_NOT_LOAD_THE_SHARED_LIBRARY",
  });
}

/** Undefined where the host has none. */
function hostContext(env: Environment): TlsObject | undefined {
  if (!hasTls(env)) return undefined;
  return TlsObject.open(env, "context");
}

const known = new WeakMap<Environment, boolean>();

export function hasTls(env: Environment): boolean {
  let has = known.get(env);
  if (has === undefined) {
    has = answersTls(env);
    known.set(env, has);
  }
  return has;
}

/** An empty message is none, but only to a host that knows messages. */
function answersTls({ sys }: Environment): boolean {
  try {
    sys.tls_call(-1, [], new Uint8Array(), new Uint8Array());
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    return reason.errno !== Errno.ENOSYS;
  }
  return true;
}

function encoded(value: Encoded): string | Uint8Array {
  return isBytes(value) ? bytesOf(value) : String(value);
}

function textOf(value: Encoded): string {
  return isBytes(value) ? decodeUtf8(bytesOf(value)) : String(value);
}

function fail(error: Error): never {
  throw error;
}

/**
 * TLSWrap (crypto_tls.cc): what lib/ tells and asks a TLS stream (tls-stream.ts), and the callbacks that
 * it gets.
 */
import type { StreamBase } from "../bindings/stream_wrap/stream-base.ts";
import type { Environment } from "../environment.ts";
import { codedError, refused } from "../errors.ts";
import { type Bytes, bytesOf, isBytes } from "../text/bytes.ts";
import { legacyCertificate, x509Handle } from "./certificates.ts";
import { errorOf, natural } from "./host-tls.ts";
import { EventName, type Failure } from "./messages.ts";
import type { SecureContextClass } from "./secure-context.ts";
import { TlsStream } from "./tls-stream.ts";

/** What newer releases than the library's say behind a message. */
const HINT = /; if the root CA is installed locally.*/;

type Fields = Record<string | symbol, unknown>;

type TlsWrapClass = new (
  below: StreamBase,
  context: object,
  isServer: boolean,
  waits: boolean,
) => StreamBase;

export function tlsWrapClass(env: Environment, contexts: () => SecureContextClass): TlsWrapClass {
  class TLSWrap extends TlsStream {
    readonly #context: object;
    #refusesUnauthorized = false;
    #protocols: Uint8Array | undefined;
    #servername: string | undefined;
    #asksCertificate = false;
    /** What a client's program is told of, of the several that came at once. */
    #newSession: { readonly bytes: unknown; readonly ticket: unknown } | undefined;

    constructor(below: StreamBase, context: object, isServer: boolean, waits: boolean) {
      super(env, below, { isServer, context: () => contexts().objectOf(context), waits });
      this.#context = context;
    }

    start(): void {
      try {
        if (this.#offerToGateway()) return;
      } catch (error) {
        this.makeCallback("onerror", [error]);
        return;
      }
      this.session.start(contexts().newestOf(this.#context));
      this.writes.handshakeStarted();
    }

    setVerifyMode(requestCertificate: boolean, rejectUnauthorized: boolean): void {
      this.#refusesUnauthorized = rejectUnauthorized;
      this.session.tell("setVerifyMode", [requestCertificate, rejectUnauthorized]);
    }

    setServername(name: string): void {
      this.#servername = name;
      this.session.tell("setServername", [name]);
    }

    getServername(): unknown {
      if (this.session.gateway) return this.#servername ?? false;
      return this.session.askedServername ?? this.session.ask("getServername") ?? false;
    }

    setALPNProtocols(protocols: unknown): void {
      if (!isBytes(protocols)) throw new TypeError("Must give a Buffer as first argument");
      this.#protocols = bytesOf(protocols).slice();
      this.session.tell("setALPNProtocols", [this.#protocols]);
    }

    setSession(session: unknown): void {
      if (session === undefined) {
        throw codedError(TypeError, "ERR_MISSING_ARGS", "Session argument is mandatory");
      }
      this.session.tell("setSession", [requireBuffer(session, "Session")]);
    }

    setOCSPResponse(response: unknown): void {
      this.session.ask("setOCSPResponse", [requireBuffer(response, "OCSP response")]);
    }

    loadSession(session: unknown): void {
      this.session.ask("loadSession", isBytes(session) ? [bytesOf(session)] : []);
    }

    endParser(): void {
      this.session.ask("clientHelloDone");
    }

    newSessionDone(): void {
      this.session.ask("newSessionDone");
    }

    enableSessionCallbacks(): void {
      this.session.tell("enableSessionCallbacks");
    }

    enableKeylogCallback(): void {
      this.session.tell("enableKeylogCallback");
    }

    enableCertCb(): void {
      this.#asksCertificate = true;
      this.session.tell("enableCertCb");
    }

    enableALPNCb(): void {
      this.session.answersAhead.asksProtocol = true;
      this.session.tell("enableALPNCb");
    }

    enablePskCallback(): void {
      this.session.answersAhead.asksKey = true;
      this.session.tell("enablePskCallback");
    }

    setPskIdentityHint(hint: string): void {
      this.session.tell("setPskIdentityHint", [hint]);
    }

    requestOCSP(): void {
      this.session.tell("requestOCSP");
    }

    enableTrace(): never {
      throw refused("A trace of TLS", "it is written by the host's own library");
    }

    certCbDone(): void {
      if (!this.#asksCertificate) return;
      const context = (this as Fields)["sni_context"];
      if (context instanceof contexts()) {
        this.session.ask("certCbDone", [], [contexts().objectOf(context)]);
      } else if (typeof context === "object" && context !== null) {
        this.makeCallback("onerror", [new TypeError("Invalid SNI context")]);
      } else this.session.ask("certCbDone");
    }

    setKeyCert(context: object): void {
      this.session.ask("setKeyCert", [], [contexts().objectOf(context)]);
    }

    renegotiate(): void {
      this.session.ask("renegotiate");
    }

    setMaxSendFragment(size: number): unknown {
      return this.session.gateway ? 1 : this.session.ask("setMaxSendFragment", [size | 0]);
    }

    exportKeyingMaterial(length: number, label: string, context?: Bytes): unknown {
      const values = context === undefined ? [length, label] : [length, label, bytesOf(context)];
      return natural(env, this.session.ask("exportKeyingMaterial", values));
    }

    getPeerCertificate(detailed?: boolean): unknown {
      const found = this.session.gateway
        ? this.session.gateway.legacyCertificate(detailed === true)
        : this.session.ask("getPeerCertificate", [detailed === true]);
      return legacyCertificate(env, found);
    }

    getCertificate(): unknown {
      return legacyCertificate(env, this.session.ask("getCertificate"));
    }

    getPeerX509Certificate(): unknown {
      const chain =
        this.session.gateway?.certificates ?? this.session.ask("getPeerX509Certificate");
      return x509Handle(env, chain as Uint8Array[]);
    }

    getX509Certificate(): unknown {
      return x509Handle(env, this.session.ask("getX509Certificate") as Uint8Array[]);
    }

    verifyError(): Error | null {
      const { gateway } = this.session;
      if (gateway) return gateway.verifyError;
      const found = this.session.ask("verifyError") as Failure | null;
      return found ? errorOf({ ...found, message: found.message.replace(HINT, "") }) : null;
    }

    getALPNNegotiatedProtocol(): unknown {
      return this.session.gateway
        ? (this.session.gateway.alpnProtocol ?? false)
        : this.session.ask("getALPNNegotiatedProtocol");
    }

    getCipher(): unknown {
      return natural(
        env,
        this.session.gateway ? this.session.gateway.cipher : this.session.ask("getCipher"),
      );
    }

    getProtocol(): unknown {
      return this.session.gateway ? this.session.gateway.protocol : this.session.ask("getProtocol");
    }

    getEphemeralKeyInfo(): unknown {
      return this.session.gateway ? {} : natural(env, this.session.ask("getEphemeralKeyInfo"));
    }

    isSessionReused(): unknown {
      return this.session.gateway ? false : this.session.ask("isSessionReused");
    }

    getFinished(): unknown {
      return natural(env, this.session.ask("getFinished"));
    }

    getPeerFinished(): unknown {
      return natural(env, this.session.ask("getPeerFinished"));
    }

    getSession(): unknown {
      return natural(
        env,
        this.#newSession ? this.#newSession.bytes : this.session.ask("getSession"),
      );
    }

    getTLSTicket(): unknown {
      return natural(
        env,
        this.#newSession ? this.#newSession.ticket : this.session.ask("getTLSTicket"),
      );
    }

    getSharedSigalgs(): unknown {
      return natural(env, this.session.ask("getSharedSigalgs")) ?? [];
    }

    protected override callBack(name: string, values: readonly unknown[]): void {
      const [first] = values;
      switch (name) {
        case EventName.Servername:
          this.#setOwnersName(first as string);
          return;
        case "onerror":
          this.makeCallback(name, [errorOf(first as Failure)]);
          return;
        case "onhandshakestart":
          this.makeCallback(name, [env.loop.now]);
          return;
        case "onnewsession":
          if (!this.session.isServer) this.#newSession = { bytes: values[1], ticket: values[2] };
          this.#callNaturally(name, values.slice(0, 2));
          this.#newSession = undefined;
          return;
        default:
          this.#callNaturally(name, values);
      }
    }

    #callNaturally(name: string, values: readonly unknown[]): void {
      this.makeCallback(
        name,
        values.map((value) => natural(env, value)),
      );
    }

    #setOwnersName(name: string): void {
      const owner = (this as Fields)[env.symbols.owner_symbol];
      if (typeof owner === "object" && owner !== null) (owner as Fields)["servername"] = name;
    }

    #offerToGateway(): boolean {
      const wanted = {
        servername: this.#servername,
        protocols: this.#protocols,
        credentials: contexts().credentialsOf(this.#context),
        rejectUnauthorized: this.#refusesUnauthorized,
      };
      return this.session.offer(this.below, wanted, (error) => {
        if (error) this.makeCallback("onerror", [error]);
        else this.makeCallback("onhandshakedone", []);
      });
    }
  }

  return TLSWrap;

  function requireBuffer(value: unknown, what: string): Uint8Array {
    if (!isBytes(value)) {
      throw codedError(TypeError, "ERR_INVALID_ARG_TYPE", `${what} must be a buffer`);
    }
    return bytesOf(value);
  }
}

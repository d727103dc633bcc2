/**
 * TLSWrap (crypto_tls.cc): a stream of plain text over a stream of ciphertext, between which stands the
 * host's TLS. What it makes comes as events of each answer, in the order in which Node would have made
 * its callbacks; so everything but the stream below is done in the call that asks for it.
 */

import { joined } from "../../../kernel/abi.ts";
import type { HandleWrap } from "../async-wrap.ts";
import { StreamRequest } from "../bindings/stream_wrap/requests.ts";
import {
  kLastWriteWasAsync,
  type SendableHandle,
  StreamBase,
  type StreamListener,
  UV_EOF,
} from "../bindings/stream_wrap/stream-base.ts";
import type { Environment } from "../environment.ts";
import { codedError, refused } from "../errors.ts";
import type { LoopHandle } from "../loop/event-loop.ts";
import { type Bytes, bytesOf, isBytes } from "../text/bytes.ts";
import { answersFor, type Promised } from "./answers-ahead.ts";
import { legacyCertificate, x509Handle } from "./certificates.ts";
import { beginGatewaySession, type GatewaySession } from "./gateway-session.ts";
import { answered, errorOf, natural, noTls, PIECE, TlsObject } from "./host-tls.ts";
import { type Event, EventName, type Failure } from "./messages.ts";
import { hasTls, type SecureContextClass } from "./secure-context.ts";

const UV_ECANCELED = -125;
const UV_EPROTO = -71;
/** What newer releases than the library's say behind a message. */
const HINT = /; if the root CA is installed locally.*/;
const CANCELED = "Canceled because of SSL destruction";

interface PendingWrite {
  readonly request: StreamRequest;
  readonly bytes: Uint8Array;
  at: number;
}

type Fields = Record<string | symbol, unknown>;

type TlsWrapClass = new (
  below: StreamBase,
  context: object,
  isServer: boolean,
  waits: boolean,
) => StreamBase;

export function tlsWrapClass(env: Environment, contexts: () => SecureContextClass): TlsWrapClass {
  class TLSWrap extends StreamBase {
    protected readonly handles: readonly LoopHandle[] = [];
    readonly #below: StreamBase;
    readonly #isServer: boolean;
    readonly #context: object;
    readonly #listener: StreamListener;
    /** The host's end of the connection; undefined once it is destroyed, or where a gateway has it. */
    #object: TlsObject | undefined;
    #gateway: GatewaySession | undefined;
    #ahead: Promised | undefined;
    #refusesUnauthorized = false;
    #protocols: Uint8Array | undefined;
    #servername: string | undefined;
    #isDestroyed = false;
    #isBelowGone = false;
    #sawEnd = false;
    /** Whoever had the stream below before still writes to it. */
    #waitsBelow: boolean;
    #events: Event[] = [];
    #isTelling = false;
    #write: PendingWrite | undefined;
    #isWriting = false;
    #isStarting = false;
    /** An empty write that came behind the first message: it is over with the handshake. */
    #waitsForHandshake = false;
    /** What the last write came to, which is told of when all of it was sent. */
    #outcome: { readonly status: number; readonly error: string | undefined } | undefined;
    #toSend: Uint8Array[] = [];
    /** Bytes that the stream below has not taken yet; it gets one write at a time. */
    #sending = 0;
    #shutdown: StreamRequest | undefined;
    #asksCertificate = false;
    /** What a client's program is told of, of the several that came at once. */
    #session: { readonly bytes: unknown; readonly ticket: unknown } | undefined;

    constructor(below: StreamBase, context: object, isServer: boolean, waits: boolean) {
      super(env, "TLSWRAP");
      // It is no handle of the loop's, and nobody would take it off the list.
      env.internalBinding<{ handles: Set<HandleWrap> }>("isopod_handles").handles.delete(this);
      this.#below = below;
      this.#context = context;
      this.#isServer = isServer;
      this.#waitsBelow = waits;
      if (hasTls(env)) this.#object = this.#open();
      else if (isServer) throw noTls();
      this.#listener = {
        onRead: (status, bytes) => this.#received(status, bytes),
        onStreamClosed: () => {
          this.#isBelowGone = true;
        },
      };
      below.pushListener(this.#listener);
    }

    get writeQueueSize(): number {
      return this.#toSend.reduce((sum, { length }) => sum + length, this.#sending);
    }

    start(): void {
      try {
        this.#gateway = this.#askGateway();
        if (!this.#gateway && !this.#object) throw noTls();
      } catch (error) {
        this.makeCallback("onerror", [error]);
        return;
      }
      if (this.#gateway) {
        this.#object?.close();
        this.#object = undefined;
        return;
      }
      this.#ahead?.start(contexts().newestOf(this.#context));
      this.#ask("start");
      // In Node the first write is under way until the loop's next turn.
      this.#isStarting = true;
      env.loop.post(() => {
        this.#isStarting = false;
      });
    }

    /** Bytes that were read before it was there. */
    receive(bytes: Bytes): void {
      const found = bytesOf(bytes);
      this.#received(found.length, found);
    }

    writesIssuedByPrevListenerDone(): void {
      this.#waitsBelow = false;
      this.#flush();
    }

    destroySSL(): void {
      if (this.#isDestroyed) return;
      this.#isDestroyed = true;
      this.#events = [];
      this.#object?.close();
      this.#gateway?.close();
      const write = this.#write;
      this.#write = undefined;
      this.#below.removeListener(this.#listener);
      if (write) endRequest(write.request, this, UV_ECANCELED, CANCELED);
    }

    setVerifyMode(requestCertificate: boolean, rejectUnauthorized: boolean): void {
      this.#refusesUnauthorized = rejectUnauthorized;
      this.#tell("setVerifyMode", [requestCertificate, rejectUnauthorized]);
    }

    setServername(name: string): void {
      this.#servername = name;
      this.#tell("setServername", [name]);
    }

    getServername(): unknown {
      if (this.#gateway) return this.#servername ?? false;
      return this.#ahead?.servername ?? this.#ask("getServername") ?? false;
    }

    setALPNProtocols(protocols: unknown): void {
      if (!isBytes(protocols)) throw new TypeError("Must give a Buffer as first argument");
      this.#protocols = bytesOf(protocols).slice();
      this.#tell("setALPNProtocols", [this.#protocols]);
    }

    setSession(session: unknown): void {
      if (session === undefined) {
        throw codedError(TypeError, "ERR_MISSING_ARGS", "Session argument is mandatory");
      }
      this.#tell("setSession", [requireBuffer(session, "Session")]);
    }

    setOCSPResponse(response: unknown): void {
      this.#ask("setOCSPResponse", [requireBuffer(response, "OCSP response")]);
    }

    loadSession(session: unknown): void {
      this.#ask("loadSession", isBytes(session) ? [bytesOf(session)] : []);
    }

    endParser(): void {
      this.#ask("clientHelloDone");
    }

    newSessionDone(): void {
      this.#ask("newSessionDone");
    }

    enableSessionCallbacks(): void {
      this.#tell("enableSessionCallbacks");
    }

    enableKeylogCallback(): void {
      this.#tell("enableKeylogCallback");
    }

    enableCertCb(): void {
      this.#asksCertificate = true;
      this.#tell("enableCertCb");
    }

    enableALPNCb(): void {
      this.#answersAhead().asksProtocol = true;
      this.#tell("enableALPNCb");
    }

    enablePskCallback(): void {
      this.#answersAhead().asksKey = true;
      this.#tell("enablePskCallback");
    }

    setPskIdentityHint(hint: string): void {
      this.#tell("setPskIdentityHint", [hint]);
    }

    requestOCSP(): void {
      this.#tell("requestOCSP");
    }

    enableTrace(): never {
      throw refused("A trace of TLS", "it is written by the host's own library");
    }

    certCbDone(): void {
      if (!this.#asksCertificate) return;
      const context = (this as Fields)["sni_context"];
      if (context instanceof contexts()) {
        this.#ask("certCbDone", [], [contexts().objectOf(context)]);
      } else if (typeof context === "object" && context !== null) {
        this.makeCallback("onerror", [new TypeError("Invalid SNI context")]);
      } else this.#ask("certCbDone");
    }

    setKeyCert(context: object): void {
      this.#ask("setKeyCert", [], [contexts().objectOf(context)]);
    }

    renegotiate(): void {
      this.#ask("renegotiate");
    }

    setMaxSendFragment(size: number): unknown {
      return this.#gateway ? 1 : this.#ask("setMaxSendFragment", [size | 0]);
    }

    exportKeyingMaterial(length: number, label: string, context?: Bytes): unknown {
      const values = context === undefined ? [length, label] : [length, label, bytesOf(context)];
      return natural(env, this.#ask("exportKeyingMaterial", values));
    }

    getPeerCertificate(detailed?: boolean): unknown {
      const found = this.#gateway
        ? this.#gateway.legacyCertificate(detailed === true)
        : this.#ask("getPeerCertificate", [detailed === true]);
      return legacyCertificate(env, found);
    }

    getCertificate(): unknown {
      return legacyCertificate(env, this.#ask("getCertificate"));
    }

    getPeerX509Certificate(): unknown {
      const chain = this.#gateway?.certificates ?? this.#ask("getPeerX509Certificate");
      return x509Handle(env, chain as Uint8Array[]);
    }

    getX509Certificate(): unknown {
      return x509Handle(env, this.#ask("getX509Certificate") as Uint8Array[]);
    }

    verifyError(): Error | null {
      if (this.#gateway) return this.#gateway.verifyError;
      const found = this.#ask("verifyError") as Failure | null;
      return found ? errorOf({ ...found, message: found.message.replace(HINT, "") }) : null;
    }

    getALPNNegotiatedProtocol(): unknown {
      return this.#gateway
        ? (this.#gateway.alpnProtocol ?? false)
        : this.#ask("getALPNNegotiatedProtocol");
    }

    getCipher(): unknown {
      return natural(env, this.#gateway ? this.#gateway.cipher : this.#ask("getCipher"));
    }

    getProtocol(): unknown {
      return this.#gateway ? this.#gateway.protocol : this.#ask("getProtocol");
    }

    getEphemeralKeyInfo(): unknown {
      return this.#gateway ? {} : natural(env, this.#ask("getEphemeralKeyInfo"));
    }

    isSessionReused(): unknown {
      return this.#gateway ? false : this.#ask("isSessionReused");
    }

    getFinished(): unknown {
      return natural(env, this.#ask("getFinished"));
    }

    getPeerFinished(): unknown {
      return natural(env, this.#ask("getPeerFinished"));
    }

    getSession(): unknown {
      return natural(env, this.#session ? this.#session.bytes : this.#ask("getSession"));
    }

    getTLSTicket(): unknown {
      return natural(env, this.#session ? this.#session.ticket : this.#ask("getTLSTicket"));
    }

    getSharedSigalgs(): unknown {
      return natural(env, this.#ask("getSharedSigalgs")) ?? [];
    }

    protected override isAlive(): boolean {
      return !this.#isDestroyed && !this.#isBelowGone && this.#below.isStreamAlive;
    }

    protected override descriptor(): number {
      return this.#below.fd;
    }

    protected override startReading(): number {
      return this.#sawEnd ? 0 : this.#below.readStart();
    }

    protected override stopReading(): number {
      return this.#below.readStop();
    }

    /** An empty one moves a handshake on. */
    protected override triesWrites(): boolean {
      return false;
    }

    protected override tryWrite(): number {
      return 0;
    }

    protected override dispatchWrite(
      request: StreamRequest,
      bytes: Uint8Array,
      _handle: SendableHandle | undefined,
    ): number {
      this.#isWriting = true;
      try {
        if (!this.#gateway) {
          this.#write = { request, bytes, at: 0 };
          this.#waitsForHandshake = this.#isStarting && bytes.length === 0;
          if (this.#waitsForHandshake) return 0;
          return this.#writePiece();
        }
        this.#write = { request, bytes, at: bytes.length };
        this.#outcome = { status: 0, error: undefined };
        this.#send(bytes.slice());
        return 0;
      } finally {
        this.#isWriting = false;
      }
    }

    protected override dispatchShutdown(request: StreamRequest): number {
      if (!this.#gateway) this.#ask("shutdown");
      this.#sendAhead();
      if (this.#sending === 0 && this.#toSend.length === 0) {
        return this.#below.continueShutdown(request);
      }
      this.#shutdown = request;
      return 0;
    }

    protected override onClose(): void {}

    #open(): TlsObject {
      const kind = this.#isServer ? "server" : "client";
      return TlsObject.open(env, kind, contexts().objectOf(this.#context));
    }

    #askGateway(): GatewaySession | undefined {
      const wanted = {
        servername: this.#servername,
        protocols: this.#protocols,
        credentials: contexts().credentialsOf(this.#context),
        rejectUnauthorized: this.#refusesUnauthorized,
      };
      return beginGatewaySession(env, this.#below, wanted, (error) => {
        if (error) this.makeCallback("onerror", [error]);
        else this.makeCallback("onhandshakedone", []);
      });
    }

    #answersAhead(): Promised {
      this.#ahead ??= answersFor(env, this, this.#isServer, (operation, values) =>
        this.#ask(operation, values),
      );
      return this.#ahead;
    }

    /** What matters to the host's TLS alone, and not to a gateway's. */
    #tell(operation: string, values: readonly unknown[] = []): void {
      if (this.#object) this.#ask(operation, values);
    }

    #ask(
      operation: string,
      values: readonly unknown[] = [],
      others: readonly TlsObject[] = [],
    ): unknown {
      if (this.#isDestroyed) return undefined;
      if (this.#gateway) return answerOfGateway(operation);
      if (!this.#object) throw noTls();
      const answer = this.#object.ask(operation, values, others);
      if (answer.events) this.#events.push(...answer.events);
      this.#tellEvents();
      return answered(answer);
    }

    /** In order: those that a callback brings about come behind those that are there. */
    #tellEvents(): void {
      if (this.#isTelling) return;
      this.#isTelling = true;
      try {
        for (let event = this.#events.shift(); event; event = this.#events.shift()) {
          this.#handle(event);
        }
      } finally {
        this.#isTelling = false;
      }
    }

    #handle([name, ...values]: Event): void {
      const [first] = values;
      switch (name) {
        case EventName.Send:
          // Not before the callbacks that it comes behind: they may refuse the peer.
          this.#sendSecret(first as Uint8Array);
          return;
        case EventName.Written:
          this.#written(first as number, values[1] as string | undefined);
          return;
        case EventName.Read:
          this.#emit(first as Uint8Array);
          return;
        case EventName.ReadStatus:
          if (first === UV_EOF) this.#sawEnd = true;
          this.emitReadStatus(first as number);
          return;
        case EventName.Servername:
          this.#setOwnersName(first as string);
          return;
        case "onerror":
          this.makeCallback(name, [errorOf(first as Failure)]);
          return;
        case "onnewsession":
          if (!this.#isServer) this.#session = { bytes: values[1], ticket: values[2] };
          this.#callBack(name, values.slice(0, 2));
          this.#session = undefined;
          return;
        case "onhandshakedone":
          this.makeCallback(name, []);
          if (this.#waitsForHandshake) this.#written(0, undefined);
          this.#waitsForHandshake = false;
          return;
        case "onhandshakestart":
          this.makeCallback(name, [env.loop.now]);
          return;
        default:
          this.#callBack(name, values);
      }
    }

    #callBack(name: string, values: readonly unknown[]): void {
      this.makeCallback(
        name,
        values.map((value) => natural(env, value)),
      );
    }

    #setOwnersName(name: string): void {
      const owner = (this as Fields)[env.symbols.owner_symbol];
      if (typeof owner === "object" && owner !== null) (owner as Fields)["servername"] = name;
    }

    #received(status: number, bytes: Uint8Array | undefined): void {
      if (this.#sawEnd || this.#isDestroyed) return;
      if (this.#gateway) {
        if (bytes) this.#emit(bytes);
        else this.emitReadStatus(status);
        return;
      }
      if (!bytes) {
        if (status === UV_EOF) this.#ask("receiveEnd");
        else this.emitReadStatus(status);
        return;
      }
      for (let at = 0; at < bytes.length && !this.#isDestroyed; at += PIECE) {
        const piece = bytes.subarray(at, at + PIECE);
        this.#ahead?.received(piece);
        this.#ask("receive", [piece]);
      }
    }

    /** In pieces as large as the listener has room for. */
    #emit(bytes: Uint8Array): void {
      for (let at = 0; at < bytes.length && !this.#isDestroyed; ) {
        const target = this.allocate();
        const part = bytes.subarray(at, at + (target?.length ?? bytes.length));
        target?.set(part);
        this.emitRead(target ? target.subarray(0, part.length) : part);
        at += part.length;
      }
    }

    #writePiece(): number {
      const write = this.#write as PendingWrite;
      const piece = write.bytes.subarray(write.at, write.at + PIECE);
      write.at += piece.length;
      const status = this.#ask("write", [piece]);
      this.#sendAhead();
      if (status === 0) return 0;
      this.#write = undefined;
      return typeof status === "number" ? status : UV_EPROTO;
    }

    #written(status: number, error: string | undefined): void {
      this.#outcome = { status, error };
      this.#finishWrite();
    }

    /** The write is over when the stream below has taken what became of it. */
    #finishWrite(): void {
      const write = this.#write;
      if (!this.#outcome || !write || this.#sending > 0 || this.#toSend.length > 0) return;
      const { status, error } = this.#outcome;
      this.#outcome = undefined;
      // Never in the call that began it.
      if (!this.#isWriting) this.#endWrite(write, status, error);
      else env.loop.post(() => this.#endWrite(write, status, error));
    }

    #endWrite(write: PendingWrite, status: number, error: string | undefined): void {
      if (this.#write !== write) return;
      if (status === 0 && write.at < write.bytes.length) {
        this.#isWriting = true;
        const failure = this.#writePiece();
        this.#isWriting = false;
        if (failure !== 0) write.request.done(failure, this, undefined);
        return;
      }
      this.#write = undefined;
      endRequest(write.request, this, status, error ?? undefined);
    }

    /** What a callback writes, or shuts down, takes along what waits behind the callback. */
    #sendAhead(): void {
      const isSend = ([name]: Event) => name === EventName.Send;
      const sends = this.#events.filter(isSend);
      this.#events = this.#events.filter((event) => !isSend(event));
      for (const [, bytes] of sends) this.#sendSecret(bytes as Uint8Array);
    }

    #sendSecret(bytes: Uint8Array): void {
      this.#ahead?.sent(bytes);
      this.#send(bytes);
    }

    #send(bytes: Uint8Array): void {
      this.#toSend.push(bytes);
      this.#flush();
    }

    #flush(): void {
      if (this.#waitsBelow || this.#sending > 0) return;
      while (this.#toSend.length > 0 && this.#sending === 0) {
        this.#sendBelow(joined(this.#toSend.splice(0)));
      }
      if (this.#sending === 0) this.#sent(0);
    }

    #sendBelow(bytes: Uint8Array): void {
      const request = new StreamRequest(env, "WRITEWRAP") as StreamRequest & Fields;
      request["oncomplete"] = (status: number) => {
        this.#sending = 0;
        this.#sent(status);
        this.#flush();
      };
      const status = this.#below.writeBuffer(request, bytes);
      const { streamBaseState } = env.internalBinding<{ streamBaseState: Int32Array }>(
        "stream_wrap",
      );
      if (status !== 0) this.#sent(status);
      else if (streamBaseState[kLastWriteWasAsync] === 1) this.#sending = bytes.length;
    }

    #sent(status: number): void {
      if (status !== 0 && this.#write) this.#outcome = { status, error: undefined };
      this.#finishWrite();
      if (this.#sending > 0 || this.#toSend.length > 0) return;
      const shutdown = this.#shutdown;
      this.#shutdown = undefined;
      if (!shutdown) return;
      const failure = this.#below.continueShutdown(shutdown);
      if (failure !== 0) shutdown.done(failure, this, undefined);
    }
  }

  return TLSWrap;

  /** OpenSSL's words are lib/'s to read from the request. */
  function endRequest(
    request: StreamRequest & { error?: string },
    wrap: TLSWrap,
    status: number,
    error: string | undefined,
  ): void {
    if (error !== undefined) request.error = error;
    request.done(status, wrap, undefined);
  }

  /** Of the connection that a gateway has, programs are told no more than it says. */
  function answerOfGateway(operation: string): undefined {
    if (!operation.startsWith("get")) throw refused(operation, "the gateway speaks TLS here");
  }

  function requireBuffer(value: unknown, what: string): Uint8Array {
    if (!isBytes(value)) {
      throw codedError(TypeError, "ERR_INVALID_ARG_TYPE", `${what} must be a buffer`);
    }
    return bytesOf(value);
  }
}

/**
 * A TLSWrap (crypto_tls.cc) over OpenSSL's wasm: one end of a connection between a stream of ciphertext and
 * plain text, in the form in which src/platforms/tls/connection.ts drives Node's. Bytes go in and out by
 * OpenSSL's memory; each call moves on what can be moved.
 */
import { Errno, encodeUtf8 } from "../../../kernel/abi.ts";
import { decodeLatin1 } from "../../../runtimes/node/text/units.ts";
import {
  HandshakeReader,
  Message,
  readClientHello,
} from "../../../runtimes/node/tls/handshake-reader.ts";
import { invalid } from "../tls/arguments.ts";
import type { JSStream, StreamRequest } from "../tls/natives.ts";
import { legacyChain, legacyOf } from "./certificates.ts";
import type { OpensslContext } from "./context.ts";
import { codedError, connectionError, cryptoError, printedErrors, verifyError } from "./errors.ts";
import type { Callbacks, Instance } from "./instance.ts";

const UV_EOF = -4095;
const UV_EPROTO = -Errno.EPROTO;
const UV_ECANCELED = -Errno.ECANCELED;
/** What one read brings at most, as in Node. */
const READ_MAX = 16_384;
/** Sessions that are larger are not told of. */
const SESSION_MAX = 10_240;

/** SSL_ERROR_*. */
const SSL_ERROR_SSL = 1;
const SSL_ERROR_SYSCALL = 5;
const SSL_ERROR_ZERO_RETURN = 6;
const UNABLE_TO_GET_ISSUER_CERT = 2;

type Told = (...values: unknown[]) => unknown;

export class OpensslWrap {
  [name: string | symbol]: unknown;
  onread: (memory: ArrayBuffer) => void = () => {};
  readonly #instance: Instance;
  readonly #stream: JSStream;
  readonly #lastRead: { status: number };
  readonly #isServer: boolean;
  #pointer: number;
  #isEstablished = false;
  #sawEnd = false;
  /** A server whose program is asked for sessions reads the client's hello first. */
  #hello: HandshakeReader | undefined;
  #asksCertificate = false;
  #waitsForCertificate = false;
  #asksSessions = false;
  #waitsForSession = false;
  #asksProtocol = false;
  #protocols: Uint8Array | undefined;
  #ocspResponse: Uint8Array | undefined;
  #nextSession = 0;
  /** The stream has not taken what it was given last. */
  #isSending = false;
  #write: StreamRequest | undefined;
  #isWriteScheduled = false;
  #plain: Uint8Array | undefined;
  #cycles = 0;

  /** `lastRead` is told what each `onread` brings. */
  constructor(
    { instance, pointer }: OpensslContext,
    stream: JSStream,
    isServer: boolean,
    lastRead: { status: number },
  ) {
    this.#instance = instance;
    this.#stream = stream;
    this.#isServer = isServer;
    this.#lastRead = lastRead;
    this.#pointer = instance.call("connection_new", pointer, Number(isServer));
    if (this.#pointer === 0) throw cryptoError(instance, "SSL_new");
    instance.listen(this.#pointer, this.#callbacks());
  }

  /** Ciphertext, or the negative number of an error or of the end. */
  received(bytes: Uint8Array | number): void {
    if (this.#sawEnd) return;
    if (typeof bytes === "number") {
      this.#clearOut();
      if (bytes === UV_EOF) this.#sawEnd = true;
      this.#tellRead(bytes);
      return;
    }
    this.#ask("connection_receive", bytes);
    if (this.#hello) this.#readHello(this.#hello, bytes);
    else this.#cycle();
  }

  /** The stream took what it was given last. */
  sent(status: number): void {
    this.#isSending = false;
    if (status !== 0) {
      this.#endWrite(status);
      return;
    }
    this.#clearIn();
    this.#encryptedOut();
  }

  start(): void {
    this.#clearOut();
    this.#encryptedOut();
  }

  writeBuffer(request: StreamRequest, bytes: Uint8Array): number {
    if (this.#pointer === 0) {
      request.error = "Write after DestroySSL";
      return UV_EPROTO;
    }
    if (bytes.length === 0) {
      // It moves a handshake on.
      this.#clearOut();
      if (this.#pending() === 0) {
        request.oncomplete(0);
        return 0;
      }
      this.#write = request;
      this.#encryptedOut();
      return 0;
    }
    this.#write = request;
    const written = this.#ask("connection_write", bytes);
    if (written === -SSL_ERROR_SSL || written === -SSL_ERROR_SYSCALL) {
      this.#instance.call("errors_clear");
      this.#write = undefined;
      return UV_EPROTO;
    }
    if (written < 0) this.#plain = bytes.slice();
    this.#encryptedOut();
    return 0;
  }

  shutdown(request: object): number {
    if (this.#pointer !== 0) this.#ask("connection_shutdown");
    this.#encryptedOut();
    return this.#stream.onshutdown(request);
  }

  destroySSL(): void {
    const pointer = this.#pointer;
    if (pointer === 0) return;
    this.#isWriteScheduled = true;
    this.#endWrite(UV_ECANCELED, "Canceled because of SSL destruction");
    this.#pointer = 0;
    this.#instance.forget(pointer);
    if (this.#instance.isDead) return;
    this.#instance.call("connection_free", pointer);
    if (this.#nextSession !== 0) this.#instance.call("session_free", this.#nextSession);
  }

  setVerifyMode(asks: boolean, refuses: boolean): void {
    // A client looks at the certificate when the handshake is over.
    this.#ask("connection_set_verify", !this.#isServer || !asks ? 0 : refuses ? 2 : 1);
  }

  enableSessionCallbacks(): void {
    this.#asksSessions = true;
    if (this.#isServer) this.#hello = new HandshakeReader();
  }

  enableKeylogCallback(): void {
    this.#ask("connection_log_keys");
  }

  enableCertCb(): void {
    this.#asksCertificate = true;
  }

  enableALPNCb(): void {
    this.#asksProtocol = true;
  }

  enablePskCallback(): void {
    this.#ask("connection_ask_keys");
  }

  setPskIdentityHint(hint: string): void {
    if (this.#ask("connection_set_hint", hint)) return;
    const message = "Failed to set PSK identity hint";
    this.#tell("onerror", codedError("ERR_TLS_PSK_SET_IDENTITY_HINT_FAILED", message));
  }

  endParser(): void {
    this.#hello = undefined;
    this.#cycle();
  }

  newSessionDone(): void {
    this.#waitsForSession = false;
    this.#cycle();
  }

  certCbDone(): void {
    const context = this["sni_context"] as OpensslContext | undefined;
    if (context) {
      const pointer = this.#pointerOf(context);
      if (this.#ask("connection_use_keys", pointer)) this.#useAuthorities(pointer, "CertCbDone");
    }
    this.#asksCertificate = false;
    this.#waitsForCertificate = false;
    this.#cycle();
  }

  setKeyCert(context: unknown): void {
    const pointer = this.#pointerOf(context as OpensslContext);
    if (!this.#ask("connection_use_keys", pointer)) {
      throw cryptoError(this.#instance, "SetKeyCert");
    }
    this.#useAuthorities(pointer, "SetKeyCert");
  }

  loadSession(session: Uint8Array | undefined): void {
    if (!session) return;
    if (this.#nextSession !== 0) this.#instance.call("session_free", this.#nextSession);
    this.#nextSession = this.#instance.call("session_read", session);
  }

  setSession(session: Uint8Array): void {
    const pointer = this.#instance.call("session_read", session);
    if (pointer === 0) return;
    const isSet = this.#ask("connection_set_session", pointer);
    this.#instance.call("session_free", pointer);
    if (!isSet) throw new Error("SSL_set_session error");
  }

  setServername(name: string): void {
    this.#ask("connection_set_servername", name);
  }

  setALPNProtocols(protocols: Uint8Array): void {
    if (this.#isServer) this.#protocols = protocols.slice();
    else this.#ask("connection_set_protocols", protocols);
  }

  setOCSPResponse(response: Uint8Array): void {
    this.#ocspResponse = response.slice();
  }

  requestOCSP(): void {
    this.#ask("connection_request_ocsp");
  }

  setMaxSendFragment(size: number): number {
    return this.#ask("connection_set_fragment", size);
  }

  renegotiate(): void {
    if (!this.#ask("connection_renegotiate")) throw cryptoError(this.#instance);
    this.#instance.call("errors_clear");
  }

  getServername(): string | false {
    return this.#latin1("connection_get_servername") ?? false;
  }

  getALPNNegotiatedProtocol(): string | false {
    return this.#latin1("connection_get_protocol") ?? false;
  }

  getProtocol(): string | undefined {
    return this.#latin1("connection_get_version");
  }

  getCipher(): object {
    const [name, standardName, version] = this.#fields("connection_get_cipher").map(({ bytes }) =>
      decodeLatin1(bytes),
    );
    return name === undefined ? {} : { name, standardName, version };
  }

  getEphemeralKeyInfo(): object {
    const [bits, curve] = this.#fields("connection_get_ephemeral_key");
    if (!bits) return {};
    const size = new DataView(bits.bytes.buffer, bits.bytes.byteOffset).getInt32(0, true);
    return curve ? { type: "ECDH", name: decodeLatin1(curve.bytes), size } : { type: "DH", size };
  }

  getFinished(): Uint8Array | undefined {
    return this.#field(1, "connection_get_finished", 0);
  }

  getPeerFinished(): Uint8Array | undefined {
    return this.#field(1, "connection_get_finished", 1);
  }

  isSessionReused(): boolean {
    return this.#ask("connection_is_reused") !== 0;
  }

  getSession(): Uint8Array | undefined {
    return this.#session(1);
  }

  getTLSTicket(): Uint8Array | undefined {
    return this.#session(3);
  }

  getSharedSigalgs(): string[] {
    const names = this.#fields("connection_get_signatures").map(({ bytes }) => decodeLatin1(bytes));
    return names.filter((_name, i) => i % 2 === 0).map((name, i) => `${name}+${names[2 * i + 1]}`);
  }

  getCertificate(): object | undefined {
    const der = this.#field(1, "connection_get_certificate");
    return der && legacyOf(this.#instance, der);
  }

  getX509Certificate(): object | undefined {
    return nativeCertificate(this.#fields("connection_get_certificate").map(({ bytes }) => bytes));
  }

  getPeerCertificate(isDetailed = false): object | undefined {
    if (isDetailed) return legacyChain(this.#instance, this.#fields("connection_get_peer_issuers"));
    const [first] = this.#fields("connection_get_peer_chain");
    return first && legacyOf(this.#instance, first.bytes);
  }

  getPeerX509Certificate(): object | undefined {
    return nativeCertificate(this.#fields("connection_get_peer_chain").map(({ bytes }) => bytes));
  }

  verifyError(): Error | null {
    const result = this.#ask("connection_verify_result", UNABLE_TO_GET_ISSUER_CERT);
    return result === 0 ? null : verifyError(this.#instance, result);
  }

  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array {
    const target = this.#instance.place(new Uint8Array(length));
    const values = [encodeUtf8(label), context ?? new Uint8Array(), Number(context !== undefined)];
    const isDone = this.#ask("connection_export", target, length, ...values);
    const made = this.#instance.bytesAt(target, length).slice();
    this.#instance.call("release", target);
    if (!isDone) throw cryptoError(this.#instance, "SSL_export_keying_material");
    return made;
  }

  #callbacks(): Callbacks {
    return {
      handshake: (isDone) => {
        if (isDone) this.#isEstablished = true;
        this.#tell(isDone ? "onhandshakedone" : "onhandshakestart");
      },
      keylog: (line) => this.#tell("onkeylog", encodeUtf8(`${line}\n`)),
      needsCertificate: () => {
        if (!this.#isServer || !this.#asksCertificate) return 1;
        if (this.#waitsForCertificate) return -1;
        this.#waitsForCertificate = true;
        const OCSPRequest = this.#ask("connection_wants_ocsp") !== 0;
        this.#tell("oncertcb", { servername: this.getServername() || "", OCSPRequest });
        return this.#waitsForCertificate ? -1 : 1;
      },
      servername: (name) => {
        this["servername"] = name;
      },
      chooseProtocol: (offered) => this.#chooseProtocol(offered),
      newSession: (session) => this.#tellSession(session),
      findSession: () => {
        const found = this.#nextSession;
        this.#nextSession = 0;
        return found;
      },
      ocsp: () => this.#answerStatus(),
      serverKey: (identity) => this.#call(PSK_EXCHANGE, identity) as Uint8Array | undefined,
      clientKey: (hint) => this.#call(PSK_EXCHANGE, hint ?? null) as never,
    };
  }

  #chooseProtocol(offered: Uint8Array): number {
    const NONE = -1;
    const REFUSED = -2;
    if (this.#asksProtocol) {
      const chosen = this.#call("ALPNCallback", offered);
      return typeof chosen === "number" ? chosen : REFUSED;
    }
    const own = this.#protocols;
    if (!own?.length) return NONE;
    for (const [start, end] of names(own)) {
      const wanted = decodeLatin1(own, start, end);
      for (const [from, to] of names(offered)) {
        if (decodeLatin1(offered, from, to) === wanted) return from - 1;
      }
    }
    return REFUSED;
  }

  #tellSession(session: number): void {
    if (!this.#asksSessions) return;
    const [bytes, id] = this.#instance.fields("session_describe", session);
    if (!bytes || !id || bytes.bytes.length > SESSION_MAX) return;
    // A server's handshake waits until its program has kept it.
    if (this.#isServer) this.#waitsForSession = true;
    this.#tell("onnewsession", id.bytes, bytes.bytes);
  }

  #answerStatus(): boolean {
    if (!this.#isServer) {
      this.#tell("onocspresponse", this.#field(1, "connection_get_ocsp") ?? null);
      return true;
    }
    const response = this.#ocspResponse;
    this.#ocspResponse = undefined;
    return response !== undefined && this.#ask("connection_set_ocsp", response) !== 0;
  }

  #readHello(reader: HandshakeReader, bytes: Uint8Array): void {
    const [first] = reader.read(bytes);
    if (first?.type === Message.ClientHello) {
      const { sessionId, servername = "", hasTicket } = readClientHello(first.body);
      this.#tell("onclienthello", { sessionId, servername, tlsTicket: hasTicket });
      // What is no hello is OpenSSL's to refuse.
    } else if (first || reader.isOver) this.endParser();
  }

  #cycle(): void {
    if (++this.#cycles > 1) return;
    for (; this.#cycles > 0; this.#cycles--) {
      this.#clearIn();
      this.#clearOut();
      this.#encryptedOut();
    }
  }

  /** Plain text that OpenSSL could not take before. */
  #clearIn(): void {
    const plain = this.#plain;
    if (this.#hello || this.#pointer === 0 || !plain) return;
    this.#plain = undefined;
    const written = this.#ask("connection_write", plain);
    if (written > 0) return;
    if (written === -SSL_ERROR_SSL || written === -SSL_ERROR_SYSCALL) {
      this.#isWriteScheduled = true;
      this.#endWrite(UV_EPROTO, printedErrors(this.#instance));
    } else this.#plain = plain;
  }

  /** Plain text for the program. */
  #clearOut(): void {
    if (this.#hello || this.#sawEnd || this.#pointer === 0) return;
    const room = this.#instance.place(new Uint8Array(READ_MAX));
    let count = 0;
    for (;;) {
      count = this.#ask("connection_read", room, READ_MAX);
      if (count <= 0) break;
      this.#tellRead(count, this.#instance.bytesAt(room, count).slice());
    }
    switch (-count) {
      case SSL_ERROR_ZERO_RETURN:
        this.#sawEnd = true;
        this.#tellRead(UV_EOF);
        break;
      case SSL_ERROR_SSL:
      case SSL_ERROR_SYSCALL: {
        const error = connectionError(this.#instance);
        // An alert goes to the other end before.
        if (this.#pending() > 0) this.#encryptedOut();
        this.#tell("onerror", error);
      }
    }
    this.#instance.call("errors_clear");
    this.#instance.call("release", room);
  }

  /** Ciphertext for the stream. */
  #encryptedOut(): void {
    if (this.#hello || this.#isSending || this.#waitsForSession) return;
    if (this.#isEstablished && this.#write) this.#isWriteScheduled = true;
    if (this.#pointer === 0) return;
    if (this.#pending() === 0) {
      if (!this.#plain) this.#endWrite(0);
      return;
    }
    const bytes = this.#field(1, "connection_take") ?? new Uint8Array();
    this.#isSending = true;
    this.#stream.onwrite({}, [bytes]);
  }

  #endWrite(status: number, error?: string): void {
    if (!this.#isWriteScheduled) return;
    const write = this.#write;
    this.#write = undefined;
    if (!write) return;
    if (error !== undefined) write.error = error;
    write.oncomplete(status);
  }

  #tellRead(status: number, bytes = new Uint8Array()): void {
    this.#lastRead.status = status;
    this.onread(bytes.buffer);
  }

  #tell(name: string, ...values: unknown[]): void {
    this.#call(name, ...values);
  }

  #call(name: string, ...values: unknown[]): unknown {
    return (this[name] as Told | undefined)?.(...values);
  }

  #useAuthorities(context: number, what: string): void {
    if (this.#ask("connection_use_authorities", context)) return;
    throw cryptoError(this.#instance, what);
  }

  /** Of a context in the same instance. */
  #pointerOf({ instance, pointer }: OpensslContext): number {
    return instance === this.#instance ? pointer : invalid();
  }

  #pending(): number {
    return this.#ask("connection_pending");
  }

  #session(part: number): Uint8Array | undefined {
    const session = this.#ask("connection_get_session");
    return this.#instance.field(part, "session_describe", session);
  }

  #latin1(name: string): string | undefined {
    const bytes = this.#field(1, name);
    return bytes && decodeLatin1(bytes);
  }

  #field(number: number, name: string, ...values: readonly number[]): Uint8Array | undefined {
    return this.#instance.field(number, name, this.#pointer, ...values);
  }

  #fields(name: string) {
    return this.#instance.fields(name, this.#pointer);
  }

  #ask(name: string, ...values: readonly (number | string | Uint8Array)[]): number {
    return this.#instance.call(name, this.#pointer, ...values);
  }
}

export const PSK_EXCHANGE = "onpskexchange";

/** Where each name begins and ends behind its length. */
function* names(list: Uint8Array): Generator<readonly [start: number, end: number]> {
  for (let at = 0; at < list.length; ) {
    const end = at + 1 + (list[at] as number);
    yield [at + 1, end];
    at = end;
  }
}

/** What answers.ts asks of a certificate: DER, and its issuer's. */
function nativeCertificate(chain: readonly Uint8Array[]): object | undefined {
  const [first, ...issuers] = chain;
  return first && { raw: () => first, getIssuerCert: () => nativeCertificate(issuers) };
}

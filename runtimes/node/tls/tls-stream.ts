/**
 * A stream of plain text over a stream of ciphertext, between which stands a TlsSession. Everything but
 * the stream below is done in the call that asks for it.
 */
import type { HandleWrap } from "../async-wrap.ts";
import type { StreamRequest } from "../bindings/stream_wrap/requests.ts";
import { StreamBase, type StreamListener, UV_EOF } from "../bindings/stream_wrap/stream-base.ts";
import type { Environment } from "../environment.ts";
import type { LoopHandle } from "../loop/event-loop.ts";
import { type Bytes, bytesOf } from "../text/bytes.ts";
import { Ciphertext } from "./ciphertext.ts";
import type { TlsObject } from "./host-tls.ts";
import { type Event, EventName } from "./messages.ts";
import { PlainWrites } from "./plain-writes.ts";
import { TlsSession } from "./tls-session.ts";

export interface TlsStreamOptions {
  readonly isServer: boolean;
  /** The host's context of the connection. */
  readonly context: () => TlsObject;
  /** Whoever had the stream below before still writes to it. */
  readonly waits: boolean;
}

export abstract class TlsStream extends StreamBase {
  protected readonly handles: readonly LoopHandle[] = [];
  readonly #below: StreamBase;
  readonly #listener: StreamListener;
  readonly #session: TlsSession;
  readonly #ciphertext: Ciphertext;
  readonly #writes: PlainWrites;
  #shutdown: StreamRequest | undefined;
  #isBelowGone = false;
  #sawEnd = false;

  constructor(env: Environment, below: StreamBase, { waits, ...options }: TlsStreamOptions) {
    super(env, "TLSWRAP");
    // It is no handle of the loop's, and nobody would take it off the list.
    env.internalBinding<{ handles: Set<HandleWrap> }>("isopod_handles").handles.delete(this);
    this.#below = below;
    this.#session = new TlsSession(env, this, options, (event) => this.#handle(event));
    this.#ciphertext = new Ciphertext(env, below, waits, (status) => this.#taken(status));
    this.#writes = new PlainWrites(env, this, this.#session, this.#ciphertext);
    this.#listener = {
      onRead: (status, bytes) => this.#received(status, bytes),
      onStreamClosed: () => {
        this.#isBelowGone = true;
      },
    };
    below.pushListener(this.#listener);
  }

  get writeQueueSize(): number {
    return this.#ciphertext.length;
  }

  /** Bytes that were read before it was there. */
  receive(bytes: Bytes): void {
    const found = bytesOf(bytes);
    this.#received(found.length, found);
  }

  writesIssuedByPrevListenerDone(): void {
    this.#ciphertext.waitNoMore();
  }

  destroySSL(): void {
    if (this.#session.isClosed) return;
    this.#session.close();
    this.#below.removeListener(this.#listener);
    this.#writes.cancel();
  }

  protected get below(): StreamBase {
    return this.#below;
  }

  protected get session(): TlsSession {
    return this.#session;
  }

  protected get writes(): PlainWrites {
    return this.#writes;
  }

  /** What concerns the program and not the stream. */
  protected abstract callBack(name: string, values: readonly unknown[]): void;

  protected override isAlive(): boolean {
    return !this.#session.isClosed && !this.#isBelowGone && this.#below.isStreamAlive;
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

  protected override dispatchWrite(request: StreamRequest, bytes: Uint8Array): number {
    return this.#writes.begin(request, bytes);
  }

  protected override dispatchShutdown(request: StreamRequest): number {
    if (!this.#session.gateway) this.#session.ask("shutdown");
    this.#session.sendAhead();
    if (this.#ciphertext.isSent) return this.#below.continueShutdown(request);
    this.#shutdown = request;
    return 0;
  }

  protected override onClose(): void {}

  #handle([name, ...values]: Event): void {
    const [first] = values;
    switch (name) {
      case EventName.Send:
        // Not before the callbacks that it comes behind: they may refuse the peer.
        this.#ciphertext.send(first as Uint8Array);
        return;
      case EventName.Written:
        this.#writes.written(first as number, values[1] as string | undefined);
        return;
      case EventName.Read:
        this.#emit(first as Uint8Array);
        return;
      case EventName.ReadStatus:
        if (first === UV_EOF) this.#sawEnd = true;
        this.emitReadStatus(first as number);
        return;
      default:
        this.callBack(name, values);
        if (name === "onhandshakedone") this.#writes.handshakeDone();
    }
  }

  #received(status: number, bytes: Uint8Array | undefined): void {
    if (this.#sawEnd || this.#session.isClosed) return;
    if (this.#session.gateway) {
      if (bytes) this.#emit(bytes);
      else this.emitReadStatus(status);
    } else if (bytes) this.#session.receive(bytes);
    else if (status === UV_EOF) this.#session.ask("receiveEnd");
    else this.emitReadStatus(status);
  }

  /** In pieces as large as the listener has room for. */
  #emit(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#session.isClosed; ) {
      const target = this.allocate();
      const part = bytes.subarray(at, at + (target?.length ?? bytes.length));
      target?.set(part);
      this.emitRead(target ? target.subarray(0, part.length) : part);
      at += part.length;
    }
  }

  #taken(status: number): void {
    this.#writes.taken(status);
    if (!this.#ciphertext.isSent) return;
    const shutdown = this.#shutdown;
    this.#shutdown = undefined;
    if (!shutdown) return;
    const failure = this.#below.continueShutdown(shutdown);
    if (failure !== 0) shutdown.done(failure, this, undefined);
  }
}

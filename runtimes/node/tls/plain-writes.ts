/**
 * What programs write to a TLS stream: one write at a time, given to the host's TLS in pieces, and over
 * when the stream below has taken all that became of it.
 */
import type { StreamRequest } from "../bindings/stream_wrap/requests.ts";
import type { StreamBase } from "../bindings/stream_wrap/stream-base.ts";
import type { Environment } from "../environment.ts";
import type { Ciphertext } from "./ciphertext.ts";
import { PIECE } from "./host-tls.ts";
import type { TlsSession } from "./tls-session.ts";

const UV_ECANCELED = -125;
const UV_EPROTO = -71;
const CANCELED = "Canceled because of SSL destruction";

interface PendingWrite {
  readonly request: StreamRequest;
  readonly bytes: Uint8Array;
  at: number;
}

export class PlainWrites {
  readonly #env: Environment;
  readonly #stream: StreamBase;
  readonly #session: TlsSession;
  readonly #ciphertext: Ciphertext;
  #write: PendingWrite | undefined;
  #isWriting = false;
  #isStarting = false;
  /** An empty write that came behind the first message: it is over with the handshake. */
  #waitsForHandshake = false;
  /** What the last write came to, which is told of when all of it was sent. */
  #outcome: { readonly status: number; readonly error: string | undefined } | undefined;

  constructor(env: Environment, stream: StreamBase, session: TlsSession, ciphertext: Ciphertext) {
    this.#env = env;
    this.#stream = stream;
    this.#session = session;
    this.#ciphertext = ciphertext;
  }

  /** In Node the first message is under way until the loop's next turn. */
  handshakeStarted(): void {
    this.#isStarting = true;
    this.#env.loop.post(() => {
      this.#isStarting = false;
    });
  }

  handshakeDone(): void {
    if (this.#waitsForHandshake) this.written(0, undefined);
    this.#waitsForHandshake = false;
  }

  /** 0: `request` is done later; or a negative errno. */
  begin(request: StreamRequest, bytes: Uint8Array): number {
    this.#isWriting = true;
    try {
      if (!this.#session.gateway) {
        this.#write = { request, bytes, at: 0 };
        this.#waitsForHandshake = this.#isStarting && bytes.length === 0;
        return this.#waitsForHandshake ? 0 : this.#writePiece();
      }
      this.#write = { request, bytes, at: bytes.length };
      this.#outcome = { status: 0, error: undefined };
      this.#ciphertext.send(bytes.slice());
      return 0;
    } finally {
      this.#isWriting = false;
    }
  }

  /** The host's TLS is done with what it was given. */
  written(status: number, error: string | undefined): void {
    this.#outcome = { status, error };
    this.#finish();
  }

  /** The stream below is done with what it was given. */
  taken(status: number): void {
    if (status !== 0 && this.#write) this.#outcome = { status, error: undefined };
    this.#finish();
  }

  cancel(): void {
    const write = this.#write;
    this.#write = undefined;
    if (write) this.#done(write, UV_ECANCELED, CANCELED);
  }

  #writePiece(): number {
    const write = this.#write as PendingWrite;
    const piece = write.bytes.subarray(write.at, write.at + PIECE);
    write.at += piece.length;
    const status = this.#session.ask("write", [piece]);
    this.#session.sendAhead();
    if (status === 0) return 0;
    this.#write = undefined;
    return typeof status === "number" ? status : UV_EPROTO;
  }

  #finish(): void {
    const write = this.#write;
    if (!this.#outcome || !write || !this.#ciphertext.isSent) return;
    const { status, error } = this.#outcome;
    this.#outcome = undefined;
    // Never in the call that began it.
    if (!this.#isWriting) this.#end(write, status, error);
    else this.#env.loop.post(() => this.#end(write, status, error));
  }

  #end(write: PendingWrite, status: number, error: string | undefined): void {
    if (this.#write !== write) return;
    if (status === 0 && write.at < write.bytes.length) {
      this.#isWriting = true;
      const failure = this.#writePiece();
      this.#isWriting = false;
      if (failure !== 0) write.request.done(failure, this.#stream, undefined);
      return;
    }
    this.#write = undefined;
    this.#done(write, status, error);
  }

  /** OpenSSL's words are lib/'s to read from the request. */
  #done({ request }: PendingWrite, status: number, error: string | undefined): void {
    if (error !== undefined) (request as StreamRequest & { error?: string }).error = error;
    request.done(status, this.#stream, undefined);
  }
}

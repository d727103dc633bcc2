/** The guest's side of a connection: a socket of pid 1, by the kernel's system calls. */
import {
  AF_UNSPEC,
  Errno,
  KernelError,
  MSG_NOSIGNAL,
  ProcessGone,
  SHUT_WR,
  type Sys,
} from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";

export class GuestStream implements ByteStream {
  readonly #init: Sys;
  readonly #fd: number;
  readonly #gone = Promise.withResolvers<void>();
  /** Resolves when the guest has closed its end, after its last bytes were read. */
  readonly gone: Promise<void> = this.#gone.promise;
  #buffer: Uint8Array | undefined;
  /** Each direction: what the guest sent, what it was sent. */
  #isRead = false;
  #isEnded = false;
  #isClosed = false;

  constructor(init: Sys, fd: number) {
    this.#init = init;
    this.#fd = fd;
  }

  async read(most: number): Promise<Uint8Array | undefined> {
    this.#requireOpen();
    if (!this.#buffer || this.#buffer.length < most) this.#buffer = new Uint8Array(most);
    const buffer = this.#buffer.subarray(0, most);
    const count = await this.#init.read(this.#fd, buffer);
    if (count > 0) return buffer.slice(0, count);
    if (!this.#isRead) void this.#awaitClose();
    this.#isRead = true;
    return undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#requireOpen();
    for (let at = 0; at < bytes.length; ) {
      const rest = at === 0 ? bytes : bytes.subarray(at);
      at += await this.#init.sendmsg(this.#fd, rest, MSG_NOSIGNAL, undefined, []);
    }
  }

  async end(): Promise<void> {
    this.#requireOpen();
    this.#isEnded = true;
    await this.#init.shutdown(this.#fd, SHUT_WR);
  }

  /** Where not both directions have ended, the guest is told that the connection broke. */
  abort(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (!this.#isRead || !this.#isEnded) void this.#init.connect(this.#fd, NOWHERE);
      void this.#init.close(this.#fd);
    } catch (reason) {
      // The machine is switched off, and took its descriptors along.
      if (!isOver(reason)) throw reason;
    }
  }

  async #awaitClose(): Promise<void> {
    try {
      // POLLHUP, which nobody needs to ask for.
      await this.#init.ppoll([{ fd: this.#fd, events: 0 }], undefined, undefined);
      this.#gone.resolve();
    } catch (reason) {
      if (!isOver(reason)) throw reason;
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new KernelError(Errno.ECONNRESET);
  }
}

function isOver(reason: unknown): boolean {
  return reason instanceof ProcessGone || reason instanceof KernelError;
}

const NOWHERE = { family: AF_UNSPEC, address: new Uint8Array(0), port: 0, scope: 0 };

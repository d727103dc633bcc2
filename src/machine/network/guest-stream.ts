/** A connected socket of pid 1 as HTTP reads and writes it. */
import {
  type Kernel,
  KernelError,
  MSG_NOSIGNAL,
  POLLIN,
  POLLRDHUP,
  SHUT_RDWR,
  SHUT_WR,
} from "../../../kernel/index.ts";
import type { ByteStream } from "../../http/byte-stream.ts";
import { failed } from "../commands.ts";
import { readSome } from "../descriptors.ts";

export class GuestStream implements ByteStream {
  readonly #kernel: Kernel;
  readonly #fd: number;
  #isClosed = false;
  #reason: unknown;

  constructor(kernel: Kernel, fd: number) {
    this.#kernel = kernel;
    this.#fd = fd;
  }

  /** Nothing has come since, and the other end is open. */
  get isQuiet(): boolean {
    if (this.#isClosed) return false;
    const events = POLLIN | POLLRDHUP;
    const found = this.#kernel.init.ppoll([{ fd: this.#fd, events }], 0n, undefined);
    // An answer that would have to be waited for is none.
    return Array.isArray(found) && found[0] === 0;
  }

  async read(most: number): Promise<Uint8Array | undefined> {
    const bytes = await this.#during("read", () => readSome(this.#kernel.init, this.#fd, most));
    return bytes.length === 0 ? undefined : bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { init } = this.#kernel;
    for (let done = 0; done < bytes.length; ) {
      const rest = done === 0 ? bytes : bytes.subarray(done);
      done += await this.#during("write", () =>
        init.sendmsg(this.#fd, rest, MSG_NOSIGNAL, undefined, []),
      );
    }
  }

  async end(): Promise<void> {
    await this.#during("shutdown", () => this.#kernel.init.shutdown(this.#fd, SHUT_WR));
  }

  abort(reason?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reason = reason;
    void this.#close();
  }

  /** Wakes whoever waits for it first. */
  async #close(): Promise<void> {
    const { init } = this.#kernel;
    try {
      await init.shutdown(this.#fd, SHUT_RDWR);
    } catch {
      // The other end has gone already.
    }
    try {
      await init.close(this.#fd);
    } catch {
      // The machine is switched off, and has closed it.
    }
  }

  async #during<T>(syscall: string, work: () => T | Promise<T>): Promise<T> {
    this.#requireOpen();
    try {
      const result = await work();
      this.#requireOpen();
      return result;
    } catch (reason) {
      this.#requireOpen();
      throw reason instanceof KernelError ? failed(reason.errno, syscall) : reason;
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw this.#reason ?? new Error("the connection was given up");
  }
}

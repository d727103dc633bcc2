/** `vm.connect`: a connection to a server in the machine, as web streams. */
import { IsopodError } from "./errors.ts";
import { newToken } from "./machine/network/protocol.ts";
import { integer } from "./options/check.ts";
import {
  type ConnectOptions,
  type GuestServer,
  normalizeConnect,
  normalizeWait,
  type WaitOptions,
} from "./options/network-options.ts";
import type { RemoteMachine } from "./remote-machine.ts";

/** Bytes asked for at once. */
const CHUNK = 1 << 18;

export class GuestConnection implements AsyncDisposable {
  /** Ends where the server has ended its side. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Closing it ends our side alone: the server can still answer. */
  readonly writable: WritableStream<string | Uint8Array>;
  /** Resolves when both sides have ended or close() was called; rejects where it broke. */
  readonly closed: Promise<void>;
  readonly #machine: RemoteMachine;
  readonly #fd: number;
  readonly #end = Promise.withResolvers<void>();
  #reads = true;
  #writes = true;
  #isClosed = false;

  private constructor(machine: RemoteMachine, fd: number) {
    this.#machine = machine;
    this.#fd = fd;
    this.closed = this.#end.promise;
    this.closed.catch(() => {});
    const encoder = new TextEncoder();
    this.readable = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.close() },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<string | Uint8Array>({
      write: async (chunk) => {
        const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
        await this.#during(() => machine.machine("writeStream", fd, bytes));
      },
      close: () => this.#endWriting(),
      abort: () => this.close(),
    });
  }

  /** To be made by vm.connect. */
  static async open(
    machine: RemoteMachine,
    server: GuestServer,
    options: ConnectOptions,
  ): Promise<GuestConnection> {
    const { to, signal } = normalizeConnect(server, options);
    signal?.throwIfAborted();
    const connection = new GuestConnection(machine, await machine.network("connect", to));
    if (signal?.aborted) await connection.close();
    signal?.throwIfAborted();
    return connection;
  }

  /** Gives the connection up, both ways. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#machine.network("close", this.#fd).catch(() => {});
    this.#end.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const chunk = await this.#during(() => this.#machine.machine("readStream", this.#fd, CHUNK));
      if (chunk.length > 0) return controller.enqueue(chunk);
      controller.close();
      this.#reads = false;
      await this.#settle();
    } catch (reason) {
      // Closed while it read: that is its end.
      if (this.#isClosed) controller.close();
      else controller.error(reason);
    }
  }

  async #endWriting(): Promise<void> {
    await this.#during(() => this.#machine.network("shutdown", this.#fd));
    this.#writes = false;
    await this.#settle();
  }

  async #settle(): Promise<void> {
    if (!this.#reads && !this.#writes) await this.close();
  }

  async #during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) {
      throw new IsopodError("ERR_CONNECTION_CLOSED", "the connection is closed");
    }
    try {
      return await work();
    } catch (reason) {
      this.#end.reject(reason);
      throw reason;
    }
  }
}

export async function waitForPort(
  machine: RemoteMachine,
  port: number,
  options: WaitOptions,
): Promise<void> {
  const wanted = integer({ where: "waitForPort", name: "port" }, port, { min: 1, max: 65_535 });
  const { timeout, signal } = normalizeWait(options);
  signal?.throwIfAborted();
  const token = newToken();
  const cancel = () => void machine.network("cancel", token).catch(() => {});
  signal?.addEventListener("abort", cancel);
  try {
    if (await machine.network("waitForPort", token, wanted, timeout)) return;
    signal?.throwIfAborted();
    const message = `nobody has listened on port ${port} of the machine within ${timeout} ms`;
    throw new IsopodError("ETIMEDOUT", message);
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

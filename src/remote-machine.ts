/** One machine's operations as calls; what fails rejects with the error that users see. */

import { Embedding } from "./embedding.ts";
import { disposedError, fromFailure } from "./errors.ts";
import { type ForkRequest, isFailure, type MachineOptions } from "./machine/protocol.ts";
import type { Arguments, Operations, Part, Result } from "./machine/service.ts";
import type { KernelThread } from "./thread/kernel-thread.ts";

export class RemoteMachine {
  /** The embedder's functions that it may ask; a fork shares them. */
  readonly embedding: Embedding;
  readonly #thread: KernelThread;
  readonly #id: number;
  readonly #underWay = new Set<Promise<unknown>>();
  #disposed: Promise<void> | undefined;

  private constructor(thread: KernelThread, id: number, embedding: Embedding) {
    this.embedding = embedding;
    this.#thread = thread;
    this.#id = id;
  }

  static async create(
    thread: KernelThread,
    options: MachineOptions,
    embedding = new Embedding(),
  ): Promise<RemoteMachine> {
    return new RemoteMachine(thread, await readable(thread.create(options, embedding)), embedding);
  }

  /** A machine that runs already, and asks whoever made it. */
  static attach(thread: KernelThread, id: number): RemoteMachine {
    return new RemoteMachine(thread, id, new Embedding());
  }

  machine<N extends keyof Operations["machine"] & string>(
    name: N,
    ...args: Arguments<"machine", N>
  ): Promise<Result<"machine", N>> {
    return this.#request("machine", name, args);
  }

  files<N extends keyof Operations["files"] & string>(
    name: N,
    ...args: Arguments<"files", N>
  ): Promise<Result<"files", N>> {
    return this.#request("files", name, args);
  }

  trees<N extends keyof Operations["trees"] & string>(
    name: N,
    ...args: Arguments<"trees", N>
  ): Promise<Result<"trees", N>> {
    return this.#request("trees", name, args);
  }

  network<N extends keyof Operations["network"] & string>(
    name: N,
    ...args: Arguments<"network", N>
  ): Promise<Result<"network", N>> {
    return this.#request("network", name, args);
  }

  async trace(listener: ((lines: string[]) => void) | undefined): Promise<void> {
    if (this.#disposed && listener) throw disposedError();
    return this.#thread.trace(this.#id, listener);
  }

  /** A machine of its own that begins as this one is now. */
  async fork(request: ForkRequest): Promise<RemoteMachine> {
    const id = await this.machine("fork", request);
    return new RemoteMachine(this.#thread, id, this.embedding);
  }

  /** Its number in the kernel's thread. */
  get id(): number {
    return this.#id;
  }

  get disposed(): boolean {
    return this.#disposed !== undefined;
  }

  /** Resolves when whatever was under way has been told, too. */
  dispose(): Promise<void> {
    this.#disposed ??= readable(this.#thread.dispose(this.#id)).then(async () => {
      await Promise.allSettled(this.#underWay);
    });
    return this.#disposed;
  }

  async #request<P extends Part, N extends keyof Operations[P] & string>(
    part: P,
    name: N,
    args: Arguments<P, N>,
  ): Promise<Result<P, N>> {
    if (this.#disposed) throw disposedError();
    const request = this.#thread.request(this.#id, part, name, args);
    this.#underWay.add(request);
    try {
      return await request;
    } catch (reason) {
      // Whatever was under way when the machine was switched off ended for that reason.
      if (this.#disposed) throw disposedError();
      throw isFailure(reason) ? fromFailure(reason) : reason;
    } finally {
      this.#underWay.delete(request);
    }
  }
}

async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (reason) {
    throw isFailure(reason) ? fromFailure(reason) : reason;
  }
}

/**
 * Kernels at the other end of a port: of a Worker, or of a child process. Requests are comlink's calls;
 * what the kernel asks of embedders, tells of faults and of traced calls goes beside them. When that end
 * dies, every call of every machine rejects, and embedders are let go of.
 */
import { type Remote, wrap } from "comlink";
import { IsopodError } from "../errors.ts";
import type { Arguments, Operations, Part, Result } from "../machine/service.ts";
import { type Ask, NearEmbedders } from "./embedder-calls.ts";
import type { KernelThread } from "./kernel-thread.ts";
import { type NodePort, nodeEndpoint } from "./node-endpoint.ts";
import type { Fault, Trace, WorkerService } from "./worker-messages.ts";

/** The port, and whether it keeps this process alive. */
export interface FarPort extends NodePort {
  ref(): void;
  unref(): void;
}

export abstract class FarThread implements KernelThread {
  readonly #port: FarPort;
  readonly #service: Remote<WorkerService>;
  readonly #embedders = new NearEmbedders();
  readonly #tracers = new Map<number, (lines: string[]) => void>();
  /** Rejects each call that is under way. */
  readonly #pending = new Set<(reason: unknown) => void>();
  #death: IsopodError | undefined;

  constructor(port: FarPort) {
    this.#port = port;
    port.unref();
    this.#service = wrap<WorkerService>(nodeEndpoint(port));
    port.on("message", (message) => {
      // Whatever else comes out of a kernel that went wrong is not to be this process's fault.
      if (isObject(message)) this.#hear(message);
    });
  }

  get dead(): boolean {
    return this.#death !== undefined;
  }

  create(...[options, embedder]: Parameters<KernelThread["create"]>): Promise<number> {
    return this.call(() =>
      this.#service.create(options, embedder && this.#embedders.add(embedder)),
    );
  }

  request<P extends Part, N extends keyof Operations[P] & string>(
    id: number,
    part: P,
    name: N,
    args: Arguments<P, N>,
  ): Promise<Result<P, N>> {
    return this.call(() => this.#service.request(id, part, name as never, args as never) as never);
  }

  async trace(...[id, listener]: Parameters<KernelThread["trace"]>): Promise<void> {
    if (listener) this.#tracers.set(id, listener);
    // Its lines come before the answer that ends it.
    await this.call(() => this.#service.trace(id, listener !== undefined));
    if (!listener) this.#tracers.delete(id);
  }

  async dispose(id: number): Promise<void> {
    // A machine whose kernel died is gone already.
    this.#tracers.delete(id);
    if (this.#death) return;
    await this.call(() => this.#service.dispose(id)).catch((reason) => {
      if (!this.#death) throw reason;
    });
  }

  /** What says how it ended, in words. */
  protected abstract wordsOf(cause: Error): string;

  /** Work that the other end has to do: until it is done, this process stays. */
  protected call<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#death) return reject(this.#death);
      if (this.#pending.size === 0) this.#port.ref();
      this.#pending.add(reject);
      const settle = () => {
        this.#pending.delete(reject);
        if (this.#pending.size === 0) this.#port.unref();
      };
      work().then(
        (value) => {
          settle();
          resolve(value);
        },
        (reason) => {
          settle();
          reject(reason);
        },
      );
    });
  }

  protected died(cause: Error): void {
    if (this.#death) return;
    this.#death = new IsopodError("ERR_KERNEL_DIED", this.wordsOf(cause), { cause });
    for (const reject of this.#pending) reject(this.#death);
    this.#pending.clear();
    this.#tracers.clear();
    this.#embedders.release();
  }

  #hear(message: Partial<Fault & Trace & Ask>): void {
    const { fault, trace, lines } = message;
    if (this.#embedders.hear(message, (answer) => this.#port.postMessage(answer))) return;
    if (fault !== undefined) this.died(new Error(typeof fault === "string" ? fault : "unknown"));
    else if (trace !== undefined && Array.isArray(lines)) this.#tracers.get(trace)?.(lines);
  }
}

function isObject(message: unknown): message is Partial<Fault & Trace & Ask> {
  return typeof message === "object" && message !== null;
}

/** Kernels in the caller's own thread: nothing to start and nothing to copy, but its work is ours. */
import { MachineService } from "../machine/service.ts";
import { nodePlatform } from "../platforms/node/platform.ts";
import type { KernelThread } from "./kernel-thread.ts";
import { beforeExit } from "./leave-process.ts";

/** Far longer than anybody waits; it only keeps the process alive while something is under way. */
const FOREVER_MS = 2 ** 30;
/** What guests' threads need to go after their isolates were disposed of. */
const FAREWELL_MS = 50;

export function inThread(): KernelThread {
  shared ??= new InThread();
  return shared;
}

let shared: InThread | undefined;

class InThread implements KernelThread {
  readonly #service = new MachineService(nodePlatform);
  #pending = 0;
  #alive: NodeJS.Timeout | undefined;

  constructor() {
    beforeExit(() => {
      void this.#service.disposeAll();
      const nothing = new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(nothing, 0, 0, FAREWELL_MS);
    });
  }

  create: KernelThread["create"] = (options, embedder) =>
    this.#held(() => this.#service.create(options, embedder));

  request: KernelThread["request"] = (id, part, name, args) =>
    this.#held(() => this.#service.request(id, part, name, args));

  trace: KernelThread["trace"] = (id, listener) => this.#service.trace(id, listener);

  dispose: KernelThread["dispose"] = async (id) => this.#service.dispose(id);

  /** The kernel's timers do not keep the process alive; a caller that waits for one must. */
  async #held<T>(work: () => Promise<T>): Promise<T> {
    if (this.#pending++ === 0) this.#alive = setInterval(() => {}, FOREVER_MS);
    try {
      return await work();
    } finally {
      if (--this.#pending === 0) clearInterval(this.#alive);
    }
  }
}

/** Threads as a guest sees them: what it asks goes to the kernel on its port, which need not answer. */
import type { ThreadSpec, Threads } from "../../../node/threads.ts";
import type { ThreadCall } from "./messages.ts";
import { bufferOf, numberOf } from "./shared-memory.ts";

export class OwnThreads implements Threads {
  readonly self: ThreadSpec | undefined;
  readonly #tell: (call: ThreadCall) => void;
  readonly #terminate: () => never;

  constructor(
    self: ThreadSpec | undefined,
    tell: (call: ThreadCall) => void,
    terminate: () => never,
  ) {
    this.self = self;
    this.#tell = tell;
    this.#terminate = terminate;
  }

  start(spec: ThreadSpec): void {
    this.#tell({ do: "start", spec });
  }

  stop(id: number): void {
    this.#tell({ do: "stop", id });
  }

  end(code: number): never {
    this.#tell({ do: "end", code });
    return this.#terminate();
  }

  hold(fd: number, on: boolean): void {
    this.#tell({ do: "hold", fd, on });
  }

  /** Memory of the stock is there already, in every thread; nothing else can be sent. */
  shelve(object: object): number {
    const number = numberOf(object);
    if (number < 0)
      throw new Error(`${Object.prototype.toString.call(object)} could not be cloned.`);
    return number;
  }

  unshelve(id: number): object {
    const object = bufferOf(id);
    if (!object) throw new Error("Unable to deserialize cloned data.");
    return object;
  }
}

/** worker_threads on Node: what a guest's isolate calls of its process's threads, as isolated-vm carries it. */
import type ivm from "isolated-vm";
import { Errno, KernelError } from "../../../kernel/index.ts";
import type { ThreadSpec } from "../../node/threads.ts";
import { ProcessThreads } from "../process-threads.ts";
import { callback } from "./callback.ts";

/** Objects on their way between threads. */
const SHELF_MAX = 10_000;

export class IsolateThreads extends ProcessThreads {
  readonly #shelf = new Map<number, ivm.ExternalCopy<object>>();
  #lastShelved = 0;

  /** What a guest's thread `self` gets: one function that lends the others, which most programs never use. */
  lender(self: number): ivm.Callback {
    let lent: readonly ivm.Callback[] | undefined;
    return callback((which: unknown) => {
      lent ??= this.#callbacks(self);
      return typeof which === "number" ? lent[which] : undefined;
    });
  }

  /** In the order of node-guest/own-threads.ts. */
  #callbacks(self: number): readonly ivm.Callback[] {
    return [
      callback((spec: string) => this.begin(JSON.parse(spec) as ThreadSpec)),
      callback((id: number) => this.stop(id), { ignored: true }),
      callback((code: number) => this.ended(self, { code }), { ignored: true }),
      callback((copy: ivm.ExternalCopy<object>) => this.#shelve(copy)),
      callback((number: number) => this.#unshelve(number)),
      callback((fd: number, on: boolean) => this.hold(self, fd, on), { ignored: true }),
    ];
  }

  override stopAll(): void {
    super.stopAll();
    this.#shelf.clear();
  }

  #shelve(copy: ivm.ExternalCopy<object>): number {
    if (this.#shelf.size >= SHELF_MAX) throw new KernelError(Errno.ENOMEM);
    this.#shelf.set(++this.#lastShelved, copy);
    return this.#lastShelved;
  }

  #unshelve(number: number): ivm.Copy<object> | undefined {
    const copy = this.#shelf.get(number);
    this.#shelf.delete(number);
    return copy?.copyInto();
  }
}

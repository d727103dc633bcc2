/**
 * Isolates with the guest bundle in them, ready before they are asked for: making one takes about two
 * milliseconds of the kernel's thread. A few new ones are made ahead while it has nothing to do; and one
 * whose program ended by itself is given to the next program of the same machine, never of another.
 */
import { setFlagsFromString } from "node:v8";
import ivm from "isolated-vm";

// V8 14.6 drops the only check of an outer loop where an inlined builtin loops less than 5000 times in
// it: `for (;;) new Array(9).fill(0)` then outlives every limit and dispose(). It is unrolling that does.
setFlagsFromString("--no-turboshaft-loop-unrolling");

/** New isolates that wait, unless the options say otherwise. */
const FRESH = 3;
/** Used isolates that wait, of all machines together. */
const USED = 4;
/** Bytes of ended programs' memories that an isolate may hold before it is thrown away with them. */
const GARBAGE_MAX = 16 << 20;
/** Milliseconds without a start after which a new isolate is made, unless the options say otherwise. */
const QUIET_MS = 10;
/** Milliseconds without a start after which used ones go. */
const IDLE_MS = 500;

export interface PoolOptions {
  /** What isolates begin as. Called once, when the first one is made. */
  readonly snapshot: () => ivm.ExternalCopy<ArrayBuffer>;
  /** Megabytes of JavaScript heap; a wasm guest's own memory lies outside of it (wasm-limits.ts). */
  readonly heapMegabytes: number;
  /** More milliseconds of quiet where an isolate takes long: a start would wait for its kernel meanwhile. */
  readonly quietMilliseconds?: number;
  /** How many new ones are to wait by now. */
  readonly fresh?: () => number;
  /** Name of the global function that starts a program. */
  readonly entry: string;
  /** What those that are made ahead do on their own threads while nobody waits for them. */
  readonly prepare?: (warm: WarmIsolate) => Promise<unknown>;
}

export interface WarmIsolate {
  readonly isolate: ivm.Isolate;
  readonly context: ivm.Context;
  /** The bundle's entry: see shared-memory/wasm-guest.ts. */
  readonly start: ivm.Reference;
  /** Bytes of memory that ended programs left to the garbage collector. */
  garbage: number;
  /** Called when V8 has lost control over the isolate: its thread never comes back. */
  onCatastrophe: ((message: string) => void) | undefined;
}

export class IsolatePool {
  readonly #options: PoolOptions;
  readonly #fresh: WarmIsolate[] = [];
  /** The oldest first. */
  readonly #used: { readonly machine: object; readonly warm: WarmIsolate }[] = [];
  readonly #preparing = new Map<WarmIsolate, Promise<void>>();
  #snapshot: ivm.ExternalCopy<ArrayBuffer> | undefined;
  #refill: NodeJS.Timeout | undefined;
  #clearing: NodeJS.Timeout | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** An isolate for a program of `machine`; one with a smaller heap is made for it. */
  take(machine: object, heapMegabytes = this.#options.heapMegabytes): WarmIsolate {
    if (heapMegabytes < this.#options.heapMegabytes) return this.#make(heapMegabytes);
    this.#clearing?.refresh();
    const index = this.#used.findLastIndex((entry) => entry.machine === machine);
    if (index >= 0) return this.#used.splice(index, 1)[0]?.warm as WarmIsolate;
    const ready = this.#fresh.pop() ?? this.#make();
    this.#scheduleRefill();
    return ready;
  }

  /** Takes an isolate back whose program ended and left a memory of `bytes`. */
  giveBack(machine: object, warm: WarmIsolate, bytes: number): void {
    warm.garbage += bytes;
    warm.onCatastrophe = undefined;
    if (warm.garbage > GARBAGE_MAX) {
      warm.isolate.dispose();
      return;
    }
    this.#used.push({ machine, warm });
    if (this.#used.length > USED) this.#used.shift()?.warm.isolate.dispose();
    this.#clearing ??= setTimeout(() => this.#clearUsed(), IDLE_MS).unref();
  }

  /** Lets go of new ones that are more than are to wait by now. */
  trim(): void {
    while (this.#fresh.length > this.#wanted) this.#discard(this.#fresh.shift() as WarmIsolate);
  }

  dispose(): void {
    clearTimeout(this.#refill);
    this.#clearUsed();
    for (const warm of this.#fresh.splice(0)) this.#discard(warm);
  }

  /** Resolves when none makes itself ready any more. */
  async settle(): Promise<void> {
    await Promise.all(this.#preparing.values());
  }

  #prepare(warm: WarmIsolate): void {
    const preparing = this.#options.prepare?.(warm);
    if (!preparing) return;
    const done = () => {
      this.#preparing.delete(warm);
    };
    // One that fails will not do better with a program, which then hears of it.
    this.#preparing.set(warm, preparing.then(done, done));
  }

  #clearUsed(): void {
    clearTimeout(this.#clearing);
    this.#clearing = undefined;
    for (const { warm } of this.#used.splice(0)) warm.isolate.dispose();
  }

  #discard(warm: WarmIsolate): void {
    // isolated-vm ends the whole process where a thread ends while a call is being torn down.
    void Promise.resolve(this.#preparing.get(warm)).then(() => warm.isolate.dispose());
  }

  get #wanted(): number {
    return this.#options.fresh?.() ?? FRESH;
  }

  get #isFull(): boolean {
    return this.#fresh.length >= this.#wanted;
  }

  #scheduleRefill(): void {
    clearTimeout(this.#refill);
    if (this.#isFull) return;
    this.#refill = setTimeout(() => {
      if (this.#isFull) return;
      const warm = this.#make();
      this.#fresh.push(warm);
      this.#prepare(warm);
      this.#scheduleRefill();
    }, this.#options.quietMilliseconds ?? QUIET_MS);
    this.#refill.unref();
  }

  #make(heapMegabytes = this.#options.heapMegabytes): WarmIsolate {
    const { entry } = this.#options;
    this.#snapshot ??= this.#options.snapshot();
    const isolate = new ivm.Isolate({
      memoryLimit: heapMegabytes,
      snapshot: this.#snapshot,
      onCatastrophicError: (message) => warm.onCatastrophe?.(message),
    });
    const context = isolate.createContextSync();
    const start = context.global.getSync(entry, { reference: true });
    const warm: WarmIsolate = { isolate, context, start, garbage: 0, onCatastrophe: undefined };
    return warm;
  }
}

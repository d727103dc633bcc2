/**
 * Isolates with the guest bundle in them, ready before they are asked for: making one takes more than a
 * millisecond of the kernel's thread, so a few are made ahead while it has nothing to do.
 */
import ivm from "isolated-vm";

/** Megabytes of JavaScript heap; a guest's own memory lies outside of it (wasm-limits.ts). */
const HEAP_MB = 64;
/** Isolates that wait. */
const WARM = 4;
/** Milliseconds without a start after which the pool is filled again. */
const QUIET_MS = 10;

export interface WarmIsolate {
  readonly isolate: ivm.Isolate;
  /** The bundle's entry: see shared-memory/wasm-guest.ts. */
  readonly start: ivm.Reference;
}

export class IsolatePool {
  readonly #source: string;
  readonly #onCatastrophe: (message: string) => void;
  readonly #warm: WarmIsolate[] = [];
  #snapshot: ivm.ExternalCopy<ArrayBuffer> | undefined;
  #refill: NodeJS.Timeout | undefined;

  constructor(source: string, onCatastrophe: (message: string) => void) {
    this.#source = source;
    this.#onCatastrophe = onCatastrophe;
  }

  take(): WarmIsolate {
    const ready = this.#warm.pop() ?? this.#make();
    this.#scheduleRefill();
    return ready;
  }

  dispose(): void {
    clearTimeout(this.#refill);
    for (const { isolate } of this.#warm.splice(0)) isolate.dispose();
  }

  #scheduleRefill(): void {
    clearTimeout(this.#refill);
    this.#refill = setTimeout(() => {
      this.#warm.push(this.#make());
      if (this.#warm.length < WARM) this.#scheduleRefill();
    }, QUIET_MS);
    this.#refill.unref();
  }

  #make(): WarmIsolate {
    this.#snapshot ??= ivm.Isolate.createSnapshot([
      { code: this.#source, filename: "isopod:guest" },
    ]);
    const isolate = new ivm.Isolate({
      memoryLimit: HEAP_MB,
      snapshot: this.#snapshot,
      onCatastrophicError: this.#onCatastrophe,
    });
    const context = isolate.createContextSync();
    const start = context.global.getSync("startGuest", { reference: true });
    return { isolate, start };
  }
}

/**
 * What the programs of a machine have of the host's memory and how many compute, looked at while any of
 * them is charged for its time. Like Linux's OOM killer, a limit of memory ends one program at each look.
 */
import type { Kernel } from "../kernel.ts";
import { sendSignal } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";
import type { Process } from "./process.ts";

/** Nanoseconds between two looks. */
const INTERVAL = 100_000_000n;
/** Seconds that the three load averages reach back. */
const SPANS = [60, 300, 900] as const;

export class Usage {
  readonly #kernel: Kernel;
  #lastLook = 0n;
  /** Until when the averages are told. Whoever reads them does not put off the next look. */
  #aged = 0n;
  #averages: [number, number, number] = [0, 0, 0];
  #computing = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Bytes that all programs have now, as far as their engines can tell. */
  get memory(): number {
    let sum = 0;
    for (const process of this.#kernel.processes.all()) sum += memoryOf(process);
    return sum;
  }

  /** Processes that compute, on average over the last minute, five and fifteen. */
  get load(): readonly [number, number, number] {
    this.#age(this.#kernel.host.clock.monotonic());
    return this.#averages;
  }

  /** Unless it was done just now. */
  look(): void {
    const now = this.#kernel.host.clock.monotonic();
    if (now - this.#lastLook < INTERVAL) return;
    this.#lastLook = now;
    this.#age(now);
    this.#computing = 0;
    let sum = 0;
    let largest: Process | undefined;
    const { memory, processMemory } = this.#kernel.gauges;
    for (const process of this.#kernel.processes.all()) {
      if (isComputing(process)) this.#computing++;
      const bytes = memoryOf(process);
      sum += bytes;
      if (bytes > processMemory.max) {
        processMemory.measure(bytes);
        processMemory.reached();
        sendSignal(this.#kernel, process, Signal.SIGKILL);
      } else if (bytes > 0 && bytes >= memoryOf(largest)) largest = process;
    }
    memory.measure(sum);
    if (sum <= memory.max || !largest) return;
    memory.reached();
    sendSignal(this.#kernel, largest, Signal.SIGKILL);
  }

  /** What was seen at the last look held until now. */
  #age(now: bigint): void {
    const seconds = Number(now - this.#aged) / 1e9;
    this.#aged = now;
    this.#averages = SPANS.map((span, index) => {
      const kept = Math.exp(-seconds / span);
      return (this.#averages[index] as number) * kept + this.#computing * (1 - kept);
    }) as [number, number, number];
  }
}

export function memoryOf(process: Process | undefined): number {
  return process?.execution?.memoryBytes ?? 0;
}

/** Whatever a process waits for, a signal would interrupt it; so one that nothing can is computing. */
export function isComputing({ state, interruption, parent }: Process): boolean {
  return state === "running" && parent !== undefined && interruption.empty;
}

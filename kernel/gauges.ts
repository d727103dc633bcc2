/**
 * What a machine may have, and what it has of it: one gauge for each limit, which whoever hands the thing
 * out asks first. A gauge tells its machine once when four fifths are used and once when all is, and
 * again only after it has been well below.
 */
import { type Errno, fail } from "./errno.ts";

/** Bounds of one machine; a guest that meets one gets the errno that Linux gives. */
export interface KernelLimits {
  /** Processes and zombies together; EAGAIN. */
  processes: number;
  /** Threads of Node programs besides their first; ERR_WORKER_INIT_FAILED. */
  threads: number;
  /** Descriptors of all processes together, besides what RLIMIT_NOFILE says of each; ENFILE. */
  descriptors: number;
  /** Pipes and open FIFOs; ENFILE. */
  pipes: number;
  /** Sockets; ENFILE. */
  sockets: number;
  /** Bytes of file data in memory file systems; ENOSPC. */
  disk: number;
  /** Files and directories in memory file systems; ENOSPC. */
  inodes: number;
  /** Bytes that all programs have together; the largest is killed. */
  memory: number;
  /** Bytes that one program has; it is killed. */
  processMemory: number;
  /** Milliseconds of CPU time of all processes together; those that use more are killed. */
  cpuTime: number;
  /** Milliseconds of CPU time of one process, in whole seconds; SIGKILL (RLIMIT_CPU). */
  processCpuTime: number;
  /** Bytes that leave the machine's network, and come in; ECONNRESET. */
  egressBytes: number;
  /** Connections to the outside and HTTP requests; EACCES. */
  egressRequests: number;
}

export const DEFAULT_LIMITS: KernelLimits = {
  processes: 256,
  threads: 256,
  descriptors: 262_144,
  pipes: 16_384,
  sockets: 16_384,
  disk: 1 << 30,
  inodes: 4_000_000,
  memory: 2 ** 32,
  processMemory: Number.POSITIVE_INFINITY,
  cpuTime: Number.POSITIVE_INFINITY,
  processCpuTime: Number.POSITIVE_INFINITY,
  egressBytes: Number.POSITIVE_INFINITY,
  egressRequests: Number.POSITIVE_INFINITY,
};

export type LimitName = keyof KernelLimits;

export interface LimitEvent {
  readonly limit: LimitName;
  readonly used: number;
  readonly max: number;
  /** Something was refused or ended; else it is merely near. */
  readonly reached: boolean;
}

export type Gauges = { readonly [Name in LimitName]: Gauge };

/** Of the limit, from which on it is near, and below which it may be told again. */
const NEAR = 0.8;
const CALM = 0.6;

export class Gauge {
  readonly name: LimitName;
  readonly max: number;
  readonly #tell: (event: LimitEvent) => void;
  #used = 0;
  #told: "nothing" | "near" | "reached" = "nothing";

  constructor(name: LimitName, max: number, tell: (event: LimitEvent) => void = () => {}) {
    this.name = name;
    this.max = max;
    this.#tell = tell;
  }

  get used(): number {
    return this.#used;
  }

  get free(): number {
    return this.max - this.#used;
  }

  /** `amount` more, or the errno where that is too much. */
  take(amount: number, errno: Errno): void {
    if (!this.admits(amount)) fail(errno);
    this.force(amount);
  }

  /** Whether there is room for `amount` more; a refusal is told. */
  admits(amount: number): boolean {
    if (this.#used + amount <= this.max) return true;
    this.reached();
    return false;
  }

  /** Counts what is there anyway. */
  force(amount: number): void {
    this.#used += amount;
    if (this.#used >= NEAR * this.max) this.#near();
  }

  give(amount: number): void {
    this.#used -= amount;
    if (this.#told !== "nothing" && this.#used < CALM * this.max) this.#told = "nothing";
  }

  /** What is measured now, for what is not handed out. */
  measure(used: number): void {
    this.give(this.#used - used);
    this.force(0);
  }

  /** Something was refused or ended because of it. */
  reached(): void {
    if (this.#told === "reached") return;
    this.#told = "reached";
    this.#say(true);
  }

  #near(): void {
    if (this.#told !== "nothing") return;
    this.#told = "near";
    this.#say(false);
  }

  #say(reached: boolean): void {
    const { name: limit, max } = this;
    this.#tell({ limit, used: this.#used, max, reached });
  }
}

export function makeGauges(limits: KernelLimits, tell: (event: LimitEvent) => void): Gauges {
  const names = Object.keys(DEFAULT_LIMITS) as LimitName[];
  const gauges = names.map((name) => [name, new Gauge(name, limits[name], tell)]);
  return Object.fromEntries(gauges) as Gauges;
}

/**
 * The kernel's side of the fuzzer: processes with something of every kind open, each with a channel that
 * an attacker's thread (attacker.ts) has. When one is gone, its attacker gets the next.
 */
import { Worker } from "node:worker_threads";
import { type Kernel, ProcessGone, Signal } from "../../../kernel/index.ts";
import { Exchange } from "../../../runtimes/engines/exchange.ts";
import type { Port } from "../../../runtimes/engines/guest-port.ts";
import { bootKernel, nodeHost, now, run } from "../../kernel/boot.ts";
import { type Random, seeded } from "../../kernel/random.ts";
import { furnish, victim } from "../../kernel/syscalls/victims.ts";
import type { AttackerData, Target } from "./attacker.ts";

export interface HammerOptions {
  readonly milliseconds: number;
  readonly seed: number;
  readonly attackers: number;
  /** For a test of the fuzzer itself. */
  prepare?(kernel: Kernel): void;
  onProgress?(report: HammerReport): void;
}

export interface HammerReport {
  readonly seconds: number;
  readonly calls: number;
  /** Looks at an unanswered call at which bytes were changed. */
  readonly mutations: number;
  readonly processes: number;
  /** Of the kernel's own: there may be none. */
  readonly faults: readonly string[];
}

const KILL_MS = 100;
const PROGRESS_MS = 5000;

export async function hammer(options: HammerOptions): Promise<HammerReport> {
  const { milliseconds, seed, attackers: count, onProgress } = options;
  const random = seeded(seed);
  const faults: string[] = [];
  const note = (reason: unknown) => {
    if (reason instanceof ProcessGone) return;
    faults.push(reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
  };
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  const kernel = bootKernel({ nothing: () => 0 }, { limits: { processes: 200, disk: 1 << 25 } });
  furnish(kernel);
  options.prepare?.(kernel);
  const exchange = new Exchange({ scheduler: nodeHost.scheduler, onFault: note });
  const counts = new SharedArrayBuffer(12);
  const tally = new Int32Array(counts);
  const begun = performance.now();
  let processes = 0;
  const report = (): HammerReport => ({
    seconds: (performance.now() - begun) / 1000,
    calls: tally[0] as number,
    mutations: tally[2] as number,
    processes,
    faults,
  });
  const workers = Array.from({ length: count }, (_, i) => {
    const workerData: AttackerData = { seed: seed + i + 1, counts };
    return new Worker(new URL("./attacker.ts", import.meta.url), { workerData });
  });
  let isOver = false;
  const alive = new Map<Worker, Victim>();
  const next = (worker: Worker) => {
    alive.get(worker)?.end();
    if (isOver) return;
    const made = new Victim(kernel, exchange, random);
    processes++;
    alive.set(worker, made);
    worker.postMessage(made.target);
  };
  for (const worker of workers) {
    worker.on("message", () => next(worker));
    worker.on("error", note);
    next(worker);
  }
  const killing = setInterval(() => random.pick([...alive.values()]).kill(), KILL_MS);
  const telling = setInterval(() => onProgress?.(report()), PROGRESS_MS);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  isOver = true;
  clearInterval(killing);
  clearInterval(telling);
  Atomics.store(tally, 1, 1);
  for (const victim of alive.values()) victim.end();
  await Promise.all(workers.map((worker) => worker.terminate()));
  // It still is a kernel.
  const status = await run(kernel, () => 5);
  if (status !== 5 << 8 || now(kernel.init.getpid()) !== 1)
    faults.push(`it runs no more: ${status}`);
  kernel.shutdown();
  process.off("unhandledRejection", note);
  process.off("uncaughtException", note);
  return report();
}

class Victim {
  readonly target: Target;
  readonly #kernel: Kernel;
  readonly #pid: number;
  readonly #port: Port;

  constructor(kernel: Kernel, exchange: Exchange, random: Random) {
    const gate = victim(kernel, random);
    this.#kernel = kernel;
    this.#pid = gate.process.pid;
    const port = exchange.open(gate);
    if (!port) throw new Error("all channels are taken");
    this.#port = port;
    this.target = { memory: port.memory, bell: exchange.bell, slot: port.slot };
  }

  kill(): void {
    const child = this.#kernel.processes.get(this.#pid);
    if (child && child.state !== "zombie") this.#kernel.processes.terminate(child, Signal.SIGKILL);
    // As an engine does when its process is stopped.
    this.#port.close();
  }

  end(): void {
    this.kill();
    const child = this.#kernel.processes.get(this.#pid);
    if (child) this.#kernel.processes.reap(child);
    this.#port.abandon();
  }
}

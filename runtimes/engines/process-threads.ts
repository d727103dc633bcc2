/**
 * worker_threads on any engine: every thread of a process is a guest with a channel and a gate of its own
 * to that process. When the process ends, so do they; a thread that ends by itself, or is lost, ends alone.
 */
import { Errno, encodeUtf8, Gate, type Kernel, KernelError } from "../../kernel/index.ts";
import type { ThreadSpec, ThreadStatus } from "../node/threads.ts";

/** A thread's way into the kernel. Signals are the main thread's, and what ends it ends no process. */
export class ThreadGate extends Gate {
  /** Called where the engine has to end its program. */
  onLost: () => void = () => {};

  override get signalsPending(): boolean {
    return false;
  }

  override die(_signal: number): void {
    this.onLost();
  }
}

/** One thread that runs. */
export interface Thread {
  readonly done: Promise<void>;
  stop(): void;
}

/** Starts a thread's program behind its gate. */
export type StartThread = (gate: ThreadGate, spec: ThreadSpec) => Promise<Thread>;

/** Of one process; all of a machine have a limit of their own. */
const THREADS_MAX = 128;

/** Threads of one process. What a guest says of them comes here, checked as far as types go. */
export class ProcessThreads {
  readonly #kernel: Kernel;
  readonly #process: Gate["process"];
  readonly #start: StartThread;
  readonly #running = new Map<number, Running>();
  #isOver = false;

  constructor(kernel: Kernel, process: Gate["process"], start: StartThread) {
    this.#kernel = kernel;
    this.#process = process;
    this.#start = start;
  }

  /** The process is over. */
  stopAll(): void {
    this.#isOver = true;
    for (const { gate, thread } of this.#running.values()) {
      gate.close();
      thread?.stop();
    }
    this.#kernel.gauges.threads.give(this.#running.size);
    this.#running.clear();
  }

  begin(spec: ThreadSpec): void {
    if (!isSpec(spec)) throw new KernelError(Errno.EINVAL);
    const { threads } = this.#kernel.gauges;
    const isFull = this.#running.size >= THREADS_MAX;
    if (isFull || !threads.admits(1)) {
      const reason = isFull
        ? `a process may have ${THREADS_MAX} threads`
        : `all ${threads.max} threads of the machine are in use (limits.threads)`;
      this.#tell(spec, { code: 1, error: "ERR_WORKER_INIT_FAILED", reason });
      return;
    }
    threads.force(1);
    const gate = new ThreadGate(this.#kernel, this.#process);
    const running: Running = { spec, gate, thread: undefined, held: new Set([spec.portFd]) };
    gate.onLost = () => this.ended(spec.id, OUT_OF_MEMORY);
    this.#running.set(spec.id, running);
    this.#start(gate, spec).then(
      (thread) => {
        running.thread = thread;
        if (this.#running.get(spec.id) !== running) thread.stop();
      },
      (reason) =>
        this.ended(spec.id, { code: 1, error: "ERR_WORKER_INIT_FAILED", reason: String(reason) }),
    );
  }

  stop(id: number): void {
    this.ended(id, { code: 1 });
  }

  ended(id: number, status: ThreadStatus): void {
    const running = this.#running.get(id);
    if (!running) return;
    this.#running.delete(id);
    this.#kernel.gauges.threads.give(1);
    running.gate.close();
    running.thread?.stop();
    this.#tell(running.spec, status);
    for (const fd of running.held) this.#invoke("close", [fd]);
  }

  hold(self: number, fd: number, on: boolean): void {
    const held = this.#running.get(self)?.held;
    if (on) held?.add(fd);
    else held?.delete(fd);
  }

  /** Writes to the pipe that the thread's parent reads, and closes this end of it. */
  #tell({ statusFd }: ThreadSpec, status: ThreadStatus): void {
    this.#invoke("write", [statusFd, encodeUtf8(JSON.stringify(status))]);
    this.#invoke("close", [statusFd]);
  }

  /** A call on the process's behalf, of which no thread is left to make it. */
  #invoke(name: "write" | "close", args: readonly unknown[]): void {
    if (this.#isOver) return;
    try {
      new Gate(this.#kernel, this.#process).invoke(name, args);
    } catch (reason) {
      // The process itself has closed it.
      if (!(reason instanceof KernelError)) throw reason;
    }
  }
}

/** It comes from a guest. */
function isSpec(spec: unknown): spec is ThreadSpec {
  if (typeof spec !== "object" || spec === null) return false;
  const { id, name, portFd, statusFd, argv, envp, heapMegabytes } = spec as Partial<ThreadSpec>;
  const texts = (list: unknown) =>
    Array.isArray(list) && list.every((item) => typeof item === "string");
  return (
    [id, portFd, statusFd].every(Number.isSafeInteger) &&
    Number.isFinite(heapMegabytes) &&
    typeof name === "string" &&
    texts(argv) &&
    texts(envp)
  );
}

interface Running {
  readonly spec: ThreadSpec;
  readonly gate: ThreadGate;
  thread: Thread | undefined;
  /** Descriptors that are closed with it. */
  readonly held: Set<number>;
}

const OUT_OF_MEMORY: ThreadStatus = {
  code: 1,
  error: "ERR_WORKER_OUT_OF_MEMORY",
  reason: "JS heap out of memory",
};

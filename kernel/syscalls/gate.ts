/**
 * A process's way into the kernel, and the only place that waits. Every call takes the same path:
 * capability, handler, and while the handler sleeps: wait, look at signals, call it again.
 */
import { Errno, fail, KernelError } from "../errno.ts";
import type { OpenFile } from "../fd/open-file.ts";
import type { Kernel } from "../kernel.ts";
import { chargeTime } from "../process/accounting.ts";
import type { Process } from "../process/process.ts";
import type { Outcomes } from "../wait/outcomes.ts";
import { isSleep, type Sleep } from "../wait/sleep.ts";
import { Call } from "./call.ts";
import { handlers } from "./handlers.ts";
import { type Definition, type SyscallName, syscalls } from "./table.ts";

/** Unwinds a program whose process ended or was replaced while it ran. Programs let it pass. */
export class ProcessGone {
  readonly processGone = true;
}

/** A caught signal with SA_RESTART interrupted the call: handle the signals, then make it again. */
export class Restart {
  readonly restart = true;
}

type Handler = (call: Call, ...args: readonly unknown[]) => unknown;

export class Gate {
  readonly kernel: Kernel;
  readonly process: Process;
  /** Called when a caught signal begins to wait, for a program that does not see it by a call. */
  onSignal: (() => void) | undefined;
  /** Bytes of memory that an in-kernel program has; undefined: none that counts. */
  memory: (() => number) | undefined;
  /** Set when the process ended or another program took it over; every call then throws. */
  #closed = false;

  constructor(kernel: Kernel, process: Process) {
    this.kernel = kernel;
    this.process = process;
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.memory = undefined;
  }

  /** True where sigtake would return a signal. */
  get signalsPending(): boolean {
    return this.process.signals.deliverable !== 0n;
  }

  /**
   * Makes a system call: its value, or a promise where it has to wait. Fails with KernelError; Restart
   * only where `mayRestart`.
   */
  invoke(name: SyscallName, args: readonly unknown[], mayRestart = false): unknown {
    const definition = syscalls[name] as unknown as Definition;
    if (this.#closed) throw new ProcessGone();
    const { process, kernel } = this;
    if (!process.capabilities.has(definition.capability)) fail(Errno.EPERM);
    const call = new Call(kernel, process);
    const handler = handlers[name] as Handler;
    const restarts = mayRestart && definition.restarts;
    if (kernel.trace) return this.#traced(name, call, handler, args, restarts);
    return this.#run(call, handler, args, restarts);
  }

  /** Ends the process as by a signal that it cannot catch: a trap of its program. */
  die(signal: number): void {
    if (!this.#closed) this.kernel.processes.terminate(this.process, signal);
  }

  /** Counts CPU time that its program used since the last time; the last time is Execution.stop. */
  charge(nanoseconds: bigint): void {
    chargeTime(this.kernel, this.process, nanoseconds);
  }

  #run(call: Call, handler: Handler, args: readonly unknown[], mayRestart: boolean): unknown {
    if (this.process.stopped) {
      return heard(this.#wait(call, handler, args, undefined, mayRestart));
    }
    let result: unknown;
    try {
      result = handler(call, ...args);
    } catch (reason) {
      if (isSleep(reason)) return heard(this.#wait(call, handler, args, reason, mayRestart));
      call.onEnd?.();
      throw this.#closed ? new ProcessGone() : reason;
    }
    const sleep = call.takeSleep();
    if (sleep) return heard(this.#wait(call, handler, args, sleep, mayRestart));
    call.onEnd?.();
    if (this.#closed) throw new ProcessGone();
    return this.process.stopped ? heard(this.#held(result)) : result;
  }

  async #wait(
    call: Call,
    handler: Handler,
    args: readonly unknown[],
    first: Sleep | undefined,
    mayRestart: boolean,
  ) {
    let file: OpenFile | undefined;
    let outcomes: Outcomes | undefined;
    const attempt = () => handler(call, ...args);
    try {
      for (let sleep = first; ; ) {
        file ??= call.file?.acquire();
        if (sleep && !this.#closed) {
          if (sleep.interruptible && this.signalsPending) {
            return this.#interrupted(call, mayRestart);
          }
          outcomes = sleep.outcomes ?? outcomes;
          await this.#asleep(sleep);
          if (this.kernel.turn.isOver()) await this.kernel.host.scheduler.yield();
        }
        while (this.process.stopped && !this.#closed) await this.#asleep(undefined);
        if (this.#closed) throw new ProcessGone();
        try {
          const result = outcomes ? outcomes.during(attempt) : attempt();
          if (this.#closed) throw new ProcessGone();
          sleep = call.takeSleep();
          if (sleep) continue;
          return this.process.stopped ? await this.#held(result) : result;
        } catch (reason) {
          if (!isSleep(reason)) throw this.#closed ? new ProcessGone() : reason;
          sleep = reason;
        }
      }
    } finally {
      call.onEnd?.();
      file?.release();
    }
  }

  /** A caught signal ends the wait: with what was done so far, a restart, or EINTR. */
  #interrupted(call: Call, mayRestart: boolean): unknown {
    if (call.partial !== undefined) return call.partial;
    if (mayRestart && this.process.signals.allRestart) throw new Restart();
    throw new KernelError(Errno.EINTR);
  }

  /** Resolves at the next wake-up: what is waited for, the deadline, a signal, or the process's end. */
  #asleep(sleep: Sleep | undefined): Promise<void> {
    const { process, kernel } = this;
    return new Promise((resolve, reject) => {
      const queues = sleep ? [process.interruption, ...sleep.queues] : [process.interruption];
      const wake = () => {
        for (const queue of queues) queue.remove(wake);
        timer?.cancel();
        resolve();
      };
      for (const queue of queues) queue.add(wake);
      const timer =
        sleep?.deadline === undefined ? undefined : kernel.timers.at(sleep.deadline, wake);
      sleep?.promise?.then(wake, (error) => {
        reject(error);
        wake();
      });
    });
  }

  /** Keeps the answer back while the process is stopped. */
  async #held(result: unknown): Promise<unknown> {
    while (this.process.stopped && !this.#closed) await this.#asleep(undefined);
    if (this.#closed) throw new ProcessGone();
    return result;
  }

  #traced(
    name: SyscallName,
    call: Call,
    handler: Handler,
    args: readonly unknown[],
    mayRestart: boolean,
  ): unknown {
    const report = (result: unknown, error: unknown) =>
      this.kernel.trace?.({ pid: this.process.pid, name, args, result, error });
    try {
      const result = this.#run(call, handler, args, mayRestart);
      if (!(result instanceof Promise)) {
        report(result, undefined);
        return result;
      }
      return heard(
        result.then(
          (value) => {
            report(value, undefined);
            return value;
          },
          (error) => {
            report(undefined, error);
            throw error;
          },
        ),
      );
    } catch (error) {
      report(undefined, error);
      throw error;
    }
  }
}

/** A program that ends before its call does leaves nobody to hear of it; that is no fault of the host's. */
export function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

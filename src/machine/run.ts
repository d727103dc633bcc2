/**
 * Runs commands to their end and gathers what they write: the machine's side of `vm.exec`. A command
 * that takes too long, writes too much or is no longer wanted is killed with its whole session.
 */
import { type Kernel, KernelError } from "../../kernel/index.ts";
import { Signal } from "../../kernel/signals/numbers.ts";
import type { Guard } from "../permissions/guard.ts";
import { Collector } from "./collector.ts";
import type { Commands } from "./commands.ts";
import { writeAll } from "./descriptors.ts";
import type { ExitStatus, MachineLimits, RunRequest, RunResult } from "./protocol.ts";

/** From a polite SIGTERM to SIGKILL. */
const GRACE_MS = 500;
/** So many different refusals of one command are told of. */
const REFUSALS_MAX = 100;

export class Runner {
  readonly #kernel: Kernel;
  readonly #commands: Commands;
  readonly #guard: Guard;
  readonly #limits: MachineLimits;
  readonly #running = new Map<number, Run>();

  constructor(kernel: Kernel, commands: Commands, guard: Guard, limits: MachineLimits) {
    this.#limits = limits;
    this.#kernel = kernel;
    this.#commands = commands;
    this.#guard = guard;
  }

  async run(request: RunRequest): Promise<RunResult> {
    const run = new Run(this.#kernel, this.#commands, this.#bounded(request));
    this.#running.set(request.token, run);
    const unheard = this.#guard.onRefusal((pid, text) => run.refused(pid, text));
    try {
      return await run.toItsEnd();
    } finally {
      unheard();
      this.#running.delete(request.token);
    }
  }

  /** The machine's limits hold whatever was asked for. */
  #bounded(request: RunRequest): RunRequest {
    const { execTime = Number.POSITIVE_INFINITY, output = Number.POSITIVE_INFINITY } = this.#limits;
    const timeout = Math.min(request.timeout || Infinity, execTime);
    return {
      ...request,
      timeout: timeout === Infinity ? 0 : timeout,
      maxBuffer: Math.min(request.maxBuffer, output),
    };
  }

  /** Ends the command early. Nothing happens where it has ended, or the token is unknown. */
  cancel(token: number): void {
    this.#running.get(token)?.cutShort("cancel");
  }

  /** Writes to a command whose input is a pipe; false once nobody reads any more. */
  async feed(token: number, bytes: Uint8Array): Promise<boolean> {
    return (await this.#running.get(token)?.feed(bytes)) ?? false;
  }

  /** Ends a command's input. */
  async endInput(token: number): Promise<void> {
    await this.#running.get(token)?.endInput();
  }
}

class Run {
  readonly #kernel: Kernel;
  readonly #commands: Commands;
  readonly #request: RunRequest;
  readonly #started: number;
  readonly #ready = Promise.withResolvers<void>();
  #pid: number | undefined;
  #stdin: number | undefined;
  #cause: RunResult["cause"];
  #ended = false;
  /** Texts, each once. */
  readonly #refusals = new Set<string>();

  constructor(kernel: Kernel, commands: Commands, request: RunRequest) {
    this.#kernel = kernel;
    this.#commands = commands;
    this.#request = request;
    this.#started = kernel.milliseconds();
    // Whoever feeds a command that never starts learns it from toItsEnd.
    this.#ready.promise.catch(() => {});
  }

  async toItsEnd(): Promise<RunResult> {
    const { stdin: input, timeout, maxBuffer } = this.#request;
    const child = await this.#start(input === undefined ? "ignore" : "pipe");
    const { scheduler } = this.#kernel.host;
    const timer =
      timeout > 0 ? scheduler.setTimer(() => this.cutShort("timeout"), timeout) : undefined;
    const overflow = () => this.cutShort("maxBuffer");
    const stdout = new Collector(this.#kernel, child.stdout as number, maxBuffer, overflow);
    const stderr = new Collector(this.#kernel, child.stderr as number, maxBuffer, overflow);
    if (input instanceof Uint8Array) void this.feed(input).then(() => this.endInput());
    const status = await this.#commands.exit(child.child);
    this.#ended = true;
    timer?.cancel();
    await this.endInput();
    await stdout.settle();
    await stderr.settle();
    return this.#result(status, stdout, stderr);
  }

  async feed(bytes: Uint8Array): Promise<boolean> {
    await this.#ready.promise;
    if (this.#stdin === undefined) return false;
    try {
      await writeAll(this.#kernel.init, this.#stdin, bytes);
      return true;
    } catch (reason) {
      if (reason instanceof KernelError) return false;
      throw reason;
    }
  }

  async endInput(): Promise<void> {
    await this.#ready.promise;
    const fd = this.#stdin;
    this.#stdin = undefined;
    if (fd !== undefined) await this.#kernel.init.close(fd);
  }

  /** Somebody in the machine was refused something. */
  refused(pid: number | undefined, text: string): void {
    if (this.#refusals.size >= REFUSALS_MAX) return;
    if (pid === undefined || this.#isOurs(pid)) this.#refusals.add(text);
  }

  cutShort(cause: NonNullable<RunResult["cause"]>): void {
    if (this.#ended || this.#cause !== undefined) return;
    this.#cause = cause;
    if (this.#pid !== undefined) this.#kill(this.#pid, cause);
  }

  async #start(stdin: "pipe" | "ignore") {
    try {
      const streams = { stdin, stdout: "pipe", stderr: "pipe" } as const;
      const child = await this.#commands.spawn({ ...this.#request, ...streams });
      this.#pid = child.pid;
      this.#stdin = child.stdin;
      this.#ready.resolve();
      if (this.#cause !== undefined) this.#kill(child.pid, this.#cause);
      return child;
    } catch (reason) {
      this.#ready.reject(reason);
      throw reason;
    }
  }

  /** Asks the command's group to end, and ends its session when that does not help. */
  #kill(pid: number, cause: RunResult["cause"]): void {
    if (cause === "maxBuffer") {
      this.#commands.killSession(pid);
      return;
    }
    this.#commands.signalGroup(pid, Signal.SIGTERM);
    this.#commands.signalGroup(pid, Signal.SIGCONT);
    this.#kernel.host.scheduler.setTimer(() => this.#commands.killSession(pid), GRACE_MS);
  }

  /** Whether it is of the command's session, or came of it. */
  #isOurs(pid: number): boolean {
    let process = this.#kernel.processes.get(pid);
    if (process?.group.session.id === this.#pid) return true;
    while (process && process.pid !== this.#pid) process = process.parent;
    return process !== undefined;
  }

  #result(status: ExitStatus, stdout: Collector, stderr: Collector): RunResult {
    return {
      ...status,
      stdout: stdout.take(),
      stderr: stderr.take(),
      cause: this.#cause,
      refusals: [...this.#refusals],
      durationMs: this.#kernel.milliseconds() - this.#started,
    };
  }
}

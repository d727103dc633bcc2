/** `vm.spawn`: a running process with web streams. */

import { signalNumber } from "../kernel/signals/numbers.ts";
import type { Started } from "./machine/protocol.ts";
import { normalizeSpawn, type SpawnOptions } from "./options/command-options.ts";
import type { RemoteMachine } from "./remote-machine.ts";
import { readableFrom, writableTo } from "./streams.ts";

export interface Exit {
  /** As a shell's `$?` has it: 128 and the signal's number where a signal ended the process. */
  readonly exitCode: number;
  readonly signal: string | undefined;
}

export class VmProcess implements AsyncDisposable {
  readonly pid: number;
  /** Empty and closed where it was asked to be ignored. */
  readonly stdin: WritableStream<string | Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly #machine: RemoteMachine;
  readonly #child: number;
  #exit: Promise<Exit> | undefined;

  private constructor(
    machine: RemoteMachine,
    { pid, child }: Started,
    streams: Pick<VmProcess, "stdin" | "stdout" | "stderr">,
  ) {
    this.#machine = machine;
    this.pid = pid;
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.#child = child;
  }

  /** How it ended. A process whose end nobody asks for does not keep this one alive. */
  get exit(): Promise<Exit> {
    this.#exit ??= exitOf(this.#machine, this.#child);
    return this.#exit;
  }

  static async spawn(
    machine: RemoteMachine,
    argv: readonly string[],
    options: SpawnOptions,
  ): Promise<VmProcess> {
    const { request, signal } = normalizeSpawn(argv, options);
    signal?.throwIfAborted();
    const started = await machine.machine("spawn", request);
    const { stdin, stdout, stderr } = started;
    const process = new VmProcess(machine, started, {
      stdin: stdin === undefined ? new WritableStream() : writableTo(machine, stdin),
      stdout: stdout === undefined ? emptyStream() : readableFrom(machine, stdout),
      stderr: stderr === undefined ? emptyStream() : readableFrom(machine, stderr),
    });
    killOnAbort(process, signal);
    return process;
  }

  /** Sends a signal, by name or number. Nothing happens where the process has ended. */
  async kill(signal: string | number = "SIGTERM"): Promise<void> {
    await killQuietly(this.#machine, this.pid, signal);
  }

  /** Ends it for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill("SIGKILL");
    await this.exit.catch(() => {});
  }
}

export function exitOf(machine: RemoteMachine, child: number): Promise<Exit> {
  const exit = machine.machine("exit", child).then(({ code, signal }) => ({
    exitCode: code ?? 128 + (signalNumber(signal ?? "") ?? 0),
    signal,
  }));
  // Whoever asks and then looks away must not be killed by the answer.
  exit.catch(() => {});
  return exit;
}

export async function killQuietly(
  machine: RemoteMachine,
  pid: number,
  signal: string | number,
): Promise<void> {
  try {
    await machine.machine("kill", pid, signal);
  } catch (error) {
    if ((error as { code?: string }).code !== "ESRCH") throw error;
  }
}

/** Ends what `signal` is about when it aborts. */
export function killOnAbort(
  target: { kill(signal: string): Promise<void>; exit: Promise<unknown> },
  signal: AbortSignal | undefined,
): void {
  if (!signal) return;
  const onAbort = () => void target.kill("SIGKILL").catch(() => {});
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  const forget = () => signal.removeEventListener("abort", onAbort);
  target.exit.then(forget, forget);
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}

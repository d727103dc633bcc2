/** `vm.openTerminal`: a pseudo-terminal with a program on it, and the master's side of it. */
import type { TerminalResult } from "./machine/protocol.ts";
import { checkSize, normalizeTerminal, type TerminalOptions } from "./options/command-options.ts";
import type { RemoteMachine } from "./remote-machine.ts";
import { readableFrom } from "./streams.ts";
import { type Exit, exitOf, killOnAbort, killQuietly } from "./vm-process.ts";

export class Terminal implements AsyncDisposable {
  /** Of the program that was started on it. */
  readonly pid: number;
  /** What appears on the screen. Either read this or use onData. */
  readonly output: ReadableStream<Uint8Array>;
  readonly #machine: RemoteMachine;
  readonly #master: number;
  readonly #child: number;
  #exit: Promise<Exit> | undefined;
  #lastWrite: Promise<void> = Promise.resolve();
  #listeners: Set<(data: Uint8Array) => void> | undefined;

  private constructor(machine: RemoteMachine, { pid, child, master }: TerminalResult) {
    this.#machine = machine;
    this.#master = master;
    this.pid = pid;
    this.output = readableFrom(machine, master);
    this.#child = child;
  }

  /** How the program ended. */
  get exit(): Promise<Exit> {
    this.#exit ??= exitOf(this.#machine, this.#child);
    return this.#exit;
  }

  static async open(machine: RemoteMachine, options: TerminalOptions): Promise<Terminal> {
    const { request, signal } = normalizeTerminal(options);
    signal?.throwIfAborted();
    const terminal = new Terminal(machine, await machine.machine("openTerminal", request));
    killOnAbort(terminal, signal);
    return terminal;
  }

  /** Types. Resolves when the machine has taken all of it; what is typed together stays together. */
  write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const writing = this.#lastWrite.then(() =>
      this.#machine.machine("writeStream", this.#master, bytes),
    );
    this.#lastWrite = writing.catch(() => {});
    return writing;
  }

  /** Calls `listener` with what appears on the screen; the result ends that. */
  onData(listener: (data: Uint8Array) => void): () => void {
    if (!this.#listeners) {
      this.#listeners = new Set();
      void this.#pump(this.#listeners);
    }
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** The window changed: SIGWINCH to the foreground programs. */
  async resize(size: { cols: number; rows: number }): Promise<void> {
    const { cols, rows } = checkSize("resize", size.cols, size.rows);
    await this.#machine.machine("resize", this.#master, cols, rows);
  }

  /** Sends a signal to the program. Nothing happens where it has ended. */
  async kill(signal: string | number = "SIGHUP"): Promise<void> {
    await killQuietly(this.#machine, this.pid, signal);
  }

  /** Hangs up: the session's programs get SIGHUP, as when a window is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#machine.machine("closeStream", this.#master).catch(() => {});
    await this.kill("SIGKILL");
    await this.exit.catch(() => {});
  }

  async #pump(listeners: Set<(data: Uint8Array) => void>): Promise<void> {
    try {
      for await (const data of this.output) {
        for (const listener of listeners) listener(data);
      }
    } catch {
      // The machine went away; `exit` says so.
    }
  }
}

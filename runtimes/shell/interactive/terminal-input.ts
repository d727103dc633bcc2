/**
 * Lines from a terminal, edited by `LineEditor`. Puts the terminal into the mode that editing needs
 * while a line is read, and back before anything else runs.
 */
import { Errno, KernelError, SIG_CATCH, Signal, type Termios } from "../../../kernel/abi.ts";
import {
  ECHO,
  ICANON,
  ICRNL,
  IEXTEN,
  INLCR,
  IXON,
  VMIN,
  VTIME,
} from "../../../kernel/tty/termios.ts";
import { disposeOf, takeSignals } from "../execute/traps.ts";
import type { EditorEvent, LineEditor } from "../line-editor/editor.ts";
import type { Shell } from "../state.ts";
import { runBoundCommand } from "./bound-command.ts";
import { completeLine } from "./complete-line.ts";

export type LineResult =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "end" }
  /** Ctrl-C: the line is given up. */
  | { readonly kind: "interrupt" };

const INPUT = 0;

export class TerminalInput {
  readonly #shell: Shell;
  readonly #editor: LineEditor;
  readonly #byte = new Uint8Array(1);
  #isInterrupted = false;

  constructor(shell: Shell, editor: LineEditor) {
    this.#shell = shell;
    this.#editor = editor;
  }

  async read(prompt: string): Promise<LineResult> {
    const { sys } = this.#shell;
    const termios = await sys.tcgets(INPUT);
    await sys.tcsets(INPUT, 1, editingMode(termios));
    await this.#catchSignals();
    this.#isInterrupted = false;
    try {
      await this.#measure();
      this.#editor.start(prompt, this.#shell.history.lines);
      return await this.#readLine();
    } finally {
      disposeOf(this.#shell, Signal.SIGWINCH);
      disposeOf(this.#shell, Signal.SIGINT);
      const { handler } = (await sys.rt_sigaction(Signal.SIGHUP, undefined)) as { handler: number };
      if (handler === SIG_CATCH) disposeOf(this.#shell, Signal.SIGHUP);
      await sys.tcsets(INPUT, 1, termios);
    }
  }

  async #readLine(): Promise<LineResult> {
    let event = this.#editor.resume();
    for (;;) {
      if (event !== undefined) {
        const result = await this.#handle(event);
        if (result !== undefined) return result;
        event = this.#editor.resume();
        continue;
      }
      if (!(await this.#hasMore())) await this.#draw();
      const length = await this.#readByte();
      if (this.#isInterrupted) return { kind: "interrupt" };
      if (length === 0) return { kind: "end" };
      if (length === 1) event = this.#editor.feed(this.#byte);
    }
  }

  async #handle(event: EditorEvent): Promise<LineResult | undefined> {
    if (event.kind === "complete") {
      this.#editor.completed(await completeLine(this.#shell, event.text, event.cursor));
      return undefined;
    }
    if (event.kind === "run") {
      await this.#shell.write(2, this.#editor.suspend());
      await runBoundCommand(this.#shell, this.#editor, event.command);
      return undefined;
    }
    await this.#draw();
    return event;
  }

  async #draw(): Promise<void> {
    await this.#shell.write(2, this.#editor.takeOutput());
  }

  /** One byte at a time: what is typed ahead belongs to the command that the line starts. */
  async #readByte(): Promise<number> {
    try {
      return await this.#shell.sys.read(INPUT, this.#byte);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      if (error.errno !== Errno.EINTR) return 0;
      await this.#handleSignals();
      return -1;
    }
  }

  async #hasMore(): Promise<boolean> {
    try {
      return (await this.#shell.sys.fionread(INPUT)) > 0;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return false;
    }
  }

  /** Without SA_RESTART, so that a signal ends the wait for a key. */
  async #catchSignals(): Promise<void> {
    const { sys } = this.#shell;
    for (const signal of [Signal.SIGINT, Signal.SIGWINCH, Signal.SIGHUP]) {
      const { handler } = (await sys.rt_sigaction(signal, undefined)) as { handler: number };
      // A hangup may be meant to be ignored.
      if (signal === Signal.SIGHUP && handler !== SIG_CATCH) continue;
      await sys.rt_sigaction(signal, { handler: SIG_CATCH, mask: 0n, flags: 0 });
    }
  }

  async #handleSignals(): Promise<void> {
    const shell = this.#shell;
    await takeSignals(shell);
    const taken = shell.takenSignals;
    if (taken.includes(Signal.SIGWINCH)) {
      await this.#measure();
      if (!shell.traps.has("WINCH")) remove(taken, Signal.SIGWINCH);
    }
    if (taken.includes(Signal.SIGINT)) {
      this.#isInterrupted = true;
      this.#editor.interrupt();
      await this.#draw();
      if (!shell.traps.has("INT")) remove(taken, Signal.SIGINT);
    } else if (taken.length > 0) await shell.write(2, this.#editor.suspend());
    if (taken.length > 0) await shell.handleSignals();
  }

  /** Takes over the window's size, and keeps LINES and COLUMNS. */
  async #measure(): Promise<void> {
    const { rows, cols } = await this.#shell.sys.tiocgwinsz(INPUT);
    if (cols > 0) this.#editor.resize(cols);
    if (!this.#shell.shopt.checkwinsize || cols === 0) return;
    this.#shell.variables.set("LINES", String(rows));
    this.#shell.variables.set("COLUMNS", String(cols));
  }
}

function editingMode(termios: Termios): Termios {
  const cc = termios.cc.map((value, index) => {
    if (index === VMIN) return 1;
    return index === VTIME ? 0 : value;
  });
  return {
    ...termios,
    iflag: termios.iflag & ~(ICRNL | INLCR | IXON),
    lflag: termios.lflag & ~(ICANON | ECHO | IEXTEN),
    cc,
  };
}

function remove(signals: number[], signal: number): boolean {
  const at = signals.indexOf(signal);
  if (at >= 0) signals.splice(at, 1);
  return at >= 0;
}

/**
 * The interactive shell: prompt, line, history, command, again. With a terminal lines are edited; from
 * anything else they are read plainly, the prompt on standard error all the same.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Interactive-Shells.html
 */
import { KernelError } from "../../../kernel/abi.ts";
import { IndexedArray } from "../arrays.ts";
import { Abandon, ExitShell } from "../errors.ts";
import { notifyOfJobs } from "../execute/jobs.ts";
import { runText } from "../execute/run-text.ts";
import { readScript } from "../execute/script-file.ts";
import { expandHistory, HistoryError, type HistoryMemory } from "../history/expand.ts";
import { loadHistory, saveHistory } from "../history/file.ts";
import { joinLines, rememberCommand } from "../history/remember.ts";
import { LineEditor } from "../line-editor/editor.ts";
import { applyInputrc } from "../line-editor/inputrc.ts";
import { expandPromptText } from "../prompt-facts.ts";
import { LineReader, needsMore } from "../script-input.ts";
import type { Shell } from "../state.ts";
import { startJobControl } from "./job-control.ts";
import { type LineResult, TerminalInput } from "./terminal-input.ts";

/** Status after Ctrl-C. */
const INTERRUPTED = 130;

export async function runInteractive(shell: Shell): Promise<number> {
  const endJobControl = await startJobControl(shell);
  await loadHistory(shell);
  const loop = new Loop(shell, await inputFor(shell));
  try {
    await loop.run();
  } finally {
    await saveHistory(shell);
    await endJobControl();
  }
  return shell.status;
}

type ReadLine = (prompt: string) => Promise<LineResult>;

async function inputFor(shell: Shell): Promise<ReadLine> {
  if (await canEdit(shell)) {
    shell.editor ??= new LineEditor();
    await readInputrc(shell, shell.editor);
    const input = new TerminalInput(shell, shell.editor);
    return (prompt) => input.read(prompt);
  }
  const reader = new LineReader(shell);
  return async (prompt) => {
    await shell.write(2, prompt.replace(/[\u0001\u0002]/gu, ""));
    const text = await reader.next();
    return text === "" ? { kind: "end" } : { kind: "line", text: text.replace(/\n$/u, "") };
  };
}

/** The first of the files that there is. */
async function readInputrc(shell: Shell, editor: LineEditor): Promise<void> {
  const own = shell.variables.get("INPUTRC");
  for (const path of own ? [own] : [`${shell.variables.get("HOME")}/.inputrc`, "/etc/inputrc"]) {
    try {
      applyInputrc(editor, await readScript(shell, path));
      return;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
    }
  }
}

async function canEdit(shell: Shell): Promise<boolean> {
  if (!shell.options.emacs || shell.variables.get("TERM") === "dumb") return false;
  try {
    await shell.sys.tcgets(0);
    await shell.sys.tcgets(2);
    return true;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return false;
  }
}

class Loop {
  readonly #shell: Shell;
  readonly #readLine: ReadLine;
  readonly #memory: HistoryMemory = {};
  #lineNumber = 1;
  #ends = 0;

  constructor(shell: Shell, readLine: ReadLine) {
    this.#shell = shell;
    this.#readLine = readLine;
  }

  async run(): Promise<void> {
    const shell = this.#shell;
    for (;;) {
      notifyOfJobs(shell);
      await this.#runPromptCommand();
      const text = await this.#readCommand();
      if (text === undefined) {
        if (await this.#leaves()) return;
        continue;
      }
      this.#ends = 0;
      if (text.trim() === "") continue;
      await this.#showCommandPrompt();
      await this.#execute(text);
      shell.commandNumber++;
      if (shell.options.onecmd) return;
    }
  }

  async #execute(text: string): Promise<void> {
    const shell = this.#shell;
    const line = this.#lineNumber;
    this.#lineNumber += text.split("\n").length;
    try {
      await runText(shell, `${text}\n`, { name: shell.name, line });
    } catch (reason) {
      if (!(reason instanceof Abandon)) throw reason;
      shell.status = reason.status;
    }
    shell.jump = undefined;
  }

  /** A whole command, which may take several lines; undefined at the end of the input. */
  async #readCommand(): Promise<string | undefined> {
    const shell = this.#shell;
    let text = "";
    for (let name = "PS1"; ; name = "PS2") {
      const result = await this.#readLine(await this.#prompt(name));
      if (result.kind === "interrupt") {
        shell.status = INTERRUPTED;
        return "";
      }
      if (result.kind === "end") return text === "" ? undefined : text;
      const line = await this.#expandHistory(result.text);
      if (line === undefined) return "";
      text += text === "" ? line : `\n${line}`;
      if (!needsMore(shell, `${text}\n`)) break;
    }
    if (shell.options.history) rememberCommand(shell, joinLines(shell, text));
    return text;
  }

  async #prompt(name: string): Promise<string> {
    const text = this.#shell.variables.get(name) ?? "";
    return expandPromptText(this.#shell, text, true);
  }

  /** Undefined where the line is not to be run. */
  async #expandHistory(line: string): Promise<string | undefined> {
    const shell = this.#shell;
    if (!shell.options.histexpand || !/[!^]/u.test(line)) return line;
    const entries = { lines: shell.history.lines, first: shell.history.first };
    try {
      const expanded = expandHistory(line, entries, this.#memory, shell.shopt.extglob);
      if (!expanded.changed) return line;
      await shell.write(2, `${expanded.text}\n`);
      if (!expanded.printOnly) return expanded.text;
      rememberCommand(shell, expanded.text);
      return undefined;
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      shell.output.warn(`${shell.name}: ${error.message}\n`);
      shell.status = 1;
      return undefined;
    }
  }

  async #runPromptCommand(): Promise<void> {
    const shell = this.#shell;
    const value = shell.variables.value("PROMPT_COMMAND");
    if (value === undefined) return;
    const commands = value instanceof IndexedArray ? value.values() : [String(value)];
    const { status, pipeStatus, lastArgument } = shell;
    for (const command of commands) {
      if (command.trim() !== "") await this.#execute(command);
      shell.status = status;
    }
    shell.pipeStatus = pipeStatus;
    shell.lastArgument = lastArgument;
  }

  /** PS0 comes between the line and its command. */
  async #showCommandPrompt(): Promise<void> {
    const text = this.#shell.variables.get("PS0");
    if (text) await this.#shell.write(2, await expandPromptText(this.#shell, text));
  }

  /** What the end of the input means: leaving, unless `ignoreeof` or stopped jobs are in the way. */
  async #leaves(): Promise<boolean> {
    const shell = this.#shell;
    const limit = shell.variables.get("IGNOREEOF");
    if (shell.options.ignoreeof || limit !== undefined) {
      const ends = /^\d+$/u.test(limit ?? "") ? Number(limit) : 10;
      if (this.#ends++ < ends) {
        const command = shell.isLogin ? "logout" : "exit";
        await shell.write(2, `Use "${command}" to leave the shell.\n`);
        return false;
      }
    }
    const exit = shell.builtins.get("exit");
    try {
      if (exit !== undefined) await exit.run(shell, []);
    } catch (reason) {
      if (reason instanceof ExitShell) return true;
      throw reason;
    }
    return false;
  }
}

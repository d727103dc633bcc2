/**
 * `/bin/bash` and `/bin/sh`: reads the command line and the environment, then runs a command string, a
 * script, standard input, or a terminal's user.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Invoking-Bash.html
 */
import { KernelError } from "../../kernel/abi.ts";
import { strerror } from "../../kernel/errno.ts";
import type { Main, Sys } from "../../kernel/index.ts";
import { builtins } from "./builtins/index.ts";
import { type CommandLine, CommandLineError, parseCommandLine } from "./command-line.ts";
import { importEnvironment } from "./environment.ts";
import { search } from "./execute/program.ts";
import { runText } from "./execute/run-text.ts";
import { isBinary, readScript } from "./execute/script-file.ts";
import { statusAtEnd } from "./execute/subshell.ts";
import { catchInterrupts, runExitTrap } from "./execute/traps.ts";
import { prepareInteractive } from "./interactive/defaults.ts";
import { runInteractive } from "./interactive/loop.ts";
import { interpreter } from "./interpreter.ts";
import { runStandardInput } from "./script-input.ts";
import { defineSpecialVariables } from "./special-variables.ts";
import { readStartupFiles } from "./startup.ts";
import { Shell } from "./state.ts";
import { drive } from "./task.ts";

/** The in-kernel program. */
export const bash: Main = (sys) => runShell(sys, sys.argv, sys.envp);

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

export async function runShell(
  sys: Sys,
  argv: readonly string[],
  environment: readonly string[],
): Promise<number> {
  const shell = new Shell({ sys, interpreter, builtins, name: argv[0] ?? "bash" });
  try {
    shell.status = await start(shell, argv, environment);
  } catch (reason) {
    shell.status = statusAtEnd(shell, reason);
  }
  if (sys.signalPending || shell.takenSignals.length > 0)
    shell.status = await withLastSignals(shell);
  await runExitTrap(shell);
  await shell.output.flush();
  return shell.status & 0xff;
}

/** A signal that came with the last command still has its trap. */
async function withLastSignals(shell: Shell): Promise<number> {
  const { status } = shell;
  try {
    await shell.handleSignals();
  } catch (reason) {
    return statusAtEnd(shell, reason);
  }
  return status;
}

async function start(
  shell: Shell,
  argv: readonly string[],
  environment: readonly string[],
): Promise<number> {
  let line: CommandLine;
  try {
    line = parseCommandLine(argv);
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    await shell.write(error.status === 0 ? 1 : 2, error.text);
    return error.status;
  }
  await applyCommandLine(shell, line);
  await importEnvironment(shell, environment);
  defineSpecialVariables(shell);
  catchInterrupts(shell);
  if (shell.isInteractive) prepareInteractive(shell);
  await readStartupFiles(shell, line);
  if (line.command !== undefined)
    return runText(shell, line.command, { label: "-c", name: "environment", isLast: true });
  if (line.script !== undefined) return runScript(shell, line.script);
  return shell.isInteractive ? runInteractive(shell) : runStandardInput(shell);
}

async function applyCommandLine(shell: Shell, line: CommandLine): Promise<void> {
  Object.assign(shell.options, line.options);
  Object.assign(shell.shopt, line.shopt);
  shell.positional = line.positional;
  if (line.name !== undefined) shell.name = line.name;
  shell.isLogin = line.isLogin;
  shell.readsCommandString = line.command !== undefined;
  shell.readsStandardInput = line.readsInput;
  const isPlain = line.command === undefined && line.script === undefined;
  shell.isInteractive = line.isInteractive || (isPlain && (await hasTerminal(shell)));
  if (shell.isInteractive) {
    shell.shopt.expand_aliases = true;
    shell.name = shell.name.slice(shell.name.lastIndexOf("/") + 1);
  }
  if (shell.options.posix) shell.shopt.expand_aliases = true;
}

async function hasTerminal({ sys }: Shell): Promise<boolean> {
  try {
    await sys.tcgets(0);
    await sys.tcgets(2);
    return true;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return false;
  }
}

async function runScript(shell: Shell, script: string): Promise<number> {
  let path = script;
  let text: string;
  try {
    text = await readScript(shell, path);
  } catch (first) {
    const found = script.includes("/") ? undefined : await drive(search(shell, script, false));
    if (found === undefined) return cannotRead(shell, script, first);
    path = found;
    try {
      text = await readScript(shell, path);
    } catch (second) {
      return cannotRead(shell, path, second);
    }
  }
  shell.name = path;
  shell.scriptName = path;
  if (isBinary(text)) {
    shell.output.warn(`${path}: ${path}: cannot execute binary file\n`);
    return NOT_EXECUTABLE;
  }
  return runText(shell, text, { name: path });
}

function cannotRead(shell: Shell, path: string, error: unknown): number {
  if (!(error instanceof KernelError)) throw error;
  const text = strerror(error.errno);
  const isMissing = error.code === "ENOENT" || error.code === "ENOTDIR";
  const subject = error.code === "EISDIR" ? `${path}: ${path}` : `${shell.name}: ${path}`;
  shell.output.warn(`${subject}: ${text}\n`);
  return isMissing ? NOT_FOUND : NOT_EXECUTABLE;
}

/** Programs: found in PATH, run in a child, or in the place of the shell where nothing follows. */
import type { Redirection } from "unbash";
import { Errno, KernelError } from "../../../kernel/abi.ts";
import { explain } from "../../../kernel/errno.ts";
import { exportedEnvironment } from "../environment.ts";
import { isDirectory, isExecutable, statFile } from "../file-tests.ts";
import { Job } from "../job-table.ts";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { callFunction } from "./functions.ts";
import { waitForeground } from "./jobs.ts";
import { makeRedirections } from "./redirections.ts";
import { runScriptFile } from "./script-file.ts";
import { forkShell } from "./subshell.ts";

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

export interface ProgramCall {
  readonly fields: readonly string[];
  readonly redirections: readonly Redirection[];
  /** The command as written, for `jobs`. */
  readonly text: string;
}

export function runProgram(shell: Shell, call: ProgramCall, isLast: boolean): MaybePromise<number> {
  return drive(run(shell, call, isLast));
}

function* run(shell: Shell, call: ProgramCall, isLast: boolean): Task<number> {
  const { fields, redirections, text } = call;
  const name = fields[0] as string;
  const found = findCommand(shell, name);
  const path: string | undefined = found instanceof Promise ? yield found : found;
  const handler = path === undefined && shell.functions.get("command_not_found_handle");
  const begin = (child: Shell): MaybePromise<number> =>
    drive(replace(child, path, fields, redirections));
  if (handler) {
    const pid = forkShell(
      shell,
      (child) => callFunction(child, handler, fields),
      foregroundOf(shell),
    );
    return yield waitForeground(shell, jobOf(shell, pid, text));
  }
  if (isLast && mayReplace(shell)) {
    const result = begin(shell);
    return typeof result === "number" ? result : yield result;
  }
  const pid = forkShell(shell, begin, foregroundOf(shell));
  return yield waitForeground(shell, jobOf(shell, pid, text));
}

function foregroundOf(shell: Shell) {
  return shell.terminal === undefined ? {} : { pgroup: 0, isForeground: true };
}

function jobOf(shell: Shell, pid: number, text: string): Job {
  const pgid = shell.terminal === undefined ? 0 : pid;
  const job = new Job(shell.jobs.nextNumber(), pgid, text, true, shell.cwd);
  job.processes.push({ pid, state: "running", status: 0 });
  return job;
}

/** No trap is left to run, and no job to be waited for. */
function mayReplace(shell: Shell): boolean {
  if (shell.takenSignals.length > 0 || shell.jobs.hasChildren) return false;
  for (const action of shell.traps.values()) if (action !== "") return false;
  return true;
}

/** In the process that is to become the program. */
function* replace(
  shell: Shell,
  path: string | undefined,
  fields: readonly string[],
  redirections: readonly Redirection[],
): Task<number> {
  const failed: boolean = yield* makeRedirections(shell, redirections);
  if (failed) return 1;
  const name = fields[0] as string;
  if (path === undefined) {
    shell.warn(`${name}: command not found`);
    return yield* flushed(shell, NOT_FOUND);
  }
  return yield* flushed(shell, yield* execute(shell, path, fields));
}

function* flushed(shell: Shell, status: number): Task<number> {
  const pending = shell.output.flush();
  if (pending) yield pending;
  return status;
}

/** execve(2), and what stands for it where the file is a script without `#!`. */
export function* execute(shell: Shell, path: string, fields: readonly string[]): Task<number> {
  const pending = shell.output.flush();
  if (pending) yield pending;
  const environment = [...exportedEnvironment(shell), `_=${path}`];
  try {
    const replaced = shell.sys.execve(path, fields, environment);
    if (replaced instanceof Promise) yield replaced;
    return 0;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    if (error.errno === Errno.ENOEXEC) return yield* runScriptFile(shell, path, fields);
    return yield* reportFailure(shell, path, error);
  }
}

function* reportFailure(shell: Shell, path: string, error: KernelError): Task<number> {
  const { errno } = error;
  const directory = isDirectory(shell.sys, path);
  const isOne: boolean = typeof directory === "boolean" ? directory : yield directory;
  if (isOne) {
    shell.warn(`${path}: Is a directory`);
    return NOT_EXECUTABLE;
  }
  const found = statFile(shell.sys, path);
  const exists = (found instanceof Promise ? yield found : found) !== undefined;
  if (errno === Errno.ENOENT && exists) {
    shell.warn(`${path}: cannot execute: required file not found`);
    return NOT_FOUND;
  }
  shell.warn(`${path}: ${explain(error)}`);
  return errno === Errno.ENOENT || errno === Errno.ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE;
}

/** The file that `name` runs; undefined where PATH has none. */
export function findCommand(shell: Shell, name: string): MaybePromise<string | undefined> {
  if (name.includes("/")) return name;
  if (name === "") return undefined;
  const known = shell.options.hashall ? shell.hashed.get(name) : undefined;
  if (!known) return drive(search(shell, name, true));
  if (!shell.shopt.checkhash) {
    shell.hashed.set(name, { path: known.path, hits: known.hits + 1 });
    return known.path;
  }
  return drive(searchAgain(shell, name, known.path));
}

function* searchAgain(shell: Shell, name: string, path: string): Task<string | undefined> {
  const found = isExecutable(shell.sys, path);
  const isThere: boolean = typeof found === "boolean" ? found : yield found;
  return isThere ? path : yield* search(shell, name, true);
}

/** Looks through PATH. A file that is found but cannot be executed is the answer where no other is. */
export function* search(shell: Shell, name: string, keep: boolean): Task<string | undefined> {
  const directories = (shell.variables.get("PATH") ?? "").split(":");
  let unusable: string | undefined;
  for (const directory of directories) {
    const path = directory === "" ? `./${name}` : `${directory.replace(/(?<=.)\/$/u, "")}/${name}`;
    const executable = isExecutable(shell.sys, path);
    const isUsable: boolean = typeof executable === "boolean" ? executable : yield executable;
    if (isUsable) {
      if (keep && shell.options.hashall && directory !== "" && directory !== ".")
        shell.hashed.set(name, { path, hits: 1 });
      return path;
    }
    if (unusable === undefined) {
      const stat = statFile(shell.sys, path);
      const found = stat instanceof Promise ? yield stat : stat;
      const directoryCheck = found ? isDirectory(shell.sys, path) : false;
      const isOne = directoryCheck instanceof Promise ? yield directoryCheck : directoryCheck;
      if (found && !isOne) unusable = path;
    }
  }
  return unusable;
}

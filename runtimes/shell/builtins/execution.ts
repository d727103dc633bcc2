/** Builtins that run something else: `eval`, `source`, `exec`, `command`, `builtin`. */
import { Errno, KernelError } from "../../../kernel/abi.ts";
import { strerror } from "../../../kernel/errno.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ExitShell, ShellError } from "../errors.ts";
import { beginCall, endCall } from "../execute/functions.ts";
import { execute, runProgram, search } from "../execute/program.ts";
import { runText } from "../execute/run-text.ts";
import { isBinary, readScript } from "../execute/script-file.ts";
import { findBuiltin, runBuiltin } from "../execute/simple.ts";
import { runTrap } from "../execute/traps.ts";
import { isDirectory, statFile } from "../file-tests.ts";
import { quoteSingle } from "../quote.ts";
import { Source } from "../source.ts";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { parseOptions, usageError } from "./arguments.ts";
import { lookUp, type Meaning } from "./lookup.ts";

/** Where `command -p` looks. */
const STANDARD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const NOT_FOUND = 127;

export const executionBuiltins: BuiltinTable = {
  eval: {
    run: (shell, args) => drive(evaluate(shell, args)),
    special: true,
    synopsis: "[arg ...]",
  },
  source: { run: sourceFile, special: true, synopsis: "filename [arguments]" },
  ".": { run: sourceFile, special: true, synopsis: "filename [arguments]" },
  exec: {
    run: (shell, args) => drive(exec(shell, args)),
    special: true,
    synopsis: "[-cl] [-a name] [command [argument ...]] [redirection ...]",
  },
  command: {
    run: (shell, args) => drive(command(shell, args)),
    synopsis: "[-pVv] command [arg ...]",
  },
  builtin: { run: builtin, synopsis: "[shell-builtin [arg ...]]" },
};

function* evaluate(shell: Shell, args: readonly string[]): Task<number> {
  const { operands } = parseOptions(shell, args, "");
  const text = operands.join(" ");
  const label = shell.runningBuiltin ?? "eval";
  shell.runningBuiltin = undefined;
  shell.traceDepth++;
  const pause = beginCall(shell, label);
  try {
    if (pause) yield pause;
    const onFailure = () => {
      shell.hasSpecialError = true;
    };
    const result = runText(shell, text, { label, line: shell.line, onFailure });
    return typeof result === "number" ? result : yield result;
  } finally {
    endCall(shell);
    shell.traceDepth--;
  }
}

function sourceFile(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const { operands } = parseOptions(shell, args, "");
  const [name, ...rest] = operands;
  if (name === undefined) throw usageError(shell, "filename argument required");
  return drive(source(shell, name, rest));
}

function* source(shell: Shell, name: string, args: readonly string[]): Task<number> {
  const builtinName = shell.runningBuiltin ?? "source";
  shell.runningBuiltin = undefined;
  const path: string = yield* findScript(shell, name);
  let text: string;
  try {
    text = yield readScript(shell, path);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    if (error.errno === Errno.EISDIR) shell.warn(`${builtinName}: ${name}: is a directory`);
    else shell.warn(`${name}: ${strerror(error.errno)}`);
    shell.hasSpecialError = true;
    return 1;
  }
  if (isBinary(text))
    throw new ShellError(`${builtinName}: ${path}: cannot execute binary file`, 126);
  const { positional, loopDepth, jump } = shell;
  const pause = beginCall(shell, builtinName);
  const frame = {
    name: "source",
    isFunction: false,
    source: new Source("", path),
    callLine: shell.line,
    caller: shell.source,
    args,
  };
  shell.frames.push(frame);
  if (args.length > 0) shell.positional = args;
  try {
    if (pause) yield pause;
    const result = runText(shell, text, { name: path });
    let status: number = typeof result === "number" ? result : yield result;
    const { jump: left } = shell;
    if (left?.kind === "return") {
      shell.jump = jump;
      status = shell.status;
    }
    if (shell.traps.has("RETURN")) yield runTrap(shell, "RETURN");
    return status;
  } finally {
    shell.frames.pop();
    endCall(shell);
    if (args.length > 0) shell.positional = positional;
    shell.loopDepth = loopDepth;
  }
}

/** The file that `source` reads: from PATH where the name has no slash, else from here. */
function* findScript(shell: Shell, name: string): Task<string> {
  if (name.includes("/") || !shell.shopt.sourcepath) return name;
  for (const directory of (shell.variables.get("PATH") ?? "").split(":")) {
    const path = directory === "" ? `./${name}` : `${directory}/${name}`;
    const stat = statFile(shell.sys, path);
    const found = stat instanceof Promise ? yield stat : stat;
    const checked = found ? isDirectory(shell.sys, path) : true;
    const isOne: boolean = typeof checked === "boolean" ? checked : yield checked;
    if (!isOne) return path;
  }
  return name;
}

function* exec(shell: Shell, args: readonly string[]): Task<number> {
  const options = parseOptions(shell, args, "cla:");
  const { operands } = options;
  const [name] = operands;
  if (name === undefined) return 0;
  const found: string | undefined = name.includes("/") ? name : yield* search(shell, name, false);
  let status = NOT_FOUND;
  if (found === undefined) {
    shell.complain(`${name}: not found`);
  } else {
    const zero = options.value("a") ?? name;
    const shown = options.has("l") ? `-${zero}` : zero;
    if (options.has("c")) shell.variables.clearEnvironment();
    shell.runningBuiltin = "exec";
    status = yield* execute(shell, found, [shown, ...operands.slice(1)]);
  }
  if (shell.isInteractive || shell.shopt.execfail) return status;
  throw new ExitShell(status);
}

function* command(shell: Shell, args: readonly string[]): Task<number> {
  const options = parseOptions(shell, args, "pVv");
  const { operands: fields } = options;
  const [name] = fields;
  if (name === undefined) return 0;
  if (options.has("v") || options.has("V")) return yield* describe(shell, fields, options.has("V"));
  const target = findBuiltin(shell, name);
  if (target) {
    shell.runningBuiltin = undefined;
    const result = runBuiltin(shell, name, { ...target, special: false }, fields.slice(1));
    return typeof result === "number" ? result : yield result;
  }
  shell.runningBuiltin = undefined;
  const text = fields.join(" ");
  if (!options.has("p")) {
    const result = runProgram(shell, { fields, redirections: [], text }, false);
    return typeof result === "number" ? result : yield result;
  }
  const path = shell.variables.get("PATH");
  shell.variables.set("PATH", STANDARD_PATH);
  try {
    const result = runProgram(shell, { fields, redirections: [], text }, false);
    return typeof result === "number" ? result : yield result;
  } finally {
    if (path === undefined) shell.variables.unset("PATH");
    else shell.variables.set("PATH", path);
  }
}

function* describe(shell: Shell, names: readonly string[], verbose: boolean): Task<number> {
  const type = shell.builtins.get("type");
  let found = 0;
  for (const name of names) {
    if (verbose && type) {
      const result = type.run(shell, [name]);
      const status: number = typeof result === "number" ? result : yield result;
      if (status === 0) found++;
      continue;
    }
    const options = { all: false, functions: true, onlyFiles: false };
    const [meaning]: Meaning[] = yield lookUp(shell, name, options);
    if (!meaning) continue;
    found++;
    const written = shell.write(1, `${briefly(name, meaning)}\n`);
    if (written) yield written;
  }
  return found > 0 ? 0 : 1;
}

function briefly(name: string, meaning: Meaning): string {
  if (meaning.kind === "alias") return `alias ${name}=${quoteSingle(meaning.value)}`;
  return meaning.kind === "file" ? meaning.path : name;
}

function builtin(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const { operands } = parseOptions(shell, args, "");
  const [name, ...rest] = operands;
  if (name === undefined) return 0;
  const target = findBuiltin(shell, name);
  if (!target) throw new ShellError(`${name}: not a shell builtin`);
  shell.runningBuiltin = undefined;
  return runBuiltin(shell, name, target, rest);
}

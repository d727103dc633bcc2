/** `cd` and `pwd`. */
import { KernelError } from "../../../kernel/index.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { isDirectory } from "../file-tests.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { type Options, parseOptions } from "./arguments.ts";
import { changeDirectory, lostDirectory } from "./change-directory.ts";

export const directoryBuiltins: BuiltinTable = {
  cd: { run: cd, synopsis: "[-L|[-P [-e]] [-@]] [dir]" },
  pwd: { run: pwd, synopsis: "[-LP]" },
};

async function cd(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "LPe@");
  const physical = isPhysical(shell, options);
  const [operand, ...others] = options.operands;
  if (others.length > 0) throw new ShellError("too many arguments");
  const { path, prints } = await findTarget(shell, operand);
  if (path !== "") await changeDirectory(shell, path, physical);
  if (prints) await shell.write(1, `${shell.cwd}\n`);
  return 0;
}

interface Target {
  readonly path: string;
  /** Where it led is not what was asked for, so it is shown. */
  readonly prints: boolean;
}

async function findTarget(shell: Shell, operand: string | undefined): Promise<Target> {
  if (operand === undefined) {
    const home = shell.variables.get("HOME");
    if (home === undefined) throw new ShellError("HOME not set");
    return { path: home, prints: false };
  }
  if (operand === "-") {
    const old = shell.variables.get("OLDPWD");
    if (old === undefined) throw new ShellError("OLDPWD not set");
    return { path: old, prints: true };
  }
  return (
    (await searchCdPath(shell, operand)) ??
    (await variableTarget(shell, operand)) ?? { path: operand, prints: false }
  );
}

async function searchCdPath(shell: Shell, operand: string): Promise<Target | undefined> {
  const cdPath = shell.variables.get("CDPATH");
  if (!cdPath || /^(?:\/|\.{1,2}(?:\/|$)|$)/u.test(operand)) return undefined;
  for (const directory of cdPath.split(":")) {
    const path = directory === "" ? operand : `${directory.replace(/\/$/u, "")}/${operand}`;
    if (await isDirectory(shell.sys, path)) return { path, prints: directory !== "" };
  }
  return undefined;
}

/** `shopt -s cdable_vars`: what is no directory may be a variable that holds one. */
async function variableTarget(shell: Shell, operand: string): Promise<Target | undefined> {
  if (!shell.shopt.cdable_vars || (await isDirectory(shell.sys, operand))) return undefined;
  const path = shell.variables.get(operand);
  return path === undefined ? undefined : { path, prints: true };
}

function pwd(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const options = parseOptions(shell, args, "LP");
  if (!isPhysical(shell, options)) return chain(shell.write(1, `${shell.cwd}\n`), () => 0);
  return printPhysical(shell);
}

async function printPhysical(shell: Shell): Promise<number> {
  try {
    const cwd = await shell.sys.getcwd();
    await shell.write(1, `${cwd}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw new ShellError(`error retrieving current directory: ${lostDirectory(error)}`);
  }
}

function isPhysical(shell: Shell, options: Options): boolean {
  const last = options.last("LP");
  return last === undefined ? shell.options.physical : last === "P";
}

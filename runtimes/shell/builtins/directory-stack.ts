/** `pushd`, `popd`, `dirs`: the directory stack, whose top is always the working directory. */
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import { usageError } from "./arguments.ts";
import { changeDirectory } from "./change-directory.ts";

export const directoryStackBuiltins: BuiltinTable = {
  dirs: { run: dirs, synopsis: "[-clpv] [+N] [-N]" },
  popd: { run: popd, synopsis: "[-n] [+N | -N]" },
  pushd: { run: pushd, synopsis: "[-n] [+N | -N | dir]" },
};

/** The whole stack, the working directory first. */
export function directoryStack(shell: Shell): string[] {
  return [shell.cwd, ...shell.directoryStack];
}

/** A path with the home directory as `~`. */
export function abbreviateHome(shell: Shell, path: string): string {
  const home = shell.variables.get("HOME");
  if (!home || home === "/") return path;
  if (path === home) return "~";
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** `+2` counts from the top, `-2` from the bottom; undefined: it is no such number. */
function stackIndex(text: string, length: number): number | undefined {
  if (!/^[-+]\d+$/u.test(text)) return undefined;
  const number = Number(text.slice(1));
  return text.startsWith("+") ? number : length - 1 - number;
}

interface StackArguments {
  /** `-n`: the working directory stays what it is. */
  readonly stays: boolean;
  readonly operands: readonly string[];
}

function readArguments(shell: Shell, args: readonly string[]): StackArguments {
  let stays = false;
  for (const [index, arg] of args.entries()) {
    if (arg === "--") return { stays, operands: args.slice(index + 1) };
    if (arg === "-n") stays = true;
    else if (/^[-+]\d+$/u.test(arg) || arg === "-" || !/^[-+]/u.test(arg)) {
      return { stays, operands: args.slice(index) };
    } else throw usageError(shell, `${arg}: invalid number`);
  }
  return { stays, operands: [] };
}

async function pushd(shell: Shell, args: readonly string[]): Promise<number> {
  const { stays, operands } = readArguments(shell, args);
  const [operand, ...others] = operands;
  if (others.length > 0) throw new ShellError("too many arguments");
  const stack = directoryStack(shell);
  if (operand === undefined) {
    const [top, second, ...rest] = stack;
    if (second === undefined) throw new ShellError("no other directory");
    await enter(shell, second, [top as string, ...rest], stays);
  } else {
    const index = stackIndex(operand, stack.length);
    if (index === undefined) await pushDirectory(shell, operand, stays);
    else {
      checkIndex(shell, index, operand);
      const rotated = [...stack.slice(index), ...stack.slice(0, index)];
      await enter(shell, rotated[0] as string, rotated.slice(1), stays);
    }
  }
  return printStack(shell);
}

async function pushDirectory(shell: Shell, operand: string, stays: boolean): Promise<void> {
  const [top = "", ...rest] = directoryStack(shell);
  if (stays) {
    shell.directoryStack = [operand, ...rest];
    return;
  }
  const path = operand === "-" ? shell.variables.get("OLDPWD") : operand;
  if (path === undefined) throw new ShellError("OLDPWD not set");
  await changeDirectory(shell, path, shell.options.physical);
  shell.directoryStack = [top, ...rest];
}

async function popd(shell: Shell, args: readonly string[]): Promise<number> {
  const { stays, operands } = readArguments(shell, args);
  const [operand] = operands;
  const stack = directoryStack(shell);
  const index = operand === undefined ? 0 : stackIndex(operand, stack.length);
  if (index === undefined) throw usageError(shell, `${operand}: invalid argument`);
  checkIndex(shell, index, operand ?? "");
  if (stack.length === 1) throw new ShellError("directory stack empty");
  if (index > 0 || stays) {
    const removed = Math.max(index, 1);
    shell.directoryStack = stack.filter((_, at) => at !== 0 && at !== removed);
  } else await enter(shell, stack[1] as string, stack.slice(2), false);
  return printStack(shell);
}

async function enter(
  shell: Shell,
  path: string,
  rest: readonly string[],
  stays: boolean,
): Promise<void> {
  if (!stays) await changeDirectory(shell, path, shell.options.physical);
  shell.directoryStack = rest;
}

function checkIndex(shell: Shell, index: number, shown: string): void {
  const { length } = directoryStack(shell);
  if (length === 1 && index !== 0) throw new ShellError("directory stack empty");
  if (index < 0 || index >= length) {
    throw new ShellError(`${shown}: directory stack index out of range`);
  }
}

async function printStack(shell: Shell): Promise<number> {
  const shown = directoryStack(shell).map((path) => abbreviateHome(shell, path));
  await shell.write(1, `${shown.join(" ")}\n`);
  return 0;
}

async function dirs(shell: Shell, args: readonly string[]): Promise<number> {
  let isLong = false;
  let layout: "line" | "list" | "numbered" = "line";
  let selected: string | undefined;
  for (const arg of args) {
    if (arg === "--") break;
    if (arg === "-l") isLong = true;
    else if (arg === "-c") {
      shell.directoryStack = [];
      return 0;
    } else if (arg === "-p" && layout === "line") layout = "list";
    else if (arg === "-v") layout = "numbered";
    else if (/^[-+]\d+$/u.test(arg)) selected = arg;
    else if (/^[-+]/u.test(arg)) throw usageError(shell, `${arg}: invalid number`);
    else throw usageError(shell, `${arg}: invalid option`);
  }
  const stack = directoryStack(shell).map((path) => (isLong ? path : abbreviateHome(shell, path)));
  if (selected !== undefined) return printOne(shell, stack, selected);
  const shown = stack.map((path, index) =>
    layout === "numbered" ? `${String(index).padStart(2)}  ${path}` : path,
  );
  await shell.write(1, `${shown.join(layout === "line" ? " " : "\n")}\n`);
  return 0;
}

async function printOne(shell: Shell, stack: readonly string[], selected: string): Promise<number> {
  const path = stack[stackIndex(selected, stack.length) ?? -1];
  if (path === undefined) {
    const isEmpty = stack.length === 1;
    const problem = isEmpty
      ? "directory stack empty"
      : `${selected.slice(1)}: directory stack index out of range`;
    throw new ShellError(problem);
  }
  await shell.write(1, `${path}\n`);
  return 0;
}

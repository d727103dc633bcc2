/** `break`, `continue`, `return`, `exit`: what leaves a loop, a function or the shell. */
import type { BuiltinTable } from "../builtin.ts";
import { Abandon, ExitShell, ShellError } from "../errors.ts";
import { parseDecimal } from "../numbers.ts";
import type { Shell } from "../state.ts";
import { USAGE } from "./arguments.ts";

export const flowBuiltins: BuiltinTable = {
  break: { run: (shell, args) => leaveLoops(shell, "break", args), special: true, synopsis: "[n]" },
  continue: {
    run: (shell, args) => leaveLoops(shell, "continue", args),
    special: true,
    synopsis: "[n]",
  },
  return: { run: leaveFunction, special: true, synopsis: "[n]" },
  exit: { run: exit, special: true, synopsis: "[n]" },
};

function leaveLoops(shell: Shell, kind: "break" | "continue", args: readonly string[]): number {
  const operands = withoutDashes(args);
  if (shell.loopDepth === 0) {
    if (!shell.options.posix)
      shell.complain("only meaningful in a `for', `while', or `until' loop");
    return 0;
  }
  const count = operands[0] === undefined ? 1 : wholeNumber(shell, operands[0]);
  if (operands.length > 1) {
    shell.complain("too many arguments");
    throw new Abandon(1, true);
  }
  if (count <= 0) {
    shell.complain(`${operands[0]}: loop count out of range`);
    shell.jump = { kind: "break", count: shell.loopDepth };
    return 1;
  }
  shell.jump = { kind, count: Math.min(count, shell.loopDepth) };
  return 0;
}

/** A number that must be one: else the whole shell ends, as in bash. */
function wholeNumber(shell: Shell, text: string): number {
  const value = parseDecimal(text);
  if (value !== undefined) return Number(value);
  shell.complain(`${text}: numeric argument required`);
  if (shell.isInteractive && shell.subshellDepth === 0) throw new Abandon(128);
  throw new ExitShell(128);
}

function leaveFunction(shell: Shell, args: readonly string[]): number {
  const operands = withoutDashes(args);
  const status = statusOperand(shell, operands, shell.trapStatus);
  if (operands.length > 1) throw new Abandon(complainOfMany(shell), true);
  if (shell.frames.length === 0) {
    throw new ShellError("can only `return' from a function or sourced script", USAGE);
  }
  shell.status = status;
  shell.jump = { kind: "return", count: 0 };
  return status;
}

function complainOfMany(shell: Shell): number {
  shell.complain("too many arguments");
  return 1;
}

/** The status that an argument asks for; without one that of the last command, or before the trap. */
function statusOperand(
  shell: Shell,
  operands: readonly string[],
  before: number | undefined,
): number {
  const [text] = operands;
  if (text === undefined) return before ?? shell.status;
  const value = parseDecimal(text);
  if (value !== undefined) return Number(BigInt.asUintN(8, value));
  shell.complain(`${text}: numeric argument required`);
  return USAGE;
}

function exit(shell: Shell, args: readonly string[]): number {
  if (shell.isInteractive && shell.subshellDepth === 0) {
    shell.output.warn(shell.isLogin ? "logout\n" : "exit\n");
    if (keepsStoppedJobs(shell)) return 1;
  }
  const operands = withoutDashes(args);
  const before = shell.isExiting ? shell.trapStatus : undefined;
  const status = statusOperand(shell, operands, before);
  if (operands.length > 1 && parseDecimal(operands[0] as string) !== undefined)
    throw new Abandon(complainOfMany(shell));
  throw new ExitShell(status);
}

/** The first `exit` with stopped jobs only warns. */
function keepsStoppedJobs(shell: Shell): boolean {
  const isStopped = shell.jobs.all.some((job) => job.state === "stopped");
  const isRunning = shell.shopt.checkjobs && shell.jobs.all.some((job) => job.state === "running");
  if ((!isStopped && !isRunning) || shell.wasWarnedOfJobs) return false;
  shell.output.warn(`There are ${isStopped ? "stopped" : "running"} jobs.\n`);
  shell.wasWarnedOfJobs = true;
  return true;
}

function withoutDashes(args: readonly string[]): readonly string[] {
  return args[0] === "--" ? args.slice(1) : args;
}

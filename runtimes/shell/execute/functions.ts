/** Shell functions: their definition and their calls. */
import type { Function as FunctionNode } from "unbash";
import { ExitShell } from "../errors.ts";
import type { ShellFunction } from "../functions.ts";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { checkpoint } from "./control.ts";
import { runNode } from "./statement.ts";
import { runTrap } from "./traps.ts";

/** Calls inside each other, as far as FUNCNEST does not set less: bash's own stack ends near here. */
const MAX_DEPTH = 10_000;
/** Calls that may stand on the host's stack before one begins on a fresh one. */
const CALLS_PER_STACK = 24;

export function defineFunction(shell: Shell, node: FunctionNode): number {
  const name = node.name.text;
  shell.position = node.pos;
  if (/[$'"\\`<>&|;()]/u.test(name) || (shell.options.posix && !/^[A-Za-z_]\w*$/u.test(name))) {
    shell.warn(`\`${name}': not a valid identifier`);
    return 1;
  }
  if (shell.options.posix && shell.builtins.get(name)?.special) {
    shell.warn(`\`${name}': is a special builtin`);
    if (!shell.isInteractive) throw new ExitShell(2);
    return 1;
  }
  if (shell.functions.get(name)?.isReadonly) {
    shell.warn(`${name}: readonly function`);
    return 1;
  }
  shell.functions.set(name, {
    name,
    body: node.body,
    source: shell.source,
    position: node.pos,
    isExported: shell.functions.get(name)?.isExported ?? false,
    isReadonly: false,
    isTraced: shell.functions.get(name)?.isTraced ?? false,
  });
  return 0;
}

export function callFunction(
  shell: Shell,
  target: ShellFunction,
  args: readonly string[],
  hasOwnVariables = false,
): MaybePromise<number> {
  return drive(call(shell, target, args, hasOwnVariables));
}

/** Notes a call inside another; a promise where it must begin on a fresh stack. */
export function beginCall(shell: Shell, name: string): Promise<void> | undefined {
  checkDepth(shell, name);
  shell.callDepth++;
  return shell.callDepth % CALLS_PER_STACK === 0 ? Promise.resolve() : undefined;
}

export function endCall(shell: Shell): void {
  shell.callDepth--;
}

function* call(
  shell: Shell,
  target: ShellFunction,
  args: readonly string[],
  hasOwnVariables: boolean,
): Task<number> {
  const fresh = beginCall(shell, target.name);
  const { source, position, positional, loopDepth, isInTrap } = shell;
  shell.frames.push({
    name: target.name,
    isFunction: true,
    source: target.source,
    callLine: shell.line,
    caller: source,
    args,
  });
  // The assignments before the call are locals of the function.
  if (hasOwnVariables) shell.variables.makeFunctionScope();
  else shell.variables.push("function");
  shell.positional = args;
  shell.loopDepth = 0;
  shell.source = target.source;
  try {
    const pause = fresh ?? checkpoint(shell);
    if (pause) yield pause;
    const hidden = hideTraps(shell, target);
    let status: number;
    try {
      const result = runNode(shell, target.body);
      status = typeof result === "number" ? result : yield result;
      if (shell.jump?.kind === "return") {
        shell.jump = undefined;
        status = shell.status;
      }
      if (shell.traps.has("RETURN") && !isInTrap) {
        shell.status = status;
        yield runTrap(shell, "RETURN");
      }
    } finally {
      restoreTraps(shell, hidden);
    }
    return status;
  } finally {
    const frame = shell.frames.pop();
    if (frame?.savedOptions) Object.assign(shell.options, frame.savedOptions);
    endCall(shell);
    if (!hasOwnVariables) shell.variables.pop();
    shell.positional = positional;
    shell.loopDepth = loopDepth;
    shell.source = source;
    shell.position = position;
  }
}

function checkDepth(shell: Shell, name: string): void {
  const limit = Number(shell.variables.get("FUNCNEST") ?? 0);
  const depth = shell.frames.length;
  if ((limit > 0 && depth >= limit) || shell.callDepth >= MAX_DEPTH) {
    const shown = limit > 0 ? limit : MAX_DEPTH;
    shell.failLine(`${name}: maximum function nesting level exceeded (${shown})`);
  }
}

/** DEBUG and RETURN do not hold in a function that is not traced, ERR only with `errtrace`. */
function hideTraps(shell: Shell, target: ShellFunction): [string, string][] {
  if (shell.traps.size === 0) return [];
  const names = shell.options.functrace || target.isTraced ? [] : ["DEBUG", "RETURN"];
  if (!shell.options.errtrace) names.push("ERR");
  const hidden: [string, string][] = [];
  for (const name of names) {
    const action = shell.traps.get(name);
    if (action === undefined) continue;
    hidden.push([name, action]);
    shell.traps.delete(name);
  }
  return hidden;
}

function restoreTraps(shell: Shell, hidden: readonly [string, string][]): void {
  for (const [name, action] of hidden) if (!shell.traps.has(name)) shell.traps.set(name, action);
}

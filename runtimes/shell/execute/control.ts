/** What every command does between its steps: give way, look at signals, and act on a failure. */
import type { SyntaxNode } from "unbash";
import { ExitShell } from "../errors.ts";
import type { Shell } from "../state.ts";
import type { MaybePromise } from "../task.ts";
import { runPendingTraps, runTrap } from "./traps.ts";

/** Commands between two looks at the clock, which costs more than a small command does. */
const TICKS = 16;

/** To be called before each command and at each turn of a loop. */
export function checkpoint(shell: Shell): Promise<void> | undefined {
  if (shell.sys.signalPending || shell.takenSignals.length > 0) return giveWay(shell);
  if ((++shell.ticks & (TICKS - 1)) !== 0) return undefined;
  return shell.sys.checkpoint();
}

async function giveWay(shell: Shell): Promise<void> {
  await shell.sys.checkpoint();
  await runPendingTraps(shell);
}

/** Records the status of a command that errexit and the ERR trap look at. */
export function settle(shell: Shell, status: number): MaybePromise<number> {
  shell.status = status;
  if (status === 0 || shell.conditionDepth > 0) return status;
  return fail(shell, status);
}

function fail(shell: Shell, status: number): MaybePromise<number> {
  if (shell.traps.has("ERR") && !shell.isInTrap)
    return runTrap(shell, "ERR").then(() => exitOnError(shell, status));
  return exitOnError(shell, status);
}

function exitOnError(shell: Shell, status: number): number {
  shell.status = status;
  if (shell.options.errexit) throw new ExitShell(status);
  return status;
}

/** Notes the command that is to run. Its DEBUG trap; undefined where there is none to run. */
export function beforeCommand(shell: Shell, node: SyntaxNode): Promise<void> | undefined {
  if (shell.trapDepth === 0) shell.command = { node, source: shell.source };
  if (shell.traps.size === 0 || shell.isInTrap || !shell.traps.has("DEBUG")) return undefined;
  return runTrap(shell, "DEBUG");
}

/** Runs `act` where a failure is an answer, not an error: a condition, a command after `!`. */
export function asCondition(shell: Shell, act: () => MaybePromise<number>): MaybePromise<number> {
  shell.conditionDepth++;
  let result: MaybePromise<number>;
  try {
    result = act();
  } catch (reason) {
    shell.conditionDepth--;
    throw reason;
  }
  if (typeof result === "number") {
    shell.conditionDepth--;
    return result;
  }
  return result.finally(() => {
    shell.conditionDepth--;
  });
}

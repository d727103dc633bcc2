/** Traps: actions that signals and certain moments of a script start. */
import {
  bit,
  SA_RESTART,
  SIG_CATCH,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  Signal,
  signalName,
  signalNumber,
} from "../../../kernel/abi.ts";
import { Abandon, ExitShell } from "../errors.ts";
import { saveHistory } from "../history/file.ts";
import type { Shell } from "../state.ts";
import { runText } from "./run-text.ts";

/** Traps that no signal starts. */
export const PSEUDO_SIGNALS = ["EXIT", "ERR", "DEBUG", "RETURN"] as const;

/** Signals that end a shell, which has its EXIT trap to run first. */
const TERMINATING = [
  Signal.SIGHUP,
  Signal.SIGTERM,
  Signal.SIGPIPE,
  Signal.SIGALRM,
  Signal.SIGXCPU,
  Signal.SIGXFSZ,
  Signal.SIGVTALRM,
  Signal.SIGUSR1,
  Signal.SIGUSR2,
];

/** Sets, with "" ignores, and with undefined resets the trap of a signal or of a moment. */
export function setTrap(shell: Shell, name: string, action: string | undefined): void {
  adoptTraps(shell);
  const number = signalNumber(name);
  if (number !== undefined && name !== "EXIT" && isDeafTo(shell, name, number)) return;
  if (action === undefined) shell.traps.delete(name);
  else shell.traps.set(name, action);
  if (number !== undefined && name !== "EXIT") disposeOf(shell, number);
  if (name === "EXIT") for (const one of TERMINATING) disposeOf(shell, one);
}

/** What was ignored when a script's shell began stays ignored (POSIX, trap). */
function isDeafTo(shell: Shell, name: string, signal: number): boolean {
  if (shell.isInteractive || shell.traps.has(name)) return false;
  if (signal === Signal.SIGKILL || signal === Signal.SIGSTOP) return false;
  return (shell.sys.rt_sigaction(signal, undefined) as { handler: number }).handler === SIG_IGN;
}

/** A subshell's own first trap: the parent's, which it only showed, are gone. */
function adoptTraps(shell: Shell): void {
  shell.inheritedTraps = undefined;
}

/** What a subshell keeps of the traps: what is ignored, and what `errtrace` and `functrace` hand on. */
export function inheritTraps(parent: Shell, child: Shell): void {
  child.inheritedTraps = parent.inheritedTraps ?? parent.traps;
  for (const [name, action] of parent.traps) {
    const isHandedOn =
      action === "" ||
      (name === "ERR" && parent.options.errtrace) ||
      ((name === "DEBUG" || name === "RETURN") && parent.options.functrace);
    if (isHandedOn) child.traps.set(name, action);
  }
}

/** In the subshell: signals that the parent caught have their default effect again. */
export function resetSignals(parentTraps: Iterable<[string, string]>, child: Shell): void {
  let hasExit = false;
  for (const [name, action] of parentTraps) {
    hasExit ||= name === "EXIT";
    const signal = signalNumber(name);
    if (action !== "" && signal !== undefined && name !== "EXIT") disposeOf(child, signal);
  }
  if (hasExit) for (const one of TERMINATING) disposeOf(child, one);
}

/** Tells the kernel what the shell wants done about `signal`. */
export function disposeOf(shell: Shell, signal: number): void {
  if (signal === Signal.SIGKILL || signal === Signal.SIGSTOP) return;
  const name = signalName(signal);
  const action = name === undefined ? undefined : shell.traps.get(name);
  let handler: number = SIG_DFL;
  if (action === "") handler = SIG_IGN;
  else if (action !== undefined) handler = SIG_CATCH;
  else if (signal === Signal.SIGINT) handler = SIG_CATCH;
  else if (shell.isInteractive && IGNORED_BY_INTERACTIVE.includes(signal)) handler = SIG_IGN;
  // Its history is to be saved first.
  else if (signal === Signal.SIGHUP && isSession(shell)) handler = SIG_CATCH;
  else if (shell.traps.has("EXIT") && TERMINATING.includes(signal as never)) handler = SIG_CATCH;
  void shell.sys.rt_sigaction(signal, { handler, mask: 0n, flags: SA_RESTART });
}

export const IGNORED_BY_INTERACTIVE: readonly number[] = [
  Signal.SIGTERM,
  Signal.SIGTSTP,
  Signal.SIGTTIN,
  Signal.SIGTTOU,
];

/**
 * SIGINT is caught from the start: a command that is waited for may handle it, and then the script goes
 * on. Interactive shells are deaf to some other signals.
 */
export function catchInterrupts(shell: Shell): void {
  const { handler } = shell.sys.rt_sigaction(Signal.SIGINT, undefined) as { handler: number };
  if (handler !== SIG_IGN || shell.isInteractive) disposeOf(shell, Signal.SIGINT);
  if (!shell.isInteractive) return;
  for (const signal of IGNORED_BY_INTERACTIVE) disposeOf(shell, signal);
  const hangup = shell.sys.rt_sigaction(Signal.SIGHUP, undefined) as { handler: number };
  // Under nohup it stays ignored.
  if (hangup.handler !== SIG_IGN) disposeOf(shell, Signal.SIGHUP);
}

/** Somebody's at a terminal, no subshell of it. */
function isSession(shell: Shell): boolean {
  return shell.isInteractive && shell.subshellDepth === 0;
}

/** Takes the signals that came in, without acting on them yet. */
export async function takeSignals(shell: Shell): Promise<void> {
  while (shell.sys.signalPending) {
    const { signal, restoreMask } = await shell.sys.sigtake();
    if (signal === 0) return;
    await shell.sys.rt_sigprocmask(SIG_SETMASK, restoreMask);
    shell.takenSignals.push(signal);
  }
}

/** Runs the actions of the signals that came in, one after another. */
export async function runPendingTraps(shell: Shell): Promise<void> {
  await takeSignals(shell);
  for (let signal = shell.takenSignals.shift(); signal; signal = shell.takenSignals.shift())
    await handleSignal(shell, signal);
}

async function handleSignal(shell: Shell, signal: number): Promise<void> {
  const name = signalName(signal) as string;
  if (shell.traps.get(name)) await runTrap(shell, name);
  else if (shell.traps.has(name)) return;
  else if (signal === Signal.SIGINT && shell.isInteractive && shell.subshellDepth === 0) {
    shell.output.warn("\n");
    throw new Abandon(128 + signal);
  } else await dieBySignal(shell, signal);
}

/** A signal that has no trap was taken: it ends the shell, at once even while a command runs. */
export function takenWithoutTrap(shell: Shell): number | undefined {
  return shell.takenSignals.find((signal) => !shell.traps.has(signalName(signal) as string));
}

/** Ends the shell as the signal would have ended it, after the EXIT trap. */
export async function dieBySignal(shell: Shell, signal: number): Promise<never> {
  shell.status = 128 + signal;
  await runExitTrap(shell);
  if (isSession(shell)) await saveHistory(shell);
  shell.traps.clear();
  await shell.sys.rt_sigaction(signal, { handler: SIG_DFL, mask: 0n, flags: 0 });
  await shell.sys.rt_sigprocmask(SIG_UNBLOCK, bit(signal));
  await shell.sys.kill(shell.sys.pid, signal);
  throw new ExitShell(128 + signal);
}

/** Runs the action of one trap. `$?` is as it was before, unless the action exits or returns. */
export async function runTrap(shell: Shell, name: string): Promise<void> {
  const action = shell.traps.get(name);
  if (!action) return;
  const { status, pipeStatus, isInTrap, position, source, jump, isLastCommand, runningBuiltin } =
    shell;
  const { trapStatus } = shell;
  if (name !== "DEBUG") shell.trapStatus = status;
  shell.trapDepth++;
  shell.isInTrap = name === "ERR" || name === "DEBUG" || isInTrap;
  shell.jump = undefined;
  shell.isLastCommand = false;
  shell.runningBuiltin = undefined;
  try {
    const isSignal = signalNumber(name) !== undefined;
    await runText(shell, action, { label: trapLabel(name), line: isSignal ? 1 : shell.line });
  } finally {
    shell.trapDepth--;
    shell.isInTrap = isInTrap;
    shell.trapStatus = trapStatus;
    shell.isLastCommand = isLastCommand;
    shell.runningBuiltin = runningBuiltin;
    shell.source = source;
    shell.position = position;
  }
  // `return` in a trap leaves the function that it interrupted.
  if (shell.jump === undefined) {
    shell.jump = jump;
    shell.status = status;
    shell.pipeStatus = pipeStatus;
  }
}

function trapLabel(name: string): string {
  return name === "EXIT" ? "exit trap" : `${name.toLowerCase()} trap`;
}

/** Runs the EXIT trap once; its `exit` changes the status. */
export async function runExitTrap(shell: Shell): Promise<void> {
  const action = shell.traps.get("EXIT");
  if (!action) return;
  shell.traps.delete("EXIT");
  const { status } = shell;
  shell.trapStatus = status;
  shell.isExiting = true;
  shell.jump = undefined;
  shell.conditionDepth = 0;
  shell.isLastCommand = false;
  shell.runningBuiltin = undefined;
  try {
    await runText(shell, action, { label: "exit trap", line: 1 });
    shell.status = status;
  } catch (reason) {
    if (!(reason instanceof ExitShell)) throw reason;
    shell.status = reason.status;
  }
}

/** Subshells: processes that begin as a copy of the shell. */
import type { Subshell, SyntaxNode } from "unbash";
import { KernelError, SIG_DFL, SIG_IGN, Signal } from "../../../kernel/abi.ts";
import { strerror } from "../../../kernel/errno.ts";
import type { Main, Sys } from "../../../kernel/index.ts";
import { Abandon, ExitShell } from "../errors.ts";
import { commandText } from "../function-text.ts";
import { Job } from "../job-table.ts";
import type { Shell } from "../state.ts";
import { chain, drive, type MaybePromise, type Task } from "../task.ts";
import { settle } from "./control.ts";
import { waitForeground } from "./jobs.ts";
import { runList, runNode } from "./statement.ts";
import { IGNORED_BY_INTERACTIVE, inheritTraps, resetSignals, runExitTrap } from "./traps.ts";

export interface ForkOptions {
  /** The process group to join; 0: a new one. Without job control: the shell's. */
  readonly pgroup?: number;
  /** Not waited for: without job control the terminal's interrupts do not reach it. */
  readonly isBackground?: boolean;
  /** The terminal is to be its. */
  readonly isForeground?: boolean;
}

/** Starts a child that runs `run` with a copy of the shell, and answers its process id. */
export function forkShell(
  shell: Shell,
  run: (child: Shell) => MaybePromise<number>,
  options: ForkOptions = {},
): number {
  const child = shell.fork();
  inheritTraps(shell, child);
  const parentTraps = [...shell.traps];
  const { terminal, isInteractive } = shell;
  const begin = (sys: Sys): Promise<number> => {
    child.attach(sys);
    if (terminal !== undefined && options.isForeground) takeTerminal(sys, terminal);
    if (isInteractive && shell.subshellDepth === 0) restoreInteractiveSignals(sys);
    if (parentTraps.length > 0) resetSignals(parentTraps, child);
    if (options.isBackground && terminal === undefined) ignoreInterrupts(sys);
    return runChild(child, run);
  };
  const { pgroup } = options;
  return fork(shell, begin, pgroup === undefined ? {} : { pgroup });
}

/** Status of a shell that can start no process. */
const CANNOT_FORK = 254;

function fork(shell: Shell, begin: Main, attributes: { pgroup?: number }): number {
  try {
    return shell.sys.fork(begin, attributes);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    shell.warn(`fork: ${strerror(error.errno)}`);
    if (shell.isInteractive && shell.subshellDepth === 0) throw new Abandon(CANNOT_FORK);
    throw new ExitShell(CANNOT_FORK);
  }
}

async function runChild(
  child: Shell,
  run: (child: Shell) => MaybePromise<number>,
): Promise<number> {
  try {
    child.status = await run(child);
    if (child.sys.signalPending || child.takenSignals.length > 0) await child.handleSignals();
  } catch (reason) {
    child.status = statusAtEnd(child, reason);
  }
  await runExitTrap(child);
  await child.output.flush();
  return child.status;
}

/** The status of a shell that `reason` ends; what is no such reason passes through. */
export function statusAtEnd(shell: Shell, reason: unknown): number {
  if (reason instanceof ExitShell || reason instanceof Abandon) return reason.status;
  if (!(reason instanceof RangeError)) throw reason;
  // A text longer than the host can hold.
  shell.warn("xmalloc: cannot allocate memory");
  return 2;
}

/** The child makes its group the foreground one itself, before it can read from the terminal. */
function takeTerminal(sys: Sys, terminal: number): void {
  const ignore = { handler: SIG_IGN, mask: 0n, flags: 0 };
  void sys.rt_sigaction(Signal.SIGTTOU, ignore);
  void sys.tiocspgrp(terminal, sys.getpgid(0) as number);
}

function restoreInteractiveSignals(sys: Sys): void {
  const byDefault = { handler: SIG_DFL, mask: 0n, flags: 0 };
  for (const signal of IGNORED_BY_INTERACTIVE) void sys.rt_sigaction(signal, byDefault);
  const hangup = sys.rt_sigaction(Signal.SIGHUP, undefined) as { handler: number };
  if (hangup.handler !== SIG_IGN) void sys.rt_sigaction(Signal.SIGHUP, byDefault);
}

function ignoreInterrupts(sys: Sys): void {
  const ignore = { handler: SIG_IGN, mask: 0n, flags: 0 };
  void sys.rt_sigaction(Signal.SIGINT, ignore);
  void sys.rt_sigaction(Signal.SIGQUIT, ignore);
}

/** Runs a node after which nothing is left to do in this process. */
export function runLast(shell: Shell, node: SyntaxNode): MaybePromise<number> {
  if (node.type === "Subshell") return runSubshellBody(shell, node);
  shell.isLastCommand = node.type === "Command";
  return runNode(shell, node);
}

/** As runLast, for a stage of a pipeline or a background command. */
export function runApart(
  shell: Shell,
  node: SyntaxNode,
  place: NonNullable<Shell["standsApart"]>,
): MaybePromise<number> {
  if (node.type === "Command") shell.standsApart = place;
  else shell.jobs.clear();
  return runLast(shell, node);
}

export function runSubshell(shell: Shell, node: Subshell): MaybePromise<number> {
  return drive(subshell(shell, node));
}

function* subshell(shell: Shell, node: Subshell): Task<number> {
  shell.position = node.pos;
  const pgroup = shell.terminal === undefined ? undefined : 0;
  const options = pgroup === undefined ? {} : { pgroup, isForeground: true };
  const pid = forkShell(shell, (child) => runSubshellBody(child, node), options);
  const text = commandText(node, shell.source.text);
  const job = new Job(
    shell.jobs.nextNumber(),
    pgroup === undefined ? 0 : pid,
    text,
    true,
    shell.cwd,
  );
  job.processes.push({ pid, state: "running", status: 0 });
  const status: number = yield waitForeground(shell, job);
  shell.pipeStatus = [status];
  const settled = settle(shell, status);
  return typeof settled === "number" ? settled : yield settled;
}

function runSubshellBody(shell: Shell, { body }: Subshell): MaybePromise<number> {
  shell.jobs.clear();
  const [only] = body.commands;
  if (body.commands.length === 1 && only && !only.background) {
    const node = only.command;
    if (node.type === "Command") return runLast(shell, node);
  }
  return chain(runList(shell, body), (status) => status);
}

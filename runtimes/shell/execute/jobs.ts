/** Waiting for children: those in the foreground, and what became of the others. */
import {
  Errno,
  KernelError,
  Signal,
  signalName,
  signalText,
  type WaitResult,
} from "../../../kernel/abi.ts";
import { decodeStatus, WCONTINUED, WNOHANG, WUNTRACED } from "../../../kernel/process/status.ts";
import { Abandon } from "../errors.ts";
import type { Job, JobTable } from "../job-table.ts";
import type { Shell } from "../state.ts";
import { dieBySignal, takenWithoutTrap, takeSignals } from "./traps.ts";

/** Statuses of ended children that are kept for `wait PID` (child_max of bash). */
const MAX_ENDED = 4096;
/** Status of a child that cannot be waited for. */
const NO_CHILD = 127;

/** `$?` of a raw wait status. */
export function statusOf(raw: number): number {
  const { exited, signaled, stopped } = decodeStatus({ status: raw });
  if (exited !== undefined) return exited;
  return 128 + (signaled ?? stopped ?? 0);
}

/** Waits until nothing of the job runs, and answers the status of its last process. */
export async function waitForeground(shell: Shell, job: Job): Promise<number> {
  const options = shell.terminal === undefined ? 0 : WUNTRACED;
  while (job.state === "running") {
    const { pid } = job.processes.find(({ state }) => state === "running") as { pid: number };
    const result = await waitOnce(shell, pid, options);
    if (result) record(shell, job, result.pid, result.status);
    else if (result === null) record(shell, job, pid, NO_CHILD << 8);
    else await interrupted(shell);
  }
  await takeTerminalBack(shell);
  if (job.state === "stopped") await keepStopped(shell, job);
  else await reportDeath(shell, job);
  forgetDone(shell);
  return statusOf(job.status);
}

/** One wait: undefined where a signal interrupted it, null where there is no such child. */
export async function waitOnce(
  shell: Shell,
  pid: number,
  options: number,
): Promise<WaitResult | undefined | null> {
  try {
    return await shell.sys.wait4(pid, options);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    if (error.errno === Errno.EINTR) return undefined;
    if (error.errno === Errno.ECHILD) return null;
    throw error;
  }
}

/** A signal came while a command runs: its trap has to wait; one without a trap ends the shell. */
async function interrupted(shell: Shell): Promise<void> {
  await takeSignals(shell);
  const signal = takenWithoutTrap(shell);
  if (signal !== undefined && signal !== Signal.SIGINT) await dieBySignal(shell, signal);
}

function record(shell: Shell, job: Job, pid: number, raw: number): void {
  const process = job.processes.find((one) => one.pid === pid);
  if (!process) return;
  const { stopped, continued } = decodeStatus({ status: raw });
  process.status = raw;
  process.state = continued ? "running" : stopped === undefined ? "done" : "stopped";
  job.isNotified = false;
  if (process.state === "done") rememberEnded(shell, pid, raw);
}

function rememberEnded(shell: Shell, pid: number, raw: number): void {
  shell.endedChildren.set(pid, raw);
  if (shell.endedChildren.size > MAX_ENDED) {
    const oldest = shell.endedChildren.keys().next().value as number;
    shell.endedChildren.delete(oldest);
  }
}

/** Notes what became of a child that some wait returned. */
export function recordChild(shell: Shell, { pid, status }: WaitResult): Job | undefined {
  const job = shell.jobs.byPid(pid);
  if (job) record(shell, job, pid, status);
  else rememberEnded(shell, pid, status);
  return job;
}

/** Notes what became of children meanwhile, without waiting. */
export function reapChildren(shell: Shell): void {
  const options = WNOHANG | WUNTRACED | WCONTINUED;
  try {
    for (;;) {
      const result = shell.sys.wait4(-1, options);
      if (result instanceof Promise || result.pid === 0) return;
      recordChild(shell, result);
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}

/** The shell's own group has the terminal again. */
export async function takeTerminalBack(shell: Shell): Promise<void> {
  const { terminal, sys } = shell;
  if (terminal === undefined) return;
  try {
    await sys.tiocspgrp(terminal, await sys.getpgid(0));
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}

async function keepStopped(shell: Shell, job: Job): Promise<void> {
  job.isForeground = false;
  job.isNotified = true;
  shell.jobs.add(job);
  shell.output.warn(`\n${jobLine(shell, shell.jobs, job)}\n`);
}

/** Says by which signal a command died; SIGINT and SIGPIPE go without saying. */
async function reportDeath(shell: Shell, job: Job): Promise<void> {
  const { signaled } = decodeStatus({ status: job.status });
  const at = shell.takenSignals.indexOf(Signal.SIGINT);
  if (at >= 0 && !shell.traps.has("INT")) {
    shell.takenSignals.splice(at, 1);
    if (signaled === Signal.SIGINT) {
      if (!shell.isInteractive || shell.subshellDepth > 0) await dieBySignal(shell, Signal.SIGINT);
    }
  }
  if (signaled === undefined || signaled === Signal.SIGPIPE) return;
  if (signaled === Signal.SIGINT) {
    if (!shell.isInteractive || shell.terminal === undefined) return;
    // The user gave up more than this one command.
    shell.output.warn("\n");
    throw new Abandon(128 + Signal.SIGINT);
  }
  reportSignal(shell, job, signaled);
}

/** `bash: line 1:  1234 Killed                  sleep 10` */
export function reportSignal(shell: Shell, job: Job, signal: number): void {
  const isTrapped = shell.traps.has(signalName(signal) ?? "");
  if (shell.isInteractive || signal === Signal.SIGTERM || isTrapped) {
    shell.output.warn(`${signalText(signal)}\n`);
    return;
  }
  const { processes } = job;
  const lines = processes.map(({ pid, status, command }, number) => {
    const state = processStateText(status).padEnd(23);
    const text = processes.length > 1 ? (command ?? "") : job.command;
    const line = `${String(pid).padStart(5)} ${state} ${number > 0 ? "| " : ""}${text}`;
    return number > 0 ? `     ${line}` : line;
  });
  shell.warn(lines.join("\n"));
}

function processStateText(raw: number): string {
  const { exited, signaled } = decodeStatus({ status: raw });
  if (signaled !== undefined) return signalText(signaled);
  return exited === 0 ? "Done" : `Exit ${exited}`;
}

/** `[1]+  Stopped                 sleep 10` */
export function jobLine(shell: Shell, table: JobTable, job: Job, withPids = false): string {
  const mark = job === table.current ? "+" : job === table.previous ? "-" : " ";
  const pid = withPids ? ` ${String(job.processes[0]?.pid ?? "").padStart(5)} ` : "  ";
  const command = job.state === "running" && !job.isForeground ? `${job.command} &` : job.command;
  const where = job.cwd === shell.cwd ? "" : `  (wd: ${job.cwd})`;
  return `[${job.number}]${mark}${pid}${stateText(job).padEnd(24)}${command}${where}`;
}

function stateText(job: Job): string {
  if (job.state === "running") return "Running";
  if (job.state === "stopped") return "Stopped";
  return processStateText(job.status);
}

/** A script's jobs that are over leave the table; their statuses stay known. */
export function forgetDone(shell: Shell): void {
  if (shell.jobs.size > 0 && !shell.isInteractive) notifyOfJobs(shell);
}

/** What changed about the jobs since it was last said: for the prompt, and after each command. */
export function notifyOfJobs(shell: Shell): void {
  reapChildren(shell);
  for (const job of shell.jobs.all) {
    if (job.state === "running" || job.isInherited) continue;
    const { signaled } = decodeStatus({ status: job.status });
    if (!job.isNotified) sayWhatBecameOf(shell, job, signaled);
    job.isNotified = true;
    // A script may still ask for the job that it started last, if nothing was said of it.
    const isLast = !shell.isInteractive && job.processes.at(-1)?.pid === shell.lastBackgroundPid;
    if (job.state === "done" && !(isLast && !isWorthSaying(signaled))) shell.jobs.remove(job);
  }
}

function sayWhatBecameOf(shell: Shell, job: Job, signaled: number | undefined): void {
  if (shell.isInteractive) shell.output.warn(`${jobLine(shell, shell.jobs, job)}\n`);
  else if (job.state === "done" && isWorthSaying(signaled)) reportSignal(shell, job, signaled);
}

function isWorthSaying(signal: number | undefined): signal is number {
  return (
    signal !== undefined &&
    signal !== Signal.SIGINT &&
    signal !== Signal.SIGPIPE &&
    signal !== Signal.SIGTERM
  );
}

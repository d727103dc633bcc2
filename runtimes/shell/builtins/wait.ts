/** `wait`. */
import { Errno, KernelError, Signal, signalName } from "../../../kernel/abi.ts";
import { decodeStatus } from "../../../kernel/process/status.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import {
  jobLine,
  reapChildren,
  recordChild,
  reportSignal,
  statusOf,
  waitOnce,
} from "../execute/jobs.ts";
import { runPendingTraps, takeSignals } from "../execute/traps.ts";
import type { Job } from "../job-table.ts";
import type { Shell } from "../state.ts";
import { parseOptions } from "./arguments.ts";
import { findJob } from "./jobs.ts";

export const waitBuiltins: BuiltinTable = {
  wait: { run: wait, synopsis: "[-fn] [-p var] [id ...]" },
};

/** No such child, or nothing to wait for. */
const NOTHING = 127;

async function wait(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "fnp:");
  const { operands } = options;
  const variable = options.value("p");
  if (variable !== undefined) shell.variables.unset(variable);
  reapChildren(shell);
  if (options.has("n")) return waitForNext(shell, operands, variable);
  if (operands.length === 0) return waitForAll(shell);
  let status = 0;
  for (const spec of operands) {
    const result = await waitForOne(shell, spec);
    status = result.status;
    if (variable !== undefined && result.pid !== undefined)
      shell.variables.set(variable, String(result.pid));
    if (result.isInterrupted) break;
  }
  return status;
}

interface Waited {
  readonly status: number;
  readonly pid?: number | undefined;
  readonly isInterrupted?: boolean;
}

async function waitForAll(shell: Shell): Promise<number> {
  while (shell.jobs.all.some((job) => job.state === "running")) {
    const status = await waitForAny(shell);
    if (status !== undefined) return status;
  }
  for (const job of shell.jobs.all) if (job.state === "done") forget(shell, job);
  return 0;
}

/** Waits for some child; the status of a `wait` that a trapped signal ends. */
async function waitForAny(shell: Shell): Promise<number | undefined> {
  const result = await waitOnce(shell, -1, 0);
  if (result) {
    recordChild(shell, result);
    return undefined;
  }
  if (result === null) {
    // Children that something else took: their jobs can only be over.
    for (const job of shell.jobs.all)
      for (const process of job.processes) if (process.state === "running") process.state = "done";
    return undefined;
  }
  await takeSignals(shell);
  const signal = shell.takenSignals.find((one) => shell.traps.get(signalName(one) as string));
  const isChild = signal === Signal.SIGCHLD;
  await runPendingTraps(shell);
  return signal === undefined || isChild ? undefined : 128 + signal;
}

async function waitForOne(shell: Shell, spec: string): Promise<Waited> {
  let job: Job | undefined;
  const pid = /^[0-9]+$/u.test(spec) ? Number(spec) : undefined;
  if (pid === undefined) {
    if (!spec.startsWith("%")) {
      shell.complain(`\`${spec}': not a pid or valid job spec`);
      return { status: 1 };
    }
    try {
      job = findJob(shell.jobs, spec);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      shell.complain(error.message);
      return { status: NOTHING };
    }
  } else job = shell.jobs.byPid(pid);
  if (!job) return waitForOther(shell, pid as number);
  const isOver = () => job.state !== "running" || processState(job, pid) === "done";
  while (!isOver()) {
    const interrupted = await waitForAny(shell);
    if (interrupted !== undefined) return { status: interrupted, isInterrupted: true };
  }
  const process = job.processes.find((one) => one.pid === pid) ?? job.processes.at(-1);
  const raw = process?.status ?? 0;
  if (job.state === "done") forget(shell, job);
  return { status: statusOf(raw), pid: process?.pid };
}

function processState(job: Job, pid: number | undefined): string | undefined {
  return job.processes.find((process) => process.pid === pid)?.state;
}

/** A child of which no job knows (any more): a process substitution, or one waited for before. */
async function waitForOther(shell: Shell, pid: number): Promise<Waited> {
  for (;;) {
    const ended = shell.endedChildren.get(pid);
    if (ended !== undefined) return { status: statusOf(ended), pid };
    if (!(await isChild(shell, pid))) {
      shell.complain(`pid ${pid} is not a child of this shell`);
      return { status: NOTHING };
    }
    const interrupted = await waitForAny(shell);
    if (interrupted !== undefined) return { status: interrupted, isInterrupted: true };
  }
}

async function isChild(shell: Shell, pid: number): Promise<boolean> {
  try {
    const result = await shell.sys.wait4(pid, 1);
    if (result.pid !== 0) recordChild(shell, result);
    return true;
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== Errno.ECHILD) throw error;
    return false;
  }
}

/** `wait -n`: the next job to end, of those named or of all. */
async function waitForNext(
  shell: Shell,
  specs: readonly string[],
  variable: string | undefined,
): Promise<number> {
  const chosen = specs.length === 0 ? shell.jobs.all : named(shell, specs);
  for (;;) {
    const done = chosen.find((job) => job.state === "done");
    if (done) {
      if (variable !== undefined)
        shell.variables.set(variable, String(done.processes.at(-1)?.pid ?? ""));
      forget(shell, done);
      return statusOf(done.status);
    }
    if (!chosen.some((job) => job.state === "running")) return NOTHING;
    const interrupted = await waitForAny(shell);
    if (interrupted !== undefined) return interrupted;
  }
}

function named(shell: Shell, specs: readonly string[]): Job[] {
  return specs.flatMap((spec) => {
    try {
      return [findJob(shell.jobs, spec)];
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      shell.complain(`${spec}: no such job`);
      return [];
    }
  });
}

/** The job was waited for: it leaves the table, with a word where a signal ended it. */
function forget(shell: Shell, job: Job): void {
  if (job.isInherited) {
    shell.jobs.remove(job);
    return;
  }
  const { signaled } = decodeStatus({ status: job.status });
  if (shell.isInteractive && !job.isNotified) {
    shell.output.warn(`${jobLine(shell, shell.jobs, job)}\n`);
    job.isNotified = true;
  }
  const isQuiet =
    signaled === undefined || signaled === Signal.SIGINT || signaled === Signal.SIGPIPE;
  if (!isQuiet && !job.isNotified && !(signaled === Signal.SIGTERM && !shell.isInteractive))
    reportSignal(shell, job, signaled);
  shell.jobs.remove(job);
}

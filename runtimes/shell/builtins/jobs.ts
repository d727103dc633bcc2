/** `jobs`, `fg`, `bg`. */
import { KernelError, Signal } from "../../../kernel/abi.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import { jobLine, reapChildren, waitForeground } from "../execute/jobs.ts";
import type { Job, JobTable } from "../job-table.ts";
import type { Shell } from "../state.ts";
import { chain, type MaybePromise } from "../task.ts";
import { parseOptions } from "./arguments.ts";

export const jobBuiltins: BuiltinTable = {
  jobs: { run: jobs, synopsis: "[-lnprs] [jobspec ...] or jobs -x command [args]" },
  fg: { run: foreground, synopsis: "[job_spec]" },
  bg: { run: background, synopsis: "[job_spec ...]" },
};

function jobs(shell: Shell, args: readonly string[]): MaybePromise<number> {
  if (args[0] === "-x") return runWithPids(shell, args.slice(1));
  const options = parseOptions(shell, args, "lnprs");
  reapChildren(shell);
  let status = 0;
  let text = "";
  const table = shell.jobs;
  const onMissing = () => {
    status = 1;
  };
  for (const job of selected(shell, table, options.operands, onMissing)) {
    if (options.has("r") && job.state !== "running") continue;
    if (options.has("s") && job.state !== "stopped") continue;
    if (options.has("n") && job.isNotified) continue;
    text += options.has("p")
      ? `${job.processes[0]?.pid}\n`
      : `${jobLine(shell, table, job, options.has("l"))}\n`;
    if (job.state !== "running") job.isNotified = true;
    if (job.state === "done") table.remove(job);
  }
  return chain(shell.write(1, text), () => status);
}

/** The jobs that the arguments name; all without any. */
function selected(
  shell: Shell,
  table: JobTable,
  specs: readonly string[],
  onMissing: () => void,
): Job[] {
  if (specs.length === 0) return table.all;
  return specs.flatMap((spec) => {
    try {
      return [findJob(table, spec)];
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      shell.complain(error.message);
      onMissing();
      return [];
    }
  });
}

/** By job number, name or process id. */
export function findJob(table: JobTable, spec: string): Job {
  if (/^[0-9]+$/u.test(spec)) {
    const job = table.byPid(Number(spec));
    if (!job) throw new ShellError(`${spec}: no such job`);
    return job;
  }
  return table.find(spec);
}

/** `jobs -x command`: job specifications among the arguments become process groups. */
function runWithPids(shell: Shell, args: readonly string[]): MaybePromise<number> {
  const words = args.map((arg) => {
    if (!arg.startsWith("%")) return arg;
    const job = shell.jobs.find(arg);
    return String(job.pgid || job.processes[0]?.pid);
  });
  return shell.evaluate(words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" "));
}

function requireJobControl(shell: Shell): void {
  if (!shell.options.monitor) throw new ShellError("no job control");
}

function requireChild(job: Job): void {
  if (job.isInherited) throw new ShellError("no current jobs");
}

async function foreground(shell: Shell, args: readonly string[]): Promise<number> {
  requireJobControl(shell);
  const { operands } = parseOptions(shell, args, "");
  // One that has just ended is waited for as if it ran: `kill %1; fg`.
  const job = operands[0] === undefined ? current(shell) : findJob(shell.jobs, operands[0]);
  requireChild(job);
  if (job.state === "done") throw new ShellError("job has terminated");
  await shell.write(1, `${job.command}\n`);
  job.isForeground = true;
  if (shell.terminal !== undefined && job.pgid > 0)
    await shell.sys.tiocspgrp(shell.terminal, job.pgid);
  await resume(shell, job);
  shell.jobs.remove(job);
  return waitForeground(shell, job);
}

function current(shell: Shell): Job {
  const job = shell.jobs.current;
  if (!job) throw new ShellError("current: no such job");
  return job;
}

async function background(shell: Shell, args: readonly string[]): Promise<number> {
  requireJobControl(shell);
  const { operands } = parseOptions(shell, args, "");
  reapChildren(shell);
  const chosen =
    operands.length === 0 ? [current(shell)] : operands.map((spec) => findJob(shell.jobs, spec));
  for (const job of chosen) {
    requireChild(job);
    if (job.state === "running") {
      shell.complain(`job ${job.number} already in background`);
      continue;
    }
    if (job.state === "done") throw new ShellError("job has terminated");
    job.isForeground = false;
    await resume(shell, job);
    const mark = job === shell.jobs.current ? "+" : job === shell.jobs.previous ? "-" : " ";
    await shell.write(1, `[${job.number}]${mark} ${job.command} &\n`);
    shell.lastBackgroundPid = job.processes.at(-1)?.pid;
  }
  return 0;
}

async function resume(shell: Shell, job: Job): Promise<void> {
  for (const process of job.processes) if (process.state === "stopped") process.state = "running";
  try {
    if (job.pgid > 0) await shell.sys.kill(-job.pgid, Signal.SIGCONT);
    else for (const { pid } of job.processes) await shell.sys.kill(pid, Signal.SIGCONT);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}

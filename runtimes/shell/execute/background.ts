/** `command &` */
import type { AndOr, PipelineNode } from "unbash";
import { AT_FDCWD, O_RDONLY } from "../../../kernel/abi.ts";
import { commandText } from "../function-text.ts";
import { Job } from "../job-table.ts";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { forgetDone, reapChildren } from "./jobs.ts";
import { startStages } from "./pipeline.ts";
import { forkShell, runApart } from "./subshell.ts";

export function startBackground(shell: Shell, node: PipelineNode | AndOr): MaybePromise<number> {
  return drive(start(shell, node));
}

function* start(shell: Shell, node: PipelineNode | AndOr): Task<number> {
  shell.position = node.pos;
  reapChildren(shell);
  forgetDone(shell);
  const job =
    node.type === "Pipeline" && node.commands.length > 1 && node.prefixes.length === 0
      ? (yield* startStages(shell, node, { isBackground: true })).job
      : startOne(shell, node);
  announce(shell, job);
  shell.status = 0;
  return 0;
}

/** Puts a started job into the table and tells its number. */
export function announce(shell: Shell, job: Job): void {
  shell.jobs.add(job);
  shell.lastBackgroundPid = job.processes.at(-1)?.pid;
  if (shell.isInteractive && shell.subshellDepth === 0)
    shell.output.warn(`[${job.number}] ${shell.lastBackgroundPid}\n`);
}

function startOne(shell: Shell, node: PipelineNode | AndOr): Job {
  const hasTerminal = shell.terminal !== undefined;
  const pid = forkShell(
    shell,
    (child) => {
      if (!hasTerminal) readNothing(child);
      // The ERR trap is not for a command that nobody waits for.
      if (isSimple(node)) child.traps.delete("ERR");
      return runApart(child, node, "background");
    },
    { ...(hasTerminal ? { pgroup: 0 } : {}), isBackground: true },
  );
  const text = commandText(node, shell.source.text);
  const job = new Job(shell.jobs.nextNumber(), hasTerminal ? pid : 0, text, false, shell.cwd);
  job.processes.push({ pid, state: "running", status: 0 });
  return job;
}

function isSimple(node: PipelineNode | AndOr): boolean {
  if (node.type !== "Pipeline") return node.type === "Command";
  return node.commands.length === 1 && node.commands[0]?.type === "Command";
}

/** Without job control a background command does not take the script's input away. */
function readNothing({ sys }: Shell): void {
  const fd = sys.openat(AT_FDCWD, "/dev/null", O_RDONLY, 0) as number;
  if (fd === 0) return;
  void sys.dup3(fd, 0, 0);
  void sys.close(fd);
}

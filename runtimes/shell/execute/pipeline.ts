/** Pipelines: their stages run at the same time, each in a process of its own. */
import type { CommandNode, Pipeline } from "unbash";
import { F_DUPFD_CLOEXEC, KernelError, O_CLOEXEC } from "../../../kernel/abi.ts";
import { strerror } from "../../../kernel/errno.ts";
import { ShellError } from "../errors.ts";
import { commandText } from "../function-text.ts";
import { Job } from "../job-table.ts";
import type { Shell } from "../state.ts";
import { chain, drive, type MaybePromise, type Task } from "../task.ts";
import { asCondition, beforeCommand, settle } from "./control.ts";
import { statusOf, waitForeground } from "./jobs.ts";
import { runNode } from "./statement.ts";
import { type ForkOptions, forkShell, runApart } from "./subshell.ts";
import { timed } from "./time.ts";

export function runPipeline(shell: Shell, node: Pipeline): MaybePromise<number> {
  shell.isLastCommand = false;
  const time = node.prefixes.find((prefix) => prefix.type === "Time");
  if (time?.type === "Time") return timed(shell, time, () => runNegatable(shell, node));
  return runNegatable(shell, node);
}

function runNegatable(shell: Shell, node: Pipeline): MaybePromise<number> {
  const negations = node.prefixes.filter((prefix) => prefix.type === "Negation").length;
  if (negations === 0) return runStages(shell, node);
  return chain(
    asCondition(shell, () => runStages(shell, node)),
    (status) => {
      if (shell.jump) return status;
      shell.status = negations % 2 === 0 ? status : status === 0 ? 1 : 0;
      return shell.status;
    },
  );
}

function runStages(shell: Shell, node: Pipeline): MaybePromise<number> {
  const [first] = node.commands;
  if (!first) return 0;
  if (node.commands.length === 1) return runNode(shell, first);
  return drive(foreground(shell, node));
}

function* foreground(shell: Shell, node: Pipeline): Task<number> {
  shell.position = node.pos;
  const usesLastPipe = shell.shopt.lastpipe && shell.terminal === undefined;
  const stages: Stages = yield* startStages(shell, node, { usesLastPipe });
  let last: number | undefined;
  if (usesLastPipe)
    last = yield* runInShell(shell, stages.input, node.commands.at(-1) as CommandNode);
  yield waitForeground(shell, stages.job);
  const statuses = stages.job.processes.map(({ status }) => statusOf(status));
  if (last !== undefined) statuses.push(last);
  shell.pipeStatus = statuses;
  const settled = settle(shell, pipelineStatus(shell, statuses));
  return typeof settled === "number" ? settled : yield settled;
}

export function pipelineStatus(shell: Shell, statuses: readonly number[]): number {
  if (!shell.options.pipefail) return statuses.at(-1) ?? 0;
  return statuses.findLast((status) => status !== 0) ?? 0;
}

interface Stages {
  readonly job: Job;
  /** The end of the last pipe that nobody reads from yet. */
  readonly input: number | undefined;
}

/** Starts the stages and answers their job, which is in no table yet. */
export function* startStages(
  shell: Shell,
  node: Pipeline,
  { usesLastPipe = false, isBackground = false },
): Task<Stages> {
  const { commands, operators } = node;
  const count = usesLastPipe ? commands.length - 1 : commands.length;
  const processes: Job["processes"] = [];
  let input: number | undefined;
  for (let number = 0; number < count; number++) {
    const isLast = number === commands.length - 1;
    const command = commands[number] as CommandNode;
    if (command.type === "Command" && !shell.options.functrace) {
      shell.position = command.pos;
      const trap = beforeCommand(shell, command);
      if (trap) yield trap;
    }
    const made = isLast ? [undefined, undefined] : openPipe(shell);
    const [read, write]: [number | undefined, number | undefined] =
      made instanceof Promise ? yield made : made;
    const joinsErrors = operators[number] === "|&";
    const stage = { input, output: write, unused: read, joinsErrors };
    const options: ForkOptions = {
      ...(shell.terminal === undefined ? {} : { pgroup: processes[0]?.pid ?? 0 }),
      isBackground,
      isForeground: !isBackground && number === 0,
    };
    const pid = forkShell(shell, (child) => runStage(child, command, stage, isBackground), options);
    const text = commandText(command, shell.source.text);
    processes.push({ pid, state: "running", status: 0, command: text });
    if (input !== undefined) void shell.sys.close(input);
    if (write !== undefined) void shell.sys.close(write);
    input = read;
  }
  const pgid = shell.terminal === undefined ? 0 : (processes[0]?.pid ?? 0);
  const text = commandText({ ...node, prefixes: [] }, shell.source.text);
  const job = new Job(shell.jobs.nextNumber(), pgid, text, !isBackground, shell.cwd);
  job.processes.push(...processes);
  return { job, input };
}

function openPipe(shell: Shell): MaybePromise<readonly number[]> {
  try {
    return shell.sys.pipe2(O_CLOEXEC);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw new ShellError(`pipe error: ${strerror(error.errno)}`);
  }
}

interface Stage {
  readonly input: number | undefined;
  readonly output: number | undefined;
  /** An end of a pipe that belongs to the next stage. */
  readonly unused: number | undefined;
  readonly joinsErrors: boolean;
}

/** In the child: connects it to its neighbours and runs the command. */
function runStage(
  child: Shell,
  command: CommandNode,
  stage: Stage,
  isBackground: boolean,
): MaybePromise<number> {
  const { sys } = child;
  const { input, output, unused, joinsErrors } = stage;
  if (unused !== undefined) void sys.close(unused);
  if (input !== undefined) {
    void sys.dup3(input, 0, 0);
    void sys.close(input);
  }
  if (output !== undefined) {
    void sys.dup3(output, 1, 0);
    void sys.close(output);
    if (joinsErrors) void sys.dup3(1, 2, 0);
  }
  return runApart(child, command, isBackground ? "background" : "pipeline");
}

/** `lastpipe`: the last stage runs in the shell itself. */
function* runInShell(shell: Shell, input: number | undefined, command: CommandNode): Task<number> {
  const { sys } = shell;
  const saved = sys.fcntl(0, F_DUPFD_CLOEXEC, 10) as number;
  try {
    if (input !== undefined) {
      void sys.dup3(input, 0, 0);
      void sys.close(input);
    }
    const result = runNode(shell, command);
    return typeof result === "number" ? result : yield result;
  } finally {
    void sys.dup3(saved, 0, 0);
    void sys.close(saved);
  }
}

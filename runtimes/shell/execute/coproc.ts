/** `coproc`: a background command whose input and output the shell holds. */
import type { Coproc } from "unbash";
import { F_DUPFD_CLOEXEC, KernelError, O_CLOEXEC } from "../../../kernel/abi.ts";
import { IndexedArray } from "../arrays.ts";
import { commandText } from "../function-text.ts";
import { Job } from "../job-table.ts";
import type { Shell } from "../state.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { isName } from "../words/subscripts.ts";
import { announce } from "./background.ts";
import { forkShell, runApart } from "./subshell.ts";

export function runCoproc(shell: Shell, node: Coproc): MaybePromise<number> {
  return drive(start(shell, node));
}

function* start(shell: Shell, node: Coproc): Task<number> {
  const { sys } = shell;
  shell.position = node.pos;
  const name = node.name?.text ?? "COPROC";
  if (!isName(name)) {
    shell.warn(`\`${name}': not a valid identifier`);
    return 1;
  }
  const toChild = sys.pipe2(O_CLOEXEC);
  const [theirInput, ourOutput]: [number, number] =
    toChild instanceof Promise ? yield toChild : toChild;
  const fromChild = sys.pipe2(O_CLOEXEC);
  const [ourInput, theirOutput]: [number, number] =
    fromChild instanceof Promise ? yield fromChild : fromChild;
  const pid = forkShell(
    shell,
    (child) => {
      void child.sys.dup3(theirInput, 0, 0);
      void child.sys.dup3(theirOutput, 1, 0);
      for (const fd of [theirInput, ourOutput, ourInput, theirOutput]) void child.sys.close(fd);
      return runApart(child, node.body, "background");
    },
    { ...(shell.terminal === undefined ? {} : { pgroup: 0 }), isBackground: true },
  );
  void sys.close(theirInput);
  void sys.close(theirOutput);
  const ends = [ourInput, ourOutput].map((fd) => String(moveAway(shell, fd)));
  const text = commandText(node, shell.source.text);
  const pgid = shell.terminal === undefined ? 0 : pid;
  const job = new Job(shell.jobs.nextNumber(), pgid, text, false, shell.cwd);
  job.processes.push({ pid, state: "running", status: 0 });
  announce(shell, job);
  shell.variables.setArray(name, IndexedArray.of(ends));
  shell.variables.set(`${name}_PID`, String(pid));
  shell.status = 0;
  return 0;
}

/** Out of the way of the numbers that scripts use. */
function moveAway(shell: Shell, fd: number): number {
  try {
    const moved = shell.sys.fcntl(fd, F_DUPFD_CLOEXEC, 60) as number;
    void shell.sys.close(fd);
    return moved;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return fd;
  }
}

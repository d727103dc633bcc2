/** `disown`, `suspend`, `logout`. What waits for and continues jobs stands elsewhere. */
import { Signal } from "../../../kernel/abi.ts";
import type { BuiltinTable } from "../builtin.ts";
import { ShellError } from "../errors.ts";
import type { Job } from "../job-table.ts";
import type { Shell } from "../state.ts";
import type { MaybePromise } from "../task.ts";
import { parseOptions } from "./arguments.ts";

export const jobControlBuiltins: BuiltinTable = {
  disown: { run: disown, synopsis: "[-h] [-ar] [jobspec ... | pid ...]" },
  logout: { run: logout, synopsis: "[n]" },
  suspend: { run: suspend, synopsis: "[-f]" },
};

function disown(shell: Shell, args: readonly string[]): number {
  const options = parseOptions(shell, args, "ahr");
  const { operands } = options;
  let status = 0;
  const jobs: Job[] = [];
  if (operands.length === 0 && (options.has("a") || options.has("r"))) {
    const running = shell.jobs.all.filter((job) => job.state === "running");
    jobs.push(...(options.has("r") ? running : shell.jobs.all));
  } else {
    for (const operand of operands.length > 0 ? operands : ["current"]) {
      const job = findJob(shell, operand);
      if (job !== undefined) jobs.push(job);
      else {
        shell.complain(`${operand}: no such job`);
        status = 1;
      }
    }
  }
  for (const job of jobs) {
    if (options.has("h")) job.keepsRunning = true;
    else shell.jobs.remove(job);
  }
  return status;
}

function findJob(shell: Shell, operand: string): Job | undefined {
  if (operand === "current") return shell.jobs.current;
  if (/^\d+$/u.test(operand)) return shell.jobs.byPid(Number(operand));
  try {
    return shell.jobs.find(operand);
  } catch (error) {
    if (error instanceof ShellError) return undefined;
    throw error;
  }
}

function logout(shell: Shell, args: readonly string[]): MaybePromise<number> {
  if (!shell.isLogin) throw new ShellError("not login shell: use `exit'");
  const exit = shell.builtins.get("exit");
  if (exit === undefined) throw new ShellError("exit: not a shell builtin");
  return exit.run(shell, args);
}

async function suspend(shell: Shell, args: readonly string[]): Promise<number> {
  const options = parseOptions(shell, args, "f");
  if (!options.has("f")) {
    if (!shell.options.monitor) throw new ShellError("cannot suspend: no job control");
    if (shell.isLogin) throw new ShellError("cannot suspend a login shell");
  }
  await shell.sys.kill(0, Signal.SIGSTOP);
  return 0;
}

/**
 * `isopod/bash-tool`: a machine as the sandbox of `bash-tool`, which gives models of the AI SDK the tools
 * bash, readFile and writeFile. Imports nothing of either, and fits anything else of that shape.
 */
import { ExecError } from "./exec.ts";
import type { ExecOptions } from "./options/command-options.ts";
import type { Vm } from "./vm.ts";

/** As bash-tool calls it. */
export interface BashToolSandbox {
  executeCommand(command: string): Promise<CommandResult>;
  readFile(path: string): Promise<string>;
  writeFiles(files: readonly { path: string; content: string | Uint8Array }[]): Promise<void>;
}

export interface CommandResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** How its commands are run. `timeout` is 120,000 ms where nothing else is said; 0 is no limit. */
export type BashToolOptions = Pick<
  ExecOptions<"utf8">,
  "cwd" | "env" | "user" | "timeout" | "signal" | "maxBuffer"
>;

const TIMEOUT_MS = 120_000;
/** What timeout(1) ends with. */
const TIMED_OUT = 124;

/** `createBashTool({ sandbox: bashToolSandbox(vm) })`. */
export function bashToolSandbox(vm: Vm, options: BashToolOptions = {}): BashToolSandbox {
  const { cwd } = options;
  const at = (path: string) =>
    path.startsWith("/") || cwd === undefined ? path : `${cwd.replace(/\/$/, "")}/${path}`;
  return {
    executeCommand: (command) => run(vm, command, { timeout: TIMEOUT_MS, ...options }),
    readFile: (path) => vm.fs.readFile(at(path), "utf8"),
    async writeFiles(files) {
      for (const { path, content } of files) {
        const file = at(path);
        const slash = file.lastIndexOf("/");
        if (slash > 0) await vm.fs.mkdir(file.slice(0, slash), { recursive: true });
        await vm.fs.writeFile(file, content);
      }
    },
  };
}

/** What was cut short is a result too: the model is to hear why, and what there was until then. */
async function run(vm: Vm, command: string, options: ExecOptions<"utf8">): Promise<CommandResult> {
  try {
    const { stdout, stderr, exitCode } = await vm.exec(command, options);
    return { stdout, stderr, exitCode };
  } catch (reason) {
    if (!(reason instanceof ExecError) || reason.isCanceled) throw reason;
    const { stdout, stderr, exitCode, timedOut, message } = reason as ExecError<string>;
    const told = `${stderr}${stderr === "" || stderr.endsWith("\n") ? "" : "\n"}${message}\n`;
    return { stdout, stderr: told, exitCode: timedOut ? TIMED_OUT : exitCode || 1 };
  }
}

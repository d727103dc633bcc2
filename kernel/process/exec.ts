/**
 * Turning a path into a program (execve(2)): permission, then what the file's content says it is. An
 * in-kernel program is a file whose first line is `#!isopod:NAME`; other `#!` lines name an interpreter;
 * the rest is for the binary formats that the host brought. Nothing changes until commitExec.
 */
import { utf8Length } from "../bytes.ts";
import { Errno, fail } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { ARG_MAX, ARG_STRING_MAX, SHEBANG_DEPTH, SHEBANG_MAX } from "../limits.ts";
import { requireLeave } from "../policy.ts";
import { deliverPending } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";
import type { Call } from "../syscalls/call.ts";
import { Gate } from "../syscalls/gate.ts";
import type { Credentials } from "./credentials.ts";
import { locateExecutable } from "./executable.ts";
import { inKernelProgram } from "./main.ts";
import type { Process } from "./process.ts";
import type { Program } from "./program.ts";
import { isScript, parseShebang } from "./shebang.ts";

/** A program that is ready to replace the one of its process. */
export interface Image {
  readonly program: Program;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  readonly executable: string;
  readonly command: string;
  readonly credentials: Credentials;
}

/** Prepares to run `path`, as the process of `call`. May sleep; is repeated from the start then. */
export function prepareExec(
  call: Call,
  path: string,
  argv: readonly string[],
  envp: readonly string[],
): Image {
  checkSize(argv, envp);
  let args = argv.length > 0 ? argv : [""];
  let file = path;
  for (let depth = 0; ; depth++) {
    const executable = locateExecutable(call, file);
    requireLeave(call, { kind: "execute", path: executable.wholePath });
    const head = executable.head(SHEBANG_MAX);
    const script = isScript(head) ? (parseShebang(head) ?? fail(Errno.ENOEXEC)) : undefined;
    if (script && !script.interpreter.startsWith(IN_KERNEL)) {
      if (depth >= SHEBANG_DEPTH) fail(Errno.ELOOP);
      const { interpreter, argument } = script;
      args = [interpreter, ...(argument === undefined ? [] : [argument]), file, ...args.slice(1)];
      file = interpreter;
      continue;
    }
    if (depth > 0) checkSize(args, envp);
    return {
      program: script
        ? inKernel(call.kernel, script.interpreter.slice(IN_KERNEL.length))
        : binary(call.kernel, head, executable),
      argv: args,
      envp: [...envp],
      executable: executable.path,
      command: shortName(path),
      credentials: executable.credentials,
    };
  }
}

/** Replaces the program of `process`: the old one unwinds, the new one starts in a later turn. */
export function commitExec(kernel: Kernel, process: Process, image: Image): void {
  process.gate?.close();
  process.execution?.stop();
  process.interruption.wake();
  process.fds.closeOnExec();
  process.signals.exec();
  process.credentials = image.credentials;
  process.argv = image.argv;
  process.envp = image.envp;
  process.executable = image.executable;
  process.command = image.command;
  process.hasExecuted = true;
  const gate = new Gate(kernel, process);
  process.gate = gate;
  try {
    process.execution = image.program.start(gate);
  } catch {
    // There is nothing left to return to.
    kernel.processes.terminate(process, Signal.SIGKILL);
    return;
  }
  deliverPending(kernel, process);
}

/** What an interpreter is called that is a program inside the kernel. */
const IN_KERNEL = "isopod:";

/** Bytes of a process's command name, as in /proc/PID/comm. */
const COMMAND_MAX = 15;

function inKernel(kernel: Kernel, name: string): Program {
  return inKernelProgram(kernel, kernel.programs.get(name) ?? fail(Errno.ENOEXEC));
}

function binary(
  kernel: Kernel,
  head: Uint8Array,
  file: Parameters<Kernel["formats"][number]["load"]>[0],
): Program {
  const format = kernel.formats.find((candidate) => candidate.matches(head));
  return (format ?? fail(Errno.ENOEXEC)).load(file);
}

/** Strings and the pointers to them have to fit together, and each string for itself. */
function checkSize(argv: readonly string[], envp: readonly string[]): void {
  let total = 0;
  for (const list of [argv, envp]) {
    for (const text of list) {
      const length = utf8Length(text) + 1;
      if (length > ARG_STRING_MAX) fail(Errno.E2BIG);
      if (text.includes("\0")) fail(Errno.EINVAL);
      total += length + POINTER;
    }
  }
  if (total > ARG_MAX) fail(Errno.E2BIG);
}

const POINTER = 8;

function shortName(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  let short = name.slice(0, COMMAND_MAX);
  while (utf8Length(short) > COMMAND_MAX) short = short.slice(0, -1);
  return short;
}

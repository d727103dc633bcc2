/** Runs an in-kernel program as a process: from its first turn to its exit status or its crash. */
import { encodeUtf8 } from "../bytes.ts";
import { KernelError, strerror } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { Signal } from "../signals/numbers.ts";
import { createSys, type Sys } from "../syscalls/client.ts";
import { Gate } from "../syscalls/gate.ts";
import type { Process } from "./process.ts";
import type { Main, Program } from "./program.ts";

/** `main` as what exec starts. */
export function inKernelProgram(kernel: Kernel, main: Main): Program {
  return {
    start(gate) {
      void run(kernel, gate, main);
      return {
        /** The closed gate throws ProcessGone at the program's next call or checkpoint. */
        stop() {},
        get memoryBytes() {
          return gate.memory?.() ?? 0;
        },
      };
    },
  };
}

/** Gives `process` a gate and runs `main` behind it, not before the caller has returned. */
export function startMain(kernel: Kernel, process: Process, main: Main): void {
  process.gate = new Gate(kernel, process);
  process.execution = inKernelProgram(kernel, main).start(process.gate);
}

async function run(kernel: Kernel, gate: Gate, main: Main): Promise<void> {
  await undefined;
  const sys = createSys(gate);
  try {
    if (gate.closed) return;
    const status = await main(sys);
    if (!gate.closed) kernel.processes.exit(gate.process, status);
  } catch (reason) {
    // A closed gate's program is unwinding as it should, or has nobody left to tell.
    if (!gate.closed) crash(kernel, sys, gate, reason);
  }
}

/** An exception that the program did not catch: it dies alone, with a word on its standard error. */
function crash(kernel: Kernel, sys: Sys, gate: Gate, reason: unknown): void {
  const { process } = gate;
  const text = `${process.command || `pid ${process.pid}`}: ${describe(reason)}\n`;
  try {
    void sys.write(2, encodeUtf8(text));
  } catch {
    // Nobody listens there.
  }
  kernel.processes.terminate(process, Signal.SIGABRT);
}

function describe(reason: unknown): string {
  if (reason instanceof KernelError) return `${reason.code}: ${strerror(reason.errno)}`;
  // Where the host keeps its files is nothing to tell a guest.
  if (reason instanceof Error) return (reason.stack ?? String(reason)).replace(FOLDERS, "");
  return `thrown: ${String(reason)}`;
}

/** The folders of a path or file URL in a stack trace; `C:\\` and `/` alike. */
const FOLDERS = /(?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^\s():]*[\\/]/g;

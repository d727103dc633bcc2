/**
 * The entry of the guest bundle: what an isolate runs. Built into one script and from it a V8 snapshot,
 * so nothing here may touch WebAssembly or shared memory before `start`.
 */
import { exerciseImports, runProgram, type Trap } from "../../wasi/program.ts";
import { createBlockingKernel } from "./blocking-sys.ts";
import { Channel, GuestGone } from "./channel.ts";

export interface GuestJob {
  readonly memory: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  readonly slot: number;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
}

/** Runs the program; how it trapped, or undefined where it ended by a system call. */
function start(module: WebAssembly.Module, job: GuestJob): Trap | undefined {
  const kernel = createBlockingKernel(new Channel(job.memory, job.bell, job.slot));
  try {
    return runProgram(module, kernel, job.argv, job.envp);
  } catch (reason) {
    if (reason instanceof GuestGone) return undefined;
    throw reason;
  }
}

/**
 * Calls everything once on a kernel that answers 0, so that the snapshot holds compiled functions and a
 * program's first calls need not wait for V8 to compile them.
 */
function warmUp(): void {
  const channel = new Channel(new ArrayBuffer(4096), new ArrayBuffer(4096), 0);
  channel.call = () => {
    channel.bytes.fill(0);
    return 0;
  };
  exerciseImports(createBlockingKernel(channel));
}

warmUp();

(globalThis as { startGuest?: typeof start }).startGuest = start;

/**
 * The entry of the guest bundle: what an isolate runs. Built into one script and from it a V8 snapshot,
 * so nothing here may touch WebAssembly or shared memory before `start`.
 */
import { exerciseImports, type Trap, WasiProgram } from "../../wasi/program.ts";
import { createBlockingKernel } from "./blocking-sys.ts";
import { Channel, GuestGone } from "./channel.ts";
import { BELL_BYTES, CHANNEL_BYTES } from "./layout.ts";

export interface GuestJob {
  readonly memory: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  readonly slot: number;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
}

export interface GuestOutcome {
  /** How the program trapped; undefined where it ended by a system call. */
  readonly trap: Trap | undefined;
  /** Bytes of memory that it leaves behind. */
  readonly memoryBytes: number;
}

/** Runs the program to its end. */
function start(module: WebAssembly.Module, job: GuestJob): GuestOutcome {
  const kernel = createBlockingKernel(new Channel(job.memory, job.bell, job.slot));
  const program = new WasiProgram(module, kernel, job.argv, job.envp);
  let trap: Trap | undefined;
  try {
    trap = program.run();
  } catch (reason) {
    if (!(reason instanceof GuestGone)) throw reason;
  }
  return { trap, memoryBytes: program.memoryBytes };
}

/**
 * Calls everything once on a kernel that answers 0, so that the snapshot holds compiled functions and a
 * program's first calls need not wait for V8 to compile them.
 */
function warmUp(): void {
  const channel = new Channel(new ArrayBuffer(CHANNEL_BYTES), new ArrayBuffer(BELL_BYTES), 0);
  channel.call = () => {
    channel.bytes.fill(0, 0, 4096);
    return 0;
  };
  exerciseImports(createBlockingKernel(channel));
}

warmUp();

(globalThis as { startGuest?: typeof start }).startGuest = start;

/** One system call under way: who makes it, and what must survive from one attempt to the next. */
import { Errno, fail } from "../errno.ts";
import type { OpenFile } from "../fd/open-file.ts";
import type { Kernel } from "../kernel.ts";
import type { Process } from "../process/process.ts";
import { type Sleep, sleepOn } from "../wait/sleep.ts";
import type { WaitQueue } from "../wait/wait-queue.ts";

export class Call {
  readonly kernel: Kernel;
  readonly process: Process;
  /** What the call returns instead of EINTR, once part of its work is done. */
  partial: unknown;
  /** A handler's own notes between attempts, such as bytes already moved. */
  progress = 0;
  /** The same for what is no number. */
  state: unknown;
  /** What the call works on, so that the descriptor may be closed while it sleeps. */
  file: OpenFile | undefined;
  /** Monotonic nanoseconds at which the call gives up; set once by the handler. */
  deadline: bigint | undefined;
  /** Undoes what the handler holds for the length of the call, when it ends in any way. */
  onEnd: (() => void) | undefined;
  #sleep: Sleep | undefined;

  constructor(kernel: Kernel, process: Process) {
    this.kernel = kernel;
    this.process = process;
  }

  /** Waits on `queue` with this call's deadline; a non-blocking caller gets EAGAIN instead. */
  block(queue: WaitQueue | readonly WaitQueue[], nonBlocking: boolean): never {
    if (nonBlocking) fail(Errno.EAGAIN);
    return sleepOn(queue, this.deadline);
  }

  /** As `block`, for pipes: the handler returns, because a throw would cost more than all the rest. */
  pause(queue: WaitQueue, nonBlocking: boolean): number {
    if (nonBlocking) fail(Errno.EAGAIN);
    this.#sleep = queue.sleep;
    return 0;
  }

  /** What `pause` left: what the handler returned means nothing then, and it is called again. */
  takeSleep(): Sleep | undefined {
    const sleep = this.#sleep;
    this.#sleep = undefined;
    return sleep;
  }
}

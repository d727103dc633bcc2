/** An open end of a pipe or FIFO, or both ends at once for a FIFO opened with O_RDWR. */
import { Errno, fail } from "../errno.ts";
import {
  isReadable,
  isWritable,
  O_ACCMODE,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
} from "../fd/flags.ts";
import { OpenFile, type Unread } from "../fd/open-file.ts";
import type { Kernel } from "../kernel.ts";
import { PIPE_BUF } from "../limits.ts";
import type { Process } from "../process/process.ts";
import { sendSignal } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";
import type { Call } from "../syscalls/call.ts";
import type { Stat } from "../syscalls/types.ts";
import { S_IFIFO } from "../vfs/constants.ts";
import type { WaitQueue } from "../wait/wait-queue.ts";
import type { Pipe } from "./pipe.ts";

export class PipeFile extends OpenFile {
  readonly pipe: Pipe;
  readonly #describe: () => Stat;
  readonly #onClosed: (() => void) | undefined;
  /** `writersSeen` when it was opened without a writer: no hang-up to report before one came. */
  readonly #writersBefore: number;

  constructor(pipe: Pipe, flags: number, describe: () => Stat, onClosed?: () => void) {
    super(flags);
    this.pipe = pipe;
    this.#describe = describe;
    this.#onClosed = onClosed;
    if (isReadable(flags)) {
      pipe.readers++;
      pipe.readersSeen++;
    }
    if (isWritable(flags)) {
      pipe.writers++;
      pipe.writersSeen++;
    }
    this.#writersBefore = pipe.writers > 0 ? -1 : pipe.writersSeen;
  }

  /** Another writer may come between more than PIPE_BUF bytes. */
  override get mergeable(): number {
    return this.isUnshared && this.pipe.writers === 1 ? this.pipe.capacity : PIPE_BUF;
  }

  override get unread(): Unread | undefined {
    if (!this.isUnshared || this.pipe.readers !== 1) return undefined;
    return { putBack: (bytes) => this.pipe.unread(bytes), changeable: undefined };
  }

  override stat(): Stat {
    return this.#describe();
  }

  override poll(): { events: number; queue: WaitQueue } {
    const { pipe } = this;
    let events = 0;
    if (isReadable(this.flags)) {
      if (pipe.length > 0) events |= POLLIN | POLLRDNORM;
      if (pipe.writers === 0 && pipe.writersSeen !== this.#writersBefore) events |= POLLHUP;
    }
    if (isWritable(this.flags)) {
      if (pipe.room >= PIPE_BUF) events |= POLLOUT | POLLWRNORM;
      if (pipe.readers === 0) events |= POLLERR;
    }
    return { events, queue: isReadable(this.flags) ? pipe.readable : pipe.writable };
  }

  override read(call: Call, target: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    const { pipe } = this;
    if (pipe.length > 0) return pipe.take(target);
    if (target.length === 0 || pipe.writers === 0) return 0;
    return call.pause(pipe.readable, (this.flags & O_NONBLOCK) !== 0);
  }

  /** Up to PIPE_BUF bytes go in undivided; more may be divided, and waits until all went in. */
  override write(call: Call, source: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    const { pipe } = this;
    if (source.length === 0) return 0;
    if (pipe.readers === 0) return brokenPipe(call);
    if (source.length > PIPE_BUF || source.length <= pipe.room) {
      call.progress += pipe.put(source, call.progress);
      if (call.progress === source.length) return call.progress;
      if (call.progress > 0) call.partial = call.progress;
    }
    const nonBlocking = (this.flags & O_NONBLOCK) !== 0;
    if (nonBlocking && call.progress > 0) return call.progress;
    return call.pause(pipe.writable, nonBlocking);
  }

  override readable(): number {
    return this.pipe.length;
  }

  /** Another description of the same pipe, perhaps of its other end. */
  override reopen(_call: Call, flags: number): PipeFile {
    return new PipeFile(this.pipe, flags & (O_ACCMODE | O_NONBLOCK), this.#describe);
  }

  protected override closed(): void {
    const { pipe, flags } = this;
    if (isReadable(flags) && --pipe.readers === 0) pipe.writable.wake();
    if (isWritable(flags) && --pipe.writers === 0) pipe.readable.wake();
    if (pipe.readers === 0 && pipe.writers === 0) pipe.onGone?.();
    this.#onClosed?.();
  }
}

/** A new pipe's two ends, the reading one first. */
export function makePipe(kernel: Kernel, maker: Process, flags: number): [PipeFile, PipeFile] {
  const { euid, egid } = maker.credentials;
  const pipe = kernel.pipes.make(maker);
  const ino = kernel.nextAnonymousInode();
  const made = kernel.host.clock.realtime();
  const describe = (): Stat => ({
    dev: PIPE_DEVICE,
    ino,
    mode: S_IFIFO | 0o600,
    nlink: 1,
    uid: euid,
    gid: egid,
    rdev: 0,
    size: 0,
    blksize: PIPE_BUF,
    blocks: 0,
    atime: made,
    mtime: made,
    ctime: made,
    birthtime: made,
  });
  return [
    new PipeFile(pipe, O_RDONLY | flags, describe),
    new PipeFile(pipe, O_WRONLY | flags, describe),
  ];
}

/** `st_dev` of pipes, which no mounted file system has. */
const PIPE_DEVICE = 0xfff0;

/** Nobody is left to read: SIGPIPE, then what went in before or EPIPE. */
function brokenPipe(call: Call): number {
  sendSignal(call.kernel, call.process, Signal.SIGPIPE);
  return call.progress > 0 ? call.progress : fail(Errno.EPIPE);
}

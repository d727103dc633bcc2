/**
 * Opening a FIFO (fifo(7)): a reader waits for a writer and a writer for a reader. The end counts from
 * the first attempt on, so that two openers meet even if one closes again at once.
 */
import { Errno, fail } from "../errno.ts";
import { isReadable, isWritable, O_NONBLOCK } from "../fd/flags.ts";
import type { Call } from "../syscalls/call.ts";
import type { Stat } from "../syscalls/types.ts";
import type { Location } from "../vfs/mount-table.ts";
import { sleepOn } from "../wait/sleep.ts";
import { Pipe } from "./pipe.ts";
import { PipeFile } from "./pipe-file.ts";

/** A FIFO's inode: `fifo` has the pipe while an end is open. */
export interface FifoNode {
  fifo: object | undefined;
}

/**
 * The end of `node` that `flags` ask for; sleeps until the other is open too. ENXIO where a writer would
 * not wait. `onClosed` is called when the end is closed again.
 */
export function openFifo(
  call: Call,
  node: FifoNode,
  flags: number,
  describe: () => Stat,
  onClosed?: () => void,
  location?: Location,
): PipeFile {
  if (call.state instanceof Rendezvous) return resumeFifo(call) as PipeFile;
  const nonBlocking = (flags & O_NONBLOCK) !== 0;
  const reads = isReadable(flags);
  const writes = isWritable(flags);
  const hasReader = node.fifo instanceof Pipe && node.fifo.readers > 0;
  if (writes && !reads && nonBlocking && !hasReader) fail(Errno.ENXIO);
  const pipe = pipeOf(call, node);
  const file = new PipeFile(pipe, flags, describe, onClosed);
  file.location = location;
  pipe.arrival.wake();
  if ((reads && writes) || nonBlocking) return file;
  if ((reads ? pipe.writers : pipe.readers) > 0) return file;
  const rendezvous = new Rendezvous(file, reads ? pipe.writersSeen : pipe.readersSeen);
  call.state = rendezvous;
  file.acquire();
  call.onEnd = () => file.release();
  return rendezvous.wait();
}

/**
 * For a call that slept in openFifo: the end once the other side came, undefined where the call has
 * not opened one. To be asked before the path is walked again, for the name may be gone.
 */
export function resumeFifo(call: Call): PipeFile | undefined {
  return call.state instanceof Rendezvous ? call.state.wait() : undefined;
}

/** The pipe behind `node`; one that nobody has open is new and empty. */
function pipeOf({ kernel, process }: Call, node: FifoNode): Pipe {
  if (node.fifo instanceof Pipe) return node.fifo;
  const pipe = kernel.pipes.make(process);
  const { onGone } = pipe;
  pipe.onGone = () => {
    node.fifo = undefined;
    onGone?.();
  };
  node.fifo = pipe;
  return pipe;
}

class Rendezvous {
  readonly #file: PipeFile;
  /** Arrivals on the other side when the wait began. */
  readonly #seen: number;

  constructor(file: PipeFile, seen: number) {
    this.#file = file;
    this.#seen = seen;
  }

  wait(): PipeFile {
    const { pipe } = this.#file;
    const reads = isReadable(this.#file.flags);
    const seen = reads ? pipe.writersSeen : pipe.readersSeen;
    if (seen !== this.#seen) return this.#file;
    return sleepOn(pipe.arrival);
  }
}

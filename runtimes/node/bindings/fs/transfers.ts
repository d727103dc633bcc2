/**
 * What moves bytes for the calls of data.ts: now, as far as the kernel goes at once, or soon, for
 * requests. A request never holds the loop up: what would have to wait (a pipe, a terminal) is waited for
 * by a Watcher, and tried again.
 */
import {
  decodeUtf8,
  Errno,
  F_GETFL,
  KernelError,
  O_NONBLOCK,
  POLLIN,
  POLLOUT,
  RWF_NOWAIT,
} from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";
import { Watcher } from "../../loop/event-loop.ts";
import type { BufferLike } from "./paths.ts";
import type { Done } from "./requests.ts";

/** What one call of the kernel carries at most (shared-memory/layout.ts). */
const TRANSFER_MAX = 1_048_576;
/** Bytes of a file that are asked for first where all of it is read. */
const FIRST_READ = 65_536;

/** Positions are offsets in the file; -1 is the current one. */
export function createTransfers(env: Environment, buffers: () => BufferLike) {
  let scratch: Uint8Array | undefined;

  /** `size` is what the file had when it was opened; 0 where that says nothing. */
  function readText(fd: number, size: number): string {
    const { sys } = env;
    scratch ??= new Uint8Array(FIRST_READ);
    let bytes = size < FIRST_READ ? scratch : new Uint8Array(size + 1);
    let length = 0;
    for (;;) {
      const count = sys.read(fd, length === 0 ? bytes : bytes.subarray(length));
      if (count === 0) break;
      length += count;
      if (length < bytes.length) {
        // One call carries only so much: a short read alone is no end.
        if (size > 0 && length >= size) break;
        continue;
      }
      const larger = new Uint8Array(bytes.length * 4);
      larger.set(bytes);
      bytes = larger;
    }
    return textOf(bytes, length);
  }

  function textOf(bytes: Uint8Array, length: number): string {
    if (length < 256) {
      const text = decodeUtf8(bytes, 0, length);
      if (text.isWellFormed()) return text;
    }
    return buffers().from(bytes.buffer, bytes.byteOffset, length).toString("utf8");
  }

  /** Reads as much as the kernel gives at once; a file larger than one call carries is read on. */
  function readNow(fd: number, target: Uint8Array, at: number): number {
    const { sys } = env;
    let total = 0;
    for (;;) {
      const rest = total === 0 ? target : target.subarray(total);
      const count = at < 0 ? sys.read(fd, rest) : sys.pread64(fd, rest, at + total);
      total += count;
      if (count < TRANSFER_MAX || total === target.length) return total;
      if (at < 0 && sys.ppoll([{ fd, events: POLLIN }], 0n, undefined)[0] === 0) return total;
    }
  }

  function readEach(fd: number, targets: readonly Uint8Array[], at: number): number {
    let total = 0;
    for (const target of targets) {
      if (target.length === 0) continue;
      // A pipe that gave something must not be waited for.
      const waits = total > 0 && at < 0;
      if (waits && env.sys.ppoll([{ fd, events: POLLIN }], 0n, undefined)[0] === 0) break;
      const count = readNow(fd, target, at < 0 ? at : at + total);
      total += count;
      if (count < target.length) break;
    }
    return total;
  }

  function writeNow(fd: number, source: Uint8Array, at: number): number {
    const { sys } = env;
    if (source.length <= TRANSFER_MAX) {
      return at < 0 ? sys.write(fd, source) : sys.pwrite64(fd, source, at);
    }
    let total = 0;
    while (total < source.length) {
      const rest = source.subarray(total, total + TRANSFER_MAX);
      let count: number;
      try {
        count = at < 0 ? sys.write(fd, rest) : sys.pwrite64(fd, rest, at + total);
      } catch (reason) {
        if (total > 0 && reason instanceof KernelError) return total;
        throw reason;
      }
      total += count;
      if (count < rest.length) break;
    }
    return total;
  }

  function readSoon(fd: number, targets: readonly Uint8Array[], at: number, done: Done): void {
    let sum = 0;
    for (const target of targets) {
      let read = 0;
      while (read < target.length) {
        const result = attempt(() =>
          env.sys.preadv2(fd, target.subarray(read), at < 0 ? -1 : at + sum, RWF_NOWAIT),
        );
        if (typeof result !== "number") {
          if (sum > 0) done(undefined, sum);
          else if (!mustWait(fd, result)) done(result);
          else waitFor(fd, POLLIN, () => readSoon(fd, targets, at, done));
          return;
        }
        sum += result;
        read += result;
        if (result < TRANSFER_MAX) break;
      }
      if (read < target.length) break;
    }
    done(undefined, sum);
  }

  function writeSoon(fd: number, source: Uint8Array, at: number, done: Done, written = 0): void {
    let total = written;
    do {
      const rest = source.subarray(total, total + TRANSFER_MAX);
      const from = total;
      const result = attempt(() => env.sys.pwritev2(fd, rest, at < 0 ? -1 : at + from, RWF_NOWAIT));
      if (typeof result !== "number") {
        if (mustWait(fd, result)) {
          waitFor(fd, POLLOUT, () => writeSoon(fd, source, at, done, total));
        } else if (total > 0) done(undefined, total);
        else done(result);
        return;
      }
      total += result;
    } while (total < source.length);
    done(undefined, total);
  }

  /** True where a blocking descriptor has to wait; one that is not reports EAGAIN to its user. */
  function mustWait(fd: number, reason: KernelError): boolean {
    return reason.errno === Errno.EAGAIN && (env.sys.fcntl(fd, F_GETFL, 0) & O_NONBLOCK) === 0;
  }

  function waitFor(fd: number, events: number, then: () => void): void {
    const watcher = new Watcher(env.loop, fd, () => {
      watcher.events = 0;
      then();
    });
    watcher.events = events;
  }

  return { readText, readNow, readEach, writeNow, readSoon, writeSoon };
}

/** A call's number, or the error that it failed with. */
function attempt(call: () => number): number | KernelError {
  try {
    return call();
  } catch (reason) {
    if (reason instanceof KernelError) return reason;
    throw reason;
  }
}

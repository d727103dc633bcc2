/**
 * The `fs` binding: bytes in and out of descriptors. A request never holds the loop up: what would have
 * to wait (a pipe, a terminal) is waited for by a Watcher, and tried again.
 */
import {
  AT_FDCWD,
  decodeUtf8,
  Errno,
  F_GETFL,
  KernelError,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLIN,
  POLLOUT,
  RWF_NOWAIT,
} from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";
import { uvErrorName } from "../../errors.ts";
import { Watcher } from "../../loop/event-loop.ts";
import type { Checks } from "./arguments.ts";
import type { OpenedFiles } from "./opened.ts";
import { type BufferLike, toPath } from "./paths.ts";
import { type Done, fsError, type Naming, type Requests } from "./requests.ts";

/** What one call of the kernel carries at most (shared-memory/layout.ts). */
const TRANSFER_MAX = 1_048_576;
/** Bytes of a file that readFileUtf8 asks for first. */
const FIRST_READ = 65_536;

/** An object in which an error comes back where `lib/` passes one in place of catching. */
interface Context {
  errno?: number;
  code?: string;
  syscall?: string;
}

export function createDataCalls(
  env: Environment,
  requests: Requests,
  checks: Checks,
  opened: OpenedFiles,
) {
  const { run, start } = requests;
  const READ: Naming = { syscall: "read" };
  const WRITE: Naming = { syscall: "write" };

  const calls = {
    read(
      fd: unknown,
      buffer: ArrayBufferView,
      offset: number,
      length: number,
      position: unknown,
      request?: unknown,
    ) {
      const number = checks.descriptor(fd);
      const target = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);
      const at = positionOf(position);
      if (request === undefined) {
        try {
          return readNow(number, target, at);
        } catch (reason) {
          throw fsError(reason, READ, calls.read);
        }
      }
      return start(request, READ, (done) => readSoon(number, [target], at, done));
    },

    readBuffers(
      fd: unknown,
      buffers: readonly ArrayBufferView[],
      position: unknown,
      request?: unknown,
    ) {
      const number = checks.descriptor(fd);
      const targets = buffers.map(bytesOf);
      const at = positionOf(position);
      if (request === undefined) {
        return run(calls.readBuffers, undefined, READ, () => readEach(number, targets, at));
      }
      return start(request, READ, (done) => readSoon(number, targets, at, done));
    },

    writeBuffer(
      fd: unknown,
      buffer: ArrayBufferView,
      offset: number,
      length: number,
      position: unknown,
      request?: unknown,
      context?: Context,
    ) {
      const number = checks.descriptor(fd);
      const source = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);
      const at = positionOf(position);
      if (request !== undefined) {
        return start(request, WRITE, (done) => writeSoon(number, source, at, done));
      }
      return writeHere(calls.writeBuffer, number, source, at, context);
    },

    writeString(
      fd: unknown,
      text: string,
      position: unknown,
      encoding: unknown,
      request?: unknown,
      context?: Context,
    ) {
      const number = checks.descriptor(fd);
      const source = buffers().from(text, typeof encoding === "string" ? encoding : "utf8");
      const at = positionOf(position);
      if (request !== undefined) {
        return start(request, WRITE, (done) => writeSoon(number, source, at, done));
      }
      return writeHere(calls.writeString, number, source, at, context);
    },

    writeBuffers(
      fd: unknown,
      chunks: readonly ArrayBufferView[],
      position: unknown,
      request?: unknown,
    ) {
      const number = checks.descriptor(fd);
      const source = joined(chunks);
      const at = positionOf(position);
      if (request === undefined) {
        return run(calls.writeBuffers, undefined, WRITE, () => writeNow(number, source, at));
      }
      return start(request, WRITE, (done) => writeSoon(number, source, at, done));
    },

    /** A path, opened with `flags`, or a descriptor: its content as text. */
    readFileUtf8(file: unknown, flags: number): string {
      const isDescriptor = typeof file === "number";
      const path = isDescriptor ? undefined : toPath(file);
      let fd: number;
      if (path === undefined) fd = checks.descriptor(file);
      else {
        try {
          fd = opened.open(AT_FDCWD, path, flags | O_CLOEXEC, 0o666);
        } catch (reason) {
          throw fsError(reason, { syscall: "open", path }, calls.readFileUtf8);
        }
      }
      try {
        // Files that are made up as they are read, as in /proc, have no size.
        const isWhole = path !== undefined && opened.isRegular(fd);
        return readText(fd, isWhole ? Number(opened.stat(fd).size) : 0);
      } catch (reason) {
        throw fsError(reason, { syscall: "read", path }, calls.readFileUtf8);
      } finally {
        if (path !== undefined) opened.close(fd);
      }
    },

    writeFileUtf8(file: unknown, text: string, flags: number, mode: number): void {
      const { sys } = env;
      const isDescriptor = typeof file === "number";
      const path = isDescriptor ? undefined : toPath(file);
      let fd: number;
      if (path === undefined) fd = checks.descriptor(file);
      else {
        try {
          fd = opened.open(AT_FDCWD, path, flags | O_CLOEXEC, mode);
        } catch (reason) {
          throw fsError(reason, { syscall: "open", path }, calls.writeFileUtf8);
        }
      }
      try {
        const bytes = buffers().from(text, "utf8");
        for (let at = 0; at < bytes.length; ) {
          at += sys.write(fd, at === 0 ? bytes : bytes.subarray(at));
        }
      } catch (reason) {
        throw fsError(reason, { syscall: "write", path }, calls.writeFileUtf8);
      } finally {
        if (path !== undefined) opened.close(fd);
      }
    },
  };

  function buffers(): BufferLike {
    return env.requireBuiltin<{ Buffer: BufferLike }>("buffer").Buffer;
  }

  let scratch: Uint8Array | undefined;

  /** `endsShort`: a read that gives less than was asked for has come to the end. */
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

  /** Writes at once; into `context` goes what fails, where there is one. */
  function writeHere(
    caller: (...args: never[]) => unknown,
    fd: number,
    source: Uint8Array,
    at: number,
    context: Context | undefined,
  ): number | undefined {
    try {
      return writeNow(fd, source, at);
    } catch (reason) {
      if (context === undefined || !(reason instanceof KernelError)) {
        throw fsError(reason, WRITE, caller);
      }
      context.errno = -reason.errno;
      context.code = uvErrorName(-reason.errno);
      context.syscall = "write";
      return undefined;
    }
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

  return calls;
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

/** -1: the current position, for which `lib/` also has null and -1n. */
function positionOf(position: unknown): number {
  if (typeof position === "number") return position;
  // No file reaches as far as what a number cannot hold.
  return typeof position === "bigint" ? Math.min(Number(position), Number.MAX_SAFE_INTEGER) : -1;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function joined(chunks: readonly ArrayBufferView[]): Uint8Array {
  if (chunks.length === 1) return bytesOf(chunks[0] as ArrayBufferView);
  const whole = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(bytesOf(chunk), at);
    at += chunk.byteLength;
  }
  return whole;
}

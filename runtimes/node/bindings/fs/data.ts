/** The `fs` binding: bytes in and out of descriptors. What moves them is in transfers.ts. */
import { AT_FDCWD, KernelError, O_CLOEXEC } from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";
import { uvErrorName } from "../../errors.ts";
import type { Checks } from "./arguments.ts";
import type { OpenedFiles } from "./opened.ts";
import { type BufferLike, toPath } from "./paths.ts";
import { type Caller, fsError, type Naming, type Requests } from "./requests.ts";
import { createTransfers } from "./transfers.ts";

/** An object in which an error comes back where `lib/` passes one in place of catching. */
interface Context {
  errno?: number;
  code?: string;
  syscall?: string;
}

interface Opening {
  readonly flags: number;
  readonly mode: number;
  readonly syscall: string;
  readonly caller: Caller;
}

export function createDataCalls(
  env: Environment,
  requests: Requests,
  checks: Checks,
  opened: OpenedFiles,
) {
  const { run, start } = requests;
  const buffers = () => env.requireBuiltin<{ Buffer: BufferLike }>("buffer").Buffer;
  const transfers = createTransfers(env, buffers);
  const { readText, readNow, readEach, readSoon, writeNow, writeSoon } = transfers;
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
      const opening = { flags, mode: 0o666, syscall: "read", caller: calls.readFileUtf8 };
      return withFile(file, opening, (fd, isOurs) => {
        // Files that are made up as they are read, as in /proc, have no size.
        const isWhole = isOurs && opened.isRegular(fd);
        return readText(fd, isWhole ? Number(opened.stat(fd).size) : 0);
      });
    },

    writeFileUtf8(file: unknown, text: string, flags: number, mode: number): void {
      const opening = { flags, mode, syscall: "write", caller: calls.writeFileUtf8 };
      withFile(file, opening, (fd) => {
        const bytes = buffers().from(text, "utf8");
        for (let at = 0; at < bytes.length; ) {
          at += env.sys.write(fd, at === 0 ? bytes : bytes.subarray(at));
        }
      });
    },
  };

  /** A path is open for as long as `use` takes, and is this call's own; a descriptor is the program's. */
  function withFile<T>(
    file: unknown,
    { flags, mode, syscall, caller }: Opening,
    use: (fd: number, isOurs: boolean) => T,
  ): T {
    const path = typeof file === "number" ? undefined : toPath(file);
    let fd: number;
    if (path === undefined) fd = checks.descriptor(file);
    else {
      try {
        fd = opened.open(AT_FDCWD, path, flags | O_CLOEXEC, mode);
      } catch (reason) {
        throw fsError(reason, { syscall: "open", path }, caller);
      }
    }
    try {
      return use(fd, path !== undefined);
    } catch (reason) {
      throw fsError(reason, { syscall, path }, caller);
    } finally {
      if (path !== undefined) opened.close(fd);
    }
  }

  /** Writes at once; into `context` goes what fails, where there is one. */
  function writeHere(
    caller: Caller,
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

  return calls;
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

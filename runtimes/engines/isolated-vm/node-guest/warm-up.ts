/**
 * Runs a small program while the snapshot is built, in a context that is dropped: what V8 compiled for it
 * is kept, so that no process has to compile again what each of them runs. Its kernel is a stand-in that
 * knows as much as the program asks for.
 */
import {
  Errno,
  encodeUtf8,
  KernelError,
  Reader,
  S_IFDIR,
  S_IFIFO,
  S_IFREG,
  syscallsByNumber,
  Writer,
} from "../../../../kernel/abi.ts";
import { Channel, GuestGone } from "../../shared-memory/channel.ts";
import { BELL_BYTES, BODY, CHANNEL_BYTES, OUT_OFFSET } from "../../shared-memory/layout.ts";

const PROGRAM = "console.log(require('/warm.cjs'))";
const FILES: Readonly<Record<string, string>> = {
  "/warm.cjs": "module.exports = 'warm';",
  "/warm.mjs": "import 'node:fs'; export default 'warm';",
};
const FIRST_FD = 3;
const EXECUTABLE = "/usr/bin/node";
const NANOSECONDS = 1_000_000_000n;

type Calls = Readonly<Record<string, (...args: never[]) => unknown>>;

export const WARM_UP = {
  argv: ["node", "-e", PROGRAM],
  envp: ["PATH=/usr/bin:/bin", "HOME=/root", "TERM=xterm"],
};

export class WarmUpChannel extends Channel {
  readonly #calls = standInCalls();
  readonly #writer: Writer;
  readonly #reader: Reader;

  constructor() {
    super(new ArrayBuffer(CHANNEL_BYTES), new ArrayBuffer(BELL_BYTES), 0);
    this.#writer = new Writer(this.bytes);
    const outputs = this.bytes.subarray(BODY + OUT_OFFSET);
    this.#reader = new Reader(this.bytes, BODY, BODY, outputs);
  }

  override call(number: number, length: number): number {
    try {
      super.call(number, length);
    } catch {
      // Nobody answers, and no memory that is not shared can be waited for: what the class does is compiled.
    }
    try {
      this.#answer(number, length);
      return 0;
    } catch (error) {
      if (error instanceof KernelError) return error.errno;
      throw error;
    }
  }

  override send(number: number, length: number): void {
    this.call(number, length);
  }

  #answer(number: number, length: number): void {
    const entry = syscallsByNumber[number];
    const act = entry && this.#calls[entry.name];
    if (!act) throw new KernelError(Errno.ENOSYS);
    this.#reader.reset(BODY, BODY + length);
    const { parameters, result } = entry.definition;
    const args = parameters.map(({ codec }) => codec.read(this.#reader));
    const value = act(...(args as never[]));
    this.#writer.at = BODY;
    result.write(this.#writer, value);
  }
}

/** System calls that answer the program, and say ENOSYS to everything else. */
function standInCalls(): Calls {
  const open: { path: string; read: number }[] = [];
  const textOf = (path: string): string => {
    const text = FILES[path];
    if (text === undefined) throw new KernelError(Errno.ENOENT);
    return text;
  };
  const openAt = (_: number, path: string): number => open.push({ path, read: 0 }) - 1 + FIRST_FD;
  return {
    clock_gettime: () => NANOSECONDS,
    getpid: () => 2,
    getcwd: () => "/",
    readlinkat(_: number, path: string) {
      if (path === "/proc/self/exe") return EXECUTABLE;
      throw new KernelError(path in FILES ? Errno.EINVAL : Errno.ENOENT);
    },
    rt_sigaction: () => ({ handler: 0, mask: 0n, flags: 0 }),
    ppoll: (fds: readonly object[]) => fds.map(() => 0),
    openat: openAt,
    openstat: (dirfd: number, path: string) => ({
      fd: openAt(dirfd, path),
      stat: stat(S_IFREG, textOf(path).length),
    }),
    newfstatat: (_: number, path: string) =>
      path === "/" ? stat(S_IFDIR, 0) : stat(S_IFREG, textOf(path).length),
    fstat: (fd: number) => stat(fd < FIRST_FD ? S_IFIFO : S_IFREG, 0),
    read(fd: number, target: Uint8Array) {
      const file = open[fd - FIRST_FD];
      if (!file) return 0;
      const bytes = encodeUtf8(textOf(file.path)).subarray(file.read, file.read + target.length);
      target.set(bytes);
      file.read += bytes.length;
      return bytes.length;
    },
    write: (_: number, bytes: Uint8Array) => bytes.length,
    writev: () => 0,
    close: () => undefined,
    fcntl: () => 0,
    exit() {
      throw new GuestGone();
    },
  };
}

function stat(mode: number, size: number) {
  const times = { atime: 0n, mtime: 0n, ctime: 0n, birthtime: 0n };
  return {
    ...{ dev: 1, ino: 1, mode: mode | 0o644, nlink: 1, uid: 0, gid: 0, rdev: 0 },
    ...{ size, blksize: 4096, blocks: 1, ...times },
  };
}

/**
 * What the prelude builds `std` and `os` on: system calls of the process, each a number, a text or
 * bytes in and out. A failed one returns the negative errno, as QuickJS's own `os` functions do.
 */
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  decodeUtf8,
  Errno,
  KernelError,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  type SpawnAction,
  SpawnOp,
  type Stat,
  type Sys,
} from "../../../kernel/index.ts";
import { readFile, writeAll } from "./files.ts";
import type { HostArgument, HostFunction, HostValue } from "./interpreter.ts";

type Result = HostValue | Promise<HostValue>;
type Call = (sys: Sys, ...args: never[]) => Result;

interface Entry {
  readonly parameters: readonly HostArgument[];
  readonly call: Call;
}

/** Bytes that one read brings at most. */
const READ_MAX = 1 << 20;
const MILLISECOND = 1_000_000n;
const CLOCK_MONOTONIC = 1;
const SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin";

function entry(parameters: readonly HostArgument[], call: Call): Entry {
  return { parameters, call };
}

const JSON_ARGUMENT = ["string"] as const;
const PATH = ["string"] as const;
const FD = ["number"] as const;

const ENTRIES = {
  // Open files
  open: entry(["string", "number", "number"], (sys, path: string, flags: number, mode: number) =>
    sys.openat(AT_FDCWD, path, flags | O_CLOEXEC, mode),
  ),
  close: entry(FD, async (sys, fd: number) => {
    await sys.close(fd);
    return 0;
  }),
  read: entry(["number", "number"], async (sys, fd: number, length: number) => {
    const bytes = new Uint8Array(Math.min(length, READ_MAX));
    return bytes.subarray(0, await sys.read(fd, bytes));
  }),
  write: entry(["number", "bytes"], (sys, fd: number, bytes: Uint8Array) => sys.write(fd, bytes)),
  puts: entry(["number", "text"], (sys, fd: number, text: Uint8Array) => writeAll(sys, fd, text)),
  seek: entry(["number", "number", "number"], (sys, fd: number, offset: number, whence: number) =>
    sys.lseek(fd, offset, whence),
  ),
  isatty: entry(FD, async (sys, fd: number) => {
    await sys.tcgets(fd);
    return 1;
  }),
  winsize: entry(FD, async (sys, fd: number) => {
    const { cols, rows } = await sys.tiocgwinsz(fd);
    return JSON.stringify([cols, rows]);
  }),
  pipe: entry([], async (sys) => JSON.stringify(await sys.pipe2(O_CLOEXEC))),
  dup: entry(FD, (sys, fd: number) => sys.dup(fd)),
  dup2: entry(["number", "number"], (sys, fd: number, wanted: number) =>
    fd === wanted ? fd : sys.dup3(fd, wanted, 0),
  ),

  // Paths
  readFile: entry(PATH, (sys, path: string) => readFile(sys, path)),
  stat: entry(["string", "number"], async (sys, path: string, follow: number) =>
    statText(await sys.newfstatat(AT_FDCWD, path, follow !== 0 ? 0 : AT_SYMLINK_NOFOLLOW)),
  ),
  readdir: entry(PATH, async (sys, path: string) => JSON.stringify(await names(sys, path))),
  mkdir: entry(["string", "number"], async (sys, path: string, mode: number) => {
    await sys.mkdirat(AT_FDCWD, path, mode);
    return 0;
  }),
  remove: entry(PATH, async (sys, path: string) => {
    try {
      await sys.unlinkat(AT_FDCWD, path, 0);
    } catch (reason) {
      if (!(reason instanceof KernelError) || reason.errno !== Errno.EISDIR) throw reason;
      await sys.unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
    }
    return 0;
  }),
  rename: entry(["string", "string"], async (sys, from: string, to: string) => {
    await sys.renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
    return 0;
  }),
  symlink: entry(["string", "string"], async (sys, target: string, path: string) => {
    await sys.symlinkat(target, AT_FDCWD, path);
    return 0;
  }),
  readlink: entry(PATH, (sys, path: string) => sys.readlinkat(AT_FDCWD, path)),
  realpath: entry(PATH, (sys, path: string) => realPath(sys, path)),
  utimes: entry(
    ["string", "number", "number"],
    async (sys, path: string, atime: number, mtime: number) => {
      await sys.utimensat(AT_FDCWD, path, nanoseconds(atime), nanoseconds(mtime), 0);
      return 0;
    },
  ),
  getcwd: entry([], (sys) => sys.getcwd()),
  chdir: entry(PATH, async (sys, path: string) => {
    await sys.chdir(path);
    return 0;
  }),

  // Processes and time
  exec: entry(JSON_ARGUMENT, (sys, request: string) => execute(sys, JSON.parse(request))),
  waitpid: entry(["number", "number"], async (sys, pid: number, options: number) => {
    const result = await sys.wait4(pid, options);
    return JSON.stringify([result.pid, result.status]);
  }),
  kill: entry(["number", "number"], async (sys, pid: number, signal: number) => {
    await sys.kill(pid, signal);
    return 0;
  }),
  getpid: entry([], (sys) => sys.getpid()),
  exit: entry(FD, async (sys, status: number) => {
    await sys.exit(status);
    return 0;
  }),
  sleep: entry(["number"], async (sys, milliseconds: number) => {
    await sys.clock_nanosleep(CLOCK_MONOTONIC, 0, nanoseconds(Math.max(0, milliseconds)));
    return 0;
  }),
  now: entry([], async (sys) => Number(await sys.clock_gettime(CLOCK_MONOTONIC)) / 1e6),

  // Text with NULs, which a C string does not hold
  decode: entry(["bytes"], (_, bytes: Uint8Array) => decodeUtf8(bytes, 0, bytes.length)),
} satisfies Record<string, Entry>;

/** As the prelude numbers them. */
export const HOST_NAMES = Object.keys(ENTRIES);

/** The functions of the process behind `sys`. */
export function hostFunctions(sys: Sys): HostFunction[] {
  return Object.values(ENTRIES as Record<string, Entry>).map(({ parameters, call }) => ({
    parameters,
    call: (...args: never[]) => orErrno(() => call(sys, ...args)),
  }));
}

function orErrno(call: () => Result): Result {
  try {
    const result = call();
    return result instanceof Promise ? result.catch(negative) : result;
  } catch (reason) {
    return negative(reason);
  }
}

function negative(reason: unknown): number {
  if (reason instanceof KernelError) return -reason.errno;
  throw reason;
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds)) * MILLISECOND;
}

function statText(stat: Stat): string {
  const { dev, ino, mode, nlink, uid, gid, rdev, size, blocks } = stat;
  const times = { atime: stat.atime, mtime: stat.mtime, ctime: stat.ctime };
  const inMilliseconds = Object.entries(times).map(([name, time]) => [name, Number(time) / 1e6]);
  return JSON.stringify({
    ...{ dev, ino, mode, nlink, uid, gid, rdev, size, blocks },
    ...Object.fromEntries(inMilliseconds),
  });
}

async function names(sys: Sys, path: string): Promise<string[]> {
  const fd = await sys.openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  try {
    const found: string[] = [];
    for (;;) {
      const entries = await sys.getdents64(fd, 32_768);
      if (entries.length === 0) return found;
      found.push(...entries.map(({ name }) => name));
    }
  } finally {
    await sys.close(fd);
  }
}

async function realPath(sys: Sys, path: string): Promise<string> {
  const fd = await sys.openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
  try {
    return await sys.readlinkat(AT_FDCWD, `/proc/self/fd/${fd}`);
  } finally {
    await sys.close(fd);
  }
}

interface ExecRequest {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly file?: string;
  readonly cwd?: string;
  readonly usePath: boolean;
  /** Of the child's first descriptors. */
  readonly fds: readonly number[];
}

/** The child's pid. */
async function execute(sys: Sys, request: ExecRequest): Promise<number> {
  const file = request.file ?? request.args[0] ?? "";
  const searches = request.usePath && !file.includes("/");
  const path = request.env.find((entry) => entry.startsWith("PATH="))?.slice(5) ?? SEARCH_PATH;
  const places = searches ? path.split(":").map((folder) => `${folder || "."}/${file}`) : [file];
  const actions: SpawnAction[] = request.fds.map((source, fd) => ({
    ...{ op: SpawnOp.DUP2, fd, source, flags: 0, mode: 0, path: "" },
  }));
  let failure = new KernelError(Errno.ENOENT);
  for (const place of places) {
    try {
      return await sys.spawn(place, request.args, request.env, actions, {
        cwd: request.cwd,
        pgroup: undefined,
        setsid: false,
        sigdefault: undefined,
        sigmask: undefined,
        credentials: undefined,
      });
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      if (reason.errno !== Errno.ENOENT && reason.errno !== Errno.ENOTDIR) failure = reason;
    }
  }
  throw failure;
}

/** The `fs` binding: what a file is and whose, its times, its length, and whether it is there. */
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  Errno,
  KernelError,
  S_IFDIR,
  S_IFMT,
  UTIME_NOW,
  UTIME_OMIT,
} from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";
import type { Checks } from "./arguments.ts";
import type { OpenedFiles } from "./opened.ts";
import { toPath } from "./paths.ts";
import { fsError, type Requests } from "./requests.ts";
import type { StatArrays } from "./stats.ts";

export function createAttributeCalls(
  env: Environment,
  { run, kUsePromises }: Requests,
  checks: Checks,
  arrays: StatArrays,
  opened: OpenedFiles,
) {
  const calls = {
    access(path: unknown, mode: unknown, request?: unknown) {
      const how = checks.mode(mode);
      const name = toPath(path);
      return run(calls.access, request, { syscall: "access", path: name }, () =>
        env.sys.faccessat2(AT_FDCWD, name, how, 0),
      );
    },

    existsSync(path: unknown): boolean {
      try {
        env.sys.faccessat2(AT_FDCWD, toPath(path), 0, 0);
        return true;
      } catch (reason) {
        if (reason instanceof KernelError) return false;
        throw reason;
      }
    },

    /** 0 for a file, 1 for a directory, a negative error number else. */
    internalModuleStat(path: unknown): number {
      try {
        const { mode } = env.sys.newfstatat(AT_FDCWD, toPath(path), 0);
        return (mode & S_IFMT) === S_IFDIR ? 1 : 0;
      } catch (reason) {
        if (reason instanceof KernelError) return -reason.errno;
        throw reason;
      }
    },

    stat(path: unknown, bigint: boolean, request?: unknown, throwIfNoEntry?: boolean) {
      return statAt(calls.stat, "stat", path, 0, bigint, request, throwIfNoEntry);
    },

    lstat(path: unknown, bigint: boolean, request?: unknown, throwIfNoEntry?: boolean) {
      const flags = AT_SYMLINK_NOFOLLOW;
      return statAt(calls.lstat, "lstat", path, flags, bigint, request, throwIfNoEntry);
    },

    fstat(fd: unknown, bigint: boolean, request?: unknown, shouldNotThrow?: boolean) {
      const number = checks.descriptor(fd);
      const own = request === kUsePromises;
      const work = () => arrays.stat(opened.stat(number), bigint, own);
      if (request !== undefined || shouldNotThrow !== true) {
        return run(calls.fstat, request, { syscall: "fstat" }, work);
      }
      return run(calls.fstat, undefined, { syscall: "fstat" }, work);
    },

    statfs(path: unknown, bigint: boolean, request?: unknown) {
      const name = toPath(path);
      return run(calls.statfs, request, { syscall: "statfs", path: name }, () =>
        arrays.statFs(env.sys.statfs(name), bigint, request === kUsePromises),
      );
    },

    chmod(path: unknown, mode: number, request?: unknown) {
      const name = toPath(path);
      return run(calls.chmod, request, { syscall: "chmod", path: name }, () =>
        env.sys.fchmodat(AT_FDCWD, name, mode, 0),
      );
    },

    fchmod(fd: unknown, mode: number, request?: unknown) {
      const number = checks.descriptor(fd);
      return run(calls.fchmod, request, { syscall: "fchmod" }, () => env.sys.fchmod(number, mode));
    },

    chown(path: unknown, uid: number, gid: number, request?: unknown) {
      const name = toPath(path);
      return run(calls.chown, request, { syscall: "chown", path: name }, () =>
        env.sys.fchownat(AT_FDCWD, name, uid | 0, gid | 0, 0),
      );
    },

    lchown(path: unknown, uid: number, gid: number, request?: unknown) {
      const name = toPath(path);
      return run(calls.lchown, request, { syscall: "lchown", path: name }, () =>
        env.sys.fchownat(AT_FDCWD, name, uid | 0, gid | 0, AT_SYMLINK_NOFOLLOW),
      );
    },

    fchown(fd: unknown, uid: number, gid: number, request?: unknown) {
      const number = checks.descriptor(fd);
      return run(calls.fchown, request, { syscall: "fchown" }, () =>
        env.sys.fchown(number, uid | 0, gid | 0),
      );
    },

    utimes(path: unknown, atime: number, mtime: number, request?: unknown) {
      const name = toPath(path);
      return run(calls.utimes, request, { syscall: "utime", path: name }, () =>
        env.sys.utimensat(AT_FDCWD, name, toTime(atime), toTime(mtime), 0),
      );
    },

    lutimes(path: unknown, atime: number, mtime: number, request?: unknown) {
      const name = toPath(path);
      return run(calls.lutimes, request, { syscall: "lutime", path: name }, () =>
        env.sys.utimensat(AT_FDCWD, name, toTime(atime), toTime(mtime), AT_SYMLINK_NOFOLLOW),
      );
    },

    futimes(fd: unknown, atime: number, mtime: number, request?: unknown) {
      const number = checks.descriptor(fd);
      return run(calls.futimes, request, { syscall: "futime" }, () =>
        env.sys.futimens(number, toTime(atime), toTime(mtime)),
      );
    },

    ftruncate(fd: unknown, length: number, request?: unknown) {
      const number = checks.descriptor(fd);
      return run(calls.ftruncate, request, { syscall: "ftruncate" }, () =>
        env.sys.ftruncate(number, length),
      );
    },

    fsync(fd: unknown, request?: unknown) {
      const number = checks.descriptor(fd);
      return run(calls.fsync, request, { syscall: "fsync" }, () => env.sys.fsync(number));
    },

    fdatasync(fd: unknown, request?: unknown) {
      const number = checks.descriptor(fd);
      return run(calls.fdatasync, request, { syscall: "fdatasync" }, () =>
        env.sys.fdatasync(number),
      );
    },
  };

  /** Hot: what is called without a request goes to the kernel without a closure. */
  function statAt(
    caller: (...args: never[]) => unknown,
    syscall: string,
    path: unknown,
    flags: number,
    bigint: boolean,
    request: unknown,
    throwIfNoEntry: boolean | undefined,
  ): unknown {
    const name = toPath(path);
    if (request !== undefined) {
      return run(caller, request, { syscall, path: name }, () => {
        try {
          const stat = env.sys.newfstatat(AT_FDCWD, name, flags);
          return arrays.stat(stat, bigint, request === kUsePromises);
        } catch (reason) {
          if (throwIfNoEntry === false && isNoEntry(reason)) return undefined;
          throw reason;
        }
      });
    }
    try {
      return arrays.stat(env.sys.newfstatat(AT_FDCWD, name, flags), bigint, false);
    } catch (reason) {
      if (throwIfNoEntry === false && isNoEntry(reason)) return undefined;
      throw fsError(reason, { syscall, path: name }, caller);
    }
  }

  return calls;
}

function isNoEntry(reason: unknown): boolean {
  if (!(reason instanceof KernelError)) return false;
  return reason.errno === Errno.ENOENT || reason.errno === Errno.ENOTDIR;
}

/** Seconds as libuv takes them: an infinite time is now, none at all leaves it. */
function toTime(seconds: number): bigint {
  if (Number.isNaN(seconds)) return UTIME_OMIT;
  if (!Number.isFinite(seconds)) return UTIME_NOW;
  const whole = Math.trunc(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.trunc((seconds - whole) * 1e9));
}

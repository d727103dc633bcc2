/** The `fs` binding: opening, closing, and names: links, renames, directories and their listings. */
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  DT_BLK,
  DT_CHR,
  DT_DIR,
  DT_LNK,
  DT_REG,
  DT_SOCK,
  Errno,
  KernelError,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  S_IFDIR,
  S_IFMT,
} from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";
import type { Checks } from "./arguments.ts";
import type { OpenedFiles } from "./opened.ts";
import { compareNames, fromPath, toPath } from "./paths.ts";
import { fsError, type Requests } from "./requests.ts";

/** Bytes of directory entries that one call brings. */
const LISTING = 262_144;

export function createNameCalls(
  env: Environment,
  { run }: Requests,
  checks: Checks,
  opened: OpenedFiles,
  makeFileHandle: (fd: number) => unknown,
) {
  const calls = {
    open(path: unknown, flags: number, mode: number, request?: unknown) {
      const name = toPath(path);
      if (request !== undefined) {
        return run(calls.open, request, { syscall: "open", path: name }, () =>
          env.sys.openat(AT_FDCWD, name, flags | O_CLOEXEC, mode),
        );
      }
      try {
        return opened.open(AT_FDCWD, name, flags | O_CLOEXEC, mode);
      } catch (reason) {
        throw fsError(reason, { syscall: "open", path: name }, calls.open);
      }
    },

    openFileHandle(path: unknown, flags: number, mode: number, request?: unknown) {
      const name = toPath(path);
      return run(calls.openFileHandle, request, { syscall: "open", path: name }, () =>
        makeFileHandle(env.sys.openat(AT_FDCWD, name, flags | O_CLOEXEC, mode)),
      );
    },

    close(fd: unknown, request?: unknown) {
      const number = checks.descriptor(fd);
      if (request !== undefined) {
        opened.forget(number);
        return run(calls.close, request, { syscall: "close" }, () => env.sys.close(number));
      }
      try {
        return opened.close(number);
      } catch (reason) {
        throw fsError(reason, { syscall: "close" }, calls.close);
      }
    },

    rename(from: unknown, to: unknown, request?: unknown) {
      const path = toPath(from);
      const dest = toPath(to);
      return run(calls.rename, request, { syscall: "rename", path, dest }, () =>
        env.sys.renameat2(AT_FDCWD, path, AT_FDCWD, dest, 0),
      );
    },

    link(from: unknown, to: unknown, request?: unknown) {
      const path = toPath(from);
      const dest = toPath(to);
      return run(calls.link, request, { syscall: "link", path, dest }, () =>
        env.sys.linkat(AT_FDCWD, path, AT_FDCWD, dest, 0),
      );
    },

    symlink(target: unknown, path: unknown, _flags: number, request?: unknown) {
      const text = toPath(target);
      const dest = toPath(path);
      return run(calls.symlink, request, { syscall: "symlink", path: text, dest }, () =>
        env.sys.symlinkat(text, AT_FDCWD, dest),
      );
    },

    readlink(path: unknown, encoding: unknown, request?: unknown) {
      const name = toPath(path);
      return run(calls.readlink, request, { syscall: "readlink", path: name }, () =>
        fromPath(env, env.sys.readlinkat(AT_FDCWD, name), encoding),
      );
    },

    realpath(path: unknown, encoding: unknown, request?: unknown) {
      const name = toPath(path);
      return run(calls.realpath, request, { syscall: "realpath", path: name }, () =>
        fromPath(env, realPath(name), encoding),
      );
    },

    unlink(path: unknown, request?: unknown) {
      const name = toPath(path);
      return run(calls.unlink, request, { syscall: "unlink", path: name }, () =>
        env.sys.unlinkat(AT_FDCWD, name, 0),
      );
    },

    rmdir(path: unknown, request?: unknown) {
      const name = toPath(path);
      return run(calls.rmdir, request, { syscall: "rmdir", path: name }, () =>
        env.sys.unlinkat(AT_FDCWD, name, AT_REMOVEDIR),
      );
    },

    mkdir(path: unknown, mode: number, recursive: boolean, request?: unknown) {
      const name = toPath(path);
      return run(calls.mkdir, request, { syscall: "mkdir", path: name }, () => {
        if (recursive) return makeDirectories(name, mode);
        env.sys.mkdirat(AT_FDCWD, name, mode);
        return undefined;
      });
    },

    mkdtemp(prefix: unknown, encoding: unknown, request?: unknown) {
      const template = `${toPath(prefix)}XXXXXX`;
      return run(calls.mkdtemp, request, { syscall: "mkdtemp", path: template }, () =>
        fromPath(env, makeTemporary(template), encoding),
      );
    },

    readdir(path: unknown, encoding: unknown, withTypes: boolean, request?: unknown) {
      const name = toPath(path);
      return run(calls.readdir, request, { syscall: "scandir", path: name }, () => {
        const entries = list(name).sort((a, b) => compareNames(a.name, b.name));
        const names = entries.map((entry) => fromPath(env, entry.name, encoding));
        return withTypes ? [names, entries.map(({ type }) => direntType(type))] : names;
      });
    },
  };

  /** realpath(3): the kernel itself says where an open place is. */
  function realPath(path: string): string {
    const { sys } = env;
    const fd = sys.openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
    try {
      return sys.readlinkat(AT_FDCWD, `/proc/self/fd/${fd}`);
    } finally {
      sys.close(fd);
    }
  }

  /** The first directory that was made; undefined where none was. */
  function makeDirectories(path: string, mode: number): string | undefined {
    let first: string | undefined;
    const left = [path];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const error = tryMakeDirectory(next, mode);
      if (error === undefined) {
        first ??= next;
        continue;
      }
      switch (error.errno) {
        case Errno.EACCES:
        case Errno.ENOSPC:
        case Errno.ENOTDIR:
        case Errno.EPERM:
          throw error;
        case Errno.ENOENT: {
          const slash = next.lastIndexOf("/");
          const parent = slash < 0 ? next : next.slice(0, slash);
          if (parent !== next) left.push(next, parent);
          // A name in a directory that is gone: what it says is what stat does.
          else if (left.length === 0) env.sys.newfstatat(AT_FDCWD, next, 0);
          break;
        }
        default: {
          const { mode: found } = env.sys.newfstatat(AT_FDCWD, next, 0);
          if ((found & S_IFMT) === S_IFDIR) break;
          const inside = error.errno === Errno.EEXIST && left.length > 0;
          throw new KernelError(inside ? Errno.ENOTDIR : Errno.EEXIST);
        }
      }
    }
    return first;
  }

  function tryMakeDirectory(path: string, mode: number): KernelError | undefined {
    try {
      env.sys.mkdirat(AT_FDCWD, path, mode);
      return undefined;
    } catch (reason) {
      if (reason instanceof KernelError) return reason;
      throw reason;
    }
  }

  function makeTemporary(template: string): string {
    const stem = template.slice(0, -6);
    const random = new Uint8Array(6);
    for (let tries = 0; ; tries++) {
      env.sys.getrandom(random);
      let path = stem;
      for (const byte of random) path += LETTERS.charAt(byte % LETTERS.length);
      const error = tryMakeDirectory(path, 0o700);
      if (error === undefined) return path;
      if (error.errno !== Errno.EEXIST || tries === 100) throw error;
    }
  }

  function list(path: string) {
    const { sys } = env;
    const fd = sys.openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    try {
      const entries: { name: string; type: number }[] = [];
      for (;;) {
        const next = sys.getdents64(fd, LISTING);
        if (next.length === 0) return entries;
        for (const entry of next) {
          if (entry.name !== "." && entry.name !== "..") entries.push(entry);
        }
      }
    } finally {
      sys.close(fd);
    }
  }

  return calls;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

const DT_FIFO = 1;
const DIRENT_TYPES: Readonly<Record<number, number>> = {
  [DT_REG]: 1,
  [DT_DIR]: 2,
  [DT_LNK]: 3,
  [DT_FIFO]: 4,
  [DT_SOCK]: 5,
  [DT_CHR]: 6,
  [DT_BLK]: 7,
};

/** The UV_DIRENT_ number of a DT_ one. */
export function direntType(type: number): number {
  return DIRENT_TYPES[type] ?? 0;
}

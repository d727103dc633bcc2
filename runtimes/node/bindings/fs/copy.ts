/** The `fs` binding: copies of files and of trees (copyFile, and what cpSync leaves to C++). */
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  Errno,
  KernelError,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_WRONLY,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
} from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";
import { codedError, uvException } from "../../errors.ts";
import type { Checks } from "./arguments.ts";
import { toPath } from "./paths.ts";
import { fsError, type Requests } from "./requests.ts";

const COPYFILE_EXCL = 1;
const COPYFILE_FICLONE_FORCE = 4;
const CHUNK = 1_048_576;

interface TreeOptions {
  readonly force: boolean;
  readonly dereference: boolean;
  readonly errorOnExist: boolean;
  readonly verbatimSymlinks: boolean;
  readonly preserveTimestamps: boolean;
}

export function createCopyCalls(env: Environment, { run }: Requests, checks: Checks) {
  const calls = {
    copyFile(from: unknown, to: unknown, mode: unknown, request?: unknown) {
      const how = checks.mode(mode);
      const path = toPath(from);
      const dest = toPath(to);
      return run(calls.copyFile, request, { syscall: "copyfile", path, dest }, () => {
        copy(path, dest, how);
      });
    },

    cpSyncCheckPaths(from: unknown, to: unknown, dereference: boolean, recursive: boolean): void {
      const source = toPath(from);
      const target = toPath(to);
      const flags = dereference ? 0 : AT_SYMLINK_NOFOLLOW;
      const stat = statOrThrow(source, flags, dereference ? "stat" : "lstat");
      const other = tryStat(target, flags);
      const isDirectory = isType(stat, S_IFDIR);
      if (other) checkPair(source, stat, target, other);
      const inside = source.endsWith("/") ? source : `${source}/`;
      if (isDirectory && target.startsWith(inside)) throw toSelf(source, target);
      checkAncestors(source, target);
      if (isDirectory && !recursive) {
        throw codedError(
          Error,
          "ERR_FS_EISDIR",
          `Recursive option not enabled, cannot copy a directory: ${source}`,
        );
      }
      checkKind(stat, target);
      if (!other || !tryStat(parentOf(target), 0)) makeParents(parentOf(target));
    },

    cpSyncOverrideFile(
      from: unknown,
      to: unknown,
      mode: unknown,
      preserveTimestamps: boolean,
    ): void {
      const source = toPath(from);
      const target = toPath(to);
      try {
        env.sys.unlinkat(AT_FDCWD, target, 0);
      } catch (reason) {
        throw fsError(reason, { syscall: "unlink", path: target }, calls.cpSyncOverrideFile);
      }
      try {
        copy(source, target, checks.mode(mode));
      } catch (reason) {
        const naming = { syscall: "cp", path: source, dest: target };
        throw fsError(reason, naming, calls.cpSyncOverrideFile);
      }
      if (preserveTimestamps) copyTimes(source, target);
    },

    cpSyncCopyDir(
      from: unknown,
      to: unknown,
      force: boolean,
      dereference: boolean,
      errorOnExist: boolean,
      verbatimSymlinks: boolean,
      preserveTimestamps: boolean,
    ): void {
      const options = { force, dereference, errorOnExist, verbatimSymlinks, preserveTimestamps };
      const target = toPath(to);
      makeParents(target);
      copyTree(toPath(from), target, options);
    },
  };

  function copy(path: string, dest: string, mode: number): void {
    const { sys } = env;
    if ((mode & COPYFILE_FICLONE_FORCE) !== 0) throw new KernelError(Errno.EOPNOTSUPP);
    const source = sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    let target = -1;
    let made = false;
    try {
      const stat = sys.fstat(source);
      if (isType(stat, S_IFDIR)) throw new KernelError(Errno.EISDIR);
      const exclusive = (mode & COPYFILE_EXCL) !== 0 ? O_EXCL : 0;
      const flags = O_WRONLY | O_CREAT | O_CLOEXEC | exclusive;
      target = sys.openat(AT_FDCWD, dest, flags, stat.mode & 0o7777);
      const other = sys.fstat(target);
      if (stat.dev === other.dev && stat.ino === other.ino) return;
      made = true;
      sys.ftruncate(target, 0);
      sys.fchmod(target, stat.mode & 0o7777);
      const buffer = new Uint8Array(Math.min(CHUNK, Math.max(stat.size, 65_536)));
      for (let count = sys.read(source, buffer); count > 0; count = sys.read(source, buffer)) {
        for (let at = 0; at < count; ) at += sys.write(target, buffer.subarray(at, count));
      }
    } catch (reason) {
      if (made) quietly(() => sys.unlinkat(AT_FDCWD, dest, 0));
      throw reason;
    } finally {
      sys.close(source);
      if (target >= 0) sys.close(target);
    }
  }

  function copyTree(from: string, to: string, options: TreeOptions): void {
    const { sys } = env;
    for (const name of entriesOf(from)) {
      const source = `${from}/${name}`;
      const target = `${to}/${name}`;
      const link = sys.newfstatat(AT_FDCWD, source, AT_SYMLINK_NOFOLLOW);
      const isLink = isType(link, S_IFLNK);
      if (isLink && !options.dereference) {
        copyLink(from, source, target, options);
        continue;
      }
      const stat = isLink ? statOrThrow(source, 0, "stat") : link;
      if (isType(stat, S_IFDIR)) {
        const existed = tryStat(target, 0) !== undefined;
        if (!existed) wrapped("cp", target, () => sys.mkdirat(AT_FDCWD, target, 0o777));
        copyTree(source, target, options);
        if (!existed) sys.fchmodat(AT_FDCWD, target, stat.mode & 0o7777, 0);
        if (options.preserveTimestamps) copyTimes(source, target);
      } else if (isType(stat, S_IFREG)) copyEntry(source, target, options);
    }
  }

  function copyEntry(source: string, target: string, options: TreeOptions): void {
    if (!options.force && tryStat(target, 0)) {
      if (!options.errorOnExist) return;
      throw codedError(
        Error,
        "ERR_FS_CP_EEXIST",
        `[ERR_FS_CP_EEXIST]: Target already exists: cp returned EEXIST (${target} already exists) ${target}`,
      );
    }
    wrapped("cp", target, () => copy(source, target, 0));
    if (options.preserveTimestamps) copyTimes(source, target);
  }

  function copyLink(from: string, source: string, target: string, options: TreeOptions): void {
    const { sys } = env;
    const text = sys.readlinkat(AT_FDCWD, source);
    const absolute = options.verbatimSymlinks ? text : canonical(text, from);
    const other = tryStat(target, AT_SYMLINK_NOFOLLOW);
    if (other && !options.verbatimSymlinks) {
      if (!isType(other, S_IFLNK)) {
        if (isType(other, S_IFREG)) throw uvException(-Errno.EEXIST, "cp", target);
      } else {
        const current = sys.readlinkat(AT_FDCWD, target);
        if (isDirectoryAt(text) && isInside(text, current)) throw toSelf(text, current);
        if (isDirectoryAt(target) && isInside(current, text)) {
          throw codedError(
            Error,
            "ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY",
            `cannot overwrite ${current} with ${text}`,
          );
        }
        sys.unlinkat(AT_FDCWD, target, 0);
      }
    }
    wrapped("cp", target, () => sys.symlinkat(absolute, AT_FDCWD, target));
  }

  function canonical(text: string, from: string): string {
    const { resolve } = env.requireBuiltin<{ resolve(...parts: string[]): string }>("path");
    return resolve(from, text);
  }

  function entriesOf(path: string): string[] {
    const { sys } = env;
    const fd = wrapped("cp", path, () => sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0));
    try {
      const names: string[] = [];
      for (;;) {
        const next = sys.getdents64(fd, 65_536);
        if (next.length === 0) return names;
        for (const { name } of next) if (name !== "." && name !== "..") names.push(name);
      }
    } finally {
      sys.close(fd);
    }
  }

  function checkPair(source: string, stat: Stat, target: string, other: Stat): void {
    const [from, to] = [tryStat(source, 0), tryStat(target, 0)];
    if (from && to && from.dev === to.dev && from.ino === to.ino) {
      throw codedError(Error, "ERR_FS_CP_EINVAL", "src and dest cannot be the same");
    }
    const isDirectory = isType(stat, S_IFDIR);
    const wasDirectory = isType(other, S_IFDIR);
    if (isDirectory && !wasDirectory) {
      throw codedError(
        Error,
        "ERR_FS_CP_DIR_TO_NON_DIR",
        `Cannot overwrite non-directory ${target} with directory ${source}`,
      );
    }
    if (!isDirectory && wasDirectory) {
      throw codedError(
        Error,
        "ERR_FS_CP_NON_DIR_TO_DIR",
        `Cannot overwrite directory ${target} with non-directory ${source}`,
      );
    }
  }

  /** No directory on the way to `target` may be the source itself. */
  function checkAncestors(source: string, target: string): void {
    const self = tryStat(source, 0);
    if (!self || !isType(self, S_IFDIR)) return;
    for (let at = parentOf(target); at !== parentOf(at); at = parentOf(at)) {
      const stat = tryStat(at, 0);
      if (!stat) continue;
      if (stat.dev === self.dev && stat.ino === self.ino && at !== parentOf(source)) {
        throw toSelf(source, target);
      }
    }
  }

  function checkKind(stat: Stat, target: string): void {
    if (isType(stat, S_IFSOCK)) {
      throw codedError(Error, "ERR_FS_CP_SOCKET", `Cannot copy a socket file: ${target}`);
    }
    if (isType(stat, S_IFIFO)) {
      throw codedError(Error, "ERR_FS_CP_FIFO_PIPE", `Cannot copy a FIFO pipe: ${target}`);
    }
  }

  function makeParents(path: string): void {
    if (path === "" || tryStat(path, 0)) return;
    if (parentOf(path) !== path) makeParents(parentOf(path));
    wrapped("cp", path, () => env.sys.mkdirat(AT_FDCWD, path, 0o777));
  }

  function copyTimes(source: string, target: string): void {
    const { atime, mtime } = statOrThrow(source, 0, "stat");
    wrapped("utime", target, () => env.sys.utimensat(AT_FDCWD, target, atime, mtime, 0));
  }

  function statOrThrow(path: string, flags: number, syscall: string): Stat {
    return wrapped(syscall, path, () => env.sys.newfstatat(AT_FDCWD, path, flags));
  }

  function tryStat(path: string, flags: number): Stat | undefined {
    return quietly(() => env.sys.newfstatat(AT_FDCWD, path === "" ? "." : path, flags));
  }

  function isDirectoryAt(path: string): boolean {
    const stat = tryStat(path, 0);
    return stat !== undefined && isType(stat, S_IFDIR);
  }

  return calls;
}

function wrapped<T>(syscall: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (reason) {
    if (reason instanceof KernelError) throw uvException(-reason.errno, syscall, path);
    throw reason;
  }
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (reason) {
    if (reason instanceof KernelError) return undefined;
    throw reason;
  }
}

function toSelf(source: string, target: string): Error {
  return codedError(
    Error,
    "ERR_FS_CP_EINVAL",
    `Cannot copy ${source} to a subdirectory of self ${target}`,
  );
}

function isType(stat: Stat, type: number): boolean {
  return (stat.mode & S_IFMT) === type;
}

function isInside(directory: string, path: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

function parentOf(path: string): string {
  const slash = path.replace(/\/+$/, "").lastIndexOf("/");
  if (slash < 0) return "";
  return slash === 0 ? "/" : path.slice(0, slash);
}

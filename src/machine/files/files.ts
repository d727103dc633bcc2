/**
 * The file operations behind `vm.fs`, as system calls of pid 1: it has every capability, and what it
 * creates belongs to the machine's user. One request is one operation, however many calls it takes.
 */

import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../../../kernel/fd/flags.ts";
import { Errno, type Stat, type StatFs, type Sys } from "../../../kernel/index.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../../kernel/vfs/constants.ts";
import { writeAll } from "../descriptors.ts";
import { readToEnd } from "../read-file.ts";
import { about, failure, isDirectory, lstat } from "./calls.ts";

export const COPYFILE_EXCL = 1;
const COPY_CHUNK = 1 << 20;
/** Bytes of directory entries that one request asks for. */
const LISTING_CHUNK = 1 << 16;

export interface DirectoryItem {
  readonly name: string;
  /** DT_ value. */
  readonly type: number;
}

export class Files {
  readonly #sys: Sys;

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  // By path

  async access(path: string, mode: number): Promise<void> {
    await about({ syscall: "access", path }, () => this.#sys.faccessat2(AT_FDCWD, path, mode, 0));
  }

  async stat(path: string): Promise<Stat> {
    return about({ syscall: "stat", path }, () => this.#sys.newfstatat(AT_FDCWD, path, 0));
  }

  async lstat(path: string): Promise<Stat> {
    return about({ syscall: "lstat", path }, () => lstat(this.#sys, path));
  }

  async statfs(path: string): Promise<StatFs> {
    return about({ syscall: "statfs", path }, () => this.#sys.statfs(path));
  }

  async chmod(path: string, mode: number): Promise<void> {
    await about({ syscall: "chmod", path }, () => this.#sys.fchmodat(AT_FDCWD, path, mode, 0));
  }

  async chown(path: string, uid: number, gid: number): Promise<void> {
    await about({ syscall: "chown", path }, () => this.#sys.fchownat(AT_FDCWD, path, uid, gid, 0));
  }

  async lchown(path: string, uid: number, gid: number): Promise<void> {
    await about({ syscall: "lchown", path }, () =>
      this.#sys.fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW),
    );
  }

  async utimes(path: string, atime: bigint, mtime: bigint): Promise<void> {
    await about({ syscall: "utime", path }, () =>
      this.#sys.utimensat(AT_FDCWD, path, atime, mtime, 0),
    );
  }

  async lutimes(path: string, atime: bigint, mtime: bigint): Promise<void> {
    await about({ syscall: "lutime", path }, () =>
      this.#sys.utimensat(AT_FDCWD, path, atime, mtime, AT_SYMLINK_NOFOLLOW),
    );
  }

  async mkdir(path: string, mode: number): Promise<void> {
    await about({ syscall: "mkdir", path }, () => this.#sys.mkdirat(AT_FDCWD, path, mode));
  }

  async rmdir(path: string): Promise<void> {
    await about({ syscall: "rmdir", path }, () => this.#sys.unlinkat(AT_FDCWD, path, 0x200));
  }

  async unlink(path: string): Promise<void> {
    await about({ syscall: "unlink", path }, () => this.#sys.unlinkat(AT_FDCWD, path, 0));
  }

  async rename(path: string, dest: string): Promise<void> {
    await about({ syscall: "rename", path, dest }, () =>
      this.#sys.renameat2(AT_FDCWD, path, AT_FDCWD, dest, 0),
    );
  }

  async link(path: string, dest: string): Promise<void> {
    await about({ syscall: "link", path, dest }, () =>
      this.#sys.linkat(AT_FDCWD, path, AT_FDCWD, dest, 0),
    );
  }

  async symlink(target: string, path: string): Promise<void> {
    await about({ syscall: "symlink", path: target, dest: path }, () =>
      this.#sys.symlinkat(target, AT_FDCWD, path),
    );
  }

  async readlink(path: string): Promise<string> {
    return about({ syscall: "readlink", path }, () => this.#sys.readlinkat(AT_FDCWD, path));
  }

  async truncate(path: string, length: number): Promise<void> {
    const fd = await this.open(path, O_RDWR, 0o666);
    await about({ syscall: "ftruncate" }, () => this.#sys.ftruncate(fd, length)).finally(() =>
      this.#sys.close(fd),
    );
  }

  /** The whole file. */
  async readFile(path: string, flags: number): Promise<Uint8Array> {
    const fd = await this.open(path, flags, 0o666);
    return about({ syscall: "read", path }, () => readToEnd(this.#sys, fd)).finally(() =>
      this.#sys.close(fd),
    );
  }

  async writeFile(
    path: string,
    bytes: Uint8Array,
    flags: number,
    mode: number,
    flush: boolean,
  ): Promise<void> {
    const fd = await this.open(path, flags, mode);
    await about({ syscall: "write", path }, async () => {
      await writeAll(this.#sys, fd, bytes);
      if (flush) await this.#sys.fsync(fd);
    }).finally(() => this.#sys.close(fd));
  }

  /** `mode` is COPYFILE_EXCL or 0. */
  async copyFile(path: string, dest: string, mode: number): Promise<void> {
    const sys = this.#sys;
    const subject = { syscall: "copyfile", path, dest };
    await about(subject, async () => {
      const source = await sys.openat(AT_FDCWD, path, O_RDONLY, 0);
      try {
        const attributes = await sys.fstat(source);
        if (isDirectory(attributes)) throw failure(Errno.EISDIR, subject);
        const exclusive = (mode & COPYFILE_EXCL) !== 0 ? O_EXCL : 0;
        const flags = O_WRONLY | O_CREAT | exclusive;
        const target = await sys.openat(AT_FDCWD, dest, flags, attributes.mode & 0o7777);
        try {
          const other = await sys.fstat(target);
          if (other.dev === attributes.dev && other.ino === attributes.ino) return;
          await sys.ftruncate(target, 0);
          await copyBytes(sys, source, target);
          await sys.fchmod(target, attributes.mode & 0o7777);
        } finally {
          await sys.close(target);
        }
      } finally {
        await sys.close(source);
      }
    });
  }

  // Descriptors

  async open(path: string, flags: number, mode: number): Promise<number> {
    return about({ syscall: "open", path }, () => this.#sys.openat(AT_FDCWD, path, flags, mode));
  }

  async openDirectory(path: string): Promise<number> {
    return about({ syscall: "opendir", path }, () =>
      this.#sys.openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0),
    );
  }

  async close(fd: number): Promise<void> {
    await about({ syscall: "close" }, () => this.#sys.close(fd));
  }

  /** At most `length` bytes from `position`, or from the offset where that is null. */
  async read(fd: number, length: number, position: number | null): Promise<Uint8Array> {
    return about({ syscall: "read" }, async () => {
      const target = new Uint8Array(length);
      const count =
        position === null
          ? await this.#sys.read(fd, target)
          : await this.#sys.pread64(fd, target, position);
      return count === length ? target : target.slice(0, count);
    });
  }

  async readToEnd(fd: number): Promise<Uint8Array> {
    return about({ syscall: "read" }, () => readToEnd(this.#sys, fd));
  }

  /** Writes all of `bytes` and returns their number. */
  async write(fd: number, bytes: Uint8Array, position: number | null): Promise<number> {
    return about({ syscall: "write" }, async () => {
      if (position === null) await writeAll(this.#sys, fd, bytes);
      else await this.#writeAt(fd, bytes, position);
      return bytes.length;
    });
  }

  async fstat(fd: number): Promise<Stat> {
    return about({ syscall: "fstat" }, () => this.#sys.fstat(fd));
  }

  async fchmod(fd: number, mode: number): Promise<void> {
    await about({ syscall: "fchmod" }, () => this.#sys.fchmod(fd, mode));
  }

  async fchown(fd: number, uid: number, gid: number): Promise<void> {
    await about({ syscall: "fchown" }, () => this.#sys.fchown(fd, uid, gid));
  }

  async futimes(fd: number, atime: bigint, mtime: bigint): Promise<void> {
    await about({ syscall: "futime" }, () => this.#sys.futimens(fd, atime, mtime));
  }

  async ftruncate(fd: number, length: number): Promise<void> {
    await about({ syscall: "ftruncate" }, () => this.#sys.ftruncate(fd, length));
  }

  async fsync(fd: number): Promise<void> {
    await about({ syscall: "fsync" }, () => this.#sys.fsync(fd));
  }

  async fdatasync(fd: number): Promise<void> {
    await about({ syscall: "fdatasync" }, () => this.#sys.fdatasync(fd));
  }

  /** The next entries of an open directory without "." and ".."; none at its end. */
  async list(fd: number): Promise<DirectoryItem[]> {
    return about({ syscall: "scandir" }, async () => {
      while (true) {
        const entries = await this.#sys.getdents64(fd, LISTING_CHUNK);
        if (entries.length === 0) return [];
        const items = entries
          .filter(({ name }) => name !== "." && name !== "..")
          .map(({ name, type }) => ({ name, type }));
        if (items.length > 0) return items;
      }
    });
  }

  async #writeAt(fd: number, bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += await this.#sys.pwrite64(fd, bytes.subarray(done), position + done);
    }
  }
}

async function copyBytes(sys: Sys, source: number, target: number): Promise<void> {
  const buffer = new Uint8Array(COPY_CHUNK);
  while (true) {
    const count = await sys.read(source, buffer);
    if (count === 0) return;
    await writeAll(sys, target, buffer.subarray(0, count));
  }
}

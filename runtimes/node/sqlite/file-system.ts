/**
 * The system calls that SQLite's VFS for Unix makes, as Emscripten's C library passes them on: over the
 * machine's. Descriptors are the process's own; where each stands is kept here, so that a page is read or
 * written by one call.
 */

import { wasiErrno } from "../../wasi/errno.ts";
import type { Environment } from "../environment.ts";
import { encodeUtf8 } from "../text/units.ts";
import { LockHolders } from "./locks.ts";

/** What the calls need of the library. */
export interface Heap {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  text(pointer: number): string | undefined;
}

type Imports = Readonly<Record<string, (...args: never[]) => number>>;
type Status = ReturnType<Environment["sys"]["fstat"]>;

const EBADF = 9;
const ENOTTY = 25;
const EINVAL = 22;
const ENODEV = 19;
const ERANGE = 34;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
/** Flag of programs of 32 bits. */
const O_LARGEFILE = 0o100000;
const O_CLOEXEC = 0o2000000;
const F_GETFD = 1;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_GETLK = 12;
const F_SETLK = 13;
const F_SETLKW = 14;
const SEEK_CUR = 1;
const SEEK_END = 2;
const IOVEC_BYTES = 8;
const NANOSECONDS = 1_000_000_000n;
const BLOCK = 4096;

export class FileSystem {
  readonly #env: Environment;
  readonly #heap: Heap;
  readonly #locks: LockHolders;
  /** Where each open file's next byte is. */
  readonly #at = new Map<number, number>();

  constructor(env: Environment, heap: Heap) {
    this.#env = env;
    this.#heap = heap;
    this.#locks = new LockHolders(env);
  }

  /** `work`, or minus the number of the error that the machine answered; WASI's numbers. */
  attempt(work: () => unknown): number {
    try {
      return (work() as number | undefined) ?? 0;
    } catch (reason) {
      const { errno } = Object(reason) as { errno?: unknown };
      if (typeof errno !== "number") throw reason;
      return -wasiErrno(errno);
    }
  }

  imports(): { readonly system: Imports; readonly wasi: Imports } {
    const { sys } = this.#env;
    const path = (pointer: number) => this.#heap.text(pointer) ?? "";
    const system = {
      __syscall_openat: (dirfd: number, name: number, flags: number, rest: number) => {
        const mode = flags & 0o100 ? this.#heap.view.getUint32(rest, true) : 0;
        const fd = sys.openat(dirfd, path(name), (flags & ~O_LARGEFILE) | O_CLOEXEC, mode);
        this.#at.set(fd, 0);
        return fd;
      },
      __syscall_faccessat: (dirfd: number, name: number, mode: number, flags: number) =>
        sys.faccessat2(dirfd, path(name), mode, flags),
      __syscall_fstat64: (fd: number, to: number) => this.#writeStatus(to, sys.fstat(fd)),
      __syscall_stat64: (name: number, to: number) =>
        this.#writeStatus(to, sys.newfstatat(AT_FDCWD, path(name), 0)),
      __syscall_lstat64: (name: number, to: number) =>
        this.#writeStatus(to, sys.newfstatat(AT_FDCWD, path(name), AT_SYMLINK_NOFOLLOW)),
      __syscall_newfstatat: (dirfd: number, name: number, to: number, flags: number) =>
        this.#writeStatus(to, sys.newfstatat(dirfd, path(name), flags)),
      __syscall_ftruncate64: (fd: number, length: bigint) => sys.ftruncate(fd, Number(length)),
      __syscall_fchmod: (fd: number, mode: number) => sys.fchmod(fd, mode),
      __syscall_chmod: (name: number, mode: number) => sys.fchmodat(AT_FDCWD, path(name), mode, 0),
      __syscall_fchown32: (fd: number, uid: number, gid: number) => sys.fchown(fd, uid, gid),
      __syscall_mkdirat: (dirfd: number, name: number, mode: number) =>
        sys.mkdirat(dirfd, path(name), mode),
      __syscall_unlinkat: (dirfd: number, name: number, flags: number) =>
        sys.unlinkat(dirfd, path(name), flags),
      __syscall_rmdir: (name: number) => sys.unlinkat(AT_FDCWD, path(name), AT_REMOVEDIR),
      __syscall_readlinkat: (dirfd: number, name: number, to: number, size: number) => {
        const target = encode(sys.readlinkat(dirfd, path(name))).subarray(0, size);
        this.#heap.bytes.set(target, to);
        return target.length;
      },
      __syscall_getcwd: (to: number, size: number) => {
        const folder = encode(`${sys.getcwd()}\0`);
        if (folder.length > size) return fail(ERANGE);
        this.#heap.bytes.set(folder, to);
        return folder.length;
      },
      __syscall_utimensat: () => fail(EINVAL),
      __syscall_ioctl: () => fail(ENOTTY),
      __syscall_fcntl64: (fd: number, command: number, rest: number) =>
        this.#control(fd, command, rest),
      _mmap_js: () => fail(ENODEV),
      _munmap_js: () => fail(ENODEV),
    };
    const wasi = {
      fd_close: (fd: number) => {
        this.#at.delete(fd);
        this.#locks.closing(fd);
        sys.close(fd);
      },
      fd_sync: (fd: number) => sys.fsync(fd),
      fd_fdstat_get: () => fail(EBADF),
      fd_seek: (fd: number, offset: bigint, whence: number, to: number) => {
        const from = whence === SEEK_CUR ? this.#place(fd) : 0;
        const base = whence === SEEK_END ? sys.fstat(fd).size : from;
        this.#at.set(fd, base + Number(offset));
        this.#heap.view.setBigInt64(to, BigInt(base) + offset, true);
      },
      fd_read: (fd: number, pieces: number, count: number, to: number) =>
        this.#move(fd, pieces, count, to, (piece, at) => sys.pread64(fd, piece, at)),
      fd_write: (fd: number, pieces: number, count: number, to: number) =>
        this.#move(fd, pieces, count, to, (piece, at) => sys.pwrite64(fd, piece, at)),
    };
    // The one answers what is negative for an error, the other what is positive.
    return {
      system: this.#guarded(system, 1),
      wasi: this.#guarded(wasi, -1),
    };
  }

  #guarded(calls: Readonly<Record<string, (...args: never[]) => unknown>>, sign: number): Imports {
    const guarded = Object.entries(calls).map(([name, call]) => [
      name,
      (...args: never[]) => sign * this.attempt(() => call(...args)),
    ]);
    return Object.fromEntries(guarded) as Imports;
  }

  #place(fd: number): number {
    return this.#at.get(fd) ?? fail(EBADF);
  }

  /** Reads or writes pieces of memory one after the other, until one is not done in full. */
  #move(
    fd: number,
    pieces: number,
    count: number,
    to: number,
    step: (piece: Uint8Array, at: number) => number,
  ): void {
    let done = 0;
    for (let i = 0; i < count; i++) {
      const start = this.#heap.view.getUint32(pieces + i * IOVEC_BYTES, true);
      const size = this.#heap.view.getUint32(pieces + i * IOVEC_BYTES + 4, true);
      if (size === 0) continue;
      const moved = step(this.#heap.bytes.subarray(start, start + size), this.#place(fd));
      this.#at.set(fd, this.#place(fd) + moved);
      done += moved;
      if (moved < size) break;
    }
    this.#heap.view.setUint32(to, done, true);
  }

  #control(fd: number, command: number, rest: number): number {
    if (command === F_GETFD || command === F_SETFD || command === F_SETFL) return 0;
    if (command === F_GETFL) return this.#env.sys.fcntl(fd, F_GETFL, 0);
    if (command !== F_GETLK && command !== F_SETLK && command !== F_SETLKW) fail(EINVAL);
    const { view } = this.#heap;
    const at = view.getUint32(rest, true);
    const lock = {
      type: view.getInt16(at, true),
      whence: view.getInt16(at + 2, true),
      start: Number(view.getBigInt64(at + 8, true)),
      length: Number(view.getBigInt64(at + 16, true)),
      pid: 0,
    };
    if (command !== F_GETLK) {
      this.#locks.set(fd, lock, command === F_SETLKW);
      return 0;
    }
    const found = this.#locks.find(fd, lock);
    view.setInt16(at, found.type, true);
    view.setBigInt64(at + 8, BigInt(found.start), true);
    view.setBigInt64(at + 16, BigInt(found.length), true);
    view.setInt32(at + 24, found.pid, true);
    return 0;
  }

  /** struct stat of Emscripten's C library. */
  #writeStatus(to: number, status: Status): number {
    const { view } = this.#heap;
    const words = [status.dev, status.mode, status.nlink, status.uid, status.gid, status.rdev];
    for (const [i, word] of words.entries()) view.setUint32(to + i * 4, word, true);
    view.setBigInt64(to + 24, BigInt(status.size), true);
    view.setInt32(to + 32, BLOCK, true);
    view.setInt32(to + 36, status.blocks, true);
    for (const [i, time] of [status.atime, status.mtime, status.ctime].entries()) {
      view.setBigInt64(to + 40 + i * 16, time / NANOSECONDS, true);
      view.setUint32(to + 48 + i * 16, Number(time % NANOSECONDS), true);
    }
    view.setBigInt64(to + 88, BigInt(status.ino), true);
    return 0;
  }
}

function encode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.subarray(0, encodeUtf8(text, bytes, 0, bytes.length));
}

/** As a system call of the machine fails. */
function fail(errno: number): never {
  throw Object.assign(new Error(), { errno });
}

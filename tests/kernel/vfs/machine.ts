/** What the tests of the VFS work with: system calls of any user on a machine, and short forms of them. */
import { expect } from "vitest";
import { decodeUtf8 } from "../../../kernel/bytes.ts";
import { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from "../../../kernel/fd/flags.ts";
import {
  type ErrnoName,
  encodeUtf8,
  Kernel,
  KernelError,
  type Sys,
} from "../../../kernel/index.ts";
import { type Credentials, credentialsOf } from "../../../kernel/process/credentials.ts";
import { createSys } from "../../../kernel/syscalls/client.ts";
import { Gate } from "../../../kernel/syscalls/gate.ts";
import type { BlockingSyscalls } from "../../../kernel/syscalls/table.ts";
import type { DirectoryEntry, Stat } from "../../../kernel/syscalls/types.ts";
import { AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW } from "../../../kernel/vfs/constants.ts";
import type { FileSystem } from "../../../kernel/vfs/file-system.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { nodeHost, now } from "../boot.ts";

export interface TestMachine {
  readonly kernel: Kernel;
  /** Advances the clock, which stands still otherwise. */
  tick(nanoseconds?: bigint): bigint;
  /** A process of this user, by default root. */
  user(uid?: number, gid?: number, groups?: readonly number[]): User;
}

/** A machine with `root` as its root and nothing mounted. */
export function testMachine(
  root: FileSystem = new MemoryFileSystem(),
  limits: Partial<Kernel["limits"]> = {},
): TestMachine {
  let time = 1_700_000_000_000_000_000n;
  const clock = { realtime: () => time, monotonic: () => process.hrtime.bigint() };
  const kernel = new Kernel({ host: { ...nodeHost, clock }, root, limits });
  return {
    kernel,
    tick(nanoseconds = 1_000_000_007n) {
      time += nanoseconds;
      return time;
    },
    user: (uid = 0, gid = uid, groups = []) => new User(kernel, credentialsOf(uid, gid, groups)),
  };
}

/** One process and its system calls, none of which may have to wait. */
export class User {
  readonly sys: BlockingSyscalls;
  /** The same calls, for what waits. */
  readonly waiting: Sys;
  readonly pid: number;

  constructor(kernel: Kernel, credentials: Credentials) {
    const child = kernel.processes.create(kernel.processes.get(1) as never);
    child.credentials = credentials;
    this.pid = child.pid;
    const gate = new Gate(kernel, child);
    child.gate = gate;
    this.waiting = createSys(gate);
    this.sys = new Proxy({} as BlockingSyscalls, {
      get:
        (_target, name) =>
        (...args: unknown[]) =>
          now(gate.invoke(name as never, args)),
    });
  }

  open(path: string, flags = O_RDONLY, mode = 0o666): number {
    return this.sys.openat(AT_FDCWD, path, flags, mode);
  }

  /** Creates or replaces a file. */
  write(path: string, content: string | Uint8Array = "", mode = 0o666): void {
    const fd = this.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    const bytes = typeof content === "string" ? encodeUtf8(content) : content;
    for (let at = 0; at < bytes.length; ) at += this.sys.write(fd, bytes.subarray(at));
    this.sys.close(fd);
  }

  bytes(path: string): Uint8Array {
    const fd = this.open(path);
    const parts: Uint8Array[] = [];
    for (;;) {
      const part = new Uint8Array(65_536);
      const count = this.sys.read(fd, part);
      if (count === 0) break;
      parts.push(part.subarray(0, count));
    }
    this.sys.close(fd);
    return new Uint8Array(Buffer.concat(parts));
  }

  read(path: string): string {
    return decodeUtf8(this.bytes(path));
  }

  /** Reads up to `length` bytes from an open file. */
  readFd(fd: number, length = 65_536): string {
    const bytes = new Uint8Array(length);
    return decodeUtf8(bytes, 0, this.sys.read(fd, bytes));
  }

  writeFd(fd: number, text: string): number {
    return this.sys.write(fd, encodeUtf8(text));
  }

  mkdir(path: string, mode = 0o777): void {
    this.sys.mkdirat(AT_FDCWD, path, mode);
  }

  symlink(target: string, path: string): void {
    this.sys.symlinkat(target, AT_FDCWD, path);
  }

  link(path: string, newPath: string, flags = 0): void {
    this.sys.linkat(AT_FDCWD, path, AT_FDCWD, newPath, flags);
  }

  unlink(path: string): void {
    this.sys.unlinkat(AT_FDCWD, path, 0);
  }

  rmdir(path: string): void {
    this.sys.unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
  }

  rename(path: string, newPath: string, flags = 0): void {
    this.sys.renameat2(AT_FDCWD, path, AT_FDCWD, newPath, flags);
  }

  chmod(path: string, mode: number): void {
    this.sys.fchmodat(AT_FDCWD, path, mode, 0);
  }

  chown(path: string, uid: number, gid: number): void {
    this.sys.fchownat(AT_FDCWD, path, uid, gid, 0);
  }

  stat(path: string): Stat {
    return this.sys.newfstatat(AT_FDCWD, path, 0);
  }

  lstat(path: string): Stat {
    return this.sys.newfstatat(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  }

  /** Permission bits. */
  mode(path: string): number {
    return this.lstat(path).mode & 0o7777;
  }

  readlink(path: string): string {
    return this.sys.readlinkat(AT_FDCWD, path);
  }

  exists(path: string): boolean {
    try {
      this.lstat(path);
      return true;
    } catch (reason) {
      if (reason instanceof KernelError && reason.code === "ENOENT") return false;
      throw reason;
    }
  }

  entries(path: string, size = 65_536): DirectoryEntry[] {
    const fd = this.open(path);
    const all: DirectoryEntry[] = [];
    for (;;) {
      const part = this.sys.getdents64(fd, size);
      if (part.length === 0) break;
      all.push(...part);
    }
    this.sys.close(fd);
    return all;
  }

  /** Names in a directory, sorted, without "." and "..". */
  list(path: string): string[] {
    const names = this.entries(path).map(({ name }) => name);
    return names.filter((name) => name !== "." && name !== "..").sort();
  }
}

/** Fails unless `work` ends with this errno. */
export function refuses(code: ErrnoName, work: () => unknown): void {
  let outcome: unknown;
  try {
    outcome = work();
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    expect(reason.code).toBe(code);
    return;
  }
  expect.fail(`expected ${code}, got ${String(outcome)}`);
}

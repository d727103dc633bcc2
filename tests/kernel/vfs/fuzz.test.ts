/** Random calls with hostile arguments: every answer is a value or an errno, and nothing leaks. */
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { KernelError } from "../../../kernel/errno.ts";
import type { SyscallName } from "../../../kernel/index.ts";
import { syscalls } from "../../../kernel/syscalls/table.ts";
import { AT_FDCWD, S_IFDIR, S_IFMT } from "../../../kernel/vfs/constants.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { testMachine, type User } from "./machine.ts";

const CALLS: readonly SyscallName[] = [
  ...["openat", "openat", "openat", "mkdirat", "mkdirat", "mknodat", "symlinkat", "linkat"],
  ...["renameat2", "renameat2", "renameat2", "unlinkat", "unlinkat", "truncate", "ftruncate"],
  ...["write", "pwrite64", "read", "pread64", "lseek", "fallocate", "close", "getdents64", "dup"],
  ...["newfstatat", "faccessat2", "readlinkat", "statfs", "fchmodat", "fchownat", "utimensat"],
  ...["getxattr", "setxattr", "listxattr", "removexattr", "fcntl_lock", "flock", "fchdir", "chdir"],
  ...["getcwd", "fstat", "fstatfs", "fchmod", "fchown", "futimens", "mount", "umount2"],
] as readonly SyscallName[];

const USUAL = ["a", "b", "c", "l"];
const NAMES = [...USUAL, ".", "..", "proc/self", "dev", "x".repeat(256), "", "\0", "ü"];
const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, -1, AT_FDCWD, 0o644, 0o777, 0x1000, 0o20200002];
const HOSTILE = [Number.NaN, Number.POSITIVE_INFINITY, -0.5, 1.5, 2 ** 53, -(2 ** 53), 2 ** 40];

/** Small whole numbers from a seed. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function pick<T>(next: (below: number) => number, list: readonly T[]): T {
  return list[next(list.length)] as T;
}

/** Open flags, permission bits and descriptors that mean something. */
const SENSIBLE: Readonly<Record<string, readonly number[]>> = {
  dirfd: [AT_FDCWD],
  newdirfd: [AT_FDCWD],
  fd: [0, 1, 2, 3, 4, 5],
  flags: [0, 0, 1, 2, 0o102, 0o1102, 0o2102, 0o102, 0x100],
  mode: [0o755, 0o777, 0o100644, 0o10644, 0, 1, 3],
};

/** What a program would give mostly, and what only a broken or hostile one would. */
function argument(next: (below: number) => number, name: string, type: string): unknown {
  const sensible = SENSIBLE[name];
  if (sensible && next(5) > 0) return pick(next, sensible);
  switch (type) {
    case "str": {
      const names = next(4) > 0 ? USUAL : NAMES;
      const path = Array.from({ length: 1 + next(3) }, () => pick(next, names)).join("/");
      if (next(4) > 0) return `/${path}`;
      return pick(next, [path, path, `/${path}`, `${path}/`, "user.a", "tmpfs", "size=1m"]);
    }
    case "out":
      return new Uint8Array(next(5000));
    case "bytes":
      return new Uint8Array(next(next(10) === 0 ? 200_000 : 100)).fill(next(256));
    case "i64":
      return pick(next, [0n, 1n, -1n, -(2n ** 63n), -(2n ** 63n) + 1n, 2n ** 62n]);
    case "f64":
      return pick(next, [...NUMBERS, next(300_000), pick(next, HOSTILE)]);
    case "u32":
      return pick(next, [...NUMBERS.filter((n) => n >= 0), next(0x10000), 2 ** next(32)]);
    case "Flock":
      return {
        type: next(4),
        whence: next(4),
        start: pick(next, [...NUMBERS, pick(next, HOSTILE)]),
        length: pick(next, [...NUMBERS, pick(next, HOSTILE)]),
        pid: 0,
      };
    default:
      return pick(next, NUMBERS);
  }
}

function randomCall(next: (below: number) => number, user: User): void {
  const name = pick(next, CALLS);
  const args = syscalls[name].parameters.map((parameter) =>
    argument(next, parameter.name, parameter.codec.name),
  );
  try {
    const result = (user.sys[name] as (...args: unknown[]) => unknown)(...args);
    expect(result).not.toBeNaN();
  } catch (reason) {
    // A call that would have to wait says so by a plain Error of the test's own.
    if (reason instanceof Error && reason.message === "the call had to wait") return;
    if (!(reason instanceof KernelError))
      throw Object.assign(new Error(`${name}`), { args, reason });
  }
}

/** Removes all that is in `directory`, whatever its name is made of. */
function clear(user: User, directory: number): void {
  const all = user.sys.getdents64(directory, 1 << 20);
  for (const { name } of all.filter(({ name }) => name !== "." && name !== "..")) {
    const { mode } = user.sys.newfstatat(directory, name, 0x100);
    if ((mode & S_IFMT) === S_IFDIR) {
      const inner = user.sys.openat(directory, name, 0, 0);
      clear(user, inner);
      user.sys.close(inner);
    }
    user.sys.unlinkat(directory, name, (mode & S_IFMT) === S_IFDIR ? 0x200 : 0);
  }
}

describe("random calls", () => {
  for (let seed = 1; seed <= 6; seed++) {
    test(`seed ${seed}: end in a value or an errno, and everything can be given back`, async () => {
      const lower = new MemoryFileSystem({ mode: 0o777 });
      const below = testMachine(lower).user();
      below.mkdir("/a");
      below.mkdir("/a/b");
      below.write("/a/c", new Uint8Array(100_000).fill(1));
      below.symlink("a/b", "/l");
      const root = seed % 2 === 0 ? new MemoryFileSystem({ lower: [lower.root] }) : undefined;
      const machine = testMachine(root, { disk: 4 << 20, inodes: 500 });
      const { quota } = machine.kernel.mounts;
      const admin = machine.user();
      for (const path of ["/proc", "/dev"]) admin.mkdir(path);
      admin.sys.mount("proc", "/proc", "proc", 0, "");
      admin.sys.mount("dev", "/dev", "devtmpfs", 0, "");
      const next = generator(seed);
      const users = [machine.user(), machine.user(1000), machine.user(1001, 1001, [1000])];
      for (let i = 0; i < 6000; i++) {
        randomCall(next, pick(next, users));
        expect(quota.memory).toBeLessThanOrEqual(4 << 20);
        expect(quota.inodes).toBeLessThanOrEqual(500);
      }
      for (const { pid } of users) {
        machine.kernel.processes.terminate(machine.kernel.processes.get(pid) as never, 9);
      }
      // Calls that waited let go of their files.
      await turn();
      for (const mount of [...machine.kernel.mounts.all()].reverse()) {
        if (mount.over) machine.kernel.mounts.unmount(mount);
      }
      clear(admin, admin.open("/"));
      for (const name of admin.sys.listxattr(AT_FDCWD, "/", 0)) {
        admin.sys.removexattr(AT_FDCWD, "/", name, 0);
      }
      expect(admin.list("/")).toEqual([]);
      expect({ memory: quota.memory, inodes: quota.inodes }).toEqual(
        seed % 2 === 0 ? { memory: quota.memory, inodes: 0 } : { memory: 256, inodes: 1 },
      );
    });
  }
});

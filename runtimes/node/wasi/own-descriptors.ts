/**
 * The kernel as one instance of node:wasi sees it: its descriptors have numbers of their own, as in
 * uvwasi, so that a module reaches what it was given and nothing else that its process has open.
 */
import {
  type BlockingSyscalls,
  Errno,
  KernelError,
  O_CLOEXEC,
  type SyscallName,
} from "../../../kernel/abi.ts";
import type { GuestKernel } from "../../wasi/guest-kernel.ts";

type Call = (...args: unknown[]) => unknown;

/** Which arguments of a call are descriptors; what opens, closes or lists them is written out below. */
const DESCRIPTORS: Partial<Record<SyscallName, readonly number[]>> = {
  dup3: [0, 1],
  fallocate: [0],
  fcntl: [0],
  fdatasync: [0],
  fionread: [0],
  fstat: [0],
  fsync: [0],
  ftruncate: [0],
  futimens: [0],
  getdents64: [0],
  linkat: [0, 2],
  lseek: [0],
  mkdirat: [0],
  newfstatat: [0],
  pread64: [0],
  pwrite64: [0],
  read: [0],
  readlinkat: [0],
  renameat2: [0, 2],
  symlinkat: [1],
  unlinkat: [0],
  utimensat: [0],
  write: [0],
};

const WITHOUT_DESCRIPTORS: readonly SyscallName[] = [
  "clock_getres",
  "clock_gettime",
  "getpid",
  "getrandom",
  "kill",
  "sched_yield",
];

/** A number that no process has open. */
const NOBODYS = 0x7fff_ffff;

/**
 * `numbers` are the kernel's of the instance's 0, 1, 2 and so on, and become its own. `exit` ends the
 * process.
 */
export function withOwnDescriptors(
  kernel: GuestKernel,
  numbers: (number | undefined)[],
  exit: (status: number) => never,
): GuestKernel {
  const real = kernel.sys;

  function numberOf(fd: number): number {
    const number = numbers[fd];
    if (number === undefined) throw new KernelError(Errno.EBADF);
    return number;
  }

  const sys: Partial<BlockingSyscalls> = {
    openat(dirfd, path, flags, mode) {
      const number = real.openat(numberOf(dirfd), path, flags | O_CLOEXEC, mode);
      const free = numbers.indexOf(undefined);
      const fd = free < 0 ? numbers.length : free;
      numbers[fd] = number;
      return fd;
    },
    close(fd) {
      const number = numberOf(fd);
      numbers[fd] = undefined;
      real.close(number);
    },
    ppoll(fds, timeout, mask) {
      const theirs = fds.map(({ fd, events }) => ({ fd: numbers[fd] ?? NOBODYS, events }));
      return real.ppoll(theirs, timeout, mask);
    },
    exit,
  };
  const calls = sys as Record<string, Call>;
  const realCall = (name: SyscallName, args: unknown[]) =>
    (real as unknown as Record<string, Call>)[name]?.(...args);
  for (const name of WITHOUT_DESCRIPTORS) calls[name] = (...args) => realCall(name, args);
  for (const [name, places] of Object.entries(DESCRIPTORS)) {
    calls[name] = (...args) => {
      for (const place of places) args[place] = numberOf(args[place] as number);
      return realCall(name as SyscallName, args);
    };
  }
  return {
    sys: sys as BlockingSyscalls,
    get callCount() {
      return kernel.callCount;
    },
    get flagsVersion() {
      return kernel.flagsVersion;
    },
    post: (fd, data) => kernel.post(numberOf(fd), data),
    // The process's heap is counted as a whole.
    noteMemory() {},
    once: (look) => kernel.once(look),
    onSignals() {},
  };
}

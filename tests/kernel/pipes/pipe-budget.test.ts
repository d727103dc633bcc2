/** The memory of all pipes of a machine together. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../kernel/gauges.ts";
import {
  AT_FDCWD,
  F_GETPIPE_SZ,
  F_SETPIPE_SZ,
  type Kernel,
  O_RDWR,
  Resource,
  S_IFIFO,
  type Sys,
} from "../../../kernel/index.ts";
import { PIPE_MEMORY } from "../../../kernel/limits.ts";
import { bootKernel, codeOf, now, recorded } from "../boot.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootKernel();
});
afterEach(() => kernel.shutdown());

const PIPE_MAX = DEFAULT_LIMITS.pipes;
const FULL = PIPE_MEMORY / 65_536;

function raiseLimit(sys: Sys): void {
  now(sys.prlimit64(0, Resource.RLIMIT_NOFILE, { soft: 65_536, hard: 65_536 }));
}

const capacityOf = (sys: Sys, fd: number) => now(sys.fcntl(fd, F_GETPIPE_SZ, 0));

test("beyond the budget a user's pipes are small and cannot grow; root's are as ever", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    raiseLimit(sys);
    const root = sys.fork(async (sys) => {
      for (let i = 0; i < FULL; i++) now(sys.pipe2(0));
      note(capacityOf(sys, now(sys.pipe2(0))[0] as number));
      now(sys.setresuid(1000, 1000, 1000));
      const [fd] = now(sys.pipe2(0)) as [number];
      note(capacityOf(sys, fd), await codeOf(() => sys.fcntl(fd, F_SETPIPE_SZ, 8192)));
      note(await codeOf(() => sys.fcntl(0, F_SETPIPE_SZ, 4096)));
      now(sys.close_range(0, 999, 0));
      note(now(sys.fcntl(fd, F_SETPIPE_SZ, 8192)), capacityOf(sys, now(sys.pipe2(0))[0] as number));
      return 0;
    });
    await sys.wait4(root, 0);
    // What the dead had counts no more.
    now(sys.setresuid(1000, 1000, 1000));
    for (let i = 0; i < FULL; i++) now(sys.pipe2(0));
    note(capacityOf(sys, 2 * FULL - 1), capacityOf(sys, now(sys.pipe2(0))[0] as number));
  });
  expect(notes).toEqual([65_536, 4096, "EPERM", "OK", 8192, 65_536, 65_536, 4096]);
});

test("there are only so many; what fails to be made does not count", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    now(sys.mknodat(AT_FDCWD, "/tmp/fifo", S_IFIFO | 0o600, 0));
    const fifo = () => codeOf(() => sys.openat(AT_FDCWD, "/tmp/fifo", O_RDWR, 0));
    raiseLimit(sys);
    for (let i = 0; i < PIPE_MAX; i++) now(sys.pipe2(0));
    note(await codeOf(() => sys.pipe2(0)), await fifo());
    now(sys.close(0));
    note(await codeOf(() => sys.pipe2(0)));
    now(sys.close(1));
    for (const soft of [1, 2 * PIPE_MAX]) {
      now(sys.prlimit64(0, Resource.RLIMIT_NOFILE, { soft, hard: 65_536 }));
      for (let i = 0; i < 3; i++) note(await codeOf(() => sys.pipe2(0)));
    }
  });
  expect(notes).toEqual([
    ...["ENFILE", "ENFILE", "ENFILE"],
    ...["EMFILE", "EMFILE", "EMFILE"],
    ...["OK", "ENFILE", "ENFILE"],
  ]);
});

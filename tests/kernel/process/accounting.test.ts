/** CPU time: counted for programs that compute, and limited. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Kernel, type Main, Resource, SIG_CATCH, Signal } from "../../../kernel/index.ts";
import { bootKernel, codeOf, now, recorded, turns } from "../boot.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootKernel();
});
afterEach(() => kernel.shutdown());

const SECOND = 1_000_000_000n;

const computes: Main = async (sys) => {
  for (let i = 0; i < 3; ) {
    const pending = sys.checkpoint();
    if (!pending) continue;
    await pending;
    i++;
  }
  return 0;
};

test("a program that computes is charged, one that sleeps is not; parents get it at the end", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const child = sys.fork(computes);
    const used = (await sys.wait4(child, 0)).rusage.utime;
    note(used >= 10_000_000n, now(sys.getrusage(-1)).utime === used);
    const sleeper = sys.fork(async (sys) => {
      await sys.clock_nanosleep(1, 0, 15_000_000n);
      await sys.checkpoint();
      return 0;
    });
    note((await sys.wait4(sleeper, 0)).rusage.utime, now(sys.getrusage(0)).utime);
  });
  expect(notes).toEqual([true, true, 0n, 0n]);
});

test("RLIMIT_CPU warns each second, then kills", async () => {
  const { init } = kernel;
  const taken: number[] = [];
  const pid = init.fork(async (sys) => {
    now(sys.prlimit64(0, Resource.RLIMIT_CPU, { soft: 2, hard: 4 }));
    now(sys.rt_sigaction(Signal.SIGXCPU, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
    for (;;) {
      await codeOf(() => sys.rt_sigsuspend(0n));
      taken.push(now(sys.sigtake()).signal);
      now(sys.rt_sigprocmask(2, 0n));
    }
  });
  await turns();
  const gate = kernel.processes.get(pid)?.gate;
  const counts: number[] = [];
  for (let half = 0; half < 7; half++) {
    gate?.charge(SECOND / 2n);
    await turns();
    counts.push(taken.length);
  }
  expect(counts).toEqual([0, 0, 0, 1, 1, 2, 2]);
  gate?.charge(SECOND / 2n);
  expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
});

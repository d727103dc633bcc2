/** Clocks and sleeping, on a clock that the test moves. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Host, type Kernel, SIG_CATCH, Signal } from "../../../kernel/index.ts";
import { bootKernel, codeOf, nodeHost, now, turns } from "../boot.ts";

const SECOND = 1_000_000_000n;
let time: bigint;
let timers: { at: bigint; callback: () => void }[];
let kernel: Kernel;

/** Time passes only here: every timer that is due fires. */
async function pass(nanoseconds: bigint): Promise<void> {
  time += nanoseconds;
  const due = timers.filter(({ at }) => at <= time);
  timers = timers.filter(({ at }) => at > time);
  for (const { callback } of due) callback();
  await turns();
}

beforeEach(() => {
  time = 100n * SECOND;
  timers = [];
  const host: Host = {
    random: nodeHost.random,
    clock: { realtime: () => 10_000n * SECOND + time, monotonic: () => time },
    scheduler: {
      yield: nodeHost.scheduler.yield,
      setTimer(callback, milliseconds) {
        const timer = { at: time + BigInt(Math.round(milliseconds * 1e6)), callback };
        timers.push(timer);
        return { cancel: () => void (timers = timers.filter((other) => other !== timer)) };
      },
    },
  };
  kernel = bootKernel({}, { host });
});
afterEach(() => kernel.shutdown());

test("clocks: real time, and time since the machine started", async () => {
  const { init } = kernel;
  await pass(5n * SECOND);
  const read = (clock: number) => now(init.clock_gettime(clock));
  expect([0, 1, 4, 5, 6, 7].map(read)).toEqual(
    [10_105n, 5n, 5n, 10_105n, 5n, 5n].map((seconds) => seconds * SECOND),
  );
  expect([2, 3].map(read)).toEqual([0n, 0n]);
  expect([0, 1, 5].map((clock) => now(init.clock_getres(clock)))).toEqual([1n, 1n, 4_000_000n]);
  expect(await codeOf(() => init.clock_gettime(99))).toBe("EINVAL");
  expect(await codeOf(() => init.clock_getres(99))).toBe("EINVAL");
  expect(now(init.sysinfo()).uptime).toBe(5);
});

test("sleeping for a time", async () => {
  let slept = false;
  void Promise.resolve(kernel.init.clock_nanosleep(1, 0, 3n * SECOND)).then(() => {
    slept = true;
  });
  await pass(2n * SECOND);
  expect(slept).toBe(false);
  await pass(SECOND);
  expect(slept).toBe(true);
  expect(kernel.init.clock_nanosleep(1, 0, 0n)).toBeUndefined();
});

test("sleeping until a time, on either clock", async () => {
  const { init } = kernel;
  const woken: string[] = [];
  void Promise.resolve(init.clock_nanosleep(1, 1, 4n * SECOND)).then(() => woken.push("monotonic"));
  void Promise.resolve(init.clock_nanosleep(0, 1, 10_102n * SECOND)).then(() => woken.push("real"));
  expect(init.clock_nanosleep(0, 1, 10_099n * SECOND)).toBeUndefined();
  await pass(2n * SECOND);
  expect(woken).toEqual(["real"]);
  await pass(2n * SECOND);
  expect(woken).toEqual(["real", "monotonic"]);
});

test("a sleep far beyond the host's longest timer goes on when that fires", async () => {
  const YEAR = 365n * 86_400n * SECOND;
  let slept = false;
  void Promise.resolve(kernel.init.clock_nanosleep(1, 0, YEAR)).then(() => {
    slept = true;
  });
  await pass(30n * 86_400n * SECOND);
  expect(slept).toBe(false);
  for (let month = 0; month < 11; month++) await pass(30n * 86_400n * SECOND);
  expect(slept).toBe(false);
  await pass(6n * 86_400n * SECOND);
  expect(slept).toBe(true);
  expect(timers).toEqual([]);
});

test("a signal ends a sleep, and its timer", async () => {
  const { init } = kernel;
  let code = "";
  const pid = init.fork(async (sys) => {
    now(sys.rt_sigaction(Signal.SIGUSR1, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
    code = await codeOf(() => sys.clock_nanosleep(1, 0, SECOND));
    return 0;
  });
  await turns();
  expect(timers.length).toBe(1);
  await init.kill(pid, Signal.SIGUSR1);
  await init.wait4(pid, 0);
  expect([code, timers.length]).toEqual(["EINTR", 0]);
});

test("a stopped sleeper has slept when it continues in time, and sleeps on otherwise", async () => {
  const { init } = kernel;
  const pid = init.fork(async (sys) => {
    await sys.clock_nanosleep(1, 0, 10n * SECOND);
    return 0;
  });
  await pass(SECOND);
  await init.kill(pid, Signal.SIGSTOP);
  await pass(SECOND);
  await init.kill(pid, Signal.SIGCONT);
  await turns();
  expect(kernel.processes.get(pid)?.state).toBe("running");
  await init.kill(pid, Signal.SIGSTOP);
  await pass(20n * SECOND);
  expect(kernel.processes.get(pid)?.state).toBe("stopped");
  await init.kill(pid, Signal.SIGCONT);
  await turns();
  expect(kernel.processes.get(pid)?.state).toBe("zombie");
});

test("an interval timer that missed periods sends one signal and keeps its beat", async () => {
  const { init } = kernel;
  let count = 0;
  const pid = init.fork(async (sys) => {
    now(sys.rt_sigaction(Signal.SIGALRM, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
    now(sys.setitimer(0, { value: SECOND, interval: SECOND }));
    for (;;) {
      await codeOf(() => sys.rt_sigsuspend(0n));
      if (now(sys.sigtake()).signal === Signal.SIGALRM) count++;
      now(sys.rt_sigprocmask(2, 0n));
    }
  });
  await turns();
  await pass(SECOND / 2n);
  expect(count).toBe(0);
  await pass(SECOND / 2n);
  expect(count).toBe(1);
  await pass((7n * SECOND) / 2n);
  expect(count).toBe(2);
  await pass(SECOND / 2n);
  expect(count).toBe(3);
  await init.kill(pid, Signal.SIGKILL);
  expect(timers).toEqual([]);
});

test("what cannot be slept on is refused", async () => {
  const { init } = kernel;
  expect(await codeOf(() => init.clock_nanosleep(1, 2, 0n))).toBe("EINVAL");
  expect(await codeOf(() => init.clock_nanosleep(1, 0, -1n))).toBe("EINVAL");
  expect(await codeOf(() => init.clock_nanosleep(99, 0, 1n))).toBe("EINVAL");
  expect(await codeOf(() => init.clock_nanosleep(3, 0, 1n))).toBe("EINVAL");
  expect(await codeOf(() => init.clock_nanosleep(2, 0, 1n))).toBe("EOPNOTSUPP");
});

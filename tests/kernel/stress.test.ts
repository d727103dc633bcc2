/** Many processes that do everything to each other at once; afterwards nothing is left of them. */
import { afterEach, expect, test } from "vitest";
import {
  AT_FDCWD,
  type Kernel,
  KernelError,
  type Main,
  O_NONBLOCK,
  O_RDWR,
  POLLIN,
  S_IFIFO,
  SA_RESTART,
  SIG_CATCH,
  SIG_IGN,
  Signal,
  type Sys,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from "../../kernel/index.ts";
import { bootKernel, NO_ATTRIBUTES, now, turns } from "./boot.ts";
import { type Random, seeded } from "./random.ts";

let kernel: Kernel;
afterEach(() => kernel.shutdown());

/** A deed of a random program; most errors are part of life. */
type Deed = (sys: Sys, random: Random, depth: number) => unknown;

const SIGNALS = [
  Signal.SIGINT,
  Signal.SIGTERM,
  Signal.SIGSTOP,
  Signal.SIGTSTP,
  Signal.SIGCONT,
  Signal.SIGUSR1,
  Signal.SIGCHLD,
  Signal.SIGKILL,
  40,
];

const anyone = (random: Random) => random.pick(kernel.processes.all()).pid;
const anyFd = (sys: Sys, random: Random) =>
  random.pick(kernel.processes.get(sys.pid)?.fds.numbers() ?? []) ?? 99;

const deeds: Deed[] = [
  (sys, random, depth) => {
    if (depth < 4) sys.fork(program(random.below(2 ** 31), depth + 1));
  },
  (sys, random, depth) => {
    if (depth < 4) sys.fork(program(random.below(2 ** 31), depth + 1), { pgroup: 0 });
  },
  (sys) => sys.spawn("/bin/nothing", ["x"], [], [], NO_ATTRIBUTES),
  (sys, random) =>
    sys.wait4(-1, random.pick([0, WNOHANG, WUNTRACED | WNOHANG, WCONTINUED | WNOHANG])),
  (sys, random) => sys.kill(anyone(random), random.pick(SIGNALS)),
  (sys, random) => {
    const pid = anyone(random);
    // All of them at once only now and then.
    return pid > 1 || random.below(20) === 0 ? sys.kill(-pid, random.pick(SIGNALS)) : undefined;
  },
  (sys, random) => sys.setpgid(0, random.pick([0, anyone(random)])),
  (sys) => sys.setsid(),
  (sys, random) => sys.pipe2(random.pick([0, O_NONBLOCK])),
  (sys, random) => sys.dup(anyFd(sys, random)),
  (sys, random) => sys.dup3(anyFd(sys, random), random.below(20), 0),
  (sys, random) => sys.close(anyFd(sys, random)),
  (sys, random) => sys.read(anyFd(sys, random), new Uint8Array(random.below(5000))),
  (sys, random) => sys.write(anyFd(sys, random), new Uint8Array(random.below(70_000))),
  (sys, random) => sys.openat(AT_FDCWD, "/tmp/fifo", random.pick([0, 1, O_RDWR, O_NONBLOCK]), 0),
  (sys, random) =>
    sys.ppoll([{ fd: anyFd(sys, random), events: POLLIN }], BigInt(random.below(300_000)), 0n),
  (sys, random) => sys.clock_nanosleep(1, 0, BigInt(random.below(300_000))),
  (sys, random) => sys.setitimer(0, { value: BigInt(random.below(3_000_000)), interval: 0n }),
  (sys, random) =>
    sys.rt_sigaction(random.pick(SIGNALS), {
      handler: random.pick([0, SIG_IGN, SIG_CATCH, SIG_CATCH]),
      mask: BigInt(random.below(2 ** 20)),
      flags: random.pick([0, SA_RESTART]),
    }),
  (sys, random) => sys.rt_sigprocmask(random.below(3), BigInt(random.below(2 ** 20))),
  (sys) => sys.sigtake(),
  (sys) => sys.checkpoint(),
  (sys, random) => {
    if (random.below(10) === 0) return sys.execve("/bin/nothing", ["x"], []);
  },
  (_sys, random) => {
    if (random.below(50) === 0) throw new Error("a program's own fault");
  },
];

function program(seed: number, depth: number): Main {
  return async (sys) => {
    const random = seeded(seed);
    for (let i = 0; i < 40; i++) {
      try {
        await random.pick(deeds)(sys, random, depth);
        performed++;
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
      }
      // Nobody waits for ever: what has no timeout ends by the alarm.
      if (i % 8 === 0) now(sys.setitimer(0, { value: 2_000_000n, interval: 2_000_000n }));
    }
    return 0;
  };
}

/** Waits for whichever children of pid 1 have ended. */
async function reapAll(): Promise<void> {
  try {
    while ((await kernel.init.wait4(-1, WNOHANG)).pid > 0) ended++;
  } catch (reason) {
    if (!(reason instanceof KernelError && reason.code === "ECHILD")) throw reason;
  }
}
let ended = 0;
let performed = 0;

test("random programs leave a whole machine and nothing of themselves", async () => {
  kernel = bootKernel({ nothing: () => 0 }, { limits: { processes: 100 } });
  const { init } = kernel;
  now(init.mknodat(AT_FDCWD, "/tmp/fifo", S_IFIFO | 0o666, 0));
  const random = seeded(7);
  for (let round = 0; round < 60; round++) {
    for (let i = 0; i < 4; i++) {
      try {
        init.fork(program(random.below(2 ** 31), 0), { pgroup: 0 });
      } catch (reason) {
        // The machine is full for the moment.
        expect(reason).toBeInstanceOf(KernelError);
      }
    }
    await turns(2);
    await reapAll();
  }
  if (kernel.processes.size > 1) await init.kill(-1, Signal.SIGKILL);
  await turns();
  await reapAll();
  expect(ended).toBeGreaterThan(50);
  expect(performed).toBeGreaterThan(1000);
  expect(kernel.processes.all().map(({ pid }) => pid)).toEqual([1]);
  expect(kernel.processes.get(1)?.fds.numbers()).toEqual([]);
  expect(kernel.processes.get(1)?.children.size).toBe(0);
  expect(kernel.processes.group(1)?.members.size).toBe(1);
  // The machine still works, and nobody has the FIFO open any more.
  const fifo = () => init.openat(AT_FDCWD, "/tmp/fifo", 1 | O_NONBLOCK, 0);
  expect(fifo).toThrow(expect.objectContaining({ code: "ENXIO" }));
  const pid = init.fork(() => 7);
  expect((await init.wait4(pid, 0)).status).toBe(7 << 8);
});

test("a fork bomb meets EAGAIN; the machine stays usable and can be rid of it", async () => {
  kernel = bootKernel({}, { limits: { processes: 50 } });
  const { init } = kernel;
  let refused = 0;
  const bomb: Main = async (sys) => {
    for (;;) {
      try {
        sys.fork(bomb);
      } catch (reason) {
        if (!(reason instanceof KernelError && reason.code === "EAGAIN")) throw reason;
        refused++;
      }
      await sys.checkpoint();
      await sys.clock_nanosleep(1, 0, 100_000n);
    }
  };
  const first = init.fork(bomb, { pgroup: 0 });
  while (refused < 100) await turns(1);
  expect(kernel.processes.size).toBe(50);
  expect(now(init.getpid())).toBe(1);
  await init.kill(-first, Signal.SIGKILL);
  expect((await init.wait4(first, 0)).status).toBe(Signal.SIGKILL);
  await turns();
  expect(kernel.processes.size).toBe(1);
  const pid = init.fork(() => 0);
  expect((await init.wait4(pid, 0)).status).toBe(0);
});

test("two machines in one thread never meet", async () => {
  kernel = bootKernel();
  const other = bootKernel();
  const pid = kernel.init.fork(async (sys) => {
    await sys.rt_sigsuspend(0n);
    return 0;
  });
  expect(() => other.init.kill(pid, Signal.SIGKILL)).toThrow(
    expect.objectContaining({ code: "ESRCH" }),
  );
  other.shutdown();
  await turns();
  expect(kernel.processes.get(pid)?.state).toBe("running");
});

/** Signals between processes: actions, masks, permission, taking them, waiting for them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  bit,
  decodeStatus,
  type Kernel,
  type Main,
  POLLIN,
  SA_NODEFER,
  SA_RESETHAND,
  SIG_BLOCK,
  SIG_CATCH,
  SIG_DFL,
  SIG_IGN,
  SIG_SETMASK,
  SIG_UNBLOCK,
  Signal,
  type Sys,
  WNOHANG,
  WUNTRACED,
} from "../../../kernel/index.ts";
import { bootKernel, codeOf, now, recorded, run, turns } from "../boot.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootKernel();
});
afterEach(() => kernel.shutdown());

const pause: Main = async (sys) => {
  await sys.rt_sigsuspend(0n);
  return 0;
};

function act(sys: Sys, signal: number, handler: number, flags = 0, mask = 0n) {
  return now(sys.rt_sigaction(signal, { handler, mask, flags }));
}

function takeAll(sys: Sys): number[] {
  const taken: number[] = [];
  for (;;) {
    const { signal } = now(sys.sigtake());
    if (signal === 0) return taken;
    taken.push(signal);
  }
}

describe("default actions", () => {
  test.each([
    [Signal.SIGTERM, { signaled: Signal.SIGTERM }],
    [Signal.SIGABRT, { signaled: Signal.SIGABRT }],
    [Signal.SIGUSR1, { signaled: Signal.SIGUSR1 }],
    [40, { signaled: 40 }],
    [Signal.SIGSTOP, { stopped: Signal.SIGSTOP }],
  ])("signal %i", async (signal, outcome) => {
    const { init } = kernel;
    const pid = init.fork(pause);
    await init.kill(pid, signal);
    expect(decodeStatus(await init.wait4(pid, WUNTRACED))).toMatchObject(outcome);
  });

  test.each([Signal.SIGCHLD, Signal.SIGURG, Signal.SIGWINCH, Signal.SIGCONT])(
    "signal %i does nothing",
    async (signal) => {
      const { init } = kernel;
      const pid = init.fork(pause);
      await init.kill(pid, signal);
      await turns();
      expect((await init.wait4(pid, WNOHANG | WUNTRACED)).pid).toBe(0);
    },
  );

  test("a signal to oneself acts before kill returns", async () => {
    const steps: string[] = [];
    const status = await run(kernel, async (sys) => {
      await sys.kill(sys.pid, Signal.SIGTERM);
      steps.push("after");
      return 0;
    });
    expect([status, steps]).toEqual([Signal.SIGTERM, []]);
  });
});

describe("masks and pending signals", () => {
  test("a blocked signal waits, and acts when it is unblocked", async () => {
    const notes: unknown[] = [];
    const status = await run(kernel, async (sys) => {
      now(sys.rt_sigprocmask(SIG_BLOCK, bit(Signal.SIGTERM)));
      await sys.kill(sys.pid, Signal.SIGTERM);
      notes.push(now(sys.rt_sigpending()) === bit(Signal.SIGTERM));
      now(sys.rt_sigprocmask(SIG_UNBLOCK, bit(Signal.SIGTERM)));
      notes.push("not reached");
      return 0;
    });
    expect([status, notes]).toEqual([Signal.SIGTERM, [true]]);
  });

  test("SIGKILL and SIGSTOP are neither blocked, caught nor ignored", async () => {
    const notes = await recorded(kernel, async (sys, note) => {
      now(sys.rt_sigprocmask(SIG_SETMASK, 2n ** 64n - 1n));
      note((now(sys.rt_sigprocmask(SIG_BLOCK, undefined)) & (bit(9) | bit(19))) === 0n);
      for (const signal of [Signal.SIGKILL, Signal.SIGSTOP]) {
        note(await codeOf(() => act(sys, signal, SIG_IGN)));
        note(await codeOf(() => sys.rt_sigaction(signal, undefined)));
      }
      note(await codeOf(() => sys.rt_sigaction(0, undefined)));
      note(await codeOf(() => sys.rt_sigaction(65, undefined)));
      note(await codeOf(() => act(sys, Signal.SIGINT, 3)));
      note(await codeOf(() => sys.rt_sigprocmask(3, 0n)));
      note(await codeOf(() => sys.kill(sys.pid, 65)), await codeOf(() => sys.kill(sys.pid, -1)));
    });
    expect(notes).toEqual([
      true,
      ...["EINVAL", "OK", "EINVAL", "OK"],
      ...["EINVAL", "EINVAL", "EINVAL", "EINVAL", "EINVAL", "EINVAL"],
    ]);
  });

  test("ignoring drops what is pending; a default that ignores does, too", async () => {
    const notes = await recorded(kernel, async (sys, note) => {
      now(sys.rt_sigprocmask(SIG_SETMASK, bit(Signal.SIGUSR1) | bit(Signal.SIGCHLD)));
      await sys.kill(sys.pid, Signal.SIGUSR1);
      act(sys, Signal.SIGCHLD, SIG_CATCH);
      await sys.kill(sys.pid, Signal.SIGCHLD);
      note(now(sys.rt_sigpending()) === (bit(Signal.SIGUSR1) | bit(Signal.SIGCHLD)));
      act(sys, Signal.SIGUSR1, SIG_IGN);
      act(sys, Signal.SIGCHLD, SIG_DFL);
      note(now(sys.rt_sigpending()));
      act(sys, Signal.SIGUSR1, SIG_CATCH);
      now(sys.rt_sigprocmask(SIG_SETMASK, 0n));
      note(sys.signalPending);
    });
    expect(notes).toEqual([true, 0n, false]);
  });

  test("a standard signal is pending once, a real-time signal as often as it was sent", async () => {
    const notes = await recorded(kernel, async (sys, note) => {
      act(sys, Signal.SIGUSR1, SIG_CATCH, SA_NODEFER);
      act(sys, 40, SIG_CATCH, SA_NODEFER);
      for (let i = 0; i < 3; i++) {
        await sys.kill(sys.pid, 40);
        await sys.kill(sys.pid, Signal.SIGUSR1);
      }
      note(...takeAll(sys));
    });
    expect(notes).toEqual([Signal.SIGUSR1, 40, 40, 40]);
  });

  test("SIGCONT drops pending stops, and a stop a pending SIGCONT", async () => {
    const notes = await recorded(kernel, async (sys, note) => {
      act(sys, Signal.SIGCONT, SIG_CATCH);
      now(sys.rt_sigprocmask(SIG_SETMASK, bit(Signal.SIGTSTP) | bit(Signal.SIGCONT)));
      await sys.kill(sys.pid, Signal.SIGTSTP);
      await sys.kill(sys.pid, Signal.SIGCONT);
      note(now(sys.rt_sigpending()) === bit(Signal.SIGCONT));
      await sys.kill(sys.pid, Signal.SIGTSTP);
      note(now(sys.rt_sigpending()) === bit(Signal.SIGTSTP));
      await sys.kill(sys.pid, Signal.SIGCONT);
    });
    expect(notes).toEqual([true, true]);
  });

  test("a stopped process keeps signals for later, but SIGKILL and SIGCONT act", async () => {
    const { init } = kernel;
    const pid = init.fork(pause);
    await init.kill(pid, Signal.SIGSTOP);
    await init.kill(pid, Signal.SIGTERM);
    expect(kernel.processes.get(pid)?.state).toBe("stopped");
    await init.kill(pid, Signal.SIGCONT);
    expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGTERM);
  });

  test("SIGCONT continues even where it is blocked or ignored", async () => {
    const { init } = kernel;
    for (const handler of [SIG_IGN, SIG_DFL]) {
      const pid = init.fork(async (sys) => {
        act(sys, Signal.SIGCONT, handler);
        now(sys.rt_sigprocmask(SIG_SETMASK, bit(Signal.SIGCONT)));
        await sys.kill(sys.pid, Signal.SIGSTOP);
        return 4;
      });
      await init.wait4(pid, WUNTRACED);
      await init.kill(pid, Signal.SIGCONT);
      expect((await init.wait4(pid, 0)).status).toBe(4 << 8);
    }
  });
});

describe("sigtake", () => {
  test("blocks the signal and its action's mask until the mask is restored", async () => {
    const notes = await recorded(kernel, async (sys, note) => {
      act(sys, Signal.SIGUSR1, SIG_CATCH, 0, bit(Signal.SIGUSR2));
      act(sys, Signal.SIGUSR2, SIG_CATCH);
      now(sys.rt_sigprocmask(SIG_SETMASK, bit(Signal.SIGHUP)));
      await sys.kill(sys.pid, Signal.SIGUSR1);
      const taken = now(sys.sigtake());
      note(taken.signal, taken.restoreMask === bit(Signal.SIGHUP));
      await sys.kill(sys.pid, Signal.SIGUSR1);
      await sys.kill(sys.pid, Signal.SIGUSR2);
      note(sys.signalPending);
      now(sys.rt_sigprocmask(SIG_SETMASK, taken.restoreMask));
      note(sys.signalPending, now(sys.sigtake()).signal);
    });
    expect(notes).toEqual([Signal.SIGUSR1, true, false, true, Signal.SIGUSR1]);
  });

  test("SA_NODEFER does not block it, SA_RESETHAND forgets the action", async () => {
    const status = await run(kernel, async (sys) => {
      act(sys, Signal.SIGUSR1, SIG_CATCH, SA_NODEFER | SA_RESETHAND);
      await sys.kill(sys.pid, Signal.SIGUSR1);
      if (now(sys.sigtake()).signal !== Signal.SIGUSR1) return 1;
      if (now(sys.rt_sigaction(Signal.SIGUSR1, undefined)).handler !== SIG_DFL) return 2;
      await sys.kill(sys.pid, Signal.SIGUSR1);
      return 3;
    });
    expect(status).toBe(Signal.SIGUSR1);
  });
});

describe("waiting for a signal", () => {
  test("sigsuspend waits under its mask, and the old one is back afterwards", async () => {
    const { init } = kernel;
    const notes: unknown[] = [];
    const pid = init.fork(async (sys) => {
      act(sys, Signal.SIGUSR1, SIG_CATCH);
      act(sys, Signal.SIGUSR2, SIG_CATCH);
      const old = bit(Signal.SIGUSR1);
      now(sys.rt_sigprocmask(SIG_SETMASK, old));
      notes.push(await codeOf(() => sys.rt_sigsuspend(bit(Signal.SIGUSR2))));
      const taken = now(sys.sigtake());
      notes.push(taken.signal, taken.restoreMask === old);
      now(sys.rt_sigprocmask(SIG_SETMASK, taken.restoreMask));
      notes.push(now(sys.sigtake()).signal);
      return 0;
    });
    await turns();
    await init.kill(pid, Signal.SIGUSR2);
    await turns();
    expect(notes).toEqual([]);
    await init.kill(pid, Signal.SIGUSR1);
    await init.wait4(pid, 0);
    expect(notes).toEqual(["EINTR", Signal.SIGUSR1, true, Signal.SIGUSR2]);
  });

  test("sigsuspend returns at once for what is already pending", async () => {
    const notes = await recorded(kernel, async (sys, note) => {
      act(sys, Signal.SIGUSR1, SIG_CATCH);
      now(sys.rt_sigprocmask(SIG_SETMASK, bit(Signal.SIGUSR1)));
      await sys.kill(sys.pid, Signal.SIGUSR1);
      note(await codeOf(() => sys.rt_sigsuspend(0n)), now(sys.sigtake()).signal);
    });
    expect(notes).toEqual(["EINTR", Signal.SIGUSR1]);
  });

  test("a mask that lets a deadly signal through is deadly", async () => {
    const status = await run(kernel, async (sys) => {
      now(sys.rt_sigprocmask(SIG_SETMASK, bit(Signal.SIGTERM)));
      await sys.kill(sys.pid, Signal.SIGTERM);
      await codeOf(() => sys.rt_sigsuspend(0n));
      return 0;
    });
    expect(status).toBe(Signal.SIGTERM);
  });

  test("ppoll restores the mask when it ends without a signal, and then lets signals in", async () => {
    const { init } = kernel;
    const [fd, writer] = now(init.pipe2(0)) as [number, number];
    const notes: unknown[] = [];
    const pid = init.fork(async (sys) => {
      act(sys, Signal.SIGUSR1, SIG_CATCH);
      notes.push(await sys.ppoll([{ fd, events: POLLIN }], undefined, bit(Signal.SIGUSR1)));
      notes.push(now(sys.rt_sigprocmask(SIG_BLOCK, undefined)), now(sys.sigtake()).signal);
      now(sys.rt_sigprocmask(SIG_SETMASK, bit(Signal.SIGUSR1)));
      await sys.kill(sys.pid, Signal.SIGUSR1);
      notes.push(await codeOf(() => sys.ppoll([], undefined, 0n)), now(sys.sigtake()).signal);
      return 0;
    });
    await turns();
    await init.kill(pid, Signal.SIGUSR1);
    await turns();
    now(init.write(writer, new Uint8Array(1)));
    await init.wait4(pid, 0);
    expect(notes).toEqual([[POLLIN], 0n, Signal.SIGUSR1, "EINTR", Signal.SIGUSR1]);
  });

  test("ppoll prefers what is ready to a signal", async () => {
    const notes = await recorded(kernel, async (sys, note) => {
      const [reader, writer] = now(sys.pipe2(0)) as [number, number];
      now(sys.write(writer, new Uint8Array(1)));
      act(sys, Signal.SIGUSR1, SIG_CATCH);
      now(sys.rt_sigprocmask(SIG_SETMASK, bit(Signal.SIGUSR1)));
      await sys.kill(sys.pid, Signal.SIGUSR1);
      note(await sys.ppoll([{ fd: reader, events: POLLIN }], undefined, 0n));
      note(now(sys.sigtake()).signal);
    });
    expect(notes).toEqual([[POLLIN], Signal.SIGUSR1]);
  });
});

describe("who may signal whom", () => {
  /** A process that belongs to these users. */
  async function processOf(real: number, effective: number, saved: number): Promise<number> {
    const pid = kernel.init.fork(async (sys) => {
      now(sys.setresuid(real, effective, saved));
      return pause(sys);
    });
    await turns();
    return pid;
  }

  const from = (real: number, effective: number, to: number, signal = Signal.SIGURG as number) =>
    recorded(kernel, async (sys, note) => {
      now(sys.setresuid(real, effective, effective));
      note(await codeOf(() => sys.kill(to, signal)));
    }).then(([code]) => code);

  test("the sender's real or effective user must be the target's real or saved one", async () => {
    const target = await processOf(10, 11, 12);
    expect(await from(10, 99, target)).toBe("OK");
    expect(await from(99, 10, target)).toBe("OK");
    expect(await from(12, 99, target)).toBe("OK");
    expect(await from(11, 11, target)).toBe("EPERM");
    expect(await from(99, 99, target)).toBe("EPERM");
    expect(await from(0, 0, target)).toBe("OK");
    expect(await from(99, 99, target, 0)).toBe("EPERM");
    expect(await from(99, 99, 30_000)).toBe("ESRCH");
  });

  test("SIGCONT goes to anybody in the session", async () => {
    const target = await processOf(10, 10, 10);
    expect(await from(99, 99, target, Signal.SIGCONT)).toBe("OK");
    expect(await from(99, 99, target, Signal.SIGTERM)).toBe("EPERM");
  });

  test("-1 means everybody whom one may reach, but oneself and pid 1", async () => {
    const mine = await processOf(10, 10, 10);
    const others = await processOf(20, 20, 20);
    expect(await from(10, 10, -1, Signal.SIGTERM)).toBe("OK");
    expect((await kernel.init.wait4(mine, 0)).status).toBe(Signal.SIGTERM);
    expect(kernel.processes.get(others)?.state).toBe("running");
    expect(await from(10, 10, -1, 0)).toBe("EPERM");
  });

  test("a zombie can be signalled, to no effect", async () => {
    const pid = kernel.init.fork(() => 5);
    await turns();
    expect(await codeOf(() => kernel.init.kill(pid, Signal.SIGKILL))).toBe("OK");
    expect((await kernel.init.wait4(pid, 0)).status).toBe(5 << 8);
    expect(await codeOf(() => kernel.init.kill(pid, 0))).toBe("ESRCH");
  });
});

describe("the interval timer", () => {
  test("sends SIGALRM once, or again and again", async () => {
    const notes = await recorded(kernel, async (sys, note) => {
      act(sys, Signal.SIGALRM, SIG_CATCH);
      now(sys.setitimer(0, { value: 2_000_000n, interval: 0n }));
      note(now(sys.getitimer(0)).value > 0n);
      note(await codeOf(() => sys.rt_sigsuspend(0n)), now(sys.sigtake()).signal);
      now(sys.rt_sigprocmask(SIG_SETMASK, 0n));
      note(now(sys.getitimer(0)).value);
      now(sys.setitimer(0, { value: 1n, interval: 1_000_000n }));
      for (let i = 0; i < 3; i++) {
        note(await codeOf(() => sys.rt_sigsuspend(0n)), now(sys.sigtake()).signal);
        now(sys.rt_sigprocmask(SIG_SETMASK, 0n));
      }
      const old = now(sys.setitimer(0, { value: 0n, interval: 0n }));
      note(old.interval, now(sys.getitimer(0)));
      note(await codeOf(() => sys.setitimer(1, { value: 1n, interval: 0n })));
      note(await codeOf(() => sys.setitimer(0, { value: -1n, interval: 0n })));
    });
    const alarm = ["EINTR", Signal.SIGALRM];
    expect(notes).toEqual([
      true,
      ...alarm,
      0n,
      ...[...alarm, ...alarm, ...alarm],
      1_000_000n,
      { value: 0n, interval: 0n },
      "EINVAL",
      "EINVAL",
    ]);
  });

  test("kills who does not catch it, is not inherited, and ends with its process", async () => {
    const status = await run(kernel, async (sys) => {
      now(sys.setitimer(0, { value: 3_000_000n, interval: 0n }));
      const child = sys.fork((sys) => (now(sys.getitimer(0)).value === 0n ? 0 : 1));
      if ((await sys.wait4(child, 0)).status !== 0) return 1;
      await sys.rt_sigsuspend(0n);
      return 2;
    });
    expect(status).toBe(Signal.SIGALRM);
  });
});

test("an endless loop that gives way can be stopped, continued and killed", async () => {
  const { init } = kernel;
  let rounds = 0;
  const pid = init.fork(async (sys) => {
    for (;;) {
      rounds++;
      const pending = sys.checkpoint();
      if (pending) await pending;
    }
  });
  while (rounds === 0) await turns(1);
  await init.kill(pid, Signal.SIGSTOP);
  expect(decodeStatus(await init.wait4(pid, WUNTRACED))).toMatchObject({ stopped: Signal.SIGSTOP });
  await turns();
  const then = rounds;
  await turns();
  expect(rounds).toBe(then);
  await init.kill(pid, Signal.SIGCONT);
  while (rounds === then) await turns(1);
  await init.kill(pid, Signal.SIGKILL);
  expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
  await turns();
  const end = rounds;
  await turns();
  expect(rounds).toBe(end);
});

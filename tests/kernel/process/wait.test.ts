/** Children: ending, being waited for, being left behind. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  decodeStatus,
  decodeUtf8,
  encodeUtf8,
  type Kernel,
  type Main,
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SIG_CATCH,
  SIG_IGN,
  Signal,
  WCONTINUED,
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

const exits =
  (status: number): Main =>
  () =>
    status;

test("a status is eight bits wide", async () => {
  for (const status of [0, 1, 255, 256, -1]) {
    expect(await run(kernel, exits(status))).toBe((status & 0xff) << 8);
  }
});

test("exit ends the process at once and unwinds its program", async () => {
  const steps: string[] = [];
  const status = await run(kernel, async (sys) => {
    try {
      steps.push("before");
      await sys.exit(3);
      steps.push("after");
    } finally {
      steps.push("unwound");
    }
    return 0;
  });
  expect(status).toBe(3 << 8);
  expect(steps).toEqual(["before", "unwound"]);
});

test("wait4 chooses by pid, group, own group, or takes any", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const a = sys.fork(exits(1));
    const b = sys.fork(exits(2), { pgroup: 0 });
    const c = sys.fork(exits(3));
    note((await sys.wait4(-b, 0)).pid === b);
    note((await sys.wait4(c, 0)).pid === c);
    note((await sys.wait4(0, 0)).pid === a);
    const d = sys.fork(exits(4), { pgroup: 0 });
    note(await codeOf(() => sys.wait4(0, 0)), await codeOf(() => sys.wait4(-a, 0)));
    note((await sys.wait4(-1, 0)).pid === d);
    note(await codeOf(() => sys.wait4(-1, 0)), await codeOf(() => sys.wait4(d, 0)));
    note(await codeOf(() => sys.wait4(-1, 64)));
  });
  expect(notes).toEqual([true, true, true, "ECHILD", "ECHILD", true, "ECHILD", "ECHILD", "EINVAL"]);
});

test("WNOHANG reports nothing yet", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const child = sys.fork(pause);
    note((await sys.wait4(child, WNOHANG)).pid);
    await sys.kill(child, Signal.SIGTERM);
    const { pid, status } = await sys.wait4(child, WNOHANG);
    note(pid === child, decodeStatus({ status }).signaled);
  });
  expect(notes).toEqual([0, true, Signal.SIGTERM]);
});

test("another process's child is none of ours", async () => {
  const other = kernel.init.fork(pause);
  const notes = await recorded(kernel, async (sys, note) => {
    note(await codeOf(() => sys.wait4(other, WNOHANG)));
  });
  expect(notes).toEqual(["ECHILD"]);
});

test("stops and continues are reported once each, to those who ask", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const child = sys.fork(pause);
    const show = ({ pid, status }: { pid: number; status: number }) =>
      note(pid === child ? decodeStatus({ status }) : "nothing");
    await sys.kill(child, Signal.SIGSTOP);
    show(await sys.wait4(child, WNOHANG));
    show(await sys.wait4(child, WUNTRACED));
    show(await sys.wait4(child, WUNTRACED | WNOHANG));
    await sys.kill(child, Signal.SIGCONT);
    show(await sys.wait4(child, WUNTRACED | WNOHANG));
    show(await sys.wait4(child, WCONTINUED));
    show(await sys.wait4(child, WCONTINUED | WNOHANG));
    await sys.kill(child, Signal.SIGTSTP);
    await sys.kill(child, Signal.SIGKILL);
    show(await sys.wait4(child, WUNTRACED));
  });
  expect(notes).toMatchObject([
    "nothing",
    { stopped: Signal.SIGSTOP },
    "nothing",
    "nothing",
    { continued: true },
    "nothing",
    { signaled: Signal.SIGKILL },
  ]);
});

test("a parent that waits hears of a child that ends later", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const child = sys.fork(async (sys) => {
      await sys.clock_nanosleep(1, 0, 5_000_000n);
      return 9;
    });
    note(decodeStatus(await sys.wait4(child, 0)).exited);
  });
  expect(notes).toEqual([9]);
});

test("SIGCHLD comes for ends and stops, with SA_NOCLDSTOP for ends alone", async () => {
  for (const flags of [0, SA_NOCLDSTOP]) {
    const notes = await recorded(kernel, async (sys, note) => {
      now(sys.rt_sigaction(Signal.SIGCHLD, { handler: SIG_CATCH, mask: 0n, flags }));
      const child = sys.fork(pause);
      await turns();
      await sys.kill(child, Signal.SIGSTOP);
      note(now(sys.sigtake()).signal);
      now(sys.rt_sigprocmask(2, 0n));
      await sys.kill(child, Signal.SIGKILL);
      note(now(sys.sigtake()).signal);
    });
    expect(notes).toEqual([flags === 0 ? Signal.SIGCHLD : 0, Signal.SIGCHLD]);
  }
});

test("a parent that ignores SIGCHLD, or sets SA_NOCLDWAIT, has no zombies", async () => {
  for (const action of [
    { handler: SIG_IGN, mask: 0n, flags: 0 },
    { handler: SIG_CATCH, mask: 0n, flags: SA_NOCLDWAIT },
  ]) {
    const notes = await recorded(kernel, async (sys, note) => {
      now(sys.rt_sigaction(Signal.SIGCHLD, action));
      now(sys.rt_sigprocmask(2, 1n << BigInt(Signal.SIGCHLD - 1)));
      const children = [sys.fork(exits(1)), sys.fork(pause)];
      const waiting = codeOf(() => sys.wait4(-1, 0));
      await turns();
      note(kernel.processes.get(children[0] as number) === undefined);
      await sys.kill(children[1] as number, Signal.SIGKILL);
      note(await waiting);
    });
    expect(notes).toEqual([true, "ECHILD"]);
  }
});

test("the children of the dead are pid 1's, which reaps them", async () => {
  const { init } = kernel;
  const [reader, writer] = now(init.pipe2(0)) as [number, number];
  let grandchild = 0;
  let parentThen = 0;
  const status = await run(kernel, (sys) => {
    grandchild = sys.fork(async (sys) => {
      await sys.read(reader, new Uint8Array(1));
      parentThen = now(sys.getppid());
      return 0;
    });
    sys.fork(exits(0));
    return 0;
  });
  expect(status).toBe(0);
  await turns();
  expect(kernel.processes.all().map(({ pid }) => pid)).toEqual([1, grandchild]);
  expect(await codeOf(() => init.wait4(-1, WNOHANG))).toBe("ECHILD");
  now(init.write(writer, new Uint8Array(1)));
  while (kernel.processes.get(grandchild)) await turns(1);
  expect(parentThen).toBe(1);
  expect(kernel.processes.size).toBe(1);
});

test("what a process had open is closed before its parent hears of its end", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const [reader, writer] = now(sys.pipe2(0)) as [number, number];
    const child = sys.fork(async (sys) => {
      await sys.write(writer, encodeUtf8("last"));
      return 0;
    });
    now(sys.close(writer));
    await sys.wait4(child, 0);
    const buffer = new Uint8Array(9);
    note(decodeUtf8(buffer, 0, now(sys.read(reader, buffer))), now(sys.read(reader, buffer)));
  });
  expect(notes).toEqual(["last", 0]);
});

test("an exception that a program does not catch ends it alone, with a word on its stderr", async () => {
  const { init } = kernel;
  const [reader, writer] = now(init.pipe2(0)) as [number, number];
  const status = await run(kernel, (sys) => {
    now(sys.dup3(writer, 2, 0));
    throw new Error("out of luck");
  });
  expect(decodeStatus({ status }).signaled).toBe(Signal.SIGABRT);
  const buffer = new Uint8Array(4096);
  const message = decodeUtf8(buffer, 0, now(init.read(reader, buffer)));
  expect(message).toContain("Error: out of luck");
  expect(message).toMatch(/wait\.test\.ts:\d+/);
  // The host's folders stay the host's.
  expect(message).not.toContain("/");
  const silent = await run(kernel, async () => {
    await Promise.resolve();
    throw "nobody listens";
  });
  expect(decodeStatus({ status: silent }).signaled).toBe(Signal.SIGABRT);
  expect(now(init.getpid())).toBe(1);
});

test("a crash whose stderr is a full pipe waits for nobody", async () => {
  const { init } = kernel;
  const [, writer] = now(init.pipe2(0)) as [number, number];
  now(init.write(writer, new Uint8Array(65_536)));
  const status = await run(kernel, (sys) => {
    now(sys.dup3(writer, 2, 0));
    throw new Error("x");
  });
  expect(decodeStatus({ status }).signaled).toBe(Signal.SIGABRT);
});

test("killing and waiting race without losing anybody", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    for (let round = 0; round < 50; round++) {
      const children = Array.from({ length: 4 }, () =>
        sys.fork(async (sys) => {
          for (;;) {
            await sys.clock_nanosleep(1, 0, 100_000n);
            await sys.checkpoint();
          }
        }),
      );
      if (round % 2 === 0) await turns(1);
      for (const child of children) await sys.kill(child, Signal.SIGKILL);
      for (const child of children.reverse()) {
        const { status } = await sys.wait4(child, 0);
        if (status !== Signal.SIGKILL) note(round, status);
      }
    }
    note(await codeOf(() => sys.wait4(-1, 0)));
  });
  expect(notes).toEqual(["ECHILD"]);
  expect(kernel.processes.size).toBe(1);
});

test("pid 1 neither exits nor dies", async () => {
  const { init } = kernel;
  expect(await codeOf(() => init.exit(0))).toBe("EPERM");
  expect(await codeOf(() => init.execve("/bin/x", [], []))).toBe("EPERM");
  await init.kill(1, Signal.SIGKILL);
  await init.kill(1, Signal.SIGSTOP);
  expect(await run(kernel, exits(0))).toBe(0);
});

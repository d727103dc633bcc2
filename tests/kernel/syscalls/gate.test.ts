/** The gate: what a call that waits meets — signals, stops, the end of its process or of the machine. */
import { afterEach, expect, test } from "vitest";
import {
  Errno,
  encodeUtf8,
  type Host,
  type Kernel,
  KernelError,
  type Main,
  ProcessGone,
  Restart,
  SA_RESTART,
  SIG_CATCH,
  SIG_SETMASK,
  Signal,
  type Sys,
  type TraceEvent,
} from "../../../kernel/index.ts";
import type { PipeFile } from "../../../kernel/pipes/pipe-file.ts";
import { bootKernel, nodeHost, now, turns } from "../boot.ts";

let kernel: Kernel;
afterEach(() => kernel.shutdown());

/** Starts `main` and lets it run until it waits. */
async function started(main: Main): Promise<number> {
  const pid = kernel.init.fork(main);
  await turns();
  return pid;
}

function catching(sys: Sys, signal: number, flags = 0): void {
  now(sys.rt_sigaction(signal, { handler: SIG_CATCH, mask: 0n, flags }));
}

async function errnoOf(act: () => unknown): Promise<number | undefined> {
  try {
    await act();
    return undefined;
  } catch (reason) {
    if (reason instanceof KernelError) return reason.errno;
    throw reason;
  }
}

test("a caught signal ends a wait with EINTR, and sigtake has it", async () => {
  kernel = bootKernel();
  const seen: unknown[] = [];
  const pid = await started(async (sys) => {
    const [reader] = now(sys.pipe2(0)) as [number];
    catching(sys, Signal.SIGUSR1);
    seen.push(await errnoOf(() => sys.read(reader, new Uint8Array(1))));
    seen.push(sys.signalPending, now(sys.sigtake()).signal, now(sys.sigtake()).signal);
    return 0;
  });
  await kernel.init.kill(pid, Signal.SIGUSR1);
  await kernel.init.wait4(pid, 0);
  expect(seen).toEqual([Errno.EINTR, true, Signal.SIGUSR1, 0]);
});

test("a signal that is ignored, or blocked, lets a wait go on", async () => {
  kernel = bootKernel();
  let writer = -1;
  let answer: unknown;
  const pid = await started(async (sys) => {
    const ends = now(sys.pipe2(0)) as [number, number];
    writer = ends[1];
    catching(sys, Signal.SIGUSR1);
    now(sys.rt_sigprocmask(0, 1n << BigInt(Signal.SIGUSR1 - 1)));
    answer = await sys.read(ends[0], new Uint8Array(9));
    return now(sys.rt_sigpending()) === 0n ? 1 : 0;
  });
  await kernel.init.kill(pid, Signal.SIGUSR1);
  await kernel.init.kill(pid, Signal.SIGCHLD);
  await turns();
  expect(answer).toBeUndefined();
  now(gateOf(pid).invoke("write", [writer, encodeUtf8("abc")]) as number);
  expect((await kernel.init.wait4(pid, 0)).status).toBe(0);
  expect(answer).toBe(3);
});

test("SA_RESTART restarts where the transport may and the call does", async () => {
  kernel = bootKernel();
  const pid = await started(async (sys) => {
    now(sys.pipe2(0));
    catching(sys, Signal.SIGUSR1, SA_RESTART);
    catching(sys, Signal.SIGUSR2);
    return new Promise(() => {});
  });
  const gate = gateOf(pid);
  const interrupted = async (
    name: "read" | "ppoll",
    args: unknown[],
    signal: number,
    mayRestart = true,
  ) => {
    const answer = gate.invoke(name, args, mayRestart) as Promise<unknown>;
    await kernel.init.kill(pid, signal);
    const outcome = await answer.catch((reason) => reason);
    expect(gate.invoke("sigtake", [])).toMatchObject({ signal });
    gate.invoke("rt_sigprocmask", [SIG_SETMASK, 0n]);
    return outcome;
  };
  const read = [0, new Uint8Array(1)];
  const eintr = { errno: Errno.EINTR };
  expect(await interrupted("read", read, Signal.SIGUSR1)).toBeInstanceOf(Restart);
  expect(await interrupted("read", read, Signal.SIGUSR1, false)).toMatchObject(eintr);
  expect(await interrupted("read", read, Signal.SIGUSR2)).toMatchObject(eintr);
  expect(await interrupted("ppoll", [[], undefined, undefined], Signal.SIGUSR1)).toMatchObject(
    eintr,
  );
});

test("an interrupted write returns what went in before", async () => {
  kernel = bootKernel();
  let written: unknown;
  const pid = await started(async (sys) => {
    const [, writer] = now(sys.pipe2(0)) as [number, number];
    catching(sys, Signal.SIGUSR1);
    written = await sys.write(writer, new Uint8Array(100_000));
    return 0;
  });
  await kernel.init.kill(pid, Signal.SIGUSR1);
  await kernel.init.wait4(pid, 0);
  expect(written).toBe(65_536);
});

test("killing a sleeper unwinds it and leaves no waiter behind", async () => {
  kernel = bootKernel();
  let file: PipeFile | undefined;
  const unwound: unknown[] = [];
  const pid = await started(async (sys) => {
    const [reader] = now(sys.pipe2(0)) as [number];
    file = kernel.processes.get(sys.pid)?.fds.get(reader) as PipeFile;
    try {
      await sys.read(reader, new Uint8Array(1));
    } catch (reason) {
      unwound.push(reason);
      throw reason;
    }
    return 0;
  });
  expect(file?.pipe.readable.empty).toBe(false);
  await kernel.init.kill(pid, Signal.SIGKILL);
  expect((await kernel.init.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
  await turns();
  expect(unwound).toEqual([expect.any(ProcessGone)]);
  expect(file?.pipe.readable.empty).toBe(true);
  expect(file?.pipe.readers).toBe(0);
});

test("a call that nobody waits for is no unhandled rejection", async () => {
  kernel = bootKernel();
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  const pid = kernel.init.fork((sys) => {
    const [reader] = now(sys.pipe2(0)) as [number];
    void sys.read(reader, new Uint8Array(1));
    void sys.clock_nanosleep(1, 0, 10n ** 15n);
    return 3;
  });
  expect((await kernel.init.wait4(pid, 0)).status).toBe(3 << 8);
  await turns();
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

test("a stopped process gets its answer when it continues", async () => {
  kernel = bootKernel();
  let answer: unknown;
  let writer = -1;
  const pid = await started(async (sys) => {
    const ends = now(sys.pipe2(0)) as [number, number];
    writer = ends[1];
    answer = await sys.read(ends[0], new Uint8Array(9));
    return 0;
  });
  const { fds } = gateOf(pid).process;
  const pipe = (fds.get(writer) as PipeFile).pipe;
  await kernel.init.kill(pid, Signal.SIGSTOP);
  pipe.put(encodeUtf8("late"), 0);
  await turns();
  expect(answer).toBeUndefined();
  expect(pipe.length).toBe(4);
  await kernel.init.kill(pid, Signal.SIGCONT);
  await kernel.init.wait4(pid, 0);
  expect(answer).toBe(4);
});

test("a process that stops itself stays in that call, and a stopped one can be killed", async () => {
  kernel = bootKernel();
  const steps: string[] = [];
  const main: Main = async (sys) => {
    steps.push("before");
    await sys.kill(sys.pid, Signal.SIGSTOP);
    steps.push("after");
    return 0;
  };
  const first = await started(main);
  expect(steps).toEqual(["before"]);
  await kernel.init.kill(first, Signal.SIGCONT);
  expect((await kernel.init.wait4(first, 0)).status).toBe(0);
  expect(steps).toEqual(["before", "after"]);
  const second = await started(main);
  await kernel.init.kill(second, Signal.SIGKILL);
  expect((await kernel.init.wait4(second, 0)).status).toBe(Signal.SIGKILL);
  expect(steps).toEqual(["before", "after", "before"]);
});

test("a descriptor may be closed while a read of it sleeps", async () => {
  kernel = bootKernel();
  const { init } = kernel;
  const [reader, writer] = now(init.pipe2(0)) as [number, number];
  const buffer = new Uint8Array(4);
  const answer = init.read(reader, buffer);
  now(init.close(reader));
  expect(await errnoOf(() => init.read(reader, buffer))).toBe(Errno.EBADF);
  now(init.write(writer, encodeUtf8("late")));
  expect(await answer).toBe(4);
  expect(await errnoOf(() => init.write(writer, buffer))).toBe(Errno.EPIPE);
});

test("a machine that is shut down lets every sleeper and timer go", async () => {
  const timers = new Set<object>();
  const host: Host = {
    ...nodeHost,
    scheduler: {
      ...nodeHost.scheduler,
      setTimer(callback, milliseconds) {
        const timer = nodeHost.scheduler.setTimer(() => {
          timers.delete(handle);
          callback();
        }, milliseconds);
        const handle = {
          cancel() {
            timers.delete(handle);
            timer.cancel();
          },
        };
        timers.add(handle);
        return handle;
      },
    },
  };
  kernel = bootKernel({}, { host });
  const ended: string[] = [];
  const sleeper =
    (name: string, wait: (sys: Sys) => unknown): Main =>
    async (sys) => {
      try {
        await wait(sys);
      } catch (reason) {
        ended.push(reason instanceof ProcessGone ? name : String(reason));
        throw reason;
      }
      return 0;
    };
  await started(sleeper("sleep", (sys) => sys.clock_nanosleep(1, 0, 10n ** 12n)));
  await started(
    sleeper("read", (sys) => sys.read(now(sys.pipe2(0))[0] as number, new Uint8Array(1))),
  );
  await started(sleeper("pause", (sys) => sys.rt_sigsuspend(0n)));
  await started(
    sleeper("stopped", (sys) => {
      now(sys.setitimer(0, { value: 10n ** 12n, interval: 0n }));
      return sys.kill(sys.pid, Signal.SIGSTOP);
    }),
  );
  const waiting = (kernel.init.wait4(-1, 0) as Promise<unknown>).catch((reason) => reason);
  expect(timers.size).toBe(2);
  kernel.shutdown();
  expect(await waiting).toBeInstanceOf(ProcessGone);
  await turns();
  expect(ended.sort()).toEqual(["pause", "read", "sleep", "stopped"]);
  expect(timers.size).toBe(0);
  expect(() => kernel.init.getpid()).toThrow();
});

test("a process without a capability is refused with EPERM", async () => {
  kernel = bootKernel();
  const pid = await started(async (sys) => {
    await sys.rt_sigsuspend(0n);
    return 0;
  });
  const gate = gateOf(pid);
  expect(gate.invoke("setpgid", [0, 0])).toBeUndefined();
  gate.process.capabilities = new Set(["basic"]);
  expect(() => gate.invoke("setpgid", [0, 0])).toThrow(expect.objectContaining({ errno: 1 }));
  expect(gate.invoke("getpid", [])).toBe(pid);
});

test("a trace has every call once, when it ended", async () => {
  kernel = bootKernel();
  const events: TraceEvent[] = [];
  kernel.trace = (event) => events.push(event);
  const pid = kernel.init.fork(async (sys) => {
    await sys.clock_nanosleep(1, 0, 1_000_000n);
    await errnoOf(() => sys.close(77));
    return 0;
  });
  await kernel.init.wait4(pid, 0);
  const child = events.filter((event) => event.pid === pid);
  expect(child.map((event) => event.name)).toEqual(["clock_nanosleep", "close"]);
  expect(child[1]?.error).toMatchObject({ errno: Errno.EBADF });
});

test("programs that only wake each other leave the host its turns", async () => {
  kernel = bootKernel();
  const { init } = kernel;
  const ping = now(init.pipe2(0)) as [number, number];
  const pong = now(init.pipe2(0)) as [number, number];
  const player =
    (from: number, to: number, serves: boolean): Main =>
    async (sys) => {
      const ball = new Uint8Array(1);
      if (serves) await sys.write(to, ball);
      for (;;) {
        await sys.read(from, ball);
        await sys.write(to, ball);
      }
    };
  const players = [
    init.fork(player(ping[0], pong[1], true)),
    init.fork(player(pong[0], ping[1], false)),
  ];
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  for (const pid of players) await init.kill(pid, Signal.SIGKILL);
  for (const pid of players) expect((await init.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
});

function gateOf(pid: number) {
  const gate = kernel.processes.get(pid)?.gate;
  if (!gate) throw new Error(`process ${pid} has no gate`);
  return gate;
}

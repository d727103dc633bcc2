/** Process groups, sessions and the numbers that they keep in use. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Kernel, type Main, SIG_CATCH, Signal, WUNTRACED } from "../../../kernel/index.ts";
import { PID_MAX } from "../../../kernel/limits.ts";
import { bootKernel, codeOf, NO_ATTRIBUTES, now, recorded, run, turns } from "../boot.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootKernel({ nothing: () => 0 });
});
afterEach(() => kernel.shutdown());

const pause: Main = async (sys) => {
  await sys.rt_sigsuspend(0n);
  return 0;
};

test("a child starts in its parent's group and session", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const child = sys.fork((sys) => {
      note(now(sys.getpgid(0)), now(sys.getsid(0)));
      return 0;
    });
    await sys.wait4(child, 0);
    note(now(sys.getpgid(0)), now(sys.getsid(sys.pid)));
  });
  expect(notes).toEqual([1, 1, 1, 1]);
});

test("setpgid moves oneself and one's children within the session", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const a = sys.fork(pause);
    const b = sys.fork(pause);
    now(sys.setpgid(a, 0));
    now(sys.setpgid(b, a));
    note(now(sys.getpgid(a)) === a, now(sys.getpgid(b)) === a);
    now(sys.setpgid(0, 0));
    note(now(sys.getpgid(0)) === sys.pid);
    note(await codeOf(() => sys.setpgid(b, 30_000)), await codeOf(() => sys.setpgid(1, 0)));
    note(await codeOf(() => sys.setpgid(30_000, 0)), await codeOf(() => sys.setpgid(a, -1)));
    note(await codeOf(() => sys.getpgid(30_000)), await codeOf(() => sys.getsid(30_000)));
    await sys.kill(-a, Signal.SIGKILL);
    await sys.wait4(-1, 0);
    await sys.wait4(-1, 0);
  });
  expect(notes).toEqual([true, true, true, "EPERM", "ESRCH", "ESRCH", "EINVAL", "ESRCH", "ESRCH"]);
});

test("setpgid refuses a child that has called exec, a leader, and another session's", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const [reader] = now(sys.pipe2(0)) as [number];
    const spawned = now(
      sys.spawn("/bin/nothing", ["x"], [], [], { ...NO_ATTRIBUTES, setsid: false }),
    );
    note(await codeOf(() => sys.setpgid(spawned, 0)));
    const leader = sys.fork(async (sys) => {
      now(sys.setsid());
      note(await codeOf(() => sys.setpgid(0, 0)), await codeOf(() => sys.setsid()));
      await sys.read(reader, new Uint8Array(1));
      return 0;
    });
    await turns();
    note(await codeOf(() => sys.setpgid(leader, 0)));
    await sys.kill(leader, Signal.SIGKILL);
    await sys.wait4(leader, 0);
    await sys.wait4(spawned, 0);
  });
  expect(notes).toEqual(["EACCES", "EPERM", "EPERM", "EPERM"]);
});

test("setsid makes a session of its own; a group's leader may not", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const child = sys.fork((sys) => {
      note(now(sys.setsid()) === sys.pid, now(sys.getsid(0)) === sys.pid);
      note(now(sys.getpgid(0)) === sys.pid);
      return 0;
    });
    await sys.wait4(child, 0);
    now(sys.setpgid(0, 0));
    note(await codeOf(() => sys.setsid()));
  });
  expect(notes).toEqual([true, true, true, "EPERM"]);
});

test("signals to a group reach its members alone", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const outside = sys.fork(pause);
    const inside = [sys.fork(pause, { pgroup: 0 })];
    inside.push(sys.fork(pause, { pgroup: inside[0] as number }));
    await sys.kill(-(inside[0] as number), Signal.SIGTERM);
    for (const pid of inside) note((await sys.wait4(pid, 0)).status);
    note((await sys.wait4(outside, 1)).pid);
    note(await codeOf(() => sys.kill(-(inside[0] as number), 0)));
    await sys.kill(outside, Signal.SIGKILL);
    await sys.wait4(outside, 0);
  });
  expect(notes).toEqual([Signal.SIGTERM, Signal.SIGTERM, 0, "ESRCH"]);
});

test("a stopped group that becomes orphaned is hung up and continued", async () => {
  const seen: number[] = [];
  const status = await run(kernel, async (sys) => {
    now(sys.setsid());
    const shell = sys.fork(
      async (sys) => {
        const job = sys.fork(
          async (sys) => {
            for (const signal of [Signal.SIGHUP, Signal.SIGCONT]) {
              now(sys.rt_sigaction(signal, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
            }
            await codeOf(() => sys.kill(sys.pid, Signal.SIGTSTP));
            for (let taken = now(sys.sigtake()); taken.signal !== 0; taken = now(sys.sigtake())) {
              seen.push(taken.signal);
            }
            return 0;
          },
          { pgroup: 0 },
        );
        await sys.wait4(job, WUNTRACED);
        return 0;
      },
      { pgroup: 0 },
    );
    await sys.wait4(shell, 0);
    return 0;
  });
  expect(status).toBe(0);
  await turns();
  expect(seen).toEqual([Signal.SIGHUP, Signal.SIGCONT]);
  expect(kernel.processes.size).toBe(1);
});

test("the stop signals of a terminal do nothing to an orphaned group, SIGSTOP does", async () => {
  const child = kernel.init.fork(async (sys) => {
    now(sys.setsid());
    await sys.rt_sigsuspend(0n);
    return 0;
  });
  await turns();
  const state = () => kernel.processes.get(child)?.state;
  for (const signal of [Signal.SIGTSTP, Signal.SIGTTIN, Signal.SIGTTOU]) {
    await kernel.init.kill(child, signal);
    expect(state()).toBe("running");
  }
  await kernel.init.kill(child, Signal.SIGSTOP);
  expect(state()).toBe("stopped");
});

test("a number is used again only when no process, group or session has it", async () => {
  const { init, processes } = kernel;
  const leader = init.fork(
    async (sys) => {
      sys.fork(pause);
      return 0;
    },
    { pgroup: 0 },
  );
  await init.wait4(leader, 0);
  expect(processes.get(leader)).toBeUndefined();
  expect(processes.group(leader)?.members.size).toBe(1);
  const used = new Set<number>();
  for (let i = 0; i < PID_MAX; i++) {
    const pid = init.fork(() => 0);
    used.add(pid);
    await init.wait4(pid, 0);
  }
  expect(used.has(leader)).toBe(false);
  expect(Math.max(...used)).toBe(PID_MAX);
  expect(used.size).toBeLessThan(PID_MAX);
  await init.kill(-leader, Signal.SIGKILL);
  await turns();
  expect(processes.group(leader)).toBeUndefined();
});

/** Pseudo-terminals: both ends, job control, hang-up, settings. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  AT_FDCWD,
  decodeUtf8,
  ECHO,
  Errno,
  encodeUtf8,
  ICANON,
  type Kernel,
  KernelError,
  type Main,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDWR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SIG_CATCH,
  SIG_IGN,
  Signal,
  type Sys,
  TCSADRAIN,
  TCSAFLUSH,
  TCSANOW,
  TOSTOP,
  VMIN,
  VTIME,
  WUNTRACED,
} from "../../../kernel/index.ts";
import { bootKernel, now, turns } from "../boot.ts";
import { openTerminal, type TestTerminal } from "./pty.ts";

let kernel: Kernel;
let terminal: TestTerminal;

beforeEach(() => {
  kernel = bootKernel();
  terminal = openTerminal(kernel);
});
afterEach(() => kernel.shutdown());

const statusOf = async (pid: number) => (await kernel.init.wait4(pid, 0)).status;

async function readText(sys: Sys, fd = 0, length = 4096): Promise<string> {
  const buffer = new Uint8Array(length);
  return decodeUtf8(buffer, 0, await sys.read(fd, buffer));
}

async function print(sys: Sys, text: string): Promise<void> {
  await sys.write(1, encodeUtf8(text));
}

async function errnoOf(act: () => unknown): Promise<number> {
  try {
    await act();
    return 0;
  } catch (reason) {
    if (reason instanceof KernelError) return reason.errno;
    throw reason;
  }
}

async function makeRaw(sys: Sys, min: number, time: number, fd = 0): Promise<void> {
  const termios = now(sys.tcgets(fd));
  const cc = [...termios.cc];
  cc[VMIN] = min;
  cc[VTIME] = time;
  await sys.tcsets(fd, TCSANOW, { ...termios, lflag: termios.lflag & ~(ICANON | ECHO), cc });
}

/** A program that waits for a signal for ever. */
const pause: Main = async (sys) => {
  await sys.rt_sigsuspend(0n);
  return 0;
};

describe("the two ends", () => {
  test("typed lines reach the program, its output the screen", async () => {
    const pid = terminal.start(async (sys) => {
      await print(sys, "name? ");
      await print(sys, `hello ${await readText(sys)}`);
      return 0;
    });
    await terminal.shows("name? ");
    await terminal.type("isopod\r");
    expect(await terminal.shows("hello isopod\r\n")).toBe("isopod\r\nhello isopod\r\n");
    expect(await statusOf(pid)).toBe(0);
  });

  test("VEOF ends the input", async () => {
    let text: string | undefined;
    const pid = terminal.start(async (sys) => {
      text = await readText(sys);
      return 0;
    });
    await terminal.type("\x04");
    await statusOf(pid);
    expect(text).toBe("");
  });

  test("the master reads EIO once every slave is closed, what was written first", async () => {
    const { init } = kernel;
    const pid = terminal.start(async (sys) => {
      await print(sys, "bye");
      return 0;
    });
    await statusOf(pid);
    const [events] = await init.ppoll(
      [{ fd: terminal.master, events: POLLIN }],
      undefined,
      undefined,
    );
    expect((events as number) & (POLLIN | POLLHUP)).toBe(POLLIN | POLLHUP);
    await terminal.shows("bye");
    expect(await errnoOf(() => init.read(terminal.master, new Uint8Array(1)))).toBe(Errno.EIO);
  });

  test("a master whose slave was never open waits, and goes on when it is opened again", async () => {
    const { init } = kernel;
    let answer: unknown;
    const reading = Promise.resolve(init.read(terminal.master, new Uint8Array(9)));
    void reading.then((count) => {
      answer = count;
    });
    await turns();
    expect(answer).toBeUndefined();
    const pid = terminal.start(async (sys) => {
      await print(sys, "x");
      return 0;
    });
    expect(await reading).toBe(1);
    await statusOf(pid);
    expect(await errnoOf(() => init.read(terminal.master, new Uint8Array(1)))).toBe(Errno.EIO);
    const slave = now(init.openat(AT_FDCWD, terminal.path, O_RDWR | O_NOCTTY, 0));
    now(init.write(slave, encodeUtf8("again")));
    expect(await terminal.shows("again")).toBe("again");
  });

  test("a program that writes faster than the screen reads waits for it", async () => {
    const pid = terminal.start(async (sys) => {
      await sys.write(1, new Uint8Array(200_000).fill(120));
      await print(sys, "end");
      return 0;
    });
    await turns();
    expect(kernel.processes.get(pid)?.state).toBe("running");
    const shown = await terminal.shows("end");
    expect(shown.length).toBe(200_003);
    expect(await statusOf(pid)).toBe(0);
  });

  test("typing faster than the program reads waits for it", async () => {
    const { init } = kernel;
    const pid = terminal.start(async (sys) => {
      await makeRaw(sys, 1, 0);
      await print(sys, "ready");
      let count = 0;
      while (count < 200_000) count += await sys.read(0, new Uint8Array(1000));
      return 0;
    });
    await terminal.shows("ready");
    await init.fcntl(terminal.master, 4, O_NONBLOCK);
    expect(now(init.write(terminal.master, new Uint8Array(200_000)))).toBe(65_536);
    const oneMore = errnoOf(() => init.write(terminal.master, new Uint8Array(1)));
    expect(now(init.fcntl(terminal.master, 4, 0))).toBe(0);
    expect(await oneMore).toBe(Errno.EAGAIN);
    expect(await init.write(terminal.master, new Uint8Array(200_000 - 65_536))).toBe(134_464);
    expect(await statusOf(pid)).toBe(0);
  });

  test("VSTOP holds the program's output back until VSTART", async () => {
    let wrote = false;
    const pid = terminal.start(async (sys) => {
      await print(sys, "1");
      await readText(sys);
      await print(sys, "2");
      wrote = true;
      return 0;
    });
    await terminal.shows("1");
    await terminal.type("\n\x13");
    await turns();
    expect(wrote).toBe(false);
    await terminal.type("\x11");
    await terminal.shows("2");
    expect(await statusOf(pid)).toBe(0);
  });

  test("a locked slave cannot be opened, an unlocked one can", async () => {
    const { init } = kernel;
    await init.tiocsptlck(terminal.master, 1);
    const open = () => init.openat(AT_FDCWD, terminal.path, O_RDWR | O_NOCTTY, 0);
    expect(await errnoOf(open)).toBe(Errno.EIO);
    await init.tiocsptlck(terminal.master, 0);
    expect(await errnoOf(open)).toBe(0);
  });

  test("numbers are the lowest free, and free when both ends are closed", async () => {
    const { init } = kernel;
    const second = now(init.openat(AT_FDCWD, "/dev/ptmx", O_RDWR, 0));
    expect([now(init.tiocgptn(terminal.master)), now(init.tiocgptn(second))]).toEqual([0, 1]);
    expect(kernel.ptys.numbers()).toEqual([0, 1]);
    now(init.close(terminal.master));
    expect(kernel.ptys.numbers()).toEqual([1]);
    const third = now(init.openat(AT_FDCWD, "/dev/ptmx", O_RDWR, 0));
    expect(now(init.tiocgptn(third))).toBe(0);
    expect(kernel.ptys.slave(0)).toEqual({ uid: 0, gid: 5, mode: 0o620 });
    expect(kernel.ptys.slave(7)).toBeUndefined();
  });
});

describe("raw reading", () => {
  /** What one read of 10 bytes returns when `typed` comes bit by bit, a turn apart. */
  async function reads(min: number, time: number, typed: readonly string[], flags = 0) {
    let answer: string | number | undefined;
    const pid = terminal.start(async (sys) => {
      await makeRaw(sys, min, time);
      await sys.fcntl(0, 4, flags);
      await print(sys, "ready");
      const errno = await errnoOf(async () => {
        answer = await readText(sys, 0, 10);
      });
      answer ??= errno;
      return 0;
    });
    await terminal.shows("ready");
    for (const part of typed) {
      await terminal.type(part);
      await turns();
    }
    await statusOf(pid);
    return answer;
  }

  test("VMIN 1, VTIME 0: what is there", async () => {
    expect(await reads(1, 0, ["ab"])).toBe("ab");
  });
  test("VMIN 3, VTIME 0: three bytes at least", async () => {
    expect(await reads(3, 0, ["a", "b", "cd"])).toBe("abcd");
  });
  test("VMIN above what is asked for: as much as asked for", async () => {
    expect(await reads(20, 0, ["0123456789ab"])).toBe("0123456789");
  });
  test("VMIN 0, VTIME 0: never waits", async () => {
    expect(await reads(0, 0, [])).toBe("");
  });
  test("VMIN 0, VTIME 1: nothing after a tenth of a second", async () => {
    expect(await reads(0, 1, [])).toBe("");
  });
  test("VMIN 0, VTIME 1: the first byte at once", async () => {
    expect(await reads(0, 50, ["a"])).toBe("a");
  });
  test("VMIN 3, VTIME 5: the time runs from the last byte", async () => {
    expect(await reads(3, 5, ["a", "b"])).toBe("ab");
  });
  test("VMIN 2, VTIME 50: enough bytes do not wait for the time", async () => {
    expect(await reads(2, 50, ["a", "b"])).toBe("ab");
  });
  test("O_NONBLOCK with nothing there is EAGAIN", async () => {
    expect(await reads(1, 0, [], O_NONBLOCK)).toBe(Errno.EAGAIN);
  });
});

describe("keyboard signals and job control", () => {
  test("VINTR reaches the foreground group and no other", async () => {
    const pid = terminal.start(async (sys) => {
      now(sys.rt_sigaction(Signal.SIGTTOU, { handler: SIG_IGN, mask: 0n, flags: 0 }));
      const background = sys.fork(pause, { pgroup: 0 });
      const job = sys.fork(pause, { pgroup: 0 });
      await sys.tiocspgrp(0, job);
      await print(sys, "ready");
      const ended = await sys.wait4(-1, 0);
      const isJob = ended.pid === job && ended.status === Signal.SIGINT;
      await sys.kill(background, Signal.SIGKILL);
      return isJob ? 0 : 1;
    });
    await terminal.shows("ready");
    await terminal.type("\x03");
    expect(await statusOf(pid)).toBe(0);
  });

  test("VSUSP stops a job; its shell takes the terminal back and continues it", async () => {
    const steps: string[] = [];
    const pid = terminal.start(async (sys) => {
      now(sys.rt_sigaction(Signal.SIGTTOU, { handler: SIG_IGN, mask: 0n, flags: 0 }));
      const job = sys.fork(
        async (sys) => {
          now(sys.rt_sigaction(Signal.SIGTTOU, { handler: 0, mask: 0n, flags: 0 }));
          steps.push(await readText(sys));
          return 5;
        },
        { pgroup: 0 },
      );
      await sys.tiocspgrp(0, job);
      await print(sys, "running");
      const stopped = await sys.wait4(job, WUNTRACED);
      steps.push(`status ${stopped.status.toString(16)}`);
      await sys.tiocspgrp(0, sys.pid);
      await print(sys, "stopped");
      await readText(sys);
      await sys.tiocspgrp(0, job);
      await sys.kill(-job, Signal.SIGCONT);
      return (await sys.wait4(job, WUNTRACED)).status >> 8;
    });
    await terminal.shows("running");
    await terminal.type("\x1a");
    await terminal.shows("stopped");
    await terminal.type("fg\n");
    await turns();
    await terminal.type("input\n");
    expect(await statusOf(pid)).toBe(5 << 8);
    expect(steps).toEqual([`status ${((Signal.SIGTSTP << 8) | 0x7f).toString(16)}`, "input\n"]);
  });

  test("a background read stops its group by SIGTTIN and starts again in the foreground", async () => {
    let text = "";
    const pid = terminal.start(async (sys) => {
      const job = sys.fork(
        async (sys) => {
          text = await readText(sys);
          return 0;
        },
        { pgroup: 0 },
      );
      const stopped = await sys.wait4(job, WUNTRACED);
      await print(sys, "stopped");
      await sys.tiocspgrp(0, job);
      await sys.kill(job, Signal.SIGCONT);
      await sys.wait4(job, 0);
      return stopped.status >> 8;
    });
    await terminal.shows("stopped");
    await terminal.type("now\n");
    expect(await statusOf(pid)).toBe(Signal.SIGTTIN << 8);
    expect(text).toBe("now\n");
  });

  test("a background read that cannot be stopped is EIO", async () => {
    const errnos: number[] = [];
    const pid = terminal.start(async (sys) => {
      const tries = async (prepare: (sys: Sys) => void) => {
        const job = sys.fork(
          async (sys) => {
            prepare(sys);
            errnos.push(await errnoOf(() => readText(sys)));
            return 0;
          },
          { pgroup: 0 },
        );
        await sys.wait4(job, 0);
      };
      await tries((sys) => {
        now(sys.rt_sigaction(Signal.SIGTTIN, { handler: SIG_IGN, mask: 0n, flags: 0 }));
      });
      await tries((sys) => {
        now(sys.rt_sigprocmask(0, 1n << BigInt(Signal.SIGTTIN - 1)));
      });
      return 0;
    });
    expect(await statusOf(pid)).toBe(0);
    expect(errnos).toEqual([Errno.EIO, Errno.EIO]);
  });

  test("an orphaned group in the background reads EIO", async () => {
    let errno = -1;
    const pid = terminal.start(async (sys) => {
      const [reader, writer] = now(sys.pipe2(0)) as [number, number];
      sys.fork(
        (sys) => {
          sys.fork(async (sys) => {
            // Until the parent has gone, the group is not orphaned.
            now(sys.close(writer));
            await sys.read(reader, new Uint8Array(1));
            errno = await errnoOf(() => readText(sys));
            return 0;
          });
          return 0;
        },
        { pgroup: 0 },
      );
      await sys.wait4(-1, 0);
      now(sys.close(writer));
      return pause(sys);
    });
    await turns(10);
    await kernel.init.kill(pid, Signal.SIGKILL);
    await statusOf(pid);
    expect(errno).toBe(Errno.EIO);
  });

  test("background output passes, with TOSTOP it stops, and ignored SIGTTOU lets it pass", async () => {
    const outcome: unknown[] = [];
    const pid = terminal.start(async (sys) => {
      const writes = async (text: string, prepare?: (sys: Sys) => void) => {
        const job = sys.fork(
          async (sys) => {
            prepare?.(sys);
            await print(sys, text);
            return 0;
          },
          { pgroup: 0 },
        );
        const { status } = await sys.wait4(job, WUNTRACED);
        if (status !== 0) await sys.kill(job, Signal.SIGKILL);
        outcome.push(status);
      };
      await writes("one");
      const termios = now(sys.tcgets(0));
      await sys.tcsets(0, TCSADRAIN, { ...termios, lflag: termios.lflag | TOSTOP });
      await writes("two");
      await writes("three", (sys) => {
        now(sys.rt_sigaction(Signal.SIGTTOU, { handler: SIG_IGN, mask: 0n, flags: 0 }));
      });
      return 0;
    });
    expect(await statusOf(pid)).toBe(0);
    expect(outcome).toEqual([0, (Signal.SIGTTOU << 8) | 0x7f, 0]);
    expect(await terminal.shows("three")).toBe("onethree");
  });

  test("a background change of settings stops, even without TOSTOP", async () => {
    const pid = terminal.start(async (sys) => {
      const job = sys.fork(
        async (sys) => {
          await sys.tcsets(0, TCSANOW, now(sys.tcgets(0)));
          return 0;
        },
        { pgroup: 0 },
      );
      const { status } = await sys.wait4(job, WUNTRACED);
      await sys.kill(job, Signal.SIGKILL);
      return status >> 8;
    });
    expect(await statusOf(pid)).toBe(Signal.SIGTTOU << 8);
  });

  test("tiocspgrp takes groups of the session only", async () => {
    const errnos: number[] = [];
    const other = kernel.init.fork(pause, { pgroup: 0 });
    const pid = terminal.start(async (sys) => {
      errnos.push(await errnoOf(() => sys.tiocspgrp(0, other)));
      errnos.push(await errnoOf(() => sys.tiocspgrp(0, 30_000)));
      errnos.push(await errnoOf(() => sys.tiocspgrp(0, -1)));
      errnos.push(await errnoOf(() => sys.tiocspgrp(0, sys.pid)));
      return now(sys.tiocgpgrp(0)) === sys.pid && now(sys.tiocgsid(0)) === sys.pid ? 0 : 1;
    });
    expect(await statusOf(pid)).toBe(0);
    expect(errnos).toEqual([Errno.EPERM, Errno.ESRCH, Errno.EINVAL, 0]);
  });
});

describe("the controlling terminal", () => {
  test("/dev/tty is it, and ENXIO without one", async () => {
    const open = (sys: Sys) => sys.openat(AT_FDCWD, "/dev/tty", O_RDWR, 0);
    expect(await errnoOf(() => open(kernel.init))).toBe(Errno.ENXIO);
    const pid = terminal.start(async (sys) => {
      const tty = now(open(sys));
      await sys.write(tty, encodeUtf8("here"));
      now(sys.tiocnotty(tty));
      return (await errnoOf(() => open(sys))) === Errno.ENXIO ? 0 : 1;
    });
    await terminal.shows("here");
    // Giving it up hangs the foreground up, which the leader itself is in.
    expect(await statusOf(pid)).toBe(Signal.SIGHUP);
  });

  test("O_NOCTTY opens without taking it; tiocsctty takes it, for one session only", async () => {
    const errnos: number[] = [];
    const pid = kernel.init.fork(async (sys) => {
      now(sys.setsid());
      const slave = now(sys.openat(AT_FDCWD, terminal.path, O_RDWR | O_NOCTTY, 0));
      errnos.push(await errnoOf(() => sys.tiocgpgrp(slave)));
      errnos.push(await errnoOf(() => sys.tiocsctty(slave, 0)));
      errnos.push(await errnoOf(() => sys.tiocgpgrp(slave)));
      const other = sys.fork(async (sys) => {
        errnos.push(await errnoOf(() => sys.tiocsctty(slave, 0)));
        now(sys.setsid());
        errnos.push(await errnoOf(() => sys.tiocsctty(slave, 0)));
        return 0;
      });
      await sys.wait4(other, 0);
      return 0;
    });
    expect(await statusOf(pid)).toBe(0);
    expect(errnos).toEqual([Errno.ENOTTY, 0, 0, Errno.EPERM, Errno.EPERM]);
  });

  test("closing the master hangs the session up: SIGHUP, then end of file and EIO", async () => {
    const outcome: unknown[] = [];
    const pid = terminal.start(async (sys) => {
      now(sys.rt_sigaction(Signal.SIGHUP, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
      await print(sys, "ready");
      outcome.push(await readText(sys), now(sys.sigtake()).signal);
      outcome.push(await readText(sys), await errnoOf(() => print(sys, "x")));
      outcome.push(await errnoOf(() => sys.tcgets(0)));
      const [events] = await sys.ppoll([{ fd: 0, events: POLLIN }], 0n, undefined);
      outcome.push((events as number) & (POLLIN | POLLHUP));
      return 0;
    });
    await terminal.shows("ready");
    now(kernel.init.close(terminal.master));
    expect(await statusOf(pid)).toBe(0);
    expect(outcome).toEqual(["", Signal.SIGHUP, "", Errno.EIO, Errno.EIO, POLLIN | POLLHUP]);
  });

  test("a leader that dies of the hang-up takes the foreground job with it", async () => {
    let job = 0;
    const pid = terminal.start(async (sys) => {
      now(sys.rt_sigaction(Signal.SIGTTOU, { handler: SIG_IGN, mask: 0n, flags: 0 }));
      job = sys.fork(pause, { pgroup: 0 });
      await sys.tiocspgrp(0, job);
      await print(sys, "ready");
      return pause(sys);
    });
    await terminal.shows("ready");
    now(kernel.init.close(terminal.master));
    expect(await statusOf(pid)).toBe(Signal.SIGHUP);
    await turns();
    expect(kernel.processes.get(job)).toBeUndefined();
  });

  test("a leader that exits hangs the foreground up and frees the terminal", async () => {
    let job = 0;
    const pid = terminal.start(async (sys) => {
      now(sys.rt_sigaction(Signal.SIGTTOU, { handler: SIG_IGN, mask: 0n, flags: 0 }));
      job = sys.fork(pause, { pgroup: 0 });
      await sys.tiocspgrp(0, job);
      return 0;
    });
    expect(await statusOf(pid)).toBe(0);
    await turns();
    expect(kernel.processes.get(job)).toBeUndefined();
    const next = terminal.start(async (sys) => (now(sys.tiocgsid(0)) === sys.pid ? 0 : 1));
    expect(await statusOf(next)).toBe(0);
  });
});

describe("settings", () => {
  test("the window's size is the master's to set, and SIGWINCH tells the foreground", async () => {
    const { init } = kernel;
    const seen: unknown[] = [];
    const pid = terminal.start(async (sys) => {
      now(sys.rt_sigaction(Signal.SIGWINCH, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
      await print(sys, "ready");
      seen.push(await errnoOf(() => sys.rt_sigsuspend(0n)), now(sys.sigtake()).signal);
      seen.push(now(sys.tiocgwinsz(0)));
      return 0;
    });
    await terminal.shows("ready");
    now(init.tiocswinsz(terminal.master, { rows: 0, cols: 0 }));
    now(init.tiocswinsz(terminal.master, { rows: 24, cols: 80 }));
    expect(await statusOf(pid)).toBe(0);
    expect(seen).toEqual([Errno.EINTR, Signal.SIGWINCH, { rows: 24, cols: 80 }]);
    expect(now(init.tiocgwinsz(terminal.master))).toEqual({ rows: 24, cols: 80 });
  });

  test("TCSAFLUSH drops what was typed ahead, TCSADRAIN does not", async () => {
    const texts: string[] = [];
    const pid = terminal.start(async (sys) => {
      const termios = now(sys.tcgets(0));
      for (const when of [TCSADRAIN, TCSAFLUSH]) {
        await print(sys, "ready");
        await sys.clock_nanosleep(1, 0, 1_000_000n);
        while (now(sys.fionread(0)) === 0) await sys.clock_nanosleep(1, 0, 1_000_000n);
        await sys.tcsets(0, when, termios);
        await print(sys, "set");
        texts.push(await readText(sys));
      }
      return 0;
    });
    await terminal.shows("ready");
    await terminal.type("first\n");
    await terminal.shows("set");
    await terminal.shows("ready");
    await terminal.type("second\n");
    await terminal.shows("set");
    await terminal.type("third\n");
    expect(await statusOf(pid)).toBe(0);
    expect(texts).toEqual(["first\n", "third\n"]);
  });

  test("settings come back as they were set; bad requests are refused", async () => {
    const { init } = kernel;
    const { master } = terminal;
    const old = now(init.tcgets(master));
    now(init.tcsets(master, TCSANOW, { ...old, lflag: 0, cc: [1, 2, 300] }));
    const changed = now(init.tcgets(master));
    expect([changed.lflag, changed.cc.length, ...changed.cc.slice(0, 4)]).toEqual([
      0, 32, 1, 2, 44, 0,
    ]);
    expect(await errnoOf(() => init.tcsets(master, 3, old))).toBe(Errno.EINVAL);
    expect(await errnoOf(() => init.tcflsh(master, 3))).toBe(Errno.EINVAL);
    expect(await errnoOf(() => init.tcflsh(master, 2))).toBe(0);
    const [reader] = now(init.pipe2(0)) as [number];
    expect(await errnoOf(() => init.tcgets(reader))).toBe(Errno.ENOTTY);
    expect(await errnoOf(() => init.tiocgptn(reader))).toBe(Errno.ENOTTY);
    const slave = now(init.openat(AT_FDCWD, terminal.path, O_RDWR | O_NOCTTY, 0));
    expect(await errnoOf(() => init.tiocgptn(slave))).toBe(Errno.ENOTTY);
    expect(await errnoOf(() => init.lseek(slave, 0, 0))).toBe(Errno.ESPIPE);
  });

  test("poll says when there is a line to read, and room to write", async () => {
    const { init } = kernel;
    const slave = now(init.openat(AT_FDCWD, terminal.path, O_RDWR | O_NOCTTY, 0));
    const poll = () => now(init.ppoll([{ fd: slave, events: POLLIN | POLLOUT }], 0n, undefined));
    expect(poll()).toEqual([POLLOUT]);
    await terminal.type("half");
    expect(poll()).toEqual([POLLOUT]);
    await terminal.type("\n");
    expect(poll()).toEqual([POLLIN | POLLOUT]);
    await terminal.type("\x13");
    expect(poll()).toEqual([POLLIN]);
  });
});

/** Pipes and FIFOs (pipe(7), fifo(7)). */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  AT_FDCWD,
  decodeUtf8,
  encodeUtf8,
  F_GETPIPE_SZ,
  F_SETFL,
  F_SETPIPE_SZ,
  type Kernel,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  S_IFIFO,
  S_IFMT,
  SIG_CATCH,
  SIG_IGN,
  Signal,
  type Sys,
} from "../../../kernel/index.ts";
import { bootKernel, codeOf, now, recorded, run, turns } from "../boot.ts";
import { seeded } from "../random.ts";

let kernel: Kernel;
let sys: Sys;
let reader: number;
let writer: number;

beforeEach(() => {
  kernel = bootKernel();
  sys = kernel.init;
  [reader, writer] = now(sys.pipe2(0)) as [number, number];
});
afterEach(() => kernel.shutdown());

const fill = (length: number) => new Uint8Array(length).fill(120);
const nonBlocking = (fd: number) => sys.fcntl(fd, F_SETFL, O_NONBLOCK);

function poll(fd: number): number {
  return now(sys.ppoll([{ fd, events: POLLIN | POLLOUT }], 0n, undefined))[0] as number;
}

describe("pipes", () => {
  test("what is written is read, in order, and reads do not keep writes apart", () => {
    now(sys.write(writer, encodeUtf8("ab")));
    now(sys.write(writer, encodeUtf8("cd")));
    const buffer = new Uint8Array(3);
    expect(decodeUtf8(buffer, 0, now(sys.read(reader, buffer)))).toBe("abc");
    expect(decodeUtf8(buffer, 0, now(sys.read(reader, buffer)))).toBe("d");
  });

  test("a read of an empty pipe waits; without a writer it is the end", async () => {
    const answer = sys.read(reader, new Uint8Array(9));
    expect(answer).toBeInstanceOf(Promise);
    now(sys.write(writer, encodeUtf8("x")));
    expect(await answer).toBe(1);
    const last = sys.read(reader, new Uint8Array(9));
    now(sys.close(writer));
    expect(await last).toBe(0);
    expect(now(sys.read(reader, new Uint8Array(9)))).toBe(0);
  });

  test("nothing is nothing: reads and writes of no bytes do not wait", () => {
    expect(now(sys.read(reader, new Uint8Array(0)))).toBe(0);
    now(sys.write(writer, fill(65_536)));
    expect(now(sys.write(writer, new Uint8Array(0)))).toBe(0);
  });

  test("a write without a reader is SIGPIPE, or EPIPE", async () => {
    expect(await codeOf(() => sys.write(writer, fill(1)))).toBe("OK");
    now(sys.close(reader));
    expect(await codeOf(() => sys.write(writer, fill(1)))).toBe("EPIPE");
    const status = await run(kernel, async (sys) => {
      await sys.write(writer, fill(1));
      return 0;
    });
    expect(status).toBe(Signal.SIGPIPE);
    for (const handler of [SIG_IGN, SIG_CATCH]) {
      const notes = await recorded(kernel, async (sys, note) => {
        now(sys.rt_sigaction(Signal.SIGPIPE, { handler, mask: 0n, flags: 0 }));
        note(await codeOf(() => sys.write(writer, fill(1))), now(sys.sigtake()).signal);
      });
      expect(notes).toEqual(["EPIPE", handler === SIG_CATCH ? Signal.SIGPIPE : 0]);
    }
  });

  test("a reader that goes ends a waiting writer with what went in before", async () => {
    const answer = sys.write(writer, fill(100_000));
    now(sys.close(reader));
    expect(await answer).toBe(65_536);
    expect(await codeOf(() => sys.write(writer, fill(1)))).toBe("EPIPE");
  });

  test("up to PIPE_BUF bytes go in undivided, more in parts", async () => {
    now(sys.write(writer, fill(65_536 - 4095)));
    await nonBlocking(writer);
    expect(await codeOf(() => sys.write(writer, fill(4096)))).toBe("EAGAIN");
    expect(now(sys.write(writer, fill(4095)))).toBe(4095);
    now(sys.read(reader, new Uint8Array(100)));
    expect(await codeOf(() => sys.write(writer, fill(4096)))).toBe("EAGAIN");
    expect(now(sys.write(writer, fill(4097)))).toBe(100);
    expect(await codeOf(() => sys.write(writer, fill(4097)))).toBe("EAGAIN");
  });

  test("undivided writes of many writers stay whole", async () => {
    const random = seeded(6);
    const children: number[] = [];
    for (let id = 0; id < 8; id++) {
      const sizes = Array.from({ length: 40 }, () => 1 + random.below(4096));
      children.push(
        sys.fork(async (sys) => {
          for (const size of sizes) await sys.write(writer, new Uint8Array(size).fill(id));
          return 0;
        }),
      );
    }
    now(sys.close(writer));
    const chunks: number[][] = [];
    const buffer = new Uint8Array(7777);
    for (;;) {
      const count = await sys.read(reader, buffer);
      if (count === 0) break;
      for (const byte of buffer.subarray(0, count)) {
        const last = chunks.at(-1);
        if (last?.[0] === byte) last.push(byte);
        else chunks.push([byte]);
      }
    }
    for (const pid of children) expect((await sys.wait4(pid, 0)).status).toBe(0);
    const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const again = seeded(6);
    let expected = 0;
    const boundaries = new Map<number, Set<number>>();
    for (let id = 0; id < 8; id++) {
      let at = 0;
      boundaries.set(id, new Set());
      for (let i = 0; i < 40; i++) boundaries.get(id)?.add((at += 1 + again.below(4096)));
      expected += at;
    }
    expect(total).toBe(expected);
    // Wherever the writer changes, the one before had come to the end of a write.
    const written = new Map<number, number>();
    for (const chunk of chunks) {
      const id = chunk[0] as number;
      const at = (written.get(id) ?? 0) + chunk.length;
      written.set(id, at);
      expect(boundaries.get(id)?.has(at)).toBe(true);
    }
  });

  test("a writer waits for room, and all of a large write goes in", async () => {
    const answer = sys.write(writer, fill(300_000));
    let total = 0;
    while (total < 300_000) total += await sys.read(reader, new Uint8Array(10_000));
    expect(await answer).toBe(300_000);
  });

  test("a pipe that is never read keeps its writer waiting, killable, and the machine going", async () => {
    const pid = sys.fork(async (sys) => {
      for (;;) await sys.write(writer, fill(1000));
    });
    await turns();
    expect(kernel.processes.get(pid)?.state).toBe("running");
    expect(now(sys.fionread(reader))).toBeGreaterThan(64_000);
    expect(await run(kernel, () => 3)).toBe(3 << 8);
    await sys.kill(pid, Signal.SIGKILL);
    expect((await sys.wait4(pid, 0)).status).toBe(Signal.SIGKILL);
  });

  test("the size can be asked for and set", async () => {
    expect(now(sys.fcntl(reader, F_GETPIPE_SZ, 0))).toBe(65_536);
    expect(now(sys.fcntl(writer, F_SETPIPE_SZ, 5000))).toBe(8192);
    await nonBlocking(writer);
    expect(now(sys.write(writer, fill(9000)))).toBe(8192);
    expect(await codeOf(() => sys.fcntl(writer, F_SETPIPE_SZ, 4096))).toBe("EBUSY");
    expect(now(sys.fcntl(writer, F_SETPIPE_SZ, 1_048_576))).toBe(1_048_576);
    expect(now(sys.write(writer, fill(2_000_000)))).toBe(1_048_576 - 8192);
    expect(await codeOf(() => sys.fcntl(writer, F_SETPIPE_SZ, 0))).toBe("EINVAL");
    const notes = await recorded(kernel, async (sys, note) => {
      now(sys.setresuid(1, 1, 1));
      note(await codeOf(() => sys.fcntl(writer, F_SETPIPE_SZ, 1_048_577)));
    });
    expect(notes).toEqual(["EPERM"]);
    const file = now(sys.openat(AT_FDCWD, "/tmp", O_RDONLY, 0));
    expect(await codeOf(() => sys.fcntl(file, F_GETPIPE_SZ, 0))).toBe("EBADF");
  });

  test("a writer that waits goes on when the pipe grows", async () => {
    const answer = sys.write(writer, fill(100_000));
    now(sys.fcntl(reader, F_SETPIPE_SZ, 131_072));
    expect(await answer).toBe(100_000);
  });

  test("it has no offset, and its metadata is a pipe's", async () => {
    expect(await codeOf(() => sys.lseek(reader, 0, 0))).toBe("ESPIPE");
    expect(await codeOf(() => sys.pread64(reader, new Uint8Array(1), 0))).toBe("ESPIPE");
    expect(await codeOf(() => sys.pwrite64(writer, new Uint8Array(1), 0))).toBe("ESPIPE");
    const [one, other] = [now(sys.fstat(reader)), now(sys.fstat(writer))];
    expect(one).toEqual(other);
    expect(one.mode).toBe(S_IFIFO | 0o600);
    const [second] = now(sys.pipe2(0)) as [number];
    expect(now(sys.fstat(second)).ino).not.toBe(one.ino);
  });

  test("poll sees data, room, the end and the break", () => {
    expect([poll(reader), poll(writer)]).toEqual([0, POLLOUT]);
    now(sys.write(writer, fill(65_536 - 4095)));
    expect([poll(reader), poll(writer)]).toEqual([POLLIN, 0]);
    now(sys.read(reader, new Uint8Array(1)));
    expect(poll(writer)).toBe(POLLOUT);
    const copy = now(sys.dup(writer));
    now(sys.close(writer));
    now(sys.close(copy));
    expect(poll(reader)).toBe(POLLIN | POLLHUP);
    now(sys.read(reader, new Uint8Array(65_536)));
    expect(poll(reader)).toBe(POLLHUP);
    const [r, w] = now(sys.pipe2(0)) as [number, number];
    now(sys.close(r));
    expect(poll(w)).toBe(POLLOUT | POLLERR);
  });
});

describe("FIFOs", () => {
  beforeEach(() => {
    now(sys.mknodat(AT_FDCWD, "/tmp/fifo", S_IFIFO | 0o600, 0));
  });
  const open = (flags: number) => sys.openat(AT_FDCWD, "/tmp/fifo", flags, 0);

  test("a reader and a writer wait for each other, whoever comes first", async () => {
    for (const [first, second] of [
      [O_RDONLY, O_WRONLY],
      [O_WRONLY, O_RDONLY],
    ] as const) {
      const opening = open(first);
      expect(opening).toBeInstanceOf(Promise);
      const other = now(open(second));
      const one = await opening;
      const [r, w] = first === O_RDONLY ? [one, other] : [other, one];
      now(sys.write(w, encodeUtf8("hi")));
      expect(now(sys.read(r, new Uint8Array(9)))).toBe(2);
      now(sys.close(w));
      expect(now(sys.read(r, new Uint8Array(9)))).toBe(0);
      now(sys.close(r));
    }
  });

  test("a reader meets a writer that was gone again when it woke", async () => {
    const opening = open(O_RDONLY);
    const w = now(open(O_WRONLY));
    now(sys.write(w, encodeUtf8("hi")));
    now(sys.close(w));
    now(sys.unlinkat(AT_FDCWD, "/tmp/fifo", 0));
    const r = await opening;
    expect(now(sys.read(r, new Uint8Array(9)))).toBe(2);
    expect(now(sys.read(r, new Uint8Array(9)))).toBe(0);
  });

  test("O_NONBLOCK: a reader opens alone, a writer does not", async () => {
    expect(await codeOf(() => open(O_WRONLY | O_NONBLOCK))).toBe("ENXIO");
    const r = now(open(O_RDONLY | O_NONBLOCK));
    // Nobody wrote yet: no hang-up to see, and an end of file to read.
    expect(poll(r)).toBe(0);
    expect(now(sys.read(r, new Uint8Array(1)))).toBe(0);
    const w = now(open(O_WRONLY | O_NONBLOCK));
    expect(await codeOf(() => sys.read(r, new Uint8Array(1)))).toBe("EAGAIN");
    now(sys.close(w));
    expect(poll(r)).toBe(POLLHUP);
  });

  test("O_RDWR waits for nobody and is both ends", () => {
    const fd = now(open(O_RDWR));
    now(sys.write(fd, encodeUtf8("self")));
    expect(now(sys.read(fd, new Uint8Array(9)))).toBe(4);
    expect(poll(fd)).toBe(POLLOUT);
    expect(now(open(O_WRONLY))).toBeGreaterThan(fd);
  });

  test("what was left in it is gone when nobody has it open", async () => {
    const fd = now(open(O_RDWR));
    now(sys.write(fd, encodeUtf8("lost")));
    now(sys.close(fd));
    expect(poll(now(open(O_RDWR)))).toBe(POLLOUT);
  });

  test("who is killed while waiting to open leaves nothing behind", async () => {
    const pid = sys.fork(async (sys) => {
      await sys.openat(AT_FDCWD, "/tmp/fifo", O_RDONLY, 0);
      return 0;
    });
    await turns();
    // The reader counts while it waits.
    const w = now(open(O_WRONLY | O_NONBLOCK));
    now(sys.close(w));
    const second = sys.fork(async (sys) => {
      await sys.openat(AT_FDCWD, "/tmp/fifo", O_RDONLY, 0);
      return 0;
    });
    await sys.wait4(pid, 0);
    await sys.kill(second, Signal.SIGKILL);
    await sys.wait4(second, 0);
    await turns();
    expect(await codeOf(() => open(O_WRONLY | O_NONBLOCK))).toBe("ENXIO");
  });

  test("a caught signal ends the wait with EINTR", async () => {
    const notes: unknown[] = [];
    const pid = sys.fork(async (sys) => {
      now(sys.rt_sigaction(Signal.SIGUSR1, { handler: SIG_CATCH, mask: 0n, flags: 0 }));
      notes.push(await codeOf(() => sys.openat(AT_FDCWD, "/tmp/fifo", O_RDONLY, 0)));
      return 0;
    });
    await turns();
    await sys.kill(pid, Signal.SIGUSR1);
    await sys.wait4(pid, 0);
    expect(notes).toEqual(["EINTR"]);
    expect(await codeOf(() => open(O_WRONLY | O_NONBLOCK))).toBe("ENXIO");
  });

  test("its metadata is its node's", () => {
    const fd = now(open(O_RDWR));
    expect(now(sys.fstat(fd)).mode & S_IFMT).toBe(S_IFIFO);
    expect(now(sys.fstat(fd)).ino).toBe(now(sys.newfstatat(AT_FDCWD, "/tmp/fifo", 0)).ino);
  });
});

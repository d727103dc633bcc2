/** Descriptors: numbers, duplicates, flags, limits, and when a description is closed. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  AT_FDCWD,
  CLOSE_RANGE_CLOEXEC,
  decodeUtf8,
  encodeUtf8,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  type Kernel,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  Resource,
  RWF_NOWAIT,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  type Sys,
} from "../../../kernel/index.ts";
import { bootKernel, codeOf, now, recorded } from "../boot.ts";

let kernel: Kernel;
beforeEach(() => {
  kernel = bootKernel();
});
afterEach(() => kernel.shutdown());

function open(sys: Sys, flags: number, path = "/tmp/file"): number {
  return now(sys.openat(AT_FDCWD, path, flags, 0o600));
}

function text(sys: Sys, fd: number, length = 100): string {
  const buffer = new Uint8Array(length);
  return decodeUtf8(buffer, 0, now(sys.read(fd, buffer)));
}

test("the lowest free number is given out", async () => {
  const notes = await recorded(kernel, (sys, note) => {
    note(...now(sys.pipe2(0)), now(sys.dup(0)), now(sys.dup(1)));
    now(sys.close(1));
    now(sys.close(0));
    note(now(sys.dup(2)), now(sys.dup(2)), now(sys.dup(2)));
  });
  expect(notes).toEqual([0, 1, 2, 3, 0, 1, 4]);
});

test("duplicates share the offset and status flags, not close-on-exec", async () => {
  const notes = await recorded(kernel, (sys, note) => {
    const fd = open(sys, O_RDWR | O_CREAT | O_CLOEXEC);
    now(sys.write(fd, encodeUtf8("abcdef")));
    const copy = now(sys.dup(fd));
    note(now(sys.lseek(copy, 2, SEEK_SET)), text(sys, fd, 2), now(sys.lseek(copy, 0, SEEK_CUR)));
    note(now(sys.fcntl(fd, F_GETFD, 0)), now(sys.fcntl(copy, F_GETFD, 0)));
    now(sys.fcntl(copy, F_SETFL, O_APPEND));
    note((now(sys.fcntl(fd, F_GETFL, 0)) & O_APPEND) !== 0);
  });
  expect(notes).toEqual([2, "cd", 4, FD_CLOEXEC, 0, true]);
});

test("dup3 replaces, and refuses equal numbers and other flags", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const [reader, writer] = now(sys.pipe2(0)) as [number, number];
    note(now(sys.dup3(reader, 9, O_CLOEXEC)), now(sys.fcntl(9, F_GETFD, 0)));
    // The last writer goes: the reader sees the end.
    now(sys.dup3(reader, writer, 0));
    note(text(sys, reader));
    note(await codeOf(() => sys.dup3(reader, reader, 0)));
    note(await codeOf(() => sys.dup3(reader, 5, O_NONBLOCK)));
    note(await codeOf(() => sys.dup3(77, 5, 0)), await codeOf(() => sys.dup3(reader, -1, 0)));
    note(await codeOf(() => sys.dup3(reader, 100_000, 0)));
  });
  expect(notes).toEqual([9, FD_CLOEXEC, "", "EINVAL", "EINVAL", "EBADF", "EBADF", "EBADF"]);
});

test("fcntl duplicates from a number on", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    now(sys.pipe2(0));
    note(
      now(sys.fcntl(0, F_DUPFD, 0)),
      now(sys.fcntl(0, F_DUPFD, 10)),
      now(sys.fcntl(0, F_DUPFD, 10)),
    );
    note(now(sys.fcntl(0, F_DUPFD_CLOEXEC, 10)), now(sys.fcntl(12, F_GETFD, 0)));
    note(now(sys.dup(0)));
    note(
      await codeOf(() => sys.fcntl(0, F_DUPFD, -1)),
      await codeOf(() => sys.fcntl(0, F_DUPFD, 1024)),
    );
    note(
      await codeOf(() => sys.fcntl(0, F_DUPFD, Number.NaN)),
      await codeOf(() => sys.fcntl(0, 99, 0)),
    );
    note(await codeOf(() => sys.fcntl(99, F_GETFD, 0)));
  });
  expect(notes).toEqual([
    ...[2, 10, 11, 12, FD_CLOEXEC, 3],
    ...["EINVAL", "EINVAL", "EINVAL", "EINVAL", "EBADF"],
  ]);
});

test("F_SETFL changes what may change, and neither access mode nor creation flags", async () => {
  const notes = await recorded(kernel, (sys, note) => {
    const fd = open(sys, O_WRONLY | O_CREAT | O_APPEND);
    note(now(sys.fcntl(fd, F_GETFL, 0)) & 0o7777);
    now(sys.fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK | O_CREAT));
    note(now(sys.fcntl(fd, F_GETFL, 0)) & 0o7777);
    now(sys.fcntl(fd, F_SETFD, 255));
    note(now(sys.fcntl(fd, F_GETFD, 0)));
  });
  expect(notes).toEqual([O_WRONLY | O_APPEND, O_WRONLY | O_NONBLOCK, FD_CLOEXEC]);
});

test("RLIMIT_NOFILE bounds the numbers, and what fails to get one is closed", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    now(sys.prlimit64(0, Resource.RLIMIT_NOFILE, { soft: 3, hard: 10 }));
    now(sys.pipe2(0));
    note(await codeOf(() => sys.pipe2(0)), kernel.processes.get(sys.pid)?.fds.numbers());
    note(now(sys.dup(0)), await codeOf(() => sys.dup(0)));
    note(await codeOf(() => open(sys, O_WRONLY | O_CREAT)));
    note(await codeOf(() => sys.fcntl(0, F_DUPFD, 3)), await codeOf(() => sys.dup3(0, 3, 0)));
    now(sys.prlimit64(0, Resource.RLIMIT_NOFILE, { soft: 4, hard: 10 }));
    note(now(sys.dup(0)), await codeOf(() => sys.dup(0)));
    now(sys.prlimit64(0, Resource.RLIMIT_NOFILE, { soft: 1, hard: 1 }));
    // What is open already stays.
    note(now(sys.write(1, encodeUtf8("x"))));
  });
  expect(notes).toEqual([
    "EMFILE",
    [0, 1],
    2,
    "EMFILE",
    "EMFILE",
    "EINVAL",
    "EBADF",
    3,
    "EMFILE",
    1,
  ]);
});

test("close_range closes or marks, and ignores what is not open", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    for (let i = 0; i < 3; i++) now(sys.pipe2(0));
    const numbers = () => kernel.processes.get(sys.pid)?.fds.numbers();
    now(sys.close_range(1, 2, 0));
    note(numbers());
    now(sys.close_range(4, 0xffff_ffff, CLOSE_RANGE_CLOEXEC));
    note([0, 3, 4, 5].map((fd) => now(sys.fcntl(fd, F_GETFD, 0))));
    note(
      await codeOf(() => sys.close_range(3, 2, 0)),
      await codeOf(() => sys.close_range(1, 2, 1)),
    );
    now(sys.close_range(0, 0xffff_ffff, 0));
    note(numbers());
  });
  expect(notes).toEqual([[0, 3, 4, 5], [0, 0, 1, 1], "EINVAL", "EINVAL", []]);
});

test("reading and writing need the access that was asked for", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const buffer = new Uint8Array(4);
    const writer = open(sys, O_WRONLY | O_CREAT);
    const reader = open(sys, O_RDONLY);
    const place = open(sys, O_PATH);
    for (const fd of [writer, place, 99, -1]) note(await codeOf(() => sys.read(fd, buffer)));
    for (const fd of [reader, place, 99, -1]) note(await codeOf(() => sys.write(fd, buffer)));
    for (const fd of [writer, place]) note(await codeOf(() => sys.pread64(fd, buffer, 0)));
    for (const fd of [reader, place]) note(await codeOf(() => sys.pwrite64(fd, buffer, 0)));
    note(await codeOf(() => sys.lseek(place, 0, 0)), await codeOf(() => sys.fionread(place)));
    note(
      await codeOf(() => sys.read(reader, buffer)),
      await codeOf(() => sys.write(writer, buffer)),
    );
  });
  expect(notes).toEqual([...Array(14).fill("EBADF"), "OK", "OK"]);
});

test("offsets must be whole, exact and not negative", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const fd = open(sys, O_RDWR | O_CREAT);
    const buffer = new Uint8Array(4);
    for (const offset of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      note(await codeOf(() => sys.pread64(fd, buffer, offset)));
      note(await codeOf(() => sys.pwrite64(fd, buffer, offset)));
    }
    note(await codeOf(() => sys.lseek(fd, 0.5, SEEK_SET)), await codeOf(() => sys.lseek(fd, 0, 5)));
    note(await codeOf(() => sys.lseek(fd, -1, SEEK_SET)));
    note(now(sys.pwrite64(fd, encodeUtf8("abc"), 2)), now(sys.lseek(fd, 0, SEEK_CUR)));
    note(now(sys.pread64(fd, buffer, 3)), now(sys.lseek(fd, -1, SEEK_END)), text(sys, fd));
  });
  expect(notes).toEqual([...Array(13).fill("EINVAL"), 3, 0, 2, 4, "c"]);
});

test("a description closes with its last descriptor, in whatever process", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const [reader, writer] = now(sys.pipe2(0)) as [number, number];
    const child = sys.fork(async (sys) => {
      now(sys.close(reader));
      await sys.clock_nanosleep(1, 0, 3_000_000n);
      return 0;
    });
    now(sys.close(writer));
    // The child's copy keeps the pipe open until the child ends.
    note(await sys.read(reader, new Uint8Array(1)));
    note((await sys.wait4(child, 0)).status);
    note(await codeOf(() => sys.close(writer)));
  });
  expect(notes).toEqual([0, 0, "EBADF"]);
});

test("pipe2 takes O_CLOEXEC and O_NONBLOCK, and refuses what it lacks", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const [reader, writer] = now(sys.pipe2(O_CLOEXEC | O_NONBLOCK)) as [number, number];
    note(now(sys.fcntl(reader, F_GETFD, 0)), now(sys.fcntl(writer, F_GETFD, 0)));
    note(now(sys.fcntl(reader, F_GETFL, 0)), now(sys.fcntl(writer, F_GETFL, 0)));
    note(await codeOf(() => sys.read(reader, new Uint8Array(1))));
    note(await codeOf(() => sys.pipe2(O_DIRECT)), await codeOf(() => sys.pipe2(O_APPEND)));
  });
  expect(notes).toEqual([1, 1, O_NONBLOCK, O_WRONLY | O_NONBLOCK, "EAGAIN", "EINVAL", "EINVAL"]);
});

test("RWF_NOWAIT fails where a read or write would wait, and moves what goes at once", async () => {
  const notes = await recorded(kernel, async (sys, note) => {
    const [reader, writer] = now(sys.pipe2(0)) as [number, number];
    const buffer = new Uint8Array(16);
    note(await codeOf(() => now(sys.preadv2(reader, buffer, -1, RWF_NOWAIT))));
    note(now(sys.pwritev2(writer, encodeUtf8("abc"), -1, RWF_NOWAIT)));
    note(now(sys.preadv2(reader, buffer, -1, RWF_NOWAIT)));
    note(now(sys.pwritev2(writer, new Uint8Array(100_000), -1, RWF_NOWAIT)));
    note(await codeOf(() => now(sys.pwritev2(writer, new Uint8Array(100_000), -1, RWF_NOWAIT))));
    note(await codeOf(() => now(sys.preadv2(reader, buffer, -2, 0))));
    note(await codeOf(() => now(sys.preadv2(reader, buffer, -1, 0x100))));
    const fd = open(sys, O_RDWR | O_CREAT);
    note(now(sys.pwritev2(fd, encodeUtf8("0123"), 2, 0)));
    note(now(sys.preadv2(fd, buffer, -1, RWF_NOWAIT)));
  });
  expect(notes).toEqual(["EAGAIN", 3, 3, 65_536, "EAGAIN", "EINVAL", "EOPNOTSUPP", 4, 6]);
});

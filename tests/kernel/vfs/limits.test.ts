/** What a machine may hold: ENOSPC, EFBIG, EMLINK; and that everything comes back. */
import { describe, expect, test } from "vitest";
import { O_APPEND, O_CREAT, O_RDWR, O_WRONLY } from "../../../kernel/fd/flags.ts";
import { Resource } from "../../../kernel/process/resource-limits.ts";
import { AT_FDCWD } from "../../../kernel/vfs/constants.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { refuses, testMachine } from "./machine.ts";

describe("memory", () => {
  test("a full machine writes what fits, then ENOSPC, and works again when something goes", () => {
    const { kernel, user } = testMachine(undefined, { disk: 1 << 20 });
    const u = user();
    const fd = u.open("/f", O_WRONLY | O_CREAT | O_APPEND);
    let written = 0;
    const block = new Uint8Array(100_000).fill(1);
    refuses("ENOSPC", () => {
      for (;;) written += u.sys.write(fd, block);
    });
    expect(u.stat("/f").size).toBe(written);
    expect(written).toBeGreaterThan(900_000);
    expect(kernel.mounts.quota.memory).toBeLessThanOrEqual(1 << 20);
    refuses("ENOSPC", () => u.write("/g", block));
    u.sys.ftruncate(fd, 0);
    u.write("/g", block);
    expect(u.bytes("/g")).toEqual(block);
  });

  test("holes are free, and fallocate is all or nothing", () => {
    const { kernel, user } = testMachine(undefined, { disk: 1 << 20 });
    const u = user();
    const fd = u.open("/f", O_RDWR | O_CREAT);
    u.sys.ftruncate(fd, 2 ** 50);
    u.sys.pwrite64(fd, new Uint8Array(1), 2 ** 49);
    const { memory } = kernel.mounts.quota;
    expect(memory).toBeLessThan(100_000);
    refuses("ENOSPC", () => u.sys.fallocate(fd, 0, 0, 2 ** 40));
    expect(kernel.mounts.quota.memory).toBeLessThan(memory + 100);
    u.sys.fallocate(fd, 0, 0, 500_000);
  });

  test("files, names, links, link texts and attributes count too, and all of it comes back", () => {
    const { kernel, user } = testMachine();
    const u = user();
    const { quota } = kernel.mounts;
    const before = { memory: quota.memory, inodes: quota.inodes };
    const grows = (work: () => void, least: number) => {
      const { memory } = quota;
      work();
      expect(quota.memory - memory).toBeGreaterThanOrEqual(least);
    };
    grows(() => u.write("/f"), 100);
    grows(() => u.link("/f", `/${"l".repeat(200)}`), 200);
    grows(() => u.symlink("x".repeat(4000), "/s"), 4000);
    grows(() => u.sys.setxattr(AT_FDCWD, "/f", "user.a", new Uint8Array(60_000), 0, 0), 60_000);
    grows(() => u.mkdir("/d"), 100);
    grows(() => u.write("/d/f", new Uint8Array(10)), 100);
    u.rename("/d/f", `/d/${"n".repeat(255)}`);
    u.rename(`/d/${"n".repeat(255)}`, "/d/m", 0);
    u.write("/d/over");
    u.rename("/d/over", "/d/m");
    const fd = u.open("/d/m", O_RDWR);
    u.writeFd(fd, "still open");
    u.unlink("/d/m");
    for (const path of ["/f", `/${"l".repeat(200)}`, "/s"]) u.unlink(path);
    u.rmdir("/d");
    expect(quota.memory).toBeGreaterThan(before.memory);
    u.sys.close(fd);
    expect({ memory: quota.memory, inodes: quota.inodes }).toEqual(before);
  });

  test("the number of files has its own limit", () => {
    const { user } = testMachine(undefined, { inodes: 10 });
    const u = user();
    let made = 0;
    refuses("ENOSPC", () => {
      for (; ; made++) u.write(`/${made}`);
    });
    expect(made).toBe(9);
    refuses("ENOSPC", () => u.mkdir("/d"));
    u.link("/0", "/link");
    u.unlink("/1");
    u.mkdir("/d");
    expect(u.sys.statfs("/").ffree).toBe(0);
  });

  test("what shows through from an image costs nothing until it is changed", () => {
    const below = new MemoryFileSystem();
    testMachine(below).user().write("/f", new Uint8Array(1_000_000));
    const { kernel, user } = testMachine(new MemoryFileSystem({ lower: [below.root] }));
    const u = user();
    const { memory } = kernel.mounts.quota;
    expect(u.bytes("/f").length).toBe(1_000_000);
    expect(kernel.mounts.quota.memory).toBe(memory);
    u.sys.pwrite64(u.open("/f", O_RDWR), new Uint8Array(1), 500_000);
    expect(kernel.mounts.quota.memory).toBe(memory + 65_536);
  });
});

describe("RLIMIT_FSIZE", () => {
  test("a write stops at it; beyond is EFBIG and SIGXFSZ", () => {
    const { user } = testMachine();
    const u = user(1000);
    user().chmod("/", 0o777);
    u.sys.rt_sigaction(25, { handler: 1, mask: 0n, flags: 0 });
    u.sys.prlimit64(0, Resource.RLIMIT_FSIZE, { soft: 1000, hard: 2000 });
    const fd = u.open("/f", O_RDWR | O_CREAT);
    expect(u.sys.write(fd, new Uint8Array(600))).toBe(600);
    expect(u.sys.write(fd, new Uint8Array(600))).toBe(400);
    refuses("EFBIG", () => u.sys.write(fd, new Uint8Array(1)));
    refuses("EFBIG", () => u.sys.ftruncate(fd, 1001));
    refuses("EFBIG", () => u.sys.truncate("/f", 1001));
    refuses("EFBIG", () => u.sys.fallocate(fd, 0, 900, 200));
    u.sys.ftruncate(fd, 1000);
    u.sys.ftruncate(fd, 10);
    expect(u.stat("/f").size).toBe(10);
  });

  test("the signal ends a process that neither catches nor ignores it", () => {
    const { kernel, user } = testMachine();
    const u = user();
    u.sys.prlimit64(0, Resource.RLIMIT_FSIZE, { soft: 0, hard: 0 });
    const fd = u.open("/f", O_RDWR | O_CREAT);
    expect(() => u.sys.write(fd, new Uint8Array(1))).toThrow();
    expect(kernel.processes.get(u.pid)?.state).toBe("zombie");
  });
});

test("a process without a free descriptor makes no file", () => {
  const u = testMachine().user();
  u.sys.prlimit64(0, Resource.RLIMIT_NOFILE, { soft: 2, hard: 2 });
  const fds = [u.open("/"), u.open("/")];
  refuses("EMFILE", () => u.open("/f", O_RDWR | O_CREAT));
  expect(u.exists("/f")).toBe(false);
  u.sys.close(fds[0] as number);
  expect(u.open("/f", O_RDWR | O_CREAT)).toBe(fds[0]);
});

test("a file has at most 65,000 names", () => {
  const u = testMachine().user();
  u.write("/f");
  u.mkdir("/d");
  for (let i = 1; i < 65_000; i++) u.link("/f", `/d/${i}`);
  refuses("EMLINK", () => u.link("/f", "/d/more"));
  expect(u.stat("/f").nlink).toBe(65_000);
});

test("a directory of 100,000 entries is made, listed and emptied in linear time", () => {
  const u = testMachine().user();
  u.mkdir("/d");
  for (let i = 0; i < 100_000; i++) u.sys.mknodat(AT_FDCWD, `/d/${i}`, 0o644, 0);
  const fd = u.open("/d");
  let count = 0;
  for (;;) {
    const part = u.sys.getdents64(fd, 4096);
    if (part.length === 0) break;
    for (const { name } of part) {
      if (name.startsWith(".")) continue;
      u.unlink(`/d/${name}`);
      count++;
    }
  }
  expect(count).toBe(100_000);
  u.rmdir("/d");
});

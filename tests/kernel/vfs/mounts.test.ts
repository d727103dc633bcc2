/** mount(2) and what mounts mean to paths. */
import { describe, expect, test } from "vitest";
import { O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } from "../../../kernel/fd/flags.ts";
import {
  AT_FDCWD,
  MNT_DETACH,
  MS_BIND,
  MS_NOATIME,
  MS_NODEV,
  MS_NOEXEC,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  S_IFCHR,
  W_OK,
  X_OK,
} from "../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "./machine.ts";

function start() {
  const machine = testMachine();
  const root = machine.user();
  for (const path of ["/m", "/n", "/d"]) root.mkdir(path);
  root.write("/m/under", "below");
  root.sys.mount("tmpfs", "/m", "tmpfs", 0, "");
  return { machine, root };
}

describe("a mount", () => {
  test("hides what it lies over until it is unmounted", () => {
    const { root } = start();
    expect(root.list("/m")).toEqual([]);
    root.write("/m/f", "in the mount");
    expect(root.stat("/m").dev).not.toBe(root.stat("/").dev);
    expect(root.stat("/m/..").ino).toBe(root.stat("/").ino);
    expect(root.stat("/m/../m/./f").size).toBe(12);
    root.sys.chdir("/m");
    expect(root.sys.getcwd()).toBe("/m");
    expect(root.entries("/m").find(({ name }) => name === "..")?.ino).toBe(root.stat("/").ino);
    refuses("EBUSY", () => root.sys.umount2("/m", 0));
    root.sys.chdir("/");
    root.sys.umount2("/m", 0);
    expect(root.list("/m")).toEqual(["under"]);
    refuses("EINVAL", () => root.sys.umount2("/m", 0));
  });

  test("is busy while something in it is open", () => {
    const { root } = start();
    root.write("/m/f", "");
    const fd = root.open("/m/f");
    refuses("EBUSY", () => root.sys.umount2("/m", 0));
    root.sys.close(fd);
    root.sys.mount("tmpfs", "/m/../n", "tmpfs", 0, "");
    root.mkdir("/m/inner");
    root.sys.mount("tmpfs", "/m/inner", "tmpfs", 0, "");
    refuses("EBUSY", () => root.sys.umount2("/m", 0));
    root.sys.umount2("/m/inner", 0);
    root.sys.umount2("/m", 0);
  });

  test("that is detached goes on for who has something open in it", () => {
    const { machine, root } = start();
    const { quota } = machine.kernel.mounts;
    const fd = root.open("/m/f", O_RDWR | O_CREAT);
    root.sys.chdir("/m");
    refuses("EBUSY", () => root.sys.umount2("/m", MNT_DETACH));
    root.sys.chdir("/");
    root.sys.umount2("/m", MNT_DETACH);
    expect(root.list("/m")).toEqual(["under"]);
    const { memory } = quota;
    root.sys.pwrite64(fd, new Uint8Array(100_000), 0);
    expect(root.sys.fstat(fd).size).toBe(100_000);
    expect(quota.memory).toBe(memory + 100_000);
    root.sys.close(fd);
    expect(quota.memory).toBeLessThan(memory);
  });

  test("is an own file system to link and rename, and its place cannot be removed", () => {
    const { root } = start();
    root.write("/d/f", "");
    refuses("EXDEV", () => root.rename("/d/f", "/m/f"));
    refuses("EXDEV", () => root.link("/d/f", "/m/f"));
    refuses("EBUSY", () => root.rmdir("/m"));
    refuses("EBUSY", () => root.rename("/m", "/elsewhere"));
    refuses("EBUSY", () => root.rename("/d", "/m"));
    root.rename("/d", "/elsewhere");
  });

  test("stacks: the last one shows", () => {
    const { root } = start();
    root.write("/m/first", "");
    root.sys.mount("tmpfs", "/m", "tmpfs", 0, "");
    expect(root.list("/m")).toEqual([]);
    expect(root.stat("/m/..").ino).toBe(root.stat("/").ino);
    root.sys.umount2("/m", 0);
    expect(root.list("/m")).toEqual(["first"]);
  });

  test("takes privilege, a directory and a known type", () => {
    const { machine, root } = start();
    const user = machine.user(1000);
    refuses("EPERM", () => user.sys.mount("x", "/d", "tmpfs", 0, ""));
    refuses("EPERM", () => user.sys.umount2("/m", 0));
    refuses("ENODEV", () => root.sys.mount("x", "/d", "ext4", 0, ""));
    root.write("/file");
    refuses("ENOTDIR", () => root.sys.mount("x", "/file", "tmpfs", 0, ""));
    refuses("EINVAL", () => root.sys.mount("x", "/d", "tmpfs", 0, "nonsense=1"));
    refuses("ENOENT", () => root.sys.mount("x", "/missing", "tmpfs", 0, ""));
  });

  test("of tmpfs takes a size, a mode and an owner", () => {
    const { root } = start();
    root.sys.mount("tmpfs", "/d", "tmpfs", 0, "size=64k,mode=750,uid=5,gid=6,nr_inodes=10");
    expect(root.stat("/d")).toMatchObject({ uid: 5, gid: 6 });
    expect(root.mode("/d")).toBe(0o750);
    const fd = root.open("/d/f", O_WRONLY | O_CREAT);
    expect(root.sys.write(fd, new Uint8Array(100_000))).toBeLessThan(65_536);
    refuses("ENOSPC", () => root.sys.write(fd, new Uint8Array(70_000)));
    root.sys.ftruncate(fd, 0);
    for (let i = 0; i < 8; i++) root.write(`/d/${i}`);
    refuses("ENOSPC", () => root.write("/d/one-too-many"));
    root.write("/elsewhere", new Uint8Array(200_000));
  });
});

describe("a bind mount", () => {
  test("shows a directory or a file in a second place", () => {
    const { root } = start();
    root.mkdir("/d/sub");
    root.write("/d/sub/f", "one");
    root.sys.mount("/d/sub", "/n", "", MS_BIND, "");
    expect(root.read("/n/f")).toBe("one");
    root.write("/n/g", "two");
    expect(root.read("/d/sub/g")).toBe("two");
    expect(root.stat("/n").dev).toBe(root.stat("/d").dev);
    expect(root.stat("/n/..").ino).toBe(root.stat("/").ino);
    root.sys.chdir("/n");
    expect(root.sys.getcwd()).toBe("/n");
    root.write("/target", "hidden");
    root.sys.mount("/d/sub/f", "/target", "", MS_BIND, "");
    expect(root.read("/target")).toBe("one");
    refuses("EBUSY", () => root.unlink("/target"));
    refuses("ENOTDIR", () => root.sys.mount("/d", "/target", "", MS_BIND, ""));
  });
});

test("a recursive bind mount shows what is mounted below as well", () => {
  const { root } = start();
  root.mkdir("/d/sub");
  root.mkdir("/d/sub/inner");
  root.sys.mount("tmpfs", "/d/sub/inner", "tmpfs", 0, "");
  root.write("/d/sub/inner/f", "mounted");
  root.sys.mount("/d", "/n", "", MS_BIND, "");
  expect(root.list("/n/sub/inner")).toEqual([]);
  root.sys.umount2("/n", 0);
  root.sys.mount("/d", "/n", "", MS_BIND | MS_REC, "");
  expect(root.read("/n/sub/inner/f")).toBe("mounted");
  refuses("EBUSY", () => root.sys.umount2("/n", 0));
  refuses("EINVAL", () => root.sys.mount("/d", "/n", "", MS_BIND | 0x2000, ""));
});

describe("a read-only mount", () => {
  test("refuses every change and allows every look", () => {
    const { machine, root } = start();
    root.write("/m/f", "text");
    root.mkdir("/m/d");
    root.sys.mount("", "/m", "", MS_REMOUNT | MS_RDONLY, "");
    const changes = [
      () => root.open("/m/f", O_WRONLY),
      () => root.write("/m/new"),
      () => root.mkdir("/m/new"),
      () => root.symlink("x", "/m/new"),
      () => root.link("/m/f", "/m/new"),
      () => root.unlink("/m/f"),
      () => root.unlink("/m/missing"),
      () => root.rmdir("/m/d"),
      () => root.rename("/m/f", "/m/g"),
      () => root.chmod("/m/f", 0o600),
      () => root.chown("/m/f", 1, 1),
      () => root.sys.truncate("/m/f", 0),
      () => root.sys.utimensat(AT_FDCWD, "/m/f", 1n, 1n, 0),
      () => root.sys.setxattr(AT_FDCWD, "/m/f", "user.a", new Uint8Array(1), 0, 0),
      () => root.sys.faccessat2(AT_FDCWD, "/m/f", W_OK, 0),
    ];
    for (const change of changes) refuses("EROFS", change);
    const { atime } = root.stat("/m/f");
    machine.tick();
    expect(root.read("/m/f")).toBe("text");
    expect(root.stat("/m/f").atime).toBe(atime);
    root.sys.close(root.open("/m/f", O_RDONLY | O_CREAT));
    expect(root.sys.statfs("/m").flags & MS_RDONLY).toBe(MS_RDONLY);
    root.sys.mount("", "/m", "", MS_REMOUNT, "");
    root.chmod("/m/f", 0o600);
  });

  test("may be one of two views of a file system", () => {
    const { root } = start();
    root.write("/d/f", "");
    root.sys.mount("/d", "/n", "", MS_BIND, "");
    root.sys.mount("", "/n", "", MS_REMOUNT | MS_BIND | MS_RDONLY, "");
    refuses("EROFS", () => root.chmod("/n/f", 0o600));
    root.chmod("/d/f", 0o600);
  });
});

describe("mount flags", () => {
  test("noexec lets nothing be run", () => {
    const { root } = start();
    root.write("/m/f", "", 0o755);
    root.sys.faccessat2(AT_FDCWD, "/m/f", X_OK, 0);
    root.sys.mount("", "/m", "", MS_REMOUNT | MS_NOEXEC, "");
    refuses("EACCES", () => root.sys.faccessat2(AT_FDCWD, "/m/f", X_OK, 0));
    root.sys.faccessat2(AT_FDCWD, "/m", X_OK, 0);
    refuses("EACCES", () => root.waiting.execve("/m/f", [], []));
  });

  test("nodev opens no device, noatime notes no reading", () => {
    const { machine, root } = start();
    root.sys.mknodat(AT_FDCWD, "/m/null", S_IFCHR | 0o666, 0x103);
    root.sys.close(root.open("/m/null"));
    root.sys.mount("", "/m", "", MS_REMOUNT | MS_NODEV | MS_NOATIME, "");
    refuses("EACCES", () => root.open("/m/null"));
    root.write("/m/f", "x");
    const { atime } = root.stat("/m/f");
    machine.tick();
    root.read("/m/f");
    expect(root.stat("/m/f").atime).toBe(atime);
  });
});

test("unmounting gives the memory back", () => {
  const { machine, root } = start();
  const { quota } = machine.kernel.mounts;
  root.sys.umount2("/m", 0);
  const { memory, inodes } = quota;
  root.sys.mount("tmpfs", "/m", "tmpfs", 0, "");
  root.write("/m/f", new Uint8Array(1_000_000));
  expect(quota.memory).toBeGreaterThan(memory + 1_000_000);
  root.sys.umount2("/m", 0);
  expect(quota).toMatchObject({ memory, inodes });
});

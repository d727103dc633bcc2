/** /proc: what it says, where its links lead, and who may look. */
import { describe, expect, test } from "vitest";
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from "../../../kernel/fd/flags.ts";
import { AT_FDCWD, AT_SYMLINK_FOLLOW } from "../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "./machine.ts";

function start() {
  const machine = testMachine();
  const root = machine.user();
  root.mkdir("/proc");
  root.sys.mount("proc", "/proc", "proc", 0, "");
  return { machine, root };
}

describe("a process", () => {
  test("finds itself, its numbers and its names", () => {
    const { machine, root } = start();
    const u = machine.user(1000, 1001, [7, 8]);
    const process = machine.kernel.processes.get(u.pid);
    Object.assign(process ?? {}, {
      argv: ["prog", "a b", "ä"],
      envp: ["A=1", "B=2"],
      command: "prog",
      executable: "/bin/prog",
    });
    expect(u.readlink("/proc/self")).toBe(`${u.pid}`);
    expect(root.readlink("/proc/self")).toBe(`${root.pid}`);
    expect(u.read("/proc/self/cmdline")).toBe("prog\0a b\0ä\0");
    expect(u.read("/proc/self/environ")).toBe("A=1\0B=2\0");
    expect(u.read("/proc/self/comm")).toBe("prog\n");
    expect(u.readlink("/proc/self/exe")).toBe("/bin/prog");
    expect(u.read("/proc/self/stat")).toMatch(new RegExp(`^${u.pid} \\(prog\\) R 1 1 1 0 -1 `));
    expect(u.read("/proc/self/stat").split(" ").length).toBe(52);
    const status = u.read("/proc/self/status");
    expect(status).toContain("Name:\tprog\nUmask:\t0022\nState:\tR (running)\n");
    expect(status).toContain("Uid:\t1000\t1000\t1000\t1000\nGid:\t1001\t1001\t1001\t1001\n");
    expect(status).toContain("Groups:\t7 8 \n");
    expect(u.read("/proc/self/limits")).toMatch(/^Max open files +1024 +65536 +files +$/m);
    expect(u.stat(`/proc/${u.pid}`)).toMatchObject({ uid: 1000, gid: 1001, nlink: 2 });
  });

  test("is listed while it exists", () => {
    const { machine, root } = start();
    const u = machine.user(1000);
    expect(root.list("/proc")).toEqual(
      expect.arrayContaining(["1", `${u.pid}`, "self", "meminfo"]),
    );
    const { ino } = root.stat(`/proc/${u.pid}`);
    expect(root.entries("/proc").find(({ name }) => name === `${u.pid}`)?.ino).toBe(ino);
    machine.kernel.processes.terminate(machine.kernel.processes.get(u.pid) as never, 9);
    expect(root.read(`/proc/${u.pid}/status`)).toContain("State:\tZ (zombie)");
    machine.kernel.processes.reap(machine.kernel.processes.get(u.pid) as never);
    refuses("ENOENT", () => root.stat(`/proc/${u.pid}`));
    for (const name of ["0", "01", "-1", "99999", "nonsense"])
      refuses("ENOENT", () => root.stat(`/proc/${name}`));
  });

  test("shows its working directory and root, and what is below them", () => {
    const { root } = start();
    root.mkdir("/d");
    root.write("/d/f", "found");
    root.sys.chdir("/d");
    expect(root.readlink("/proc/self/cwd")).toBe("/d");
    expect(root.read("/proc/self/cwd/f")).toBe("found");
    expect(root.read("/proc/self/root/d/f")).toBe("found");
    expect(root.stat("/proc/self/cwd/..").ino).toBe(root.stat("/").ino);
    expect(root.lstat("/proc/self/cwd").mode).toBe(0o120777);
    root.unlink("/d/f");
    root.rmdir("/d");
    expect(root.readlink("/proc/self/cwd")).toBe("/d (deleted)");
  });

  test("is closed to other users", () => {
    const { machine, root } = start();
    const mine = machine.user(1000);
    const twin = machine.user(1000);
    const other = machine.user(1002);
    for (const name of ["cwd", "root"]) {
      refuses("EACCES", () => other.readlink(`/proc/${mine.pid}/${name}`));
      refuses("EACCES", () => other.stat(`/proc/${mine.pid}/${name}/`));
      expect(twin.readlink(`/proc/${mine.pid}/${name}`)).toBe("/");
      expect(root.readlink(`/proc/${mine.pid}/${name}`)).toBe("/");
    }
    refuses("EACCES", () => other.read(`/proc/${mine.pid}/environ`));
    refuses("EACCES", () => other.list(`/proc/${mine.pid}/fd`));
    expect(other.read(`/proc/${mine.pid}/status`)).toContain("Uid:\t1000");
    twin.read(`/proc/${mine.pid}/environ`);
  });
});

describe("/proc/self/fd", () => {
  test("lists descriptors and names what is open", () => {
    const { root } = start();
    root.write("/f", "text");
    const fd = root.open("/f");
    const [readEnd, writeEnd] = root.sys.pipe2(0) as [number, number];
    expect(root.list("/proc/self/fd")).toEqual([`${fd}`, `${readEnd}`, `${writeEnd}`, "3"].sort());
    expect(root.readlink(`/proc/self/fd/${fd}`)).toBe("/f");
    expect(root.readlink(`/proc/self/fd/${readEnd}`)).toMatch(/^pipe:\[\d+\]$/);
    expect(root.mode(`/proc/self/fd/${readEnd}`)).toBe(0o500);
    expect(root.mode(`/proc/self/fd/${writeEnd}`)).toBe(0o300);
    expect(root.stat(`/proc/self/fd/${fd}`).ino).toBe(root.stat("/f").ino);
    expect(root.stat(`/proc/self/fd/${readEnd}`)).toEqual(root.sys.fstat(readEnd));
    root.rename("/f", "/g");
    expect(root.readlink(`/proc/self/fd/${fd}`)).toBe("/g");
    root.unlink("/g");
    expect(root.readlink(`/proc/self/fd/${fd}`)).toBe("/g (deleted)");
    refuses("ENOENT", () => root.readlink("/proc/self/fd/77"));
    refuses("ENOENT", () => root.stat("/proc/self/fd/0x1"));
  });

  test("opening one opens the file anew, even when its name is gone", () => {
    const { machine, root } = start();
    root.write("/f", "content", 0o644);
    const fd = root.open("/f");
    root.readFd(fd, 3);
    root.unlink("/f");
    const again = root.open(`/proc/self/fd/${fd}`, O_RDWR);
    expect(root.readFd(again)).toBe("content");
    expect(root.readFd(fd)).toBe("tent");
    root.write("/g", "", 0o644);
    const u = machine.user(1000);
    const only = u.open("/g");
    refuses("EACCES", () => u.open(`/proc/self/fd/${only}`, O_WRONLY));
    u.sys.close(u.open(`/proc/self/fd/${only}`, O_RDONLY));
  });

  test("opening a pipe's end gives the same pipe", () => {
    const { root } = start();
    const [readEnd, writeEnd] = root.sys.pipe2(0) as [number, number];
    const again = root.open(`/proc/self/fd/${readEnd}`, O_WRONLY);
    root.writeFd(again, "one ");
    root.writeFd(writeEnd, "two");
    expect(root.readFd(readEnd)).toBe("one two");
    root.sys.close(writeEnd);
    root.sys.close(again);
    expect(root.readFd(readEnd)).toBe("");
  });

  test("O_TMPFILE is published by linking its descriptor", () => {
    const { root } = start();
    const fd = root.open("/", O_RDWR | 0o20200000);
    root.writeFd(fd, "published");
    root.sys.linkat(AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, "/named", AT_SYMLINK_FOLLOW);
    expect(root.read("/named")).toBe("published");
  });

  test("fdinfo tells offset and flags", () => {
    const { root } = start();
    root.write("/f", "content");
    const fd = root.open("/f", O_RDWR);
    root.readFd(fd, 3);
    expect(root.read(`/proc/self/fdinfo/${fd}`)).toMatch(/^pos:\t3\nflags:\t02\nmnt_id:\t1\n/);
  });
});

describe("the machine", () => {
  test("tells its mounts as seen from the reader's root", () => {
    const { machine, root } = start();
    root.mkdir("/a b");
    root.sys.mount("source", "/a b", "tmpfs", 1, "");
    expect(root.read("/proc/mounts")).toBe(
      "none / tmpfs rw 0 0\nproc /proc proc rw 0 0\nsource /a\\040b tmpfs ro 0 0\n",
    );
    expect(root.read("/proc/self/mountinfo")).toContain(
      "3 1 0:3 / /a\\040b ro - tmpfs source rw\n",
    );
    const jailed = machine.user();
    jailed.sys.chroot("/proc");
    expect(jailed.read("/self/mounts")).toBe("proc / proc rw 0 0\n");
  });

  test("tells memory, time, version and its settings", () => {
    const { root } = start();
    expect(root.read("/proc/meminfo")).toMatch(/^MemTotal: +4194304 kB\nMemFree: +\d+ kB\n/);
    expect(root.read("/proc/uptime")).toMatch(/^\d+\.\d\d \d+\.\d\d\n$/);
    expect(root.read("/proc/loadavg")).toMatch(/^0\.00 0\.00 0\.00 1\/\d+ \d+\n$/);
    expect(root.read("/proc/stat")).toMatch(/^cpu {2}\d+ 0 0 \d+ /);
    expect(root.read("/proc/version")).toMatch(/^Linux version 6\.\d+/);
    expect(root.read("/proc/filesystems")).toContain("nodev\ttmpfs\n");
    expect(root.read("/proc/sys/kernel/osrelease")).toBe(`${root.sys.uname().release}\n`);
    const uuid = root.read("/proc/sys/kernel/random/uuid");
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n$/);
    expect(root.read("/proc/sys/kernel/random/uuid")).not.toBe(uuid);
    expect(root.read("/proc/sys/kernel/random/boot_id")).toBe(
      root.read("/proc/sys/kernel/random/boot_id"),
    );
  });

  test("takes a new host name from root", () => {
    const { machine, root } = start();
    const u = machine.user(1000);
    root.write("/proc/sys/kernel/hostname", "named\n");
    expect(u.sys.uname().nodename).toBe("named");
    refuses("EACCES", () => u.open("/proc/sys/kernel/hostname", O_WRONLY | O_TRUNC));
    refuses("EINVAL", () => root.write("/proc/sys/kernel/hostname", "x".repeat(65)));
  });

  test("cannot be changed otherwise", () => {
    const { root } = start();
    refuses("EPERM", () => root.mkdir("/proc/new"));
    refuses("EPERM", () => root.open("/proc/new", O_WRONLY | O_CREAT));
    refuses("EPERM", () => root.unlink("/proc/version"));
    refuses("EPERM", () => root.rename("/proc/version", "/proc/x"));
    refuses("EPERM", () => root.chmod("/proc/version", 0o600));
    refuses("EINVAL", () => root.writeFd(root.open("/proc/version", O_WRONLY), "x"));
  });

  test("reads in pieces and from offsets, and is made anew from the start", () => {
    const { machine, root } = start();
    const fd = root.open("/proc/sys/kernel/hostname");
    expect(root.readFd(fd, 3)).toBe("iso");
    machine.kernel.hostname = "another";
    expect(root.readFd(fd)).toBe("pod\n");
    root.sys.lseek(fd, 0, 0);
    expect(root.readFd(fd)).toBe("another\n");
    expect(root.sys.fstat(fd).size).toBe(0);
  });
});

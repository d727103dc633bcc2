/** /dev: the devices that every machine has. */
import { describe, expect, test } from "vitest";
import { O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } from "../../../kernel/fd/flags.ts";
import { AT_FDCWD, S_IFBLK, S_IFCHR, S_IFMT } from "../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "./machine.ts";

function start() {
  const machine = testMachine();
  const root = machine.user();
  for (const path of ["/dev", "/proc"]) root.mkdir(path);
  root.sys.mount("dev", "/dev", "devtmpfs", 0, "");
  root.sys.mount("proc", "/proc", "proc", 0, "");
  root.sys.mount("devpts", "/dev/pts", "devpts", 0, "");
  return { machine, root, user: machine.user(1000) };
}

describe("devices", () => {
  test("null takes everything and gives nothing", () => {
    const { user } = start();
    const fd = user.open("/dev/null", O_RDWR);
    expect(user.writeFd(fd, "gone")).toBe(4);
    expect(user.readFd(fd)).toBe("");
    user.write("/dev/null", "with O_CREAT and O_TRUNC");
    expect(user.stat("/dev/null")).toMatchObject({ mode: S_IFCHR | 0o666, rdev: 0x103, size: 0 });
    expect(user.sys.fstat(fd)).toEqual(user.stat("/dev/null"));
  });

  test("zero and full give zeros, and full has no room", () => {
    const { user } = start();
    const buffer = new Uint8Array(100_000).fill(1);
    expect(user.sys.read(user.open("/dev/zero"), buffer)).toBe(100_000);
    expect(buffer.every((byte) => byte === 0)).toBe(true);
    const full = user.open("/dev/full", O_RDWR);
    expect(user.readFd(full, 3)).toBe("\0\0\0");
    refuses("ENOSPC", () => user.writeFd(full, "x"));
    expect(user.writeFd(user.open("/dev/zero", O_WRONLY), "x")).toBe(1);
  });

  test("random and urandom give other bytes each time, into shared memory too", () => {
    const { user } = start();
    for (const path of ["/dev/random", "/dev/urandom"]) {
      const fd = user.open(path);
      const [one, two] = [new Uint8Array(70_000), new Uint8Array(new SharedArrayBuffer(70_000))];
      expect(user.sys.read(fd, one)).toBe(70_000);
      expect(user.sys.read(fd, two)).toBe(70_000);
      expect(Buffer.compare(one, two)).not.toBe(0);
      expect(new Set(one).size).toBeGreaterThan(200);
    }
  });

  test("stdin, stdout, stderr and fd lead to the process's own", () => {
    const { user, root } = start();
    root.write("/f", "input");
    root.chmod("/f", 0o666);
    const fd = user.open("/f", O_RDWR);
    expect(fd).toBe(0);
    user.sys.dup(fd);
    expect(user.read("/dev/stdin")).toBe("input");
    expect(user.read("/dev/fd/0")).toBe("input");
    user.write("/dev/stdout", "output");
    expect(root.read("/f")).toBe("output");
    refuses("ENOENT", () => user.open("/dev/stderr"));
    expect(user.list("/dev/fd")).toContain("0");
  });

  test("a number without a device is ENXIO", () => {
    const { root } = start();
    root.sys.mknodat(AT_FDCWD, "/dev/odd", S_IFCHR | 0o666, 0x6363);
    root.sys.mknodat(AT_FDCWD, "/dev/disk", S_IFBLK | 0o666, 0x103);
    refuses("ENXIO", () => root.open("/dev/odd"));
    refuses("ENXIO", () => root.open("/dev/disk"));
    refuses("ENXIO", () => root.open("/dev/tty", O_RDWR));
  });

  test("their permissions are an ordinary file's", () => {
    const { root, user } = start();
    root.chmod("/dev/null", 0o600);
    refuses("EACCES", () => user.open("/dev/null"));
    root.sys.close(root.open("/dev/null"));
    refuses("EACCES", () => user.open("/dev/new", O_WRONLY | O_CREAT));
    user.write("/dev/shm/new", "everybody's");
  });
});

describe("/dev/pts", () => {
  test("has a node for each terminal while it exists", () => {
    const { user } = start();
    expect(user.list("/dev/pts")).toEqual([]);
    const master = user.open("/dev/ptmx", O_RDWR);
    const number = user.sys.tiocgptn(master);
    const path = `/dev/pts/${number}`;
    expect(user.list("/dev/pts")).toEqual([`${number}`]);
    expect(user.stat(path).mode & S_IFMT).toBe(S_IFCHR);
    expect(user.stat(path).uid).toBe(1000);
    user.sys.tiocsptlck(master, 0);
    const slave = user.open(path, O_RDWR);
    user.writeFd(slave, "hello");
    expect(user.readFd(master)).toBe("hello");
    expect(user.readlink(`/proc/self/fd/${slave}`)).toBe(path);
    user.chmod(path, 0o600);
    expect(user.mode(path)).toBe(0o600);
    refuses("ENOENT", () => user.open(`/dev/pts/${number + 1}`));
    user.sys.close(slave);
    user.sys.close(master);
    expect(user.list("/dev/pts")).toEqual([]);
    refuses("ENOENT", () => user.open(path, O_RDONLY));
  });
});

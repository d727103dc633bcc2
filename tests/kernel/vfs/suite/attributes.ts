/** Modes, owners and times. */
import { expect, test } from "vitest";
import { O_CREAT, O_RDWR, O_TRUNC, O_WRONLY } from "../../../../kernel/fd/flags.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  UTIME_NOW,
  UTIME_OMIT,
} from "../../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "../machine.ts";
import type { Subject } from "./abilities.ts";

export function attributes(subject: Subject): void {
  const { abilities } = subject;
  const start = () => testMachine(subject.make()).user();

  test("the umask takes bits from what is made", () => {
    const u = start();
    expect(u.sys.umask(0o027)).toBe(0o022);
    u.write("/f", "", 0o666);
    u.mkdir("/d", 0o777);
    expect(u.mode("/f")).toBe(0o640);
    expect(u.mode("/d")).toBe(0o750);
    expect(u.sys.umask(0)).toBe(0o027);
    u.write("/g", "", 0o766);
    expect(u.mode("/g")).toBe(0o766);
  });

  test("chmod sets permission bits and leaves the type", () => {
    const u = start();
    u.write("/f");
    u.mkdir("/d");
    const { mode } = u.stat("/f");
    u.chmod("/f", 0o1421);
    expect(u.stat("/f").mode).toBe((mode & ~0o7777) | 0o1421);
    u.sys.fchmod(u.open("/f"), 0o600);
    expect(u.mode("/f")).toBe(0o600);
    u.chmod("/d", 0o1777);
    expect(u.mode("/d")).toBe(0o1777);
    u.symlink("f", "/l");
    u.chmod("/l", 0o640);
    expect(u.mode("/f")).toBe(0o640);
    refuses("EOPNOTSUPP", () => u.sys.fchmodat(AT_FDCWD, "/l", 0o600, AT_SYMLINK_NOFOLLOW));
    refuses("ENOENT", () => u.chmod("/missing", 0o600));
  });

  test.runIf(abilities.owners)("chown sets either owner, or of a link itself", () => {
    const u = start();
    u.write("/f");
    u.symlink("f", "/l");
    u.chown("/f", 1000, 2000);
    expect(u.stat("/f")).toMatchObject({ uid: 1000, gid: 2000 });
    u.chown("/l", -1, 3000);
    expect(u.stat("/f")).toMatchObject({ uid: 1000, gid: 3000 });
    u.sys.fchownat(AT_FDCWD, "/l", 5, 6, AT_SYMLINK_NOFOLLOW);
    expect(u.lstat("/l")).toMatchObject({ uid: 5, gid: 6 });
    u.sys.fchown(u.open("/f"), 4_294_967_294, -1);
    expect(u.stat("/f")).toMatchObject({ uid: 4_294_967_294, gid: 3000 });
  });

  test.runIf(abilities.setId)("chown takes set-user-id away", () => {
    const u = start();
    u.write("/f");
    u.chmod("/f", 0o6755);
    expect(u.mode("/f")).toBe(0o6755);
    u.chown("/f", 1, 1);
    expect(u.mode("/f")).toBe(0o755);
    u.chmod("/f", 0o2745);
    u.chown("/f", 1, 1);
    expect(u.mode("/f")).toBe(0o2745);
  });

  test("times are set to the nanosecond, each or both", () => {
    const u = start();
    u.write("/f");
    const times = (atime: bigint, mtime: bigint, path = "/f", flags = 0) =>
      u.sys.utimensat(AT_FDCWD, path, atime, mtime, flags);
    times(1_234_567_890_123_456_789n, 987_654_321_000_000_001n);
    expect(u.stat("/f").atime / 1000n).toBe(1_234_567_890_123_456n);
    expect(u.stat("/f").mtime / 1000n).toBe(987_654_321_000_000n);
    times(UTIME_OMIT, 5_000_000_000n);
    expect(u.stat("/f").atime / 1000n).toBe(1_234_567_890_123_456n);
    expect(u.stat("/f").mtime).toBe(5_000_000_000n);
    times(UTIME_NOW, UTIME_OMIT);
    expect(u.stat("/f").atime).toBeGreaterThan(1_600_000_000_000_000_000n);
    u.sys.futimens(u.open("/f"), 1_000_000_000n, 2_000_000_000n);
    expect(u.stat("/f")).toMatchObject({ atime: 1_000_000_000n, mtime: 2_000_000_000n });
    u.symlink("f", "/l");
    times(3_000_000_000n, 4_000_000_000n, "/l", AT_SYMLINK_NOFOLLOW);
    expect(u.lstat("/l").mtime).toBe(4_000_000_000n);
    expect(u.stat("/f").mtime).toBe(2_000_000_000n);
  });

  test.runIf(abilities.machineClock)("each change sets the times that POSIX says", () => {
    const machine = testMachine(subject.make());
    const u = machine.user();
    const changed = (path: string, work: () => void): string => {
      const before = u.lstat(path);
      const time = machine.tick();
      work();
      const after = u.lstat(path);
      const names = ["atime", "mtime", "ctime"] as const;
      for (const name of names) {
        if (after[name] !== before[name]) expect(after[name]).toBe(time);
      }
      return names.filter((name) => after[name] !== before[name]).join(" ");
    };
    u.mkdir("/d");
    expect(changed("/d", () => u.write("/d/f", "text"))).toBe("mtime ctime");
    u.write("/d/f", "text");
    expect(changed("/d/f", () => u.read("/d/f"))).toBe("atime");
    const fd = u.open("/d/f", O_RDWR);
    expect(changed("/d/f", () => u.writeFd(fd, "x"))).toBe("mtime ctime");
    expect(changed("/d/f", () => u.writeFd(fd, ""))).toBe("");
    expect(changed("/d/f", () => u.sys.ftruncate(fd, 1))).toBe("mtime ctime");
    expect(changed("/d/f", () => u.sys.close(u.open("/d/f", O_WRONLY | O_TRUNC)))).toBe(
      "mtime ctime",
    );
    expect(changed("/d/f", () => u.chmod("/d/f", 0o600))).toBe("ctime");
    expect(changed("/d/f", () => u.chown("/d/f", -1, -1))).toBe("ctime");
    expect(changed("/d/f", () => u.link("/d/f", "/d/g"))).toBe("ctime");
    expect(changed("/d/f", () => u.unlink("/d/g"))).toBe("ctime");
    expect(changed("/d/f", () => u.rename("/d/f", "/d/h") ?? u.rename("/d/h", "/d/f"))).toBe(
      "ctime",
    );
    expect(changed("/d", () => u.unlink("/d/f"))).toBe("mtime ctime");
    expect(changed("/d", () => u.mkdir("/d/e"))).toBe("mtime ctime");
    expect(changed("/d", () => u.rmdir("/d/e"))).toBe("mtime ctime");
    expect(changed("/d", () => u.symlink("x", "/d/l"))).toBe("mtime ctime");
    expect(changed("/d", () => u.entries("/d"))).toBe("atime");
    expect(changed("/d/l", () => u.readlink("/d/l"))).toBe("atime");
    expect(changed("/d", () => u.sys.close(u.open("/d/f", O_CREAT | O_RDWR)))).toBe("mtime ctime");
  });

  test("a failed change changes nothing", () => {
    const u = start();
    u.mkdir("/d");
    u.write("/d/f");
    const before = u.stat("/d");
    refuses("EEXIST", () => u.mkdir("/d/f"));
    refuses("ENOENT", () => u.unlink("/d/missing"));
    refuses("EEXIST", () => u.symlink("x", "/d/f"));
    refuses("ENOTDIR", () => u.rmdir("/d/f"));
    expect({ ...u.stat("/d"), atime: 0n }).toEqual({ ...before, atime: 0n });
  });

  test("statfs tells a size and longest names", () => {
    const u = start();
    const found = u.sys.statfs("/");
    expect(found.bsize).toBeGreaterThan(0);
    expect(found.blocks).toBeGreaterThanOrEqual(found.bfree);
    expect(found.namelen).toBe(255);
    u.write("/f");
    expect(u.sys.fstatfs(u.open("/f")).type).toBe(found.type);
  });

  test.runIf(abilities.xattrs)("extended attributes are set, replaced, listed and removed", () => {
    const u = start();
    u.write("/f");
    const get = (name: string) => Buffer.from(u.sys.getxattr(AT_FDCWD, "/f", name, 0)).toString();
    const set = (name: string, value: string | Uint8Array, how = 0) =>
      u.sys.setxattr(AT_FDCWD, "/f", name, Buffer.from(value), how, 0);
    refuses("ENODATA", () => get("user.a"));
    set("user.a", "one");
    set("user.b", "");
    expect(get("user.a")).toBe("one");
    expect(get("user.b")).toBe("");
    refuses("EEXIST", () => set("user.a", "two", 1));
    refuses("ENODATA", () => set("user.c", "two", 2));
    set("user.a", "two", 2);
    expect(get("user.a")).toBe("two");
    expect([...u.sys.listxattr(AT_FDCWD, "/f", 0)].sort()).toEqual(["user.a", "user.b"]);
    u.sys.removexattr(AT_FDCWD, "/f", "user.a", 0);
    refuses("ENODATA", () => u.sys.removexattr(AT_FDCWD, "/f", "user.a", 0));
    refuses("EOPNOTSUPP", () => set("other.a", "x"));
    refuses("EOPNOTSUPP", () => set("plain", "x"));
    refuses("ERANGE", () => set(`user.${"x".repeat(251)}`, "x"));
    refuses("E2BIG", () => set("user.large", new Uint8Array(65_537)));
    set("user.large", new Uint8Array(65_536));
  });
}

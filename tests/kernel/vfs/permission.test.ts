/** Who may do what. Every refusal stands beside somebody who may. */
import { describe, expect, test } from "vitest";
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from "../../../kernel/fd/flags.ts";
import {
  AT_EACCESS,
  AT_FDCWD,
  R_OK,
  S_IFCHR,
  S_IFIFO,
  UTIME_NOW,
  UTIME_OMIT,
  W_OK,
  X_OK,
} from "../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "./machine.ts";

const O_NOATIME = 0o1000000;

/** A machine with two users who share the group 100, a third who does not, and /d for everybody. */
function start() {
  const machine = testMachine();
  const root = machine.user();
  const owner = machine.user(1000, 1000, [100]);
  const member = machine.user(1001, 1001, [100]);
  const other = machine.user(1002);
  for (const user of [root, owner, member, other]) user.sys.umask(0);
  root.mkdir("/d", 0o777);
  return { machine, root, owner, member, other };
}

describe("the three classes", () => {
  test("the owner's bits count for the owner alone, even where others have more", () => {
    const { root, owner, member, other } = start();
    root.write("/d/f", "text", 0o077);
    root.chown("/d/f", 1000, 100);
    refuses("EACCES", () => owner.open("/d/f"));
    for (const user of [member, other, root]) user.sys.close(user.open("/d/f", O_RDWR));
    root.chmod("/d/f", 0o707);
    refuses("EACCES", () => member.open("/d/f"));
    for (const user of [owner, other]) user.sys.close(user.open("/d/f", O_RDWR));
    root.chmod("/d/f", 0o770);
    refuses("EACCES", () => other.open("/d/f"));
    for (const user of [owner, member]) user.sys.close(user.open("/d/f", O_RDWR));
  });

  test("each way of opening asks for its own bits", () => {
    const { root, other } = start();
    root.write("/d/r", "", 0o604);
    root.write("/d/w", "", 0o602);
    other.sys.close(other.open("/d/r", O_RDONLY));
    other.sys.close(other.open("/d/w", O_WRONLY));
    refuses("EACCES", () => other.open("/d/r", O_WRONLY));
    refuses("EACCES", () => other.open("/d/r", O_RDONLY | O_TRUNC));
    refuses("EACCES", () => other.open("/d/w", O_RDONLY));
    refuses("EACCES", () => other.open("/d/r", O_RDWR));
    other.sys.close(other.open("/d/new", O_RDWR | O_CREAT, 0o000));
    refuses("EACCES", () => other.open("/d/new", O_RDWR));
  });

  test("every directory on the way must be searchable", () => {
    const { root, owner, other } = start();
    root.mkdir("/d/locked", 0o744);
    root.chown("/d/locked", 1000, 1000);
    owner.write("/d/locked/f", "text");
    expect(owner.read("/d/locked/f")).toBe("text");
    refuses("EACCES", () => other.read("/d/locked/f"));
    refuses("EACCES", () => other.stat("/d/locked/missing"));
    refuses("EACCES", () => other.stat("/d/locked/."));
    refuses("EACCES", () => other.sys.chdir("/d/locked"));
    expect(other.list("/d/locked")).toEqual(["f"]);
    root.chmod("/d/locked", 0o711);
    expect(other.read("/d/locked/f")).toBe("text");
    refuses("EACCES", () => other.list("/d/locked"));
  });

  test("changing names takes write and search permission on the directory", () => {
    const { root, owner, other } = start();
    root.mkdir("/d/mine", 0o755);
    root.chown("/d/mine", 1000, 1000);
    owner.write("/d/mine/f", "");
    const attempts = [
      () => other.write("/d/mine/g", ""),
      () => other.mkdir("/d/mine/g"),
      () => other.symlink("x", "/d/mine/g"),
      () => other.sys.mknodat(AT_FDCWD, "/d/mine/g", S_IFIFO | 0o600, 0),
      () => other.unlink("/d/mine/f"),
      () => other.rename("/d/mine/f", "/d/mine/g"),
      () => other.rename("/d/mine/f", "/d/g"),
    ];
    for (const attempt of attempts) refuses("EACCES", attempt);
    root.chmod("/d/mine", 0o776);
    for (const attempt of attempts) refuses("EACCES", attempt);
    root.chmod("/d/mine", 0o777);
    other.mkdir("/d/mine/g");
    other.rename("/d/mine/f", "/d/f");
  });

  test("root may do all, but run only what somebody may run", () => {
    const { root } = start();
    root.write("/d/f", "", 0o000);
    root.sys.faccessat2(AT_FDCWD, "/d/f", R_OK | W_OK, 0);
    refuses("EACCES", () => root.sys.faccessat2(AT_FDCWD, "/d/f", X_OK, 0));
    root.chmod("/d/f", 0o001);
    root.sys.faccessat2(AT_FDCWD, "/d/f", X_OK, 0);
    root.mkdir("/d/none", 0o000);
    root.sys.faccessat2(AT_FDCWD, "/d/none", X_OK, 0);
  });

  test("access asks for the real user, with AT_EACCESS for the effective one", () => {
    const { machine, root } = start();
    root.write("/d/f", "", 0o600);
    const switched = machine.user(0);
    switched.sys.setresuid(1000, -1, -1);
    switched.sys.faccessat2(AT_FDCWD, "/d/f", R_OK, AT_EACCESS);
    refuses("EACCES", () => switched.sys.faccessat2(AT_FDCWD, "/d/f", R_OK, 0));
    refuses("EINVAL", () => switched.sys.faccessat2(AT_FDCWD, "/d/f", 8, 0));
    refuses("ENOENT", () => switched.sys.faccessat2(AT_FDCWD, "/d/none", 0, 0));
  });
});

describe("the sticky bit", () => {
  test("keeps all but the owners from removing and renaming", () => {
    const { root, owner, other } = start();
    root.mkdir("/d/sticky", 0o1777);
    owner.write("/d/sticky/f", "");
    owner.write("/d/sticky/g", "");
    other.write("/d/sticky/own", "");
    refuses("EPERM", () => other.unlink("/d/sticky/f"));
    refuses("EPERM", () => other.rename("/d/sticky/f", "/d/f"));
    refuses("EPERM", () => other.rename("/d/sticky/own", "/d/sticky/f"));
    other.rename("/d/sticky/own", "/d/sticky/own2");
    owner.unlink("/d/sticky/f");
    root.unlink("/d/sticky/g");
    root.chown("/d/sticky", 1000, 1000);
    owner.unlink("/d/sticky/own2");
  });
});

describe("owners", () => {
  test("only the owner and root change mode and times", () => {
    const { root, owner, other } = start();
    owner.write("/d/f", "", 0o666);
    const touch = (user: typeof owner, atime: bigint, mtime: bigint) =>
      user.sys.utimensat(AT_FDCWD, "/d/f", atime, mtime, 0);
    refuses("EPERM", () => other.chmod("/d/f", 0o777));
    refuses("EPERM", () => touch(other, 1n, 1n));
    refuses("EPERM", () => touch(other, UTIME_NOW, UTIME_OMIT));
    touch(other, UTIME_NOW, UTIME_NOW);
    owner.chmod("/d/f", 0o644);
    refuses("EACCES", () => touch(other, UTIME_NOW, UTIME_NOW));
    touch(other, UTIME_OMIT, UTIME_OMIT);
    touch(owner, 1n, 1n);
    root.chmod("/d/f", 0o604);
    touch(root, 2n, 2n);
    refuses("EPERM", () => other.open("/d/f", O_RDONLY | O_NOATIME));
    owner.sys.close(owner.open("/d/f", O_RDONLY | O_NOATIME));
  });

  test("an owner gives the file to groups that he is in, and to no other user", () => {
    const { root, owner, other } = start();
    owner.write("/d/f", "");
    owner.chown("/d/f", -1, 100);
    owner.chown("/d/f", 1000, 1000);
    refuses("EPERM", () => owner.chown("/d/f", -1, 101));
    refuses("EPERM", () => owner.chown("/d/f", 1001, -1));
    refuses("EPERM", () => other.chown("/d/f", -1, 1002));
    refuses("EPERM", () => other.chown("/d/f", 1000, -1));
    root.chown("/d/f", 1001, 101);
    expect(root.stat("/d/f")).toMatchObject({ uid: 1001, gid: 101 });
  });

  test("hard links to others' files need both rights on them", () => {
    const { owner, other, root } = start();
    owner.write("/d/f", "", 0o644);
    owner.write("/d/shared", "", 0o666);
    owner.write("/d/suid", "", 0o666);
    owner.chmod("/d/suid", 0o4777);
    refuses("EPERM", () => other.link("/d/f", "/d/g"));
    refuses("EPERM", () => other.link("/d/suid", "/d/g"));
    other.link("/d/shared", "/d/g");
    root.link("/d/f", "/d/h");
  });

  test("device nodes are root's to make", () => {
    const { root, other } = start();
    refuses("EPERM", () => other.sys.mknodat(AT_FDCWD, "/d/null", S_IFCHR | 0o666, 0x103));
    other.sys.mknodat(AT_FDCWD, "/d/fifo", S_IFIFO | 0o666, 0);
    root.sys.mknodat(AT_FDCWD, "/d/null", S_IFCHR | 0o666, 0x103);
  });
});

describe("set-user-id and set-group-id", () => {
  test("a set-group-id directory hands on its group, and the bit to directories", () => {
    const { root, owner } = start();
    root.mkdir("/d/shared");
    root.chown("/d/shared", 1000, 500);
    root.chmod("/d/shared", 0o2777);
    owner.write("/d/shared/f", "", 0o644);
    owner.mkdir("/d/shared/sub", 0o755);
    owner.symlink("x", "/d/shared/l");
    expect(owner.stat("/d/shared/f")).toMatchObject({ uid: 1000, gid: 500 });
    expect(owner.mode("/d/shared/sub")).toBe(0o2755);
    expect(owner.lstat("/d/shared/l").gid).toBe(500);
    owner.write("/d/shared/run", "", 0o2755);
    expect(owner.mode("/d/shared/run")).toBe(0o755);
    root.write("/d/shared/rootrun", "", 0o2755);
    expect(owner.mode("/d/shared/rootrun")).toBe(0o2755);
  });

  test("chmod by who is not in the group drops set-group-id", () => {
    const { root, owner } = start();
    root.write("/d/f", "", 0o755);
    root.chown("/d/f", 1000, 500);
    owner.chmod("/d/f", 0o6755);
    expect(owner.mode("/d/f")).toBe(0o4755);
    root.chown("/d/f", 1000, 100);
    owner.chmod("/d/f", 0o6755);
    expect(owner.mode("/d/f")).toBe(0o6755);
  });

  test("a write by the unprivileged takes both away, and by root neither", () => {
    const { root, owner, other } = start();
    owner.write("/d/f", "text", 0o777);
    const set = () => root.chmod("/d/f", 0o6777);
    set();
    other.writeFd(other.open("/d/f", O_WRONLY), "x");
    expect(owner.mode("/d/f")).toBe(0o777);
    set();
    other.sys.ftruncate(other.open("/d/f", O_WRONLY), 1);
    expect(owner.mode("/d/f")).toBe(0o777);
    set();
    root.writeFd(root.open("/d/f", O_WRONLY), "x");
    expect(owner.mode("/d/f")).toBe(0o6777);
    root.chmod("/d/f", 0o2767);
    other.writeFd(other.open("/d/f", O_WRONLY), "x");
    expect(owner.mode("/d/f")).toBe(0o2767);
  });
});

describe("chroot", () => {
  test("is root's alone, and nothing leads out of it", () => {
    const { machine, root, owner } = start();
    root.mkdir("/jail");
    root.mkdir("/jail/sub");
    root.write("/secret", "outside");
    root.write("/jail/inside", "in");
    root.symlink("/secret", "/jail/out");
    root.symlink("/../../secret", "/jail/up");
    root.symlink("/inside", "/jail/in");
    refuses("EPERM", () => owner.sys.chroot("/jail"));
    const prisoner = machine.user();
    prisoner.sys.chroot("/jail");
    prisoner.sys.chdir("/");
    expect(prisoner.list("/..")).toEqual(prisoner.list("/"));
    expect(prisoner.read("/sub/../../../inside")).toBe("in");
    expect(prisoner.read("/in")).toBe("in");
    for (const path of ["/secret", "/out", "/up", "../secret"])
      refuses("ENOENT", () => prisoner.read(path));
    expect(prisoner.sys.getcwd()).toBe("/");
    refuses("ENOTDIR", () => root.sys.chroot("/secret"));
  });
});

describe("extended attributes", () => {
  test("user.* follow the file's permissions, trusted.* are root's", () => {
    const { root, owner, other } = start();
    owner.write("/d/f", "", 0o644);
    const set = (user: typeof owner, name: string) =>
      user.sys.setxattr(AT_FDCWD, "/d/f", name, new Uint8Array([1]), 0, 0);
    set(owner, "user.a");
    refuses("EACCES", () => set(other, "user.b"));
    expect(other.sys.getxattr(AT_FDCWD, "/d/f", "user.a", 0)).toEqual(new Uint8Array([1]));
    refuses("EPERM", () => set(owner, "trusted.a"));
    set(root, "trusted.a");
    expect(root.sys.listxattr(AT_FDCWD, "/d/f", 0)).toEqual(["user.a", "trusted.a"]);
    expect(owner.sys.listxattr(AT_FDCWD, "/d/f", 0)).toEqual(["user.a"]);
    refuses("ENODATA", () => owner.sys.getxattr(AT_FDCWD, "/d/f", "trusted.a", 0));
    owner.symlink("f", "/d/l");
    refuses("EPERM", () =>
      owner.sys.setxattr(AT_FDCWD, "/d/l", "user.a", new Uint8Array(1), 0, 0x100),
    );
  });
});

/** Making, finding, linking and removing names. */
import { expect, test } from "vitest";
import { O_CREAT, O_EXCL, O_RDWR } from "../../../../kernel/fd/flags.ts";
import {
  AT_FDCWD,
  AT_SYMLINK_FOLLOW,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "../machine.ts";
import type { Subject } from "./abilities.ts";

export function names(subject: Subject): void {
  const start = () => testMachine(subject.make()).user();

  test("a new file is found, and a missing one is not", () => {
    const u = start();
    u.write("/a", "hello");
    expect(u.read("/a")).toBe("hello");
    expect(u.stat("/a").mode & S_IFMT).toBe(S_IFREG);
    refuses("ENOENT", () => u.stat("/b"));
    refuses("ENOENT", () => u.open("/b"));
  });

  test("O_EXCL makes a file that is not there, and only that", () => {
    const u = start();
    u.sys.close(u.open("/a", O_RDWR | O_CREAT | O_EXCL));
    refuses("EEXIST", () => u.open("/a", O_RDWR | O_CREAT | O_EXCL));
    u.symlink("missing", "/dangling");
    refuses("EEXIST", () => u.open("/dangling", O_RDWR | O_CREAT | O_EXCL));
    expect(u.exists("/missing")).toBe(false);
  });

  test("O_CREAT makes the target of a dangling link", () => {
    const u = start();
    u.mkdir("/d");
    u.symlink("d/target", "/dangling");
    u.write("/dangling", "through");
    expect(u.read("/d/target")).toBe("through");
    expect(u.readlink("/dangling")).toBe("d/target");
  });

  test("directories nest, count their links and go when empty", () => {
    const u = start();
    u.mkdir("/d");
    expect(u.stat("/d").mode & S_IFMT).toBe(S_IFDIR);
    const { nlink } = u.stat("/d");
    u.mkdir("/d/e");
    u.write("/d/f");
    expect(u.stat("/d").nlink - nlink).toBeLessThanOrEqual(1);
    refuses("ENOTEMPTY", () => u.rmdir("/d"));
    refuses("EEXIST", () => u.mkdir("/d"));
    refuses("ENOTDIR", () => u.rmdir("/d/f"));
    refuses("EISDIR", () => u.unlink("/d/e"));
    u.rmdir("/d/e");
    u.unlink("/d/f");
    u.rmdir("/d");
    refuses("ENOENT", () => u.rmdir("/d"));
    expect(u.list("/")).toEqual([]);
  });

  test("what is removed while it is open stays until it is closed", () => {
    const u = start();
    u.write("/a", "kept");
    const fd = u.open("/a", O_RDWR);
    u.unlink("/a");
    expect(u.exists("/a")).toBe(false);
    expect(u.readFd(fd)).toBe("kept");
    u.writeFd(fd, " and written");
    expect(u.sys.fstat(fd)).toMatchObject({ size: 16, nlink: 0 });
    u.write("/a", "another");
    expect(u.sys.fstat(fd).size).toBe(16);
    u.sys.close(fd);
    expect(u.read("/a")).toBe("another");
  });

  test("hard links are one file", () => {
    const u = start();
    u.write("/a", "one");
    u.mkdir("/d");
    u.link("/a", "/d/b");
    expect(u.stat("/a").nlink).toBe(2);
    expect(u.stat("/d/b").ino).toBe(u.stat("/a").ino);
    u.write("/d/b", "two");
    expect(u.read("/a")).toBe("two");
    refuses("EEXIST", () => u.link("/a", "/d/b"));
    refuses("EPERM", () => u.link("/d", "/e"));
    refuses("ENOENT", () => u.link("/missing", "/e"));
    u.unlink("/a");
    expect(u.read("/d/b")).toBe("two");
    expect(u.stat("/d/b").nlink).toBe(1);
  });

  test("link takes a symbolic link itself, or with AT_SYMLINK_FOLLOW its target", () => {
    const u = start();
    u.write("/a", "target");
    u.symlink("a", "/l");
    u.link("/l", "/itself");
    u.link("/l", "/followed", AT_SYMLINK_FOLLOW);
    expect(u.readlink("/itself")).toBe("a");
    expect(u.lstat("/followed").mode & S_IFMT).toBe(S_IFREG);
  });

  test("symbolic links hold their text and lead where it says", () => {
    const u = start();
    u.mkdir("/d");
    u.write("/d/f", "found");
    u.symlink("d", "/l");
    expect(u.readlink("/l")).toBe("d");
    expect(u.lstat("/l")).toMatchObject({ size: 1, nlink: 1 });
    expect(u.lstat("/l").mode & S_IFMT).toBe(S_IFLNK);
    expect(u.stat("/l").mode & S_IFMT).toBe(S_IFDIR);
    expect(u.read("/l/f")).toBe("found");
    refuses("EINVAL", () => u.readlink("/d"));
    refuses("EEXIST", () => u.symlink("x", "/l"));
    refuses("ENOENT", () => u.symlink("", "/empty"));
    u.unlink("/l");
    expect(u.read("/d/f")).toBe("found");
  });

  test("names keep every letter and byte", () => {
    const u = start();
    const odd = ["-", "...", " ", "a b", "ä€😀", "a\nb", "*", "\\", "x".repeat(255)];
    if (subject.abilities.anyBytes) odd.push("\udcff\udc80", "a\udcc3");
    for (const name of odd) u.write(`/${name}`, name);
    expect(u.list("/")).toEqual([...odd].sort());
    for (const name of odd) expect(u.read(`/${name}`)).toBe(name);
    refuses("ENAMETOOLONG", () => u.write(`/${"x".repeat(256)}`));
    refuses("ENAMETOOLONG", () => u.write(`/${"€".repeat(86)}`));
    u.write(`/${"€".repeat(85)}`);
  });

  test.runIf(subject.abilities.nodes)("FIFOs, sockets and devices are names of their type", () => {
    const u = start();
    u.sys.mknodat(AT_FDCWD, "/fifo", S_IFIFO | 0o600, 0);
    u.sys.mknodat(AT_FDCWD, "/socket", S_IFSOCK | 0o600, 0);
    u.sys.mknodat(AT_FDCWD, "/device", S_IFCHR | 0o600, 0x103);
    expect(u.stat("/fifo").mode & S_IFMT).toBe(S_IFIFO);
    expect(u.stat("/socket").mode & S_IFMT).toBe(S_IFSOCK);
    expect(u.stat("/device")).toMatchObject({ mode: S_IFCHR | 0o600, rdev: 0x103 });
    refuses("ENXIO", () => u.open("/socket", O_RDWR));
    u.sys.mknodat(AT_FDCWD, "/plain", 0o600, 0);
    expect(u.stat("/plain").mode & S_IFMT).toBe(S_IFREG);
    refuses("EPERM", () => u.sys.mknodat(AT_FDCWD, "/d", S_IFDIR | 0o700, 0));
    refuses("EINVAL", () => u.sys.mknodat(AT_FDCWD, "/l", S_IFLNK | 0o700, 0));
    refuses("EEXIST", () => u.sys.mknodat(AT_FDCWD, "/fifo", S_IFIFO | 0o600, 0));
  });
}

/** rename(2): over files and directories, across directories, and what it refuses. */
import { expect, test } from "vitest";
import { AT_FDCWD, RENAME_EXCHANGE, RENAME_NOREPLACE } from "../../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "../machine.ts";
import type { Subject } from "./abilities.ts";

export function renames(subject: Subject): void {
  const start = () => testMachine(subject.make()).user();

  test("a file moves with its content and number", () => {
    const u = start();
    u.write("/a", "text");
    u.mkdir("/d");
    const { ino } = u.stat("/a");
    u.rename("/a", "/d/b");
    expect(u.exists("/a")).toBe(false);
    expect(u.read("/d/b")).toBe("text");
    expect(u.stat("/d/b").ino).toBe(ino);
    refuses("ENOENT", () => u.rename("/a", "/c"));
    refuses("ENOENT", () => u.rename("/d/b", "/missing/b"));
  });

  test("what was at the new name is replaced, and stays to who has it open", () => {
    const u = start();
    u.write("/a", "new");
    u.write("/b", "old");
    const fd = u.open("/b");
    u.rename("/a", "/b");
    expect(u.read("/b")).toBe("new");
    expect(u.readFd(fd)).toBe("old");
    expect(u.sys.fstat(fd).nlink).toBe(0);
    expect(u.list("/")).toEqual(["b"]);
  });

  test("a directory moves with all below it", () => {
    const u = start();
    u.mkdir("/a");
    u.mkdir("/a/sub");
    u.write("/a/sub/f", "deep");
    u.mkdir("/b");
    u.rename("/a", "/b/moved");
    expect(u.read("/b/moved/sub/f")).toBe("deep");
    u.sys.chdir("/b/moved/sub");
    expect(u.sys.getcwd()).toBe("/b/moved/sub");
    u.rename("/b/moved", "/back");
    expect(u.sys.getcwd()).toBe("/back/sub");
    expect(u.stat("..").ino).toBe(u.stat("/back").ino);
    expect(u.list("/b")).toEqual([]);
  });

  test("a directory replaces an empty directory and nothing else", () => {
    const u = start();
    for (const name of ["/a", "/empty", "/full", "/full/x"]) u.mkdir(name);
    u.write("/a/f", "in a");
    u.write("/file", "");
    refuses("ENOTEMPTY", () => u.rename("/a", "/full"));
    refuses("ENOTDIR", () => u.rename("/a", "/file"));
    refuses("EISDIR", () => u.rename("/file", "/empty"));
    u.rename("/a", "/empty");
    expect(u.read("/empty/f")).toBe("in a");
    expect(u.list("/")).toEqual(["empty", "file", "full"]);
  });

  test("nothing moves into itself, nor over what holds it", () => {
    const u = start();
    u.mkdir("/a");
    u.mkdir("/a/b");
    u.mkdir("/a/b/c");
    refuses("EINVAL", () => u.rename("/a", "/a/b/c/x"));
    refuses("EINVAL", () => u.rename("/a", "/a/x"));
    refuses("ENOTEMPTY", () => u.rename("/a/b/c", "/a"));
    u.rename("/a", "/a");
    expect(u.exists("/a/b/c")).toBe(true);
  });

  test("renaming one name of a file to another of its names does nothing", () => {
    const u = start();
    u.write("/a", "one");
    u.link("/a", "/b");
    u.rename("/a", "/b");
    expect(u.list("/")).toEqual(["a", "b"]);
    expect(u.stat("/a").nlink).toBe(2);
  });

  test("a symbolic link moves itself, and is replaced itself", () => {
    const u = start();
    u.write("/target", "t");
    u.symlink("target", "/l");
    u.rename("/l", "/m");
    expect(u.readlink("/m")).toBe("target");
    u.write("/f", "f");
    u.rename("/f", "/m");
    expect(u.read("/m")).toBe("f");
    expect(u.read("/target")).toBe("t");
  });

  test("RENAME_NOREPLACE replaces nothing", () => {
    const u = start();
    u.write("/a", "a");
    u.write("/b", "b");
    refuses("EEXIST", () => u.rename("/a", "/b", RENAME_NOREPLACE));
    u.rename("/a", "/c", RENAME_NOREPLACE);
    expect(u.read("/c")).toBe("a");
    refuses("EINVAL", () => u.rename("/b", "/c", RENAME_NOREPLACE | RENAME_EXCHANGE));
    refuses("EINVAL", () => u.rename("/b", "/c", 64));
  });

  test.runIf(subject.abilities.exchange)("RENAME_EXCHANGE swaps files of any types", () => {
    const u = start();
    u.mkdir("/d");
    u.write("/d/inner", "x");
    u.mkdir("/other");
    u.write("/other/f", "file");
    u.rename("/d", "/other/f", RENAME_EXCHANGE);
    expect(u.read("/d")).toBe("file");
    expect(u.read("/other/f/inner")).toBe("x");
    expect(u.stat("/").nlink).toBe(3);
    expect(u.stat("/other").nlink).toBe(3);
    refuses("ENOENT", () => u.rename("/d", "/missing", RENAME_EXCHANGE));
    u.sys.renameat2(AT_FDCWD, "/d", AT_FDCWD, "/other/f", RENAME_EXCHANGE);
    expect(u.read("/d/inner")).toBe("x");
  });
}

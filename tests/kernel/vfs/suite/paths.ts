/** From paths to files: dots, slashes, links, and limits. */
import { expect, test } from "vitest";
import {
  O_CREAT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
} from "../../../../kernel/fd/flags.ts";
import { AT_EMPTY_PATH, AT_FDCWD } from "../../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "../machine.ts";
import type { Subject } from "./abilities.ts";

export function paths(subject: Subject): void {
  const start = () => testMachine(subject.make()).user();

  test("dots and slashes lead where they say", () => {
    const u = start();
    u.mkdir("/d");
    u.mkdir("/d/e");
    u.write("/d/f", "found");
    for (const path of ["/d/f", "//d///f", "/./d/./f", "/d/e/../f", "/../../d/f", "/d/e/./.././f"])
      expect(u.read(path)).toBe("found");
    u.sys.chdir("/d/e");
    expect(u.read("../f")).toBe("found");
    expect(u.sys.getcwd()).toBe("/d/e");
    u.sys.chdir("../..");
    expect(u.sys.getcwd()).toBe("/");
    refuses("ENOENT", () => u.stat("/d/missing/../f"));
    refuses("ENOTDIR", () => u.stat("/d/f/../f"));
    refuses("ENOTDIR", () => u.stat("/d/f/."));
    refuses("ENOENT", () => u.stat(""));
  });

  test("a slash at the end asks for a directory", () => {
    const u = start();
    u.mkdir("/d");
    u.write("/f", "");
    u.symlink("d", "/ld");
    u.symlink("f", "/lf");
    expect(u.lstat("/d/").ino).toBe(u.stat("/d").ino);
    expect(u.lstat("/ld/").ino).toBe(u.stat("/d").ino);
    for (const path of ["/f/", "/lf/", "/lf//"]) refuses("ENOTDIR", () => u.lstat(path));
    refuses("EISDIR", () => u.open("/new/", O_WRONLY | O_CREAT));
    refuses("EISDIR", () => u.open("/f/", O_WRONLY | O_CREAT));
    u.mkdir("/made/");
    expect(u.list("/")).toContain("made");
    refuses("ENOTDIR", () => u.unlink("/f/"));
    refuses("ENOTDIR", () => u.unlink("/lf/"));
    refuses("ENOTDIR", () => u.unlink("/ld/"));
    refuses("EISDIR", () => u.unlink("/d/"));
    refuses("ENOTDIR", () => u.rmdir("/ld/"));
    refuses("ENOENT", () => u.symlink("x", "/new/"));
    refuses("EEXIST", () => u.symlink("x", "/d/"));
    refuses("ENOENT", () => u.link("/f", "/new/"));
    refuses("ENOTDIR", () => u.link("/f/", "/new"));
    refuses("ENOTDIR", () => u.rename("/f/", "/new"));
    refuses("ENOTDIR", () => u.rename("/f", "/new/"));
    u.rmdir("/made/");
    u.rename("/d/", "/moved/");
    expect(u.exists("/moved")).toBe(true);
  });

  test("special names cannot be made or removed", () => {
    const u = start();
    u.mkdir("/d");
    refuses("EINVAL", () => u.rmdir("/d/."));
    refuses("ENOTEMPTY", () => u.rmdir("/d/.."));
    refuses("EBUSY", () => u.rmdir("/"));
    refuses("EISDIR", () => u.unlink("/d/."));
    refuses("EISDIR", () => u.unlink("/"));
    for (const path of ["/", "/d/.", "/d/..", "/."]) refuses("EEXIST", () => u.mkdir(path));
    refuses("EISDIR", () => u.open("/d/.", O_WRONLY | O_CREAT));
    for (const path of ["/d/.", "/d/..", "/"]) {
      refuses("EBUSY", () => u.rename(path, "/new"));
      refuses("EBUSY", () => u.rename("/d", path));
    }
  });

  test("links are followed in the middle of a path, and up to 40 of them", () => {
    const u = start();
    u.mkdir("/d");
    u.write("/d/f", "found");
    u.symlink("/d", "/0");
    for (let i = 1; i <= 40; i++) u.symlink(`${i - 1}`, `/${i}`);
    expect(u.read("/39/f")).toBe("found");
    refuses("ELOOP", () => u.read("/40/f"));
    u.symlink("loop", "/loop");
    refuses("ELOOP", () => u.stat("/loop"));
    refuses("ELOOP", () => u.open("/loop", O_WRONLY | O_CREAT));
    refuses("ELOOP", () => u.stat("/loop/x"));
    expect(u.readlink("/loop")).toBe("loop");
    u.symlink("../d/../0/f", "/up");
    expect(u.read("/d/../up")).toBe("found");
  });

  test("O_NOFOLLOW, O_DIRECTORY and O_PATH narrow what is opened", () => {
    const u = start();
    u.mkdir("/d");
    u.write("/f", "text");
    u.symlink("f", "/l");
    refuses("ELOOP", () => u.open("/l", O_RDONLY | O_NOFOLLOW));
    refuses("ENOTDIR", () => u.open("/f", O_RDONLY | O_DIRECTORY));
    u.sys.close(u.open("/d", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    refuses("EISDIR", () => u.open("/d", O_WRONLY));
    const link = u.open("/l", O_PATH | O_NOFOLLOW);
    expect(u.sys.readlinkat(link, "")).toBe("f");
    refuses("EBADF", () => u.sys.read(link, new Uint8Array(1)));
    refuses("EBADF", () => u.sys.fchmod(link, 0o600));
    expect(u.sys.newfstatat(link, "", AT_EMPTY_PATH).ino).toBe(u.lstat("/l").ino);
  });

  test("an open directory is a place to start from", () => {
    const u = start();
    u.mkdir("/d");
    u.write("/d/f", "found");
    const fd = u.open("/d", O_PATH);
    u.rename("/d", "/moved");
    const file = u.sys.openat(fd, "f", O_RDONLY, 0);
    expect(u.readFd(file)).toBe("found");
    refuses("ENOTDIR", () => u.sys.openat(file, "f", O_RDONLY, 0));
    refuses("EBADF", () => u.sys.openat(99, "f", O_RDONLY, 0));
    u.sys.mkdirat(fd, "sub", 0o777);
    expect(u.list("/moved")).toEqual(["f", "sub"]);
    u.sys.fchdir(fd);
    expect(u.sys.getcwd()).toBe("/moved");
    expect(u.sys.openat(99, "/moved/f", O_RDONLY, 0)).toBeGreaterThan(0);
  });

  test("a path has less than 4096 bytes", () => {
    const u = start();
    u.write("/f", "found");
    expect(u.read(`${"./".repeat(2046)}f`)).toBe("found");
    refuses("ENAMETOOLONG", () => u.read(`${"./".repeat(2047)}/f`));
    refuses("ENAMETOOLONG", () => u.symlink("x".repeat(4096), "/l"));
    refuses("EINVAL", () => u.stat("/f\0"));
  });

  test("a removed working directory is a place without a name", () => {
    const u = start();
    u.mkdir("/d");
    u.sys.chdir("/d");
    u.rmdir("/d");
    refuses("ENOENT", () => u.sys.getcwd());
    refuses("ENOENT", () => u.write("f"));
    refuses("ENOENT", () => u.mkdir("e"));
    refuses("ENOENT", () => u.sys.openat(AT_FDCWD, "f", O_WRONLY | O_CREAT, 0o666));
  });
}

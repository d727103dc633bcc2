/** What a memory file system shows of others below it, and that it never changes them. */
import { describe, expect, test } from "vitest";
import { KernelError } from "../../../../kernel/errno.ts";
import { O_RDWR, O_TRUNC, O_WRONLY } from "../../../../kernel/fd/flags.ts";
import { AT_FDCWD } from "../../../../kernel/vfs/constants.ts";
import { MemoryFileSystem } from "../../../../kernel/vfs/memory/file-system.ts";
import { refuses, testMachine, type User } from "../machine.ts";
import { pattern } from "../suite/data.ts";

/** A memory file system with what `fill` makes in it. */
function layer(fill: (user: User) => void): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem({ mode: 0o777 });
  fill(testMachine(fileSystem).user());
  return fileSystem;
}

function over(...layers: MemoryFileSystem[]): User {
  return testMachine(new MemoryFileSystem({ lower: layers.map(({ root }) => root) })).user();
}

/** Everything in a tree that a program can see, but times and inode numbers. */
function snapshot(user: User, path = "/"): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const visit = (at: string) => {
    const { mode, uid, gid, nlink, size } = user.lstat(at);
    const type = mode & 0o170000;
    const isDirectory = type === 0o040000;
    const content =
      type === 0o100000
        ? Buffer.from(user.bytes(at)).toString("base64")
        : type === 0o120000
          ? user.readlink(at)
          : "";
    found[at] = { mode, uid, gid, nlink, size: isDirectory ? 0 : size, content };
    if (!isDirectory) return;
    for (const name of user.list(at)) visit(at === "/" ? `/${name}` : `${at}/${name}`);
  };
  visit(path);
  return found;
}

const base = () =>
  layer((u) => {
    u.mkdir("/d", 0o755);
    u.write("/d/f", "below");
    u.chown("/d/f", 7, 8);
    u.mkdir("/d/sub");
    u.write("/d/sub/g", "deep");
    u.symlink("d/f", "/l");
    u.write("/big", pattern(200_000));
    u.link("/d/f", "/second");
  });

describe("a memory file system over another", () => {
  test("shows all of it", () => {
    const below = base();
    expect(snapshot(over(below))).toEqual(snapshot(testMachine(below).user()));
  });

  test("changes nothing below, whatever happens above", () => {
    const below = base();
    const before = snapshot(testMachine(below).user());
    const u = over(below);
    u.write("/d/f", "above");
    u.write("/d/new", "new");
    u.chmod("/d/sub/g", 0o600);
    u.chown("/d", 5, 5);
    u.rename("/d", "/moved");
    u.unlink("/moved/sub/g");
    u.rmdir("/moved/sub");
    u.unlink("/l");
    u.sys.truncate("/big", 10);
    expect(snapshot(testMachine(below).user())).toEqual(before);
    expect(u.list("/")).toEqual(["big", "moved", "second"]);
    expect(u.list("/moved")).toEqual(["f", "new"]);
    expect(u.read("/moved/f")).toBe("above");
    expect(u.lstat("/moved/f")).toMatchObject({ uid: 7, gid: 8 });
    expect(u.bytes("/big")).toEqual(pattern(200_000).slice(0, 10));
  });

  test("a file keeps its number and its links through its first change", () => {
    const u = over(base());
    const { ino } = u.stat("/d/f");
    expect(u.stat("/second")).toMatchObject({ ino, nlink: 2 });
    const reader = u.open("/d/f");
    u.write("/second", "changed");
    expect(u.stat("/d/f").ino).toBe(ino);
    expect(u.readFd(reader)).toBe("changed");
  });

  test("what was removed does not come back, nor does what lay below a new directory", () => {
    const u = over(base());
    u.unlink("/d/f");
    refuses("ENOENT", () => u.stat("/d/f"));
    u.write("/d/f", "again");
    u.unlink("/d/f");
    u.unlink("/d/sub/g");
    u.rmdir("/d/sub");
    u.mkdir("/d/sub");
    expect(u.list("/d/sub")).toEqual([]);
    u.rename("/d/sub", "/d/other");
    u.mkdir("/d/sub");
    expect(u.list("/d")).toEqual(["other", "sub"]);
  });

  test("a directory with names below is not empty", () => {
    const u = over(base());
    refuses("ENOTEMPTY", () => u.rmdir("/d/sub"));
    u.mkdir("/empty");
    refuses("ENOTEMPTY", () => u.rename("/empty", "/d/sub"));
    u.unlink("/d/sub/g");
    u.rename("/empty", "/d/sub");
  });

  test("writing a part of a large file keeps the rest", () => {
    const u = over(base());
    const expected = pattern(200_000);
    const fd = u.open("/big", O_RDWR);
    for (const at of [0, 65_535, 100_000, 199_999]) {
      u.sys.pwrite64(fd, new Uint8Array([1, 2]), at);
      if (at === 199_999) continue;
      expected.set([1, 2], at);
    }
    expect(
      Buffer.compare(u.bytes("/big").subarray(0, 199_999), expected.subarray(0, 199_999)),
    ).toBe(0);
    expect(u.stat("/big").size).toBe(200_001);
    u.sys.close(u.open("/big", O_WRONLY | O_TRUNC));
    u.sys.truncate("/big", 100);
    expect(u.bytes("/big")).toEqual(new Uint8Array(100));
  });

  test("several layers merge, the topmost winning", () => {
    const top = layer((u) => {
      u.mkdir("/d");
      u.write("/d/f", "top");
      u.write("/hides", "a file");
      u.mkdir("/shown");
    });
    const bottom = layer((u) => {
      u.mkdir("/d");
      u.write("/d/f", "bottom");
      u.write("/d/g", "only below");
      u.mkdir("/d/sub");
      u.mkdir("/hides");
      u.write("/hides/x", "hidden");
      u.write("/shown", "hidden file");
    });
    const u = over(top, bottom);
    expect(u.list("/")).toEqual(["d", "hides", "shown"]);
    expect(u.list("/d")).toEqual(["f", "g", "sub"]);
    expect(u.stat("/d").nlink).toBe(3);
    expect(u.read("/d/f")).toBe("top");
    expect(u.read("/d/g")).toBe("only below");
    expect(u.read("/hides")).toBe("a file");
    expect(u.list("/shown")).toEqual([]);
    u.unlink("/d/f");
    expect(u.list("/d")).toEqual(["g", "sub"]);
  });

  test("extended attributes show through until they are changed", () => {
    const u = over(
      layer((below) => {
        below.write("/f");
        below.sys.setxattr(AT_FDCWD, "/f", "user.a", Buffer.from("one"), 0, 0);
      }),
    );
    u.sys.setxattr(AT_FDCWD, "/f", "user.b", Buffer.from("two"), 0, 0);
    expect([...u.sys.listxattr(AT_FDCWD, "/f", 0)]).toEqual(["user.a", "user.b"]);
    u.sys.removexattr(AT_FDCWD, "/f", "user.a", 0);
    expect([...u.sys.listxattr(AT_FDCWD, "/f", 0)]).toEqual(["user.b"]);
  });

  test("a run of random changes ends as it does without anything below", () => {
    for (let seed = 1; seed <= 15; seed++) {
      const next = random(seed);
      const first = Array.from({ length: 150 }, () => randomChange(next));
      const second = Array.from({ length: 250 }, () => randomChange(next));
      const plain = testMachine(new MemoryFileSystem({ mode: 0o777 })).user();
      for (const change of first) outcome(plain, change);
      const layered = over(
        layer((u) => {
          for (const change of first) outcome(u, change);
        }),
      );
      for (const change of second) {
        expect(outcome(layered, change), change.toString()).toBe(outcome(plain, change));
      }
      expect(snapshot(layered)).toEqual(snapshot(plain));
    }
  });
});

type Change = (user: User) => unknown;

function outcome(user: User, change: Change): string {
  try {
    return String(change(user) ?? "ok");
  } catch (reason) {
    if (reason instanceof KernelError) return reason.code;
    throw reason;
  }
}

/** A small generator with a seed: what it finds can be found again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomChange(next: (below: number) => number): Change {
  const path = () => `/${Array.from({ length: 1 + next(3) }, () => "abc"[next(3)]).join("/")}`;
  const [one, two] = [path(), path()];
  const size = next(5) === 0 ? 70_000 + next(80_000) : next(200);
  const bytes = pattern(size, size);
  const at = next(100_000);
  const bits = next(64);
  const changes: Change[] = [
    (u) => u.write(one, bytes),
    (u) => u.write(one, bytes),
    (u) => u.mkdir(one),
    (u) => u.mkdir(one),
    (u) => u.mkdir(two),
    (u) => u.unlink(one),
    (u) => u.rmdir(one),
    (u) => u.rename(one, two),
    (u) => u.rename(one, two),
    (u) => u.rename(one, two, 2),
    (u) => u.link(one, two),
    (u) => u.symlink(two, one),
    (u) => u.chmod(one, 0o600 + bits),
    (u) => u.sys.truncate(one, at),
    (u) => u.sys.pwrite64(u.open(one, O_RDWR), bytes.subarray(0, 50), at),
    (u) => u.stat(one).size > 0,
    (u) => u.list(one).join(),
  ];
  const change = changes[next(changes.length)] as Change;
  const label = `${change} on ${one} ${two} size ${size} at ${at}`;
  return Object.assign((u: User) => change(u), { toString: () => label });
}

/** Reading directories, also while they change. */
import { expect, test } from "vitest";
import { SEEK_SET } from "../../../../kernel/fd/flags.ts";
import { DT_DIR, DT_LNK, DT_REG } from "../../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "../machine.ts";
import type { Subject } from "./abilities.ts";

export function listings(subject: Subject): void {
  const start = () => testMachine(subject.make()).user();

  test("a listing has both dots, every name, and its type and number", () => {
    const u = start();
    u.mkdir("/d");
    u.mkdir("/d/sub");
    u.write("/d/file");
    u.symlink("x", "/d/link");
    const entries = new Map(u.entries("/d").map((entry) => [entry.name, entry]));
    expect([...entries.keys()].sort()).toEqual([".", "..", "file", "link", "sub"]);
    expect(entries.get(".")).toMatchObject({ type: DT_DIR, ino: u.stat("/d").ino });
    expect(entries.get("..")).toMatchObject({ type: DT_DIR, ino: u.stat("/").ino });
    expect(entries.get("sub")).toMatchObject({ type: DT_DIR, ino: u.stat("/d/sub").ino });
    expect(entries.get("file")).toMatchObject({ type: DT_REG, ino: u.stat("/d/file").ino });
    expect(entries.get("link")).toMatchObject({ type: DT_LNK, ino: u.lstat("/d/link").ino });
  });

  test("a small buffer takes more calls and misses nothing", () => {
    const u = start();
    u.mkdir("/d");
    const names = Array.from({ length: 100 }, (_, i) => `name-${i}`);
    for (const name of names) u.write(`/d/${name}`);
    const found = u.entries("/d", 64).map(({ name }) => name);
    expect(found.length).toBe(102);
    expect(new Set(found)).toEqual(new Set([".", "..", ...names]));
    refuses("EINVAL", () => u.sys.getdents64(u.open("/d"), 10));
    refuses("ENOTDIR", () => u.sys.getdents64(u.open("/d/name-1"), 1000));
  });

  test("seeking to an entry's offset goes on behind it", () => {
    const u = start();
    u.mkdir("/d");
    for (let i = 0; i < 20; i++) u.write(`/d/${i}`);
    const fd = u.open("/d");
    const all = u.sys.getdents64(fd, 100_000);
    for (const index of [0, 1, 7, 21]) {
      u.sys.lseek(fd, all[index]?.offset ?? 0, SEEK_SET);
      const rest = u.sys.getdents64(fd, 100_000);
      expect(rest.map(({ name }) => name)).toEqual(all.slice(index + 1).map(({ name }) => name));
    }
    u.sys.lseek(fd, 0, SEEK_SET);
    expect(u.sys.getdents64(fd, 100_000)).toEqual(all);
  });

  test("names removed while listing do not disturb the others", () => {
    const u = start();
    u.mkdir("/d");
    for (let i = 0; i < 200; i++) u.write(`/d/${i}`);
    const fd = u.open("/d");
    let seen = 0;
    for (;;) {
      const part = u.sys.getdents64(fd, 256);
      if (part.length === 0) break;
      for (const { name } of part) {
        if (name === "." || name === "..") continue;
        u.unlink(`/d/${name}`);
        seen++;
      }
    }
    expect(seen).toBe(200);
    u.rmdir("/d");
  });

  test("names that stay are listed once while others come", () => {
    const u = start();
    u.mkdir("/d");
    for (let i = 0; i < 50; i++) u.write(`/d/old${i}`);
    const fd = u.open("/d");
    const seen: string[] = [];
    for (let i = 0; ; i++) {
      const part = u.sys.getdents64(fd, 128);
      if (part.length === 0) break;
      seen.push(...part.map(({ name }) => name));
      if (i < 10) u.write(`/d/new${i}`);
    }
    const old = seen.filter((name) => name.startsWith("old"));
    expect(old.length).toBe(50);
    expect(new Set(seen).size).toBe(seen.length);
  });
}

/** An image as a file system, and machines that share it. */
import { describe, expect, test } from "vitest";
import { Errno, KernelError } from "../../../kernel/errno.ts";
import { O_RDWR } from "../../../kernel/fd/flags.ts";
import { AT_FDCWD } from "../../../kernel/vfs/constants.ts";
import { ImageFileSystem } from "../../../kernel/vfs/image.ts";
import type { ImageEntry, ImageSource } from "../../../kernel/vfs/image-source.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { sleepFor } from "../../../kernel/wait/sleep.ts";
import { refuses, testMachine } from "./machine.ts";
import { pattern } from "./suite/data.ts";

const common = { mode: 0o755, uid: 3, gid: 4, mtime: 1_000_000 };
const blob = pattern(150_000);

const entries: ImageEntry[] = [
  { ...common, path: "/", kind: "directory" },
  { ...common, path: "/bin", kind: "directory" },
  {
    ...common,
    path: "/bin/tool",
    kind: "file",
    content: { digest: "sha256:tool", size: blob.length },
  },
  { ...common, path: "/bin/alias", kind: "symlink", target: "tool" },
  { ...common, path: "/empty", kind: "file", content: { digest: "sha256:empty", size: 0 } },
];

function source(
  read: ImageSource["read"] = (_c, offset, length) => blob.slice(offset, offset + length),
) {
  return { entries, read } satisfies ImageSource;
}

function machineOn(image: ImageFileSystem) {
  return testMachine(new MemoryFileSystem({ lower: [image.root] }));
}

describe("an image", () => {
  test("shows its files, their owners, times and contents", () => {
    const u = machineOn(new ImageFileSystem(source())).user();
    expect(u.list("/")).toEqual(["bin", "empty"]);
    expect(u.stat("/bin/alias")).toMatchObject({
      uid: 3,
      gid: 4,
      size: 150_000,
      nlink: 1,
      mtime: 1_000_000_000_000_000n,
    });
    expect(u.stat("/").nlink).toBe(3);
    expect(u.readlink("/bin/alias")).toBe("tool");
    expect(Buffer.compare(u.bytes("/bin/tool"), blob)).toBe(0);
    expect(u.bytes("/empty").length).toBe(0);
  });

  test("serves machines that do not see each other", () => {
    const image = new ImageFileSystem(source());
    const [one, two] = [machineOn(image).user(), machineOn(image).user()];
    one.write("/bin/tool", "mine");
    one.unlink("/empty");
    one.write("/new", "");
    one.sys.flock(one.open("/bin/alias", O_RDWR), 2);
    expect(two.list("/")).toEqual(["bin", "empty"]);
    expect(two.stat("/bin/tool").size).toBe(150_000);
    two.sys.flock(two.open("/bin/tool", O_RDWR), 2 | 4);
  });

  test("knows contents by digest until they are changed", () => {
    const { kernel, user } = machineOn(new ImageFileSystem(source()));
    const u = user();
    const tool = kernel.mounts.root.root.inode.lookup("bin")?.lookup("tool");
    expect(tool).toMatchObject({ digest: "sha256:tool", version: 0 });
    u.chmod("/bin/tool", 0o700);
    u.rename("/bin/tool", "/bin/renamed");
    expect(tool?.digest).toBe("sha256:tool");
    u.sys.truncate("/bin/renamed", 10);
    expect(tool).toMatchObject({ digest: undefined, version: 1 });
  });

  test("reads no more than is asked for, and waits for what must be fetched", async () => {
    const asked: [number, number][] = [];
    let arrived = false;
    let arrive: (value?: unknown) => void = () => undefined;
    const fetched = new Promise((resolve) => {
      arrive = resolve;
    });
    const image = new ImageFileSystem(
      source((_content, offset, length) => {
        if (!arrived) sleepFor(fetched);
        asked.push([offset, length]);
        return blob.slice(offset, offset + length);
      }),
    );
    const u = machineOn(image).user();
    const fd = u.open("/bin/tool", O_RDWR);
    const buffer = new Uint8Array(10);
    const reading = Promise.resolve(u.waiting.pread64(fd, buffer, 100_000));
    const writing = Promise.resolve(u.waiting.pwrite64(fd, new Uint8Array([1]), 20));
    expect(u.stat("/bin/tool").size).toBe(150_000);
    arrived = true;
    arrive();
    expect(await reading).toBe(10);
    expect(buffer).toEqual(blob.slice(100_000, 100_010));
    expect(await writing).toBe(1);
    expect(asked).toEqual([
      [100_000, 10],
      [0, 65_536],
    ]);
  });

  test("passes on that a content cannot be read", () => {
    const image = new ImageFileSystem(
      source(() => {
        throw new KernelError(Errno.EIO);
      }),
    );
    const u = machineOn(image).user();
    refuses("EIO", () => u.bytes("/bin/tool"));
    u.write("/bin/tool", "replaced without reading");
    expect(u.read("/bin/tool")).toBe("replaced without reading");
  });

  test("is refused where its entries are no tree, and is never mounted itself", () => {
    const [root, bin] = entries as [ImageEntry, ImageEntry];
    const broken = (list: ImageEntry[]) => () =>
      new ImageFileSystem({ entries: list, read: () => blob });
    expect(broken([])).toThrow("no root");
    expect(broken([root, { ...bin, path: "/a/b" }])).toThrow("/a/b comes before its directory");
    expect(broken([root, bin, bin])).toThrow("bin is there twice");
    refuses("EINVAL", () => testMachine(new ImageFileSystem(source())));
  });

  test("costs a machine nothing before it is used", () => {
    const image = new ImageFileSystem(source());
    const { kernel, user } = machineOn(image);
    expect(kernel.mounts.quota.memory).toBe(0);
    user().sys.faccessat2(AT_FDCWD, "/bin/tool", 1, 0);
    expect(kernel.mounts.quota).toMatchObject({ memory: 0, inodes: 0 });
  });
});

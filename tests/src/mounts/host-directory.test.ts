/** A shared directory cannot be left: by name, by link, or by somebody who swaps things meanwhile. */
import { execFileSync, spawn } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Errno, KernelError, O_RDONLY, O_WRONLY } from "../../../kernel/index.ts";
import type { Inode } from "../../../kernel/vfs/file-system.ts";
import { HostDirectory } from "../../../src/mounts/host-directory.ts";
import { refuses, testMachine } from "../../kernel/vfs/machine.ts";

const SECRET = "secret of the host";

let folder: string;
let share: string;
let open: HostDirectory[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "isopod-share-"));
  share = join(folder, "share");
  mkdirSync(join(share, "inner"), { recursive: true });
  mkdirSync(join(folder, "outside"));
  writeFileSync(join(folder, "outside/file"), SECRET);
  writeFileSync(join(folder, "secret"), SECRET);
  writeFileSync(join(share, "inner/file"), "shared");
  writeFileSync(join(share, "file"), "shared");
  open = [];
});

afterEach(() => {
  for (const each of open) each.detach();
  rmSync(folder, { recursive: true, force: true });
});

function directory(pinning: "descriptors" | "paths", readOnly = false): HostDirectory {
  const made = new HostDirectory(share, { readOnly, uid: 0, gid: 0, pinning });
  open.push(made);
  return made;
}

function content(inode: Inode): string {
  const handle = inode.open(O_RDONLY);
  try {
    const bytes = new Uint8Array(100);
    return Buffer.from(bytes.subarray(0, handle.read(bytes, 0))).toString();
  } finally {
    handle.close();
  }
}

const variants =
  process.platform === "linux" ? (["descriptors", "paths"] as const) : (["paths"] as const);

describe.each(variants)("%s", (pinning) => {
  test("names inside are found", () => {
    const inner = directory(pinning).root.lookup("inner") as Inode;
    expect(content(inner.lookup("file") as Inode)).toBe("shared");
    expect(inner.lookup("nothing")).toBeUndefined();
  });

  test("a symbolic link is its text and is never followed by the host", () => {
    symlinkSync(join(folder, "secret"), join(share, "link"));
    symlinkSync(join(folder, "outside"), join(share, "linked"));
    const { root } = directory(pinning);
    const link = root.lookup("link") as Inode;
    expect(link.readlink()).toBe(join(folder, "secret"));
    expect(() => link.open(O_RDONLY).read(new Uint8Array(9), 0)).toThrow();
    refuses("ENOTDIR", () => (root.lookup("linked") as Inode).lookup("file"));
  });

  test("the guest's own walk resolves links inside the machine, and .. at the top leaves to its parent", () => {
    symlinkSync("/etc/hostname", join(share, "absolute"));
    symlinkSync("../../../../../../etc/hostname", join(share, "relative"));
    const machine = testMachine();
    const root = machine.user();
    root.mkdir("/etc");
    root.write("/etc/hostname", "of the guest");
    root.mkdir("/mnt");
    const walk = machine.kernel.processes.get(1) as never as { fs: { root: never } };
    const top = machine.kernel.mounts.root.root;
    const mnt = top.inode.lookup("mnt") as Inode;
    machine.kernel.mounts.mount(directory(pinning), { mount: top.mount, inode: mnt }, "host");
    expect(walk).toBeDefined();
    expect(root.read("/mnt/absolute")).toBe("of the guest");
    expect(root.read("/mnt/relative")).toBe("of the guest");
    expect(root.list("/mnt/..")).toEqual(["etc", "mnt"]);
    expect(root.list("/mnt/inner/../../..")).toEqual(["etc", "mnt"]);
    expect(root.read("/mnt/inner/../file")).toBe("shared");
  });

  test("a directory that becomes a link to the outside leads nowhere", () => {
    const { root } = directory(pinning);
    const inner = root.lookup("inner") as Inode;
    renameSync(join(share, "inner"), join(share, "moved"));
    symlinkSync(join(folder, "outside"), join(share, "inner"));
    let seen: string | undefined;
    try {
      const file = inner.lookup("file");
      seen = file && content(file);
    } catch (reason) {
      expect(reason).toBeInstanceOf(KernelError);
    }
    // Pinned by descriptor it is still the directory that it was; by path it is gone.
    expect([undefined, "shared"]).toContain(seen);
  });

  test("a file that becomes a link to the outside is not opened, changed or removed through it", () => {
    const { root } = directory(pinning);
    const file = root.lookup("file") as Inode;
    rmSync(join(share, "file"));
    symlinkSync(join(folder, "secret"), join(share, "file"));
    for (const work of [
      () => file.open(O_RDONLY),
      () => file.open(O_WRONLY),
      () => file.truncate(0),
      () => file.setAttributes({ mode: 0o777 }),
      () => file.setAttributes({ mtime: 0n }),
      () => file.attributes(),
      () => root.link("second", file),
    ]) {
      expect(work).toThrow(KernelError as never);
    }
    expect(readFileSync(join(folder, "secret"), "utf8")).toBe(SECRET);
    expect(lstatSync(join(folder, "secret")).mtimeMs).toBeGreaterThan(0);
    root.unlink("file");
    expect(readdirSync(folder)).toContain("secret");
  });

  test.skipIf(process.platform === "win32")(
    "a file that becomes a FIFO does not hang the kernel",
    () => {
      const { root } = directory(pinning);
      const file = root.lookup("file") as Inode;
      rmSync(join(share, "file"));
      execFileSync("mkfifo", [join(share, "file")]);
      refuses("ENOENT", () => file.open(O_RDONLY));
      expect(() => file.open(O_WRONLY)).toThrow();
    },
  );

  test("set-user-id bits pass neither way", () => {
    const { root } = directory(pinning);
    execFileSync("chmod", ["4755", join(share, "file")]);
    expect((root.lookup("file") as Inode).attributes().mode & 0o7777).toBe(0o755);
    (root.lookup("file") as Inode).setAttributes({ mode: 0o6711 });
    expect(lstatSync(join(share, "file")).mode & 0o7777).toBe(0o711);
  });

  test("read-only refuses every change, and reads", () => {
    const machine = testMachine(directory(pinning, true));
    const root = machine.user();
    expect(root.read("/inner/file")).toBe("shared");
    for (const work of [
      () => root.write("/new", "x"),
      () => root.write("/file", "x"),
      () => root.mkdir("/d"),
      () => root.unlink("/file"),
      () => root.rename("/file", "/other"),
      () => root.chmod("/file", 0o777),
      () => root.symlink("a", "/b"),
      () => root.link("/file", "/other"),
    ]) {
      refuses("EROFS", work);
    }
    expect(readdirSync(share).sort()).toEqual(["file", "inner"]);
  });
});

test.skipIf(process.platform !== "linux")(
  "somebody who swaps a directory for a link all the time gains nothing",
  async () => {
    const swapper = spawn("bash", [
      "-c",
      `cd ${share}; ln -s ${folder}/outside link; echo ready
       while :; do mv -T inner real; mv -T link inner; mv -T inner link; mv -T real inner; done`,
    ]);
    await new Promise((resolve) => swapper.stdout.once("data", resolve));
    const { root } = directory("descriptors");
    const seen = new Set<string>();
    try {
      for (let i = 0; i < 3000; i++) {
        try {
          const inner = root.lookup("inner");
          const file = inner?.lookup("file");
          if (file) seen.add(content(file));
        } catch (reason) {
          if (!(reason instanceof KernelError)) throw reason;
          expect([Errno.ENOENT, Errno.ENOTDIR]).toContain(reason.errno);
        }
      }
    } finally {
      swapper.kill("SIGKILL");
    }
    expect([...seen]).toEqual(["shared"]);
  },
);

test.skipIf(process.platform !== "linux")("unmounting gives every descriptor back", () => {
  const count = () => readdirSync("/proc/self/fd").length;
  for (let i = 0; i < 100; i++) mkdirSync(join(share, `d${i}`));
  const before = count();
  const shared = new HostDirectory(share, { readOnly: false, uid: 0, gid: 0 });
  for (let i = 0; i < 100; i++) shared.root.lookup(`d${i}`)?.lookup("x");
  const handle = shared.root.lookup("file")?.open(O_RDONLY);
  expect(handle).toBeDefined();
  expect(count()).toBeGreaterThan(before + 50);
  expect(count()).toBeLessThan(before + 70);
  shared.detach();
  expect(count()).toBe(before);
  shared.detach();
  refuses("ENODEV", () => shared.root.lookup("file"));
});

describe("links into a shared tree by the host's names", () => {
  const target = (ownLinks: boolean, link: string): string => {
    const made = new HostDirectory(share, { readOnly: true, uid: 0, gid: 0, ownLinks });
    open.push(made);
    const inner = made.root.lookup("inner") as unknown as { lookup(name: string): Inode };
    return (inner.lookup(link) as Inode & { readlink(): string }).readlink();
  };

  test("lead there in the machine, and no others", () => {
    symlinkSync(join(share, "file"), join(share, "inner/own"));
    symlinkSync(join(folder, "secret"), join(share, "inner/foreign"));
    symlinkSync("../file", join(share, "inner/relative"));
    expect(target(true, "own")).toBe("../file");
    expect(target(false, "own")).toBe(join(share, "file"));
    expect(target(true, "foreign")).toBe(join(folder, "secret"));
    expect(target(true, "relative")).toBe("../file");
  });
});

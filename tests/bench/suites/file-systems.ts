/** The VFS alone, in this thread: paths, files and directories of a memory file system and of an overlay. */
import { AT_FDCWD, type Kernel, O_CREAT, O_RDWR, type Sys } from "../../../kernel/index.ts";
import { ImageFileSystem } from "../../../kernel/vfs/image.ts";
import type { ImageEntry } from "../../../kernel/vfs/image-source.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { bootKernel, now } from "../../kernel/boot.ts";
import { atMost, type Report, time } from "../harness.ts";

const TURNS = 15;
const MEGABYTE = 2 ** 20;
const MANY = 1_000_000;
const PATH = "/tmp/a/b/c/file";

export default async function fileSystems(report: Report): Promise<void> {
  const kernel = bootKernel();
  const { init } = kernel;
  const buffer = new Uint8Array(4096);
  const megabyte = new Uint8Array(MEGABYTE).fill(7);

  const line = async (name: string, calls: number, act: (i: number) => unknown, bar?: number) => {
    const samples = await time(TURNS, () => {
      for (let i = 0; i < calls; i++) act(i);
    });
    const each = samples.map((ms) => (ms * 1e6) / calls);
    report.add(name, "ns", each, bar === undefined ? {} : { bar: atMost(bar) });
  };

  for (const path of ["/tmp/a", "/tmp/a/b", "/tmp/a/b/c"]) init.mkdirat(AT_FDCWD, path, 0o777);
  write(init, PATH, new Uint8Array(2000));
  await line("stat of five names", 20_000, () => init.newfstatat(AT_FDCWD, PATH, 0), 2000);
  const readWhole = () => {
    const fd = now(init.openat(AT_FDCWD, PATH, 0, 0));
    init.read(fd, buffer);
    init.close(fd);
  };
  await line("open, read 2 kB, close", 20_000, readWhole, 4000);
  const createAndRemove = (i: number) => {
    const path = `/tmp/a/b/c/${i & 1023}`;
    init.close(now(init.openat(AT_FDCWD, path, O_CREAT | O_RDWR, 0o644)));
    init.unlinkat(AT_FDCWD, path, 0);
  };
  await line("create, close, unlink", 10_000, createAndRemove, 6000);
  const big = now(init.openat(AT_FDCWD, "/tmp/big", O_CREAT | O_RDWR, 0o644));
  const rewrite = () => {
    init.ftruncate(big, 0);
    init.pwrite64(big, megabyte, 0);
  };
  await line("write 1 MiB into an empty file", 20, rewrite, 2_000_000);
  await line("read 1 MiB", 20, () => init.pread64(big, megabyte, 0), 1_000_000);
  kernel.shutdown();

  report.add("mount a machine on an image of 1,000 files", "µs", await time(TURNS, mountOnImage));
  await manyFiles(report, bootKernel());
}

function write(init: Sys, path: string, bytes: Uint8Array): void {
  const fd = now(init.openat(AT_FDCWD, path, O_CREAT | O_RDWR, 0o644));
  now(init.write(fd, bytes));
  now(init.close(fd));
}

const entry = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const content = { digest: "sha256:", size: 0 };
const image = new ImageFileSystem({
  entries: [
    { ...entry, path: "/", kind: "directory" } satisfies ImageEntry,
    ...Array.from(
      { length: 1000 },
      (_, i): ImageEntry => ({ ...entry, path: `/${i}`, kind: "file", content }),
    ),
  ],
  read: () => new Uint8Array(0),
});

/** A thousand machines in a run, so that its milliseconds are microseconds of one. */
function mountOnImage(): void {
  for (let i = 0; i < 1000; i++) new MemoryFileSystem({ lower: [image.root] }).root.lookup("500");
}

async function manyFiles(report: Report, kernel: Kernel): Promise<void> {
  const { init } = kernel;
  now(init.mkdirat(AT_FDCWD, "/many", 0o777));
  const each = (act: (path: string) => void) => () => {
    for (let i = 0; i < MANY; i++) act(`/many/${i}`);
  };
  const options = { note: "a directory of 1,000,000 names" };
  const made = await time(
    1,
    each((path) => now(init.mknodat(AT_FDCWD, path, 0o644, 0))),
    0,
  );
  report.add("make a name among a million", "ns", perName(made), options);
  const listed = await time(
    1,
    () => {
      const fd = now(init.openat(AT_FDCWD, "/many", 0, 0));
      while (now(init.getdents64(fd, 32_768)).length > 0);
      now(init.close(fd));
    },
    0,
  );
  report.add("list a name among a million", "ns", perName(listed), options);
  const removed = await time(
    1,
    each((path) => now(init.unlinkat(AT_FDCWD, path, 0))),
    0,
  );
  report.add("remove a name among a million", "ns", perName(removed), options);
  kernel.shutdown();
}

function perName(samples: readonly number[]): number[] {
  return samples.map((ms) => (ms * 1e6) / MANY);
}

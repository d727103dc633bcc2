/** One suite over every writable file system: memory, memory over an image, and a directory of the host. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { ImageFileSystem } from "../../../kernel/vfs/image.ts";
import type { ImageSource } from "../../../kernel/vfs/image-source.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { HostDirectory } from "../../../src/mounts/host-directory.ts";
import { ALL } from "./suite/abilities.ts";
import { conformance } from "./suite/index.ts";

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

function hostDirectory(): HostDirectory {
  const path = mkdtempSync(join(tmpdir(), "isopod-suite-"));
  made.push(path);
  return new HostDirectory(path, { readOnly: false, uid: 0, gid: 0 });
}

/** An empty image, so that every name that the suite makes is new and every one it removes is looked for below. */
const emptyImage: ImageSource = {
  entries: [{ path: "/", kind: "directory", mode: 0o777, uid: 0, gid: 0, mtime: 1 }],
  read: () => new Uint8Array(0),
};

conformance({
  name: "memory",
  make: () => new MemoryFileSystem({ mode: 0o777 }),
  abilities: ALL,
});

conformance({
  name: "memory over an image",
  make: () => new MemoryFileSystem({ lower: [new ImageFileSystem(emptyImage).root] }),
  abilities: ALL,
});

conformance({
  name: "memory over a host directory",
  make: () => new MemoryFileSystem({ mode: 0o777, lower: [hostDirectory().root] }),
  abilities: ALL,
});

conformance({
  name: "host directory",
  make: hostDirectory,
  abilities: {
    setId: false,
    owners: false,
    nodes: false,
    anyBytes: process.platform === "linux",
    exchange: false,
    unnamed: false,
    xattrs: false,
    holes: false,
    machineClock: false,
  },
});

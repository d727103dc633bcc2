/**
 * Puts a machine together: the base image under a file system in memory, the kernel's own file systems,
 * and the programs and formats that run on it.
 */
import { Kernel } from "../../kernel/index.ts";
import { DeviceFileSystem, TerminalFileSystem } from "../../kernel/vfs/dev.ts";
import type { FileSystem } from "../../kernel/vfs/file-system.ts";
import { ImageFileSystem } from "../../kernel/vfs/image.ts";
import { MemoryFileSystem } from "../../kernel/vfs/memory/file-system.ts";
import { ProcFileSystem } from "../../kernel/vfs/proc/file-system.ts";
import { Walk } from "../../kernel/vfs/walk.ts";
import { baseImageFolder } from "../images/base-image-folder.ts";
import { PackedImage } from "../images/packed-image.ts";
import type { Owner } from "./mounts.ts";
import { nodeHost } from "./node-host.ts";
import type { MachineOptions } from "./protocol.ts";
import { formats, programs } from "./runtimes.ts";

export interface MachineParts {
  readonly kernel: Kernel;
  readonly owner: Owner;
}

/** The base image's identities; other users are found in its /etc/passwd by the machine itself. */
const OWNERS: Readonly<Record<string, Owner>> = {
  root: { uid: 0, gid: 0 },
  user: { uid: 1000, gid: 1000 },
};

let image: ImageFileSystem | undefined;

export function bootKernel(options: MachineOptions): MachineParts {
  image ??= new ImageFileSystem(PackedImage.open(baseImageFolder()));
  const owner = OWNERS[options.user] ?? { uid: 1000, gid: 1000 };
  const kernel = new Kernel({
    host: nodeHost,
    root: new MemoryFileSystem({ lower: [image.root] }),
    programs,
    formats,
    hostname: options.hostname,
    owner,
    limits: options.limits,
  });
  mountAt(kernel, "/proc", new ProcFileSystem(kernel), "proc");
  mountAt(kernel, "/dev", new DeviceFileSystem(), "devtmpfs");
  mountAt(kernel, "/dev/pts", new TerminalFileSystem(kernel), "devpts");
  mountAt(kernel, "/dev/shm", new MemoryFileSystem({ mode: 0o1777 }), "tmpfs");
  return { kernel, owner };
}

/** Before anything runs nothing of a boot has to wait. */
function mountAt(kernel: Kernel, path: string, fileSystem: FileSystem, source: string): void {
  const init = kernel.processes.get(1);
  if (!init) throw new Error("the kernel has no pid 1");
  const walk = new Walk(init, init.fs.root);
  walk.to(path, true);
  kernel.mounts.mount(fileSystem, walk.location, source);
}

/**
 * Puts a machine together: the base image under a file system in memory, the kernel's own file systems,
 * and the programs and formats that run on it.
 */
import { Kernel, type Main } from "../../kernel/index.ts";
import type { Policy } from "../../kernel/policy.ts";
import { DeviceFileSystem, TerminalFileSystem } from "../../kernel/vfs/dev.ts";
import type { FileSystem } from "../../kernel/vfs/file-system.ts";
import { ImageFileSystem } from "../../kernel/vfs/image.ts";
import type { ImageSource } from "../../kernel/vfs/image-source.ts";
import { MemoryFileSystem, type MemoryOptions } from "../../kernel/vfs/memory/file-system.ts";
import { ProcFileSystem } from "../../kernel/vfs/proc/file-system.ts";
import { Walk } from "../../kernel/vfs/walk.ts";
import { awake } from "../../kernel/wait/sleep.ts";
import type { FilledOptions } from "./image-defaults.ts";
import type { MachineImage, Owner, Platform } from "./platform.ts";
import { programs } from "./programs.ts";

export interface MachineParts {
  readonly kernel: Kernel;
  /** What is mounted at /. */
  readonly root: MemoryFileSystem;
  readonly owner: Owner;
  /** The kernel's; more may be added. */
  readonly programs: Map<string, Main>;
}

/** The base image's identities; other users are found in its /etc/passwd by the machine itself. */
const OWNERS: Readonly<Record<string, Owner>> = {
  root: { uid: 0, gid: 0 },
  user: { uid: 1000, gid: 1000 },
};

/** One file system for each image, shared by every machine of the thread. */
const images = new WeakMap<ImageSource, ImageFileSystem>();

export async function bootKernel(
  options: FilledOptions,
  platform: Platform,
  { source }: MachineImage,
  policy: Policy,
  kept?: MemoryOptions["kept"],
): Promise<MachineParts> {
  const image = imageFileSystem(source);
  const owner = OWNERS[options.user] ?? { uid: 1000, gid: 1000 };
  const root = new MemoryFileSystem({ lower: [image.root], ...(kept && { kept }) });
  const inKernel = new Map([...programs, ...(platform.programs ?? [])]);
  const kernel = new Kernel({
    host: platform.host,
    root,
    programs: inKernel,
    formats: platform.formats,
    hostname: options.hostname,
    owner,
    limits: options.limits,
    policy,
  });
  await mountAt(kernel, "/proc", new ProcFileSystem(kernel), "proc");
  await mountAt(kernel, "/dev", new DeviceFileSystem(), "devtmpfs");
  await mountAt(kernel, "/dev/pts", new TerminalFileSystem(kernel), "devpts");
  await mountAt(kernel, "/dev/shm", new MemoryFileSystem({ mode: 0o1777 }), "tmpfs");
  return { kernel, owner, root, programs: inKernel };
}

export function imageFileSystem(source: ImageSource): ImageFileSystem {
  const known = images.get(source);
  if (known) return known;
  const made = new ImageFileSystem(source);
  images.set(source, made);
  return made;
}

/** Waits only for directories of a stored machine. */
async function mountAt(
  kernel: Kernel,
  path: string,
  fileSystem: FileSystem,
  source: string,
): Promise<void> {
  const init = kernel.processes.get(1);
  if (!init) throw new Error("the kernel has no pid 1");
  await awake(() => {
    const walk = new Walk(init, init.fs.root);
    walk.to(path, true);
    kernel.mounts.mount(fileSystem, walk.location, source);
  });
}

/** What the host mounts into a machine: its own directories, memory, what others wrote, buckets. */
import { Errno, type Kernel, KernelError } from "../../kernel/index.ts";
import { type Asker, askerOf, type Policy } from "../../kernel/policy.ts";
import { MS_NODEV, MS_NOSUID, MS_RDONLY } from "../../kernel/vfs/constants.ts";
import type { FileSystem } from "../../kernel/vfs/file-system.ts";
import { MemoryFileSystem } from "../../kernel/vfs/memory/file-system.ts";
import { Walk } from "../../kernel/vfs/walk.ts";
import { awake } from "../../kernel/wait/sleep.ts";
import type { FileSystemDriver } from "../mounts/custom/driver.ts";
import { farDriver } from "../mounts/custom/drivers.ts";
import type { CustomFileSystemOptions } from "../mounts/custom/file-system.ts";
import { OverlayFileSystem } from "../mounts/overlay.ts";
import type { Embedder } from "./embedder.ts";
import { about, failure } from "./files/calls.ts";
import type { Trees } from "./files/trees.ts";
import type { MachineThread } from "./machine.ts";
import type { Owner, Platform } from "./platform.ts";
import type { MountRequest, MountSource } from "./protocol.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "it is not a directory",
  EACCES: "it may not be entered",
};

export class Mounts {
  readonly #kernel: Kernel;
  readonly #trees: Trees;
  readonly #owner: Owner;
  readonly #platform: Platform;
  readonly #embedder: Embedder | undefined;
  readonly #policy: Policy;
  readonly #fileSystems = new Set<FileSystem>();

  constructor(
    kernel: Kernel,
    trees: Trees,
    owner: Owner,
    platform: Platform,
    { embedder, guard }: Pick<MachineThread, "embedder" | "guard">,
  ) {
    this.#embedder = embedder;
    this.#policy = guard.policy;
    this.#kernel = kernel;
    this.#trees = trees;
    this.#owner = owner;
    this.#platform = platform;
  }

  async mount({ target, source: wanted }: MountRequest): Promise<void> {
    const source = this.#resolved(wanted);
    const init = this.#kernel.processes.get(1);
    if (!init) throw failure(Errno.ESRCH, { syscall: "mount", path: target });
    await this.#requireLeave(target, source, init);
    await this.#trees.makeDirectories(target, 0o755);
    const fileSystem = await this.#make(target, source);
    const mount = () => {
      const walk = new Walk(init, init.fs.root);
      walk.to(target, true);
      const flags = MS_NOSUID | MS_NODEV | (source.readOnly ? MS_RDONLY : 0);
      this.#kernel.mounts.mount(fileSystem, walk.location, nameOf(source), flags);
      this.#fileSystems.add(fileSystem);
    };
    await about({ syscall: "mount", path: target }, () => awake(mount));
  }

  async unmount(target: string): Promise<void> {
    await about({ syscall: "umount2", path: target }, () => this.#kernel.init.umount2(target, 0));
  }

  /** Lets go of the host's files when the machine is switched off. */
  release(): void {
    for (const fileSystem of this.#fileSystems) fileSystem.detach?.();
    this.#fileSystems.clear();
  }

  /** Resolves when file systems of others have what was written to them. */
  async flush(): Promise<void> {
    await Promise.all([...this.#fileSystems].map((fileSystem) => fileSystem.sync()));
  }

  /** What is decided about is what is mounted, whatever a link on the way becomes meanwhile. */
  #resolved(source: MountSource): MountSource {
    if (source.type === "overlay") return { ...source, lower: this.#resolved(source.lower) };
    if (source.type !== "host-directory" || source.ownLinks) return source;
    return { ...source, path: this.#platform.realPath?.(source.path) ?? source.path };
  }

  /** Throws EACCES where the policy refuses what the mount brings into the machine. */
  async #requireLeave(target: string, source: MountSource, asker: Asker): Promise<void> {
    const origin = originOf(source);
    if (origin === undefined) return;
    const { readOnly } = source;
    const crossing = { kind: "mount", target, source: origin, readOnly } as const;
    const { allowed, reason } = await this.#policy.decide(crossing, askerOf(asker));
    if (allowed) return;
    const message = `cannot mount ${origin} at ${target}: ${reason}`;
    throw { ...failure(Errno.EACCES, { syscall: "mount", path: target }), message };
  }

  async #make(target: string, source: MountSource): Promise<FileSystem> {
    try {
      return await this.#open(source);
    } catch (error) {
      const code = error instanceof KernelError ? error.code : (error as { code?: string }).code;
      const why = REASONS[code ?? ""] ?? code ?? String(error);
      const what =
        source.type === "host-directory"
          ? `the host directory ${JSON.stringify(source.path)}`
          : `${source.type}`;
      const message = `cannot mount ${what} at ${target}: ${why}`;
      const errno = Errno[code as keyof typeof Errno] ?? Errno.EIO;
      throw { ...failure(errno, { syscall: "mount", path: target }), message };
    }
  }

  async #open(source: MountSource): Promise<FileSystem> {
    switch (source.type) {
      case "overlay":
        return new OverlayFileSystem(await this.#open(source.lower));
      case "memory":
        return new MemoryFileSystem({ ...source, type: "tmpfs", ...this.#owner });
      case "custom":
        return this.#openCustom(source);
      case "s3": {
        const { S3Driver } = await import("../mounts/s3/driver.ts");
        return this.#custom(new S3Driver(source), { type: "s3", readOnly: source.readOnly });
      }
      case "host-directory":
        return this.#platform.makeMount(source, this.#owner);
    }
  }

  #openCustom(source: Extract<MountSource, { type: "custom" }>): Promise<FileSystem> {
    const { driver, operations, name, ...options } = source;
    const embedder = this.#embedder;
    if (!embedder) throw new Error("there is nobody to ask for its files");
    const far = farDriver(operations, (operation, args) =>
      embedder.driver({ driver, operation, args }),
    );
    return this.#custom(far, { ...options, type: name });
  }

  async #custom(
    driver: FileSystemDriver,
    options: Omit<CustomFileSystemOptions, "uid" | "gid">,
  ): Promise<FileSystem> {
    const { CustomFileSystem } = await import("../mounts/custom/file-system.ts");
    const onFault = (operation: string, path: string, reason: unknown) => {
      const { message } = reason instanceof Error ? reason : new Error(String(reason));
      this.#embedder?.tell({ type: "mount-fault", operation, path, message });
    };
    return new CustomFileSystem(driver, { ...options, ...this.#owner, onFault });
  }
}

/** What it is outside of the machine; undefined: nothing. An overlay only reads what lies below it. */
function originOf(source: MountSource): string | undefined {
  switch (source.type) {
    case "memory":
      return undefined;
    case "overlay":
      return originOf(source.lower);
    case "host-directory":
      return source.path;
    case "custom":
      return `custom:${source.name ?? ""}`;
    case "s3":
      return `s3://${source.bucket}/${source.prefix}`;
  }
}

/** As /proc/mounts names where it comes from. */
function nameOf(source: MountSource): string {
  switch (source.type) {
    case "memory":
      return "tmpfs";
    case "host-directory":
      return "host";
    case "custom":
      return source.name ?? source.type;
    default:
      return source.type;
  }
}

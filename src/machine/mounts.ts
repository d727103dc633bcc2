/** What the host mounts into a machine: directories of its own, and memory. */
import { Errno, type Kernel, KernelError } from "../../kernel/index.ts";
import { MS_NODEV, MS_NOSUID, MS_RDONLY } from "../../kernel/vfs/constants.ts";
import type { FileSystem } from "../../kernel/vfs/file-system.ts";
import { Walk } from "../../kernel/vfs/walk.ts";
import { awake } from "../../kernel/wait/sleep.ts";
import { about, failure } from "./files/calls.ts";
import type { Trees } from "./files/trees.ts";
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
  readonly #fileSystems = new Set<FileSystem>();

  constructor(kernel: Kernel, trees: Trees, owner: Owner, platform: Platform) {
    this.#kernel = kernel;
    this.#trees = trees;
    this.#owner = owner;
    this.#platform = platform;
  }

  async mount({ target, source }: MountRequest): Promise<void> {
    const init = this.#kernel.processes.get(1);
    if (!init) throw failure(Errno.ESRCH, { syscall: "mount", path: target });
    await this.#trees.makeDirectories(target, 0o755);
    const fileSystem = this.#make(target, source);
    const mount = () => {
      const walk = new Walk(init, init.fs.root);
      walk.to(target, true);
      const flags = MS_NOSUID | MS_NODEV | (source.readOnly ? MS_RDONLY : 0);
      const name = source.type === "memory" ? "tmpfs" : "host";
      this.#kernel.mounts.mount(fileSystem, walk.location, name, flags);
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

  #make(target: string, source: MountSource): FileSystem {
    try {
      return this.#platform.makeMount(source, this.#owner);
    } catch (error) {
      const code = error instanceof KernelError ? error.code : (error as { code?: string }).code;
      const why = REASONS[code ?? ""] ?? code ?? String(error);
      const what =
        source.type === "host-directory"
          ? `the host directory ${JSON.stringify(source.path)}`
          : source.type;
      const message = `cannot mount ${what} at ${target}: ${why}`;
      const errno = Errno[code as keyof typeof Errno] ?? Errno.EIO;
      throw { ...failure(errno, { syscall: "mount", path: target }), message };
    }
  }
}

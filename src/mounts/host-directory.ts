/**
 * A directory of the host as a file system of a machine. The guest walks it name by name, like any
 * other file system; symbolic links are resolved by that walk inside the machine, never by the host.
 * Every file appears as the machine's user's: what the host's process may do, that user may do.
 */
import { realpathSync, statfsSync, statSync } from "node:fs";
import { Errno, KernelError } from "../../kernel/index.ts";
import type { StatFs } from "../../kernel/syscalls/types.ts";
import type { FileSystem } from "../../kernel/vfs/file-system.ts";
import { HostDirectoryInode } from "./host/directory.ts";
import { onHost } from "./host/errors.ts";
import type { HostInode } from "./host/inode.ts";
import { CheckedPaths, DescriptorPaths, type Identity, type Paths, typeOf } from "./host/paths.ts";

export interface HostDirectoryOptions {
  readonly readOnly: boolean;
  /** Whom the files appear to belong to. */
  readonly uid: number;
  readonly gid: number;
  /** Absolute links into the directory lead there in the machine as well; others stay as they are. */
  readonly ownLinks?: boolean;
  /** How names are handed to the host; for tests. */
  readonly pinning?: "descriptors" | "paths";
}

export class HostDirectory implements FileSystem {
  readonly type = "host";
  readonly readOnly: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly root: HostDirectoryInode;
  readonly paths: Paths;
  /** Where it is on the host, for links that say so; none are looked at if empty. */
  readonly ownPaths: readonly string[];
  /** Open handles; each holds a descriptor of the host. */
  readonly handles = new Set<{ sync(dataOnly: boolean): void; close(): void }>();
  /** One inode for each file in use, so that locks and mounts find it again. */
  readonly #inodes = new Map<string, WeakRef<HostInode>>();
  readonly #forgotten = new FinalizationRegistry<string>((key) => {
    if (!this.#inodes.get(key)?.deref()) this.#inodes.delete(key);
  });
  readonly #devices = new Map<bigint, number>();

  /** Fails as node:fs does where `path` is no directory. */
  constructor(path: string, options: HostDirectoryOptions) {
    const real = realpathSync(path);
    const found = statSync(real, { bigint: true });
    if (!found.isDirectory()) throw new KernelError(Errno.ENOTDIR);
    this.readOnly = options.readOnly;
    this.uid = options.uid;
    this.gid = options.gid;
    this.ownPaths = options.ownLinks ? [path, real] : [];
    const pinning = options.pinning ?? (process.platform === "linux" ? "descriptors" : "paths");
    this.paths = pinning === "descriptors" ? new DescriptorPaths(real) : new CheckedPaths(real);
    this.root = new HostDirectoryInode(this, found, undefined);
    this.remember(found, this.root);
  }

  detach(): void {
    for (const handle of [...this.handles]) handle.close();
    this.paths.close();
  }

  statfs(): StatFs {
    const found = onHost(() => statfsSync(this.paths.self(this.root)));
    return { ...found, type: Number(found.type), namelen: 255, flags: 0 };
  }

  sync(): void {
    for (const handle of this.handles) handle.sync(false);
  }

  known(identity: Identity): HostInode | undefined {
    return this.#inodes.get(keyOf(identity))?.deref();
  }

  remember(identity: Identity, inode: HostInode): void {
    const key = keyOf(identity);
    this.#inodes.set(key, new WeakRef(inode));
    this.#forgotten.register(inode, key);
  }

  /** One number for a file, also where the directory spans several file systems of the host. */
  inodeNumber({ dev, ino }: Pick<Identity, "dev" | "ino">): number {
    let device = this.#devices.get(dev);
    if (device === undefined) {
      device = this.#devices.size;
      this.#devices.set(dev, device);
    }
    return Number(BigInt.asUintN(48, ino)) + (device % 32) * 2 ** 48;
  }
}

function keyOf(identity: Identity): string {
  return `${identity.dev}:${identity.ino}:${typeOf(identity)}`;
}

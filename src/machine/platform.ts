/**
 * What a host supplies to the machines of one thread beyond what a kernel needs: engines for guests,
 * images, stores and mounts. One object for each kind of host (src/platforms); everything else in
 * src/machine is the same on all of them.
 */
import type { BinaryFormat, Host } from "../../kernel/index.ts";
import type { FileSystem } from "../../kernel/vfs/file-system.ts";
import type { ImageSource } from "../../kernel/vfs/image-source.ts";
import type { MountSource } from "./protocol.ts";

export interface Platform {
  readonly host: Host;
  /** What runs files that are neither scripts nor in-kernel programs. */
  readonly formats: readonly BinaryFormat[];
  /** The base image; the same object each time, for machines share it. */
  openImage(): Promise<ImageSource>;
  /** A file system of the host's for a mount. Throws as node:fs does where `source` cannot be had. */
  makeMount(source: MountSource, owner: Owner): FileSystem;
  /** Resolves when no guest's thread is left of those whose machines were shut down. */
  settle(): Promise<void>;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * What a host supplies to the machines of one thread beyond what a kernel needs: engines for guests,
 * images, stores and mounts. One object for each kind of host (src/platforms); everything else in
 * src/machine is the same on all of them.
 */
import type { BinaryFormat, Host, Main } from "../../kernel/index.ts";
import type { ChunkStore, Sha256 } from "../../kernel/state/chunk-store.ts";
import type { FileSystem } from "../../kernel/vfs/file-system.ts";
import type { ImageSource } from "../../kernel/vfs/image-source.ts";
import type { Dialer } from "../gateway/dialer.ts";
import type { TlsTerminator } from "../gateway/http/inspector.ts";
import type { Image } from "../images/image.ts";
import type { HostDirectorySource, NetworkOptions, StoreSource } from "./protocol.ts";

export interface Platform {
  readonly host: Host;
  /** What runs files that are neither scripts nor in-kernel programs. */
  readonly formats: readonly BinaryFormat[];
  /** Programs inside the kernel that need something of the host, beside those of programs.ts. */
  readonly programs?: ReadonlyMap<string, Main>;
  /**
   * The image of that reference, without one the base image; the same object each time, for machines
   * share it. Rejects with an IsopodError that says why where there is none.
   */
  openImage(reference?: string): Promise<MachineImage>;
  /**
   * The storage that `source` names; closed by who opened it. Rejects with an IsopodError where the host
   * has no such storage. Two that name the same share their memory of it, but not their locks.
   */
  openStore(source: StoreSource): Promise<ChunkStore>;
  readonly sha256: Sha256;
  /** Bytes of stored chunks that all machines of the thread keep at hand together. Default: 64 MiB. */
  readonly cacheBytes?: number;
  /** Where a path of the host's leads, without links; itself where it leads nowhere. */
  realPath?(path: string): string;
  /** A directory of the host's for a mount. Throws as node:fs does where it cannot be had. */
  makeMount(source: HostDirectorySource, owner: Owner): FileSystem;
  /**
   * The host's network, as one machine's gateway may use it. `isHttpPort`: where the rules expect HTTP,
   * beside the usual ports.
   */
  dialer(options: NetworkOptions, isHttpPort: (port: number) => boolean): Dialer;
  /** An authority of a machine's own, to look into its programs' TLS; undefined: the host has no such TLS. */
  readonly makeTerminator?: () => Promise<Terminator>;
  /** Certificates of the authorities that the host trusts, as PEM; none where it keeps them to itself. */
  authorities(): readonly string[];
  /** Resolves when no guest's thread is left of those whose machines were shut down. */
  settle(): Promise<void>;
}

export interface Terminator extends TlsTerminator {
  /** Of the authority, as PEM. */
  readonly certificate: string;
}

/** An image, and what its config says; a host that has it built in may know its files alone. */
export type MachineImage = { readonly source: ImageSource } & Partial<
  Pick<Image, "reference" | "digest" | "config">
>;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

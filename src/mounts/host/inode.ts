/** What files of a shared directory have in common: where they are, and their attributes. */
import { type BigIntStats, chmodSync, lstatSync, lutimesSync } from "node:fs";
import { Errno, fail } from "../../../kernel/errno.ts";
import { S_IFMT } from "../../../kernel/vfs/constants.ts";
import { type AttributeChanges, type Attributes, Inode } from "../../../kernel/vfs/file-system.ts";
import type { HostDirectory } from "../host-directory.ts";
import type { HostDirectoryInode } from "./directory.ts";
import { onHost } from "./errors.ts";
import { type HostPath, type Identity, sameFile } from "./paths.ts";

/** Permission bits that pass; a set-user-id bit would reach across the border, either way. */
const MODE_BITS = 0o1777;

/** Where a file was last seen. */
export interface Container {
  readonly directory: HostDirectoryInode;
  readonly name: string;
}

export class HostInode extends Inode {
  readonly fileSystem: HostDirectory;
  readonly identity: Identity;
  /** Undefined for the shared directory itself. */
  container: Container | undefined;

  constructor(fileSystem: HostDirectory, found: BigIntStats, container: Container | undefined) {
    super();
    this.fileSystem = fileSystem;
    this.identity = { dev: found.dev, ino: found.ino, mode: found.mode };
    this.moveTo(container);
  }

  moveTo(container: Container | undefined): void {
    this.container = container;
    this.parent = container?.directory;
    this.name = container?.name ?? "";
  }

  override attributes(): Attributes {
    return this.present(onHost(() => this.inspect()));
  }

  override get version(): number {
    return Number(BigInt.asUintN(53, onHost(() => this.inspect()).ctimeNs));
  }

  override setAttributes(changes: AttributeChanges): void {
    const { uid, gid } = this.fileSystem;
    if ((changes.uid ?? uid) !== uid || (changes.gid ?? gid) !== gid) fail(Errno.EPERM);
    onHost(() => {
      const { mode, atime, mtime } = changes;
      if (mode !== undefined) this.changeMode(mode & MODE_BITS);
      if (atime === undefined && mtime === undefined) return;
      const now = this.inspect();
      lutimesSync(this.path(), seconds(atime ?? now.atimeNs), seconds(mtime ?? now.mtimeNs));
    });
  }

  /** A path for one call that follows no link at its end. */
  path(): HostPath {
    const { container, fileSystem } = this;
    if (container) return fileSystem.paths.entry(container.directory, container.name);
    return fileSystem.paths.self(fileSystem.root);
  }

  /** What the host says of it now; ENOENT where another file has its name. */
  inspect(): BigIntStats {
    const found = lstatSync(this.path(), { bigint: true });
    return sameFile(found, this.identity) ? found : fail(Errno.ENOENT);
  }

  present(found: BigIntStats): Attributes {
    const { uid, gid } = this.fileSystem;
    const mode = Number(found.mode);
    return {
      ino: this.fileSystem.inodeNumber(found),
      mode: (mode & S_IFMT) | (mode & MODE_BITS),
      nlink: Number(found.nlink),
      uid,
      gid,
      rdev: Number(found.rdev),
      size: Number(found.size),
      blocks: Number(found.blocks),
      atime: found.atimeNs,
      mtime: found.mtimeNs,
      ctime: found.ctimeNs,
      birthtime: found.birthtimeNs,
    };
  }

  protected changeMode(mode: number): void {
    this.fileSystem.paths.pinned(this.path(), this.identity, (path) => chmodSync(path, mode));
  }
}

/** node:fs takes seconds, which keep about a quarter of a microsecond. */
function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}

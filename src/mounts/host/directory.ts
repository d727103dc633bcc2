/** A directory of a shared directory: lookups, and everything that changes names. */
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { Errno, fail } from "../../../kernel/errno.ts";
import { decodeUtf8, encodeUtf8 } from "../../../kernel/index.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../../kernel/vfs/constants.ts";
import type { Handle, Inode, NewInode } from "../../../kernel/vfs/file-system.ts";
import { type ListedEntry, Listing } from "../listing.ts";
import { ifPresent, onHost } from "./errors.ts";
import { HostFile } from "./file.ts";
import { HostInode } from "./inode.ts";
import type { HostPath } from "./paths.ts";
import { HostSymlink } from "./symlink.ts";

export class HostDirectoryInode extends HostInode {
  override lookup(name: string): HostInode | undefined {
    const found = ifPresent(() => lstatSync(this.#entry(name), { bigint: true }));
    return found && this.#inode(name, found);
  }

  override open(_flags: number): Handle {
    return new Listing(
      () => this.attributes(),
      () => [...this.#entries()],
    );
  }

  override create(name: string, init: NewInode): Inode {
    const path = () => this.#entry(name);
    onHost(() => {
      switch (init.mode & S_IFMT) {
        case S_IFREG:
          return createFile(path(), init.mode & 0o1777);
        case S_IFDIR:
          return this.#createDirectory(name, init.mode & 0o1777);
        case S_IFLNK:
          return symlinkSync(asPath(init.target ?? ""), path());
        default:
          // node:fs makes no FIFOs, and a device of the host is nothing for a guest to make.
          return fail(Errno.EPERM);
      }
    });
    return this.lookup(name) ?? fail(Errno.ENOENT);
  }

  override link(name: string, inode: Inode): void {
    const { identity, fileSystem } = inode as HostInode;
    onHost(() => {
      const path = (inode as HostInode).path();
      // link(2) of other systems follows a symbolic link.
      if (process.platform !== "linux" && inode instanceof HostSymlink) fail(Errno.EPERM);
      fileSystem.paths.pinned(path, identity, () => linkSync(path, this.#entry(name)));
    });
  }

  override unlink(name: string): void {
    onHost(() => unlinkSync(this.#entry(name)));
  }

  override rmdir(name: string): void {
    onHost(() => rmdirSync(this.#entry(name)));
  }

  override rename(name: string, directory: Inode, newName: string, exchange: boolean): void {
    if (exchange) fail(Errno.EINVAL);
    const target = directory as HostDirectoryInode;
    const moved = this.lookup(name);
    onHost(() => renameSync(this.#entry(name), target.#entry(newName)));
    moved?.moveTo({ directory: target, name: newName });
  }

  /** Those that vanish meanwhile are left out. */
  *#entries(): Generator<ListedEntry> {
    const names = onHost(() =>
      readdirSync(this.fileSystem.paths.self(this), { encoding: "buffer" }),
    );
    for (const bytes of names) {
      const name = decodeUtf8(bytes);
      const found = ifPresent(() => lstatSync(this.#entry(name), { bigint: true }));
      if (!found) continue;
      yield { name, ino: this.fileSystem.inodeNumber(found), mode: Number(found.mode) };
    }
  }

  #entry(name: string): HostPath {
    return this.fileSystem.paths.entry(this, name);
  }

  /** The one inode of that file, which is here now under `name`. */
  #inode(name: string, found: BigIntStats): HostInode {
    const container = { directory: this, name };
    const known = this.fileSystem.known(found);
    if (known) {
      if (known.container) known.moveTo(container);
      return known;
    }
    const inode = makeInode(this, found, container);
    this.fileSystem.remember(found, inode);
    return inode;
  }

  #createDirectory(name: string, mode: number): void {
    mkdirSync(this.#entry(name), { mode });
    // The host's umask took bits away.
    const found = lstatSync(this.#entry(name), { bigint: true });
    if (!found.isDirectory() || (Number(found.mode) & 0o1777) === mode) return;
    this.fileSystem.paths.pinned(this.#entry(name), found, (path) => chmodSync(path, mode));
  }
}

function makeInode(
  directory: HostDirectoryInode,
  found: BigIntStats,
  container: { directory: HostDirectoryInode; name: string },
): HostInode {
  const { fileSystem } = directory;
  if (found.isDirectory()) return new HostDirectoryInode(fileSystem, found, container);
  if (found.isSymbolicLink()) return new HostSymlink(fileSystem, found, container);
  if (found.isFile()) return new HostFile(fileSystem, found, container);
  return new HostInode(fileSystem, found, container);
}

function createFile(path: HostPath, mode: number): void {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, mode);
  try {
    fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}

function asPath(target: string): HostPath {
  return /\p{Surrogate}/u.test(target) ? Buffer.from(encodeUtf8(target)) : target;
}

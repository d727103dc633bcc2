/** A directory of a custom file system: lookups, listings, and everything that changes names. */
import { Errno, fail } from "../../../kernel/errno.ts";
import { NAME_MAX } from "../../../kernel/limits.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../../kernel/vfs/constants.ts";
import type { Attributes, Handle, Inode, NewInode } from "../../../kernel/vfs/file-system.ts";
import { type ListedEntry, Listing } from "../listing.ts";
import type { FileInfo, FileType, NewFile } from "./driver.ts";
import { CustomFile, readWhole } from "./file.ts";
import type { CustomFileSystem } from "./file-system.ts";
import { CustomInode, inodeNumber, milliseconds } from "./inode.ts";
import { CustomSymlink } from "./symlink.ts";

const TYPES = new Map<number, FileType>([
  [S_IFREG, "file"],
  [S_IFDIR, "directory"],
  [S_IFLNK, "symlink"],
]);
const MODES: Readonly<Record<FileType, number>> = {
  file: S_IFREG,
  directory: S_IFDIR,
  symlink: S_IFLNK,
};

export class CustomDirectory extends CustomInode {
  /** One inode for each file in use, so that locks, mounts and open files find it again. */
  readonly #children = new Map<string, WeakRef<CustomInode>>();
  readonly #forgotten = new FinalizationRegistry<string>((name) => {
    if (!this.#children.get(name)?.deref()) this.#children.delete(name);
  });

  override lookup(name: string): CustomInode | undefined {
    const known = this.#children.get(name)?.deref();
    if (known?.isFresh) return known;
    const { info, asked } = this.fileSystem.stat(this.#pathOf(name));
    if (!info) {
      // What is written when it is closed need not be there yet.
      if (known instanceof CustomFile && known.hasDraft) return known;
      known?.removed();
      this.#children.delete(name);
      return undefined;
    }
    if (known && known.type === info.type) {
      known.learn(info, asked);
      return known;
    }
    known?.removed();
    return this.#adopt(name, info);
  }

  override open(_flags: number): Handle {
    return new Listing(
      () => this.attributes(),
      () => this.#entries(),
    );
  }

  override create(name: string, init: NewInode): Inode {
    const type = TYPES.get(init.mode & S_IFMT) ?? fail(Errno.EPERM);
    const { driver } = this.fileSystem;
    if (type === "symlink" && !driver.readlink) fail(Errno.EPERM);
    const file: NewFile = { type, mode: init.mode & 0o1777, target: init.target };
    const path = this.#pathOf(name);
    this.#require("create");
    this.fileSystem.ask("create", path, async () => driver.create?.(path, file));
    const now = milliseconds(this.fileSystem.now());
    const size = type === "symlink" ? (init.target ?? "").length : 0;
    this.changed({ mtimeMs: now });
    return this.#adopt(name, { type, mode: file.mode, size, mtimeMs: now });
  }

  override unlink(name: string): void {
    this.#remove(name);
  }

  override rmdir(name: string): void {
    this.#remove(name);
  }

  override rename(name: string, directory: Inode, newName: string, exchange: boolean): void {
    if (exchange) fail(Errno.EINVAL);
    const { fileSystem } = this;
    const { driver } = fileSystem;
    const target = directory as CustomDirectory;
    const moved = this.lookup(name) ?? fail(Errno.ENOENT);
    if (!driver.rename && !(moved instanceof CustomFile)) fail(Errno.EXDEV);
    const from = this.#pathOf(name);
    const to = target.#pathOf(newName);
    const work = async () => {
      await moved.settled();
      if (driver.rename) await driver.rename(from, to);
      else await copyAndRemove(fileSystem, from, to, moved.attributes());
    };
    fileSystem.ask("rename", from, work, to);
    target.#children.get(newName)?.deref()?.removed();
    this.#children.delete(name);
    moved.parent = target;
    moved.name = newName;
    target.#remember(moved);
    const now = milliseconds(fileSystem.now());
    this.changed({ mtimeMs: now });
    target.changed({ mtimeMs: now });
  }

  #entries(): readonly ListedEntry[] {
    const { path, fileSystem } = this;
    const items = fileSystem.ask("readdir", path, async () => {
      const items = await fileSystem.driver.readdir(path);
      return items.filter(({ name, type }) => isName(name) && Object.hasOwn(MODES, type));
    });
    const above = path === "/" ? "" : path;
    return items.map(({ name, type }) => ({
      name,
      ino: inodeNumber(`${above}/${name}`),
      mode: MODES[type],
    }));
  }

  #remove(name: string): void {
    const { fileSystem } = this;
    const { driver } = fileSystem;
    this.#require("remove");
    const gone = this.lookup(name) ?? fail(Errno.ENOENT);
    const path = this.#pathOf(name);
    const work = async () => {
      await gone.idle();
      await driver.remove?.(path, gone.type);
    };
    fileSystem.ask("remove", path, work);
    gone.removed();
    this.#children.delete(name);
    this.changed({ mtimeMs: milliseconds(fileSystem.now()) });
  }

  #require(operation: "create" | "remove"): void {
    if (!this.fileSystem.driver[operation]) fail(Errno.EPERM);
  }

  #adopt(name: string, info: FileInfo): CustomInode {
    const inode = make(this.fileSystem, info, this, name);
    this.#remember(inode);
    return inode;
  }

  #remember(inode: CustomInode): void {
    this.#children.set(inode.name, new WeakRef(inode));
    this.#forgotten.register(inode, inode.name);
  }

  #pathOf(name: string): string {
    const { path } = this;
    return path === "/" ? `/${name}` : `${path}/${name}`;
  }
}

function make(
  fileSystem: CustomFileSystem,
  info: FileInfo,
  parent: CustomDirectory,
  name: string,
): CustomInode {
  switch (info.type) {
    case "directory":
      return new CustomDirectory(fileSystem, info, parent, name);
    case "symlink":
      return new CustomSymlink(fileSystem, info, parent, name);
    case "file":
      return new CustomFile(fileSystem, info, parent, name);
  }
}

/** In place of a rename: for a moment both names are there. */
async function copyAndRemove(
  fileSystem: CustomFileSystem,
  from: string,
  to: string,
  { mode: bits, size }: Attributes,
): Promise<void> {
  const { driver } = fileSystem;
  const mode = bits & 0o1777;
  const bytes = await readWhole(fileSystem, from, size);
  const present = await driver.stat(to);
  if (driver.writeFile) {
    if (!present) await driver.create?.(to, { type: "file", mode });
    await driver.writeFile(to, bytes, mode);
  } else {
    if (present) await driver.remove?.(to, present.type);
    await driver.create?.(to, { type: "file", mode });
    if (size > 0) await driver.write?.(to, 0, bytes);
  }
  await driver.remove?.(from, "file");
}

/** A name that a driver may list. */
function isName(name: unknown): name is string {
  if (typeof name !== "string" || name === "" || name === "." || name === "..") return false;
  return name.length <= NAME_MAX && !name.includes("/") && !name.includes("\0");
}

/** The right kind of inode: for a new file, for one that shows through from below, for a recorded one. */
import type { EntryRecord, InodeRecord } from "../../state/records.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../constants.ts";
import type { Inode, NewInode } from "../file-system.ts";
import { MemoryDirectory } from "./directory.ts";
import { MemoryFile } from "./file.ts";
import type { MemoryFileSystem } from "./file-system.ts";
import { MemoryInode } from "./inode.ts";
import { MemoryNode, MemorySymlink } from "./node.ts";

export function make(fileSystem: MemoryFileSystem, init: NewInode): MemoryInode {
  switch (init.mode & S_IFMT) {
    case S_IFDIR:
      return new MemoryDirectory(fileSystem, init, []);
    case S_IFREG:
      return new MemoryFile(fileSystem, init, undefined);
    case S_IFLNK:
      return new MemorySymlink(fileSystem, { ...init, target: init.target ?? "" }, undefined);
    default:
      return new MemoryNode(fileSystem, init, undefined);
  }
}

/** What `name` shows in `lowers`, as a file of this file system: directories merged, or what lies topmost. */
export function raise(
  fileSystem: MemoryFileSystem,
  lowers: readonly Inode[],
  name: string,
): MemoryInode | undefined {
  const found: Inode[] = [];
  for (const lower of lowers) {
    const inode = lower.lookup(name);
    if (!inode) continue;
    if (isDirectory(inode) || found.length === 0) found.push(inode);
    // What is no directory hides everything below it.
    if (!isDirectory(inode)) break;
  }
  const [lower] = found;
  if (!lower) return undefined;
  const { mode, uid, gid, rdev, nlink } = lower.attributes();
  const init = { mode, uid, gid, rdev };
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return new MemoryDirectory(fileSystem, init, found);
    case S_IFLNK:
      return new MemorySymlink(fileSystem, { ...init, target: lower.readlink() }, lower);
    case S_IFREG:
      return nlink > 1
        ? raiseLinked(fileSystem, init, lower, nlink)
        : new MemoryFile(fileSystem, init, lower);
    default:
      return new MemoryNode(fileSystem, init, lower);
  }
}

/** The file that the last commit records under `name` in `directory`. Sleeps. */
export function restore(
  fileSystem: MemoryFileSystem,
  directory: MemoryDirectory,
  name: string,
  record: Exclude<EntryRecord, { kind: "gone" }>,
): MemoryInode {
  if (record.kind === "inode") return fromRecord(fileSystem, record, directory, name);
  const { kept } = fileSystem;
  const found = kept?.linked(record.ino, record.type);
  if (found instanceof MemoryInode) return found;
  const inode = fromRecord(fileSystem, found as InodeRecord, undefined, "");
  inode.linked = true;
  inode.linkStored = true;
  kept?.addLinked(inode);
  return inode;
}

function fromRecord(
  fileSystem: MemoryFileSystem,
  record: InodeRecord,
  directory: MemoryDirectory | undefined,
  name: string,
): MemoryInode {
  const path = lowerPath(fileSystem, record.lower, directory, name);
  const below = path === undefined ? undefined : fileSystem.kept?.findBelow(path);
  const type = record.mode & S_IFMT;
  const lower = below && (below.attributes().mode & S_IFMT) === type ? below : undefined;
  const lost = lower ? undefined : path;
  switch (type) {
    case S_IFDIR:
      return new MemoryDirectory(fileSystem, record, lower ? [lower] : [], record, lost);
    case S_IFLNK: {
      const init = { ...record, target: record.target ?? "" };
      return new MemorySymlink(fileSystem, init, lower, record, lost);
    }
    case S_IFREG:
      return new MemoryFile(fileSystem, record, lower, record, lost);
    default:
      return new MemoryNode(fileSystem, record, lower, record, lost);
  }
}

/** The whole path of what a record names in the image. */
function lowerPath(
  fileSystem: MemoryFileSystem,
  recorded: string | undefined,
  directory: MemoryDirectory | undefined,
  name: string,
): string | undefined {
  if (recorded !== "" || !directory) return recorded;
  const { lower, lostLower = "/" } = directory;
  const above = lower ? fileSystem.kept?.pathBelow(lower) : lostLower;
  return above === "/" ? `/${name}` : `${above}/${name}`;
}

function raiseLinked(
  fileSystem: MemoryFileSystem,
  init: NewInode,
  lower: Inode,
  nlink: number,
): MemoryInode {
  let file = fileSystem.linked.get(lower);
  if (!file) {
    file = new MemoryFile(fileSystem, init, lower);
    file.nlink = nlink;
    fileSystem.linked.set(lower, file);
  }
  return file;
}

function isDirectory(inode: Inode): boolean {
  return (inode.attributes().mode & S_IFMT) === S_IFDIR;
}

/**
 * A snapshot as a layer over its image: a tar stream of what differs, with the whiteouts of OCI, that any
 * image tool can put on top of the image's own layers.
 *
 * Specification: https://github.com/opencontainers/image-spec/blob/main/layer.md
 */

import { encodeUtf8 } from "../../../kernel/bytes.ts";
import { Errno, KernelError } from "../../../kernel/index.ts";
import { isDirectory, type Place, type TreeView } from "../../../kernel/state/tree-view.ts";
import {
  majorOf,
  minorOf,
  S_IALLUGO,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../../kernel/vfs/constants.ts";
import type { Inode } from "../../../kernel/vfs/file-system.ts";
import { awake } from "../../../kernel/wait/sleep.ts";
import { IsopodError } from "../../errors.ts";
import { BLOCK, padding, type TarHeader, tarHeader } from "../../images/tar-header.ts";

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
const PIECE_BYTES = 256 << 10;
const NANOSECONDS = 1_000_000_000n;

const TYPES = new Map<number, TarHeader["type"]>([
  [S_IFREG, "file"],
  [S_IFDIR, "directory"],
  [S_IFLNK, "symlink"],
  [S_IFCHR, "character-device"],
  [S_IFBLK, "block-device"],
  [S_IFIFO, "fifo"],
]);

interface Directory {
  /** Without slashes at its ends; "" for the root. */
  readonly path: string;
  readonly place: Place;
  /** What the image has at this path. */
  readonly here: Inode | undefined;
  /** The same directory as a machine would see it. */
  readonly inode: Inode;
}

/** `root` is a file system that begins with the same snapshot; sockets are left out, as tar does. */
export async function* exportLayer(view: TreeView, root: Inode): AsyncGenerator<Uint8Array> {
  const paths = new Map<number, string>();
  const waiting: Directory[] = [{ path: "", place: view.root, here: view.image, inode: root }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { path, place, here, inode } = next;
    const isWhole = place.lower !== here;
    if (isWhole && here && isFolder(here)) yield whiteout(path, OPAQUE);
    for (const name of isWhole ? await view.names(place) : await recordedNames(view, place)) {
      const child = await view.child(place, name);
      const below = here && isFolder(here) ? here.lookup(name) : undefined;
      if (!child) {
        if (below && !isWhole) yield whiteout(path, WHITEOUT + name);
        continue;
      }
      const childPath = path === "" ? name : `${path}/${name}`;
      if (name.startsWith(WHITEOUT)) throw notExportable(childPath);
      const file = (await awake(() => inode.lookup(name))) ?? missing();
      yield* entry(childPath, child, file, paths);
      if (isDirectory(child))
        waiting.push({ path: childPath, place: child, here: below, inode: file });
    }
  }
  yield new Uint8Array(2 * BLOCK);
}

async function recordedNames(view: TreeView, place: Place): Promise<string[]> {
  const names: string[] = [];
  for await (const [name] of view.entries(place)) names.push(name);
  return names;
}

async function* entry(
  path: string,
  { link }: Place,
  file: Inode,
  paths: Map<number, string>,
): AsyncGenerator<Uint8Array> {
  const { mode, uid, gid, rdev, size, mtime } = file.attributes();
  const type = TYPES.get(mode & S_IFMT);
  if (!type) return;
  const seconds = mtime / NANOSECONDS;
  const common = { mode: mode & S_IALLUGO, uid, gid, mtime: Math.max(Number(seconds), 0) };
  const first = link === undefined ? undefined : paths.get(link);
  if (first !== undefined) {
    yield tarHeader({ ...common, name: path, type: "hardlink", size: 0, target: first });
    return;
  }
  if (link !== undefined) paths.set(link, path);
  yield tarHeader({
    ...common,
    name: type === "directory" ? `${path}/` : path,
    type,
    size: type === "file" ? size : 0,
    ...(type === "symlink" && { target: file.readlink() }),
    major: majorOf(rdev),
    minor: minorOf(rdev),
    pax: [...(await xattrs(file)), ...exactTime(mtime)],
  });
  if (type === "file") yield* content(file, size);
}

async function* content(file: Inode, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; ) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, size - at));
    const start = at;
    const count = await awake(() => file.read(piece, start));
    if (count === 0) missing();
    yield count === piece.length ? piece : piece.subarray(0, count);
    at += count;
  }
  if (padding(size) > 0) yield new Uint8Array(padding(size));
}

async function xattrs(file: Inode): Promise<[string, Uint8Array][]> {
  const names = await awake(() => file.listXattr());
  return names.map((name) => [`SCHILY.xattr.${name}`, file.getXattr(name) ?? new Uint8Array(0)]);
}

/** What a header's whole seconds from 1970 on cannot say. */
function exactTime(mtime: bigint): [string, Uint8Array][] {
  if (mtime >= 0n && mtime % NANOSECONDS === 0n) return [];
  const size = mtime < 0n ? -mtime : mtime;
  const fraction = String(size % NANOSECONDS).padStart(9, "0");
  return [["mtime", encodeUtf8(`${mtime < 0n ? "-" : ""}${size / NANOSECONDS}.${fraction}`)]];
}

function whiteout(path: string, name: string): Uint8Array {
  const whole = path === "" ? name : `${path}/${name}`;
  return tarHeader({ name: whole, type: "file", mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 });
}

function isFolder(inode: Inode): boolean {
  return (inode.attributes().mode & S_IFMT) === S_IFDIR;
}

function missing(): never {
  throw new KernelError(Errno.EIO);
}

function notExportable(path: string): IsopodError {
  const message = `/${path} cannot be in a layer: names that begin with .wh. hide files there`;
  return new IsopodError("ERR_EXPORT", message);
}

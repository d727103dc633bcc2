/**
 * What a directory records of a name: a file of any type as it differs from the image below, one of
 * several names of a file, or that the image's file of this name is gone.
 */
import { Errno, fail } from "../errno.ts";
import { LINK_MAX, OFFSET_MAX, PATH_MAX } from "../limits.ts";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../vfs/constants.ts";
import type { Hash } from "./chunk-store.ts";
import { corrupt, Reader, Writer } from "./wire.ts";

/** Bytes of a file in one chunk at most. */
export const CONTENT_BYTES = 65_536;
/** A file of more chunks than this lists them in chunks of their own. */
export const PARTS_INLINE = 8;
/** Extended attributes of more bytes than this stand in chunks of their own. */
export const ATTRIBUTES_INLINE = 512;

export type EntryRecord =
  | { readonly kind: "gone" }
  /** `type` is the S_IFMT of its mode. */
  | { readonly kind: "link"; readonly ino: number; readonly type: number }
  | InodeRecord;

export interface InodeRecord {
  readonly kind: "inode";
  readonly ino: number;
  /** Type and permission bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly birthtime: bigint;
  /** Undefined: those of the file below. */
  readonly xattrs: AttributesRecord | undefined;
  /**
   * What shows through from the image: the file at this absolute path there, or "" for the one of the
   * same name in what shows through the directory.
   */
  readonly lower: string | undefined;
  /** Regular files only. */
  readonly content?: ContentRecord;
  /** Directories only: the map of entries; undefined where it is empty. */
  readonly entries?: Hash | undefined;
  /** Symbolic links only. */
  readonly target?: string;
}

export interface AttributesRecord {
  /** In the order of their names. */
  readonly inline?: readonly (readonly [name: string, value: Uint8Array])[];
  readonly root?: Hash;
  /** Bytes that they are charged with. */
  readonly charge: number;
}

export interface ContentRecord {
  readonly size: number;
  /** How far the file below shows through, where no part stands. */
  readonly lowerSize: number;
  /** Of that file, so that no other one can take its place. */
  readonly lowerDigest: string | undefined;
  /** Pages that hold data, and bytes that they are charged with. */
  readonly pages: number;
  readonly charge: number;
  readonly parts?: readonly PartRecord[];
  readonly root?: Hash | undefined;
}

/** The part of a file that begins at `index` times CONTENT_BYTES. */
export interface PartRecord {
  readonly index: number;
  /** Bit i: page i holds data. */
  readonly pages: number;
  /** Bytes of the chunk; zeros stand behind it. */
  readonly length: number;
  /** Undefined where the length is 0. */
  readonly hash: Hash | undefined;
}

const GONE = 0;
const LINK = 1;
const INODE = 2;

const TYPES = new Set([S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK]);
const MODE_MAX = 0o177777;
const ID_MAX = 0xffff_ffff;
const PAGES_MAX = 0xffff;
const SHA256 = /^sha256:[0-9a-f]{64}$/;

export function encodeEntry(entry: EntryRecord): Uint8Array {
  const writer = new Writer();
  if (entry.kind === "gone") writer.byte(GONE);
  else if (entry.kind === "link") {
    writer.byte(LINK);
    writer.number(entry.ino);
    writer.number(entry.type);
  } else {
    writer.byte(INODE);
    writeInode(writer, entry);
  }
  return writer.take();
}

export function decodeEntry(bytes: Uint8Array): EntryRecord {
  const reader = new Reader(bytes);
  const entry = readEntry(reader);
  reader.end();
  return entry;
}

export function writeInode(writer: Writer, inode: InodeRecord): void {
  writer.number(inode.mode);
  writer.number(inode.ino);
  writer.number(inode.nlink);
  writer.number(inode.uid);
  writer.number(inode.gid);
  writer.time(inode.mtime);
  writer.distance(inode.ctime - inode.mtime);
  writer.distance(inode.atime - inode.mtime);
  writer.distance(inode.birthtime - inode.mtime);
  writer.optional(inode.lower, (path) => writer.text(path));
  writer.optional(inode.xattrs, (xattrs) => writeAttributes(writer, xattrs));
  switch (inode.mode & S_IFMT) {
    case S_IFREG:
      writeContent(writer, inode.content ?? corrupt());
      break;
    case S_IFDIR:
      writer.optional(inode.entries, (hash) => writer.hash(hash));
      break;
    case S_IFLNK:
      writer.text(inode.target ?? "");
      break;
    default:
      writer.number(inode.rdev);
  }
}

export function readInode(reader: Reader): InodeRecord {
  const mode = reader.number(MODE_MAX);
  const type = mode & S_IFMT;
  if (!TYPES.has(type)) corrupt();
  const ino = reader.number();
  const nlink = reader.number(type === S_IFDIR ? Number.MAX_SAFE_INTEGER : LINK_MAX);
  if (ino === 0 || nlink === 0) corrupt();
  const uid = reader.number(ID_MAX);
  const gid = reader.number(ID_MAX);
  const mtime = reader.time();
  const ctime = mtime + reader.distance();
  const atime = mtime + reader.distance();
  const birthtime = mtime + reader.distance();
  const lower = reader.optional(() => reader.text(PATH_BYTES));
  const xattrs = reader.optional(() => readAttributes(reader));
  const common = { mode, ino, nlink, uid, gid, mtime, ctime, atime, birthtime, lower, xattrs };
  const inode = { kind: "inode", rdev: 0, ...common } as const;
  switch (type) {
    case S_IFREG:
      return { ...inode, content: readContent(reader) };
    case S_IFDIR:
      return { ...inode, entries: reader.optional(() => reader.hash()) };
    case S_IFLNK:
      return { ...inode, target: reader.text(PATH_MAX) };
    default:
      return { ...inode, rdev: reader.number() };
  }
}

export function encodePart({ pages, length, hash }: PartRecord): Uint8Array {
  const writer = new Writer();
  writePart(writer, pages, length, hash);
  return writer.take();
}

export function decodePart(index: number, bytes: Uint8Array): PartRecord {
  const reader = new Reader(bytes);
  const part = readPart(reader, index);
  reader.end();
  return part;
}

/** An image's directories may lie deeper than a path in a system call can say. */
const PATH_BYTES = 4 * PATH_MAX;

function readEntry(reader: Reader): EntryRecord {
  switch (reader.byte()) {
    case GONE:
      return { kind: "gone" };
    case LINK: {
      const ino = reader.number();
      const type = reader.number(MODE_MAX);
      // A directory has one name, or the tree would be none.
      if (ino === 0 || !TYPES.has(type) || type === S_IFDIR) corrupt();
      return { kind: "link", ino, type };
    }
    case INODE:
      return readInode(reader);
    default:
      return corrupt();
  }
}

function writeAttributes(writer: Writer, { inline, root, charge }: AttributesRecord): void {
  writer.optional(root, (hash) => writer.hash(hash));
  if (root !== undefined) {
    writer.number(charge);
    return;
  }
  writer.number(inline?.length ?? 0);
  for (const [name, value] of inline ?? []) {
    writer.text(name);
    writer.bytes(value);
  }
}

function readAttributes(reader: Reader): AttributesRecord {
  const root = reader.optional(() => reader.hash());
  if (root !== undefined) return { root, charge: reader.number() };
  const inline: [string, Uint8Array][] = [];
  for (let count = reader.number(ATTRIBUTES_INLINE); count > 0; count--) {
    const name = reader.text(ATTRIBUTES_INLINE);
    inline.push([name, reader.bytes(ATTRIBUTES_INLINE)]);
  }
  return { inline, charge: attributesCharge(inline) };
}

export function attributesCharge(all: Iterable<readonly [string, Uint8Array]>): number {
  let charge = 0;
  for (const [name, value] of all) charge += name.length + value.length;
  return charge;
}

function writeContent(writer: Writer, content: ContentRecord): void {
  writer.number(content.size);
  writer.number(content.lowerSize);
  writer.optional(content.lowerDigest, (digest) => {
    if (!SHA256.test(digest)) fail(Errno.EIO);
    writer.hash(digest.slice("sha256:".length));
  });
  writer.optional(content.root, (hash) => writer.hash(hash));
  if (content.root !== undefined) {
    writer.number(content.pages);
    writer.number(content.charge);
    return;
  }
  writer.number(content.parts?.length ?? 0);
  for (const { index, pages, length, hash } of content.parts ?? []) {
    writer.number(index);
    writePart(writer, pages, length, hash);
  }
}

function readContent(reader: Reader): ContentRecord {
  const size = reader.number(OFFSET_MAX);
  const lowerSize = reader.number(size);
  const lowerDigest = reader.optional(() => `sha256:${reader.hash()}`);
  const root = reader.optional(() => reader.hash());
  const common = { size, lowerSize, lowerDigest };
  if (root !== undefined) {
    return { ...common, root, pages: reader.number(), charge: reader.number() };
  }
  const parts: PartRecord[] = [];
  for (let count = reader.number(PARTS_INLINE); count > 0; count--) {
    const index = reader.number();
    if (index <= (parts.at(-1)?.index ?? -1)) corrupt();
    parts.push(readPart(reader, index));
  }
  return { ...common, parts, pages: sum(parts, pagesOf), charge: sum(parts, chargeOf) };
}

function writePart(writer: Writer, pages: number, length: number, hash: Hash | undefined): void {
  writer.number(pages);
  writer.number(length);
  if (length > 0) writer.hash(hash ?? corrupt());
}

function readPart(reader: Reader, index: number): PartRecord {
  const pages = reader.number(PAGES_MAX);
  const length = reader.number(CONTENT_BYTES);
  return { index, pages, length, hash: length > 0 ? reader.hash() : undefined };
}

/** What a part of this many bytes is charged with. */
export function chargeOf({ length }: { readonly length: number }): number {
  return Math.ceil(length / GRAIN) * GRAIN;
}

/** Memory is charged in multiples of this. */
export const GRAIN = 16;

export function pagesOf({ pages }: { readonly pages: number }): number {
  let count = 0;
  for (let rest = pages; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

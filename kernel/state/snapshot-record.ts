/**
 * What a ref points at: the state of a machine at one instant. The tree of its files is a record of its
 * own, so that equal files have one hash, whenever and wherever they were made.
 */
import { S_IFDIR, S_IFMT } from "../vfs/constants.ts";
import type { Hash } from "./chunk-store.ts";
import { type InodeRecord, readInode, writeInode } from "./records.ts";
import { Tag } from "./shapes.ts";
import { corrupt, Reader, Writer } from "./wire.ts";

export interface TreeRecord {
  readonly root: InodeRecord;
  /** The map of files with several names. */
  readonly links: Hash | undefined;
}

export interface SnapshotRecord {
  readonly tree: Hash;
  /** The highest inode number that was given out. */
  readonly lastIno: number;
  /** What the tree is charged with against the limits of a machine. */
  readonly usage: Usage;
  readonly image: ImageName;
  readonly machine: MachineFacts;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly parent: Hash | undefined;
}

export interface Usage {
  readonly memory: number;
  readonly inodes: number;
}

/** Undefined where the host has no names for images. */
export interface ImageName {
  readonly reference: string | undefined;
  readonly digest: string | undefined;
}

/** What a machine was made with, to be made again. */
export interface MachineFacts {
  readonly hostname: string;
  readonly user: string;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
}

const VERSION = 1;
const TEXT_MAX = 128 << 10;
const VARIABLES_MAX = 1 << 16;

export function encodeTree({ root, links }: TreeRecord): Uint8Array {
  const writer = new Writer();
  writer.byte(Tag.tree);
  writer.byte(VERSION);
  writeInode(writer, root);
  writer.optional(links, (hash) => writer.hash(hash));
  return writer.take();
}

export function decodeTree(bytes: Uint8Array): TreeRecord {
  const reader = begin(bytes, Tag.tree);
  const root = readInode(reader);
  if ((root.mode & S_IFMT) !== S_IFDIR) corrupt();
  const links = reader.optional(() => reader.hash());
  reader.end();
  return { root, links };
}

export function encodeSnapshot(record: SnapshotRecord): Uint8Array {
  const { tree, lastIno, usage, image, machine, created, parent } = record;
  const writer = new Writer();
  const text = (value: string) => writer.text(value);
  writer.byte(Tag.snapshot);
  writer.byte(VERSION);
  writer.hash(tree);
  writer.number(lastIno);
  writer.number(usage.memory);
  writer.number(usage.inodes);
  writer.optional(image.reference, text);
  writer.optional(image.digest, text);
  writer.text(machine.hostname);
  writer.text(machine.user);
  writer.optional(machine.cwd, text);
  const variables = Object.entries(machine.env).sort(([a], [b]) => (a < b ? -1 : 1));
  writer.number(variables.length);
  for (const [name, value] of variables) {
    writer.text(name);
    writer.text(value);
  }
  writer.number(created);
  writer.optional(parent, (hash) => writer.hash(hash));
  return writer.take();
}

export function decodeSnapshot(bytes: Uint8Array): SnapshotRecord {
  const reader = begin(bytes, Tag.snapshot);
  const text = () => reader.text(TEXT_MAX);
  const tree = reader.hash();
  const lastIno = reader.number();
  const usage = { memory: reader.number(), inodes: reader.number() };
  const image = { reference: reader.optional(text), digest: reader.optional(text) };
  const hostname = text();
  const user = text();
  const cwd = reader.optional(text);
  const variables: [string, string][] = [];
  for (let count = reader.number(VARIABLES_MAX); count > 0; count--)
    variables.push([text(), text()]);
  const machine = { hostname, user, cwd, env: Object.fromEntries(variables) };
  const created = reader.number();
  const parent = reader.optional(() => reader.hash());
  reader.end();
  return { tree, lastIno, usage, image, machine, created, parent };
}

function begin(bytes: Uint8Array, tag: number): Reader {
  const reader = new Reader(bytes);
  if (reader.byte() !== tag || reader.byte() !== VERSION) corrupt();
  return reader;
}

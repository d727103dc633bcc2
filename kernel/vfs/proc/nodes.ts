/**
 * The kinds of file that /proc is made of. Nothing is kept: an inode is made when it is looked up, its
 * text when it is read, so all of it is true at that moment.
 */
import { decodeUtf8, encodeUtf8 } from "../../bytes.ts";
import { Errno, fail } from "../../errno.ts";
import type { Process } from "../../process/process.ts";
import { S_IFDIR, S_IFLNK, S_IFREG } from "../constants.ts";
import {
  type Attributes,
  type EmitEntry,
  type FileSystem,
  type Handle,
  Inode,
} from "../file-system.ts";
import type { Location } from "../mount-table.ts";

/** Offset of the entry at position 0. */
const FIRST_OFFSET = 3;

/** What the files of one process, or of the system, share. */
export interface Owner {
  readonly fileSystem: FileSystem;
  readonly uid: number;
  readonly gid: number;
  /** When it came to be: nanoseconds since 1970. */
  readonly time: bigint;
}

/** Where a file stands in /proc. Numbers are chosen so that a file has the same one every time. */
export interface Place {
  readonly owner: Owner;
  readonly ino: number;
  readonly parent: Inode | undefined;
  readonly name: string;
}

export abstract class ProcNode extends Inode {
  readonly fileSystem: FileSystem;
  readonly #place: Place;
  readonly #mode: number;

  constructor(place: Place, mode: number) {
    super();
    this.fileSystem = place.owner.fileSystem;
    this.parent = place.parent;
    this.name = place.name;
    this.#place = place;
    this.#mode = mode;
  }

  override attributes(): Attributes {
    const { ino, owner } = this.#place;
    const { uid, gid, time } = owner;
    return {
      ino,
      mode: this.#mode,
      nlink: this instanceof ProcDirectory ? 2 : 1,
      uid,
      gid,
      rdev: 0,
      size: 0,
      blocks: 0,
      atime: time,
      mtime: time,
      ctime: time,
      birthtime: time,
    };
  }

  protected childPlace(name: string, ino: number, owner = this.#place.owner): Place {
    return { owner, ino, parent: this, name };
  }
}

export abstract class ProcDirectory extends ProcNode {
  constructor(place: Place, mode = 0o555) {
    super(place, S_IFDIR | mode);
  }

  abstract override lookup(name: string): Inode | undefined;

  /** Names by a position that each keeps while it exists, ascending. */
  abstract names(): Iterable<readonly [position: number, name: string]>;

  override list(offset: number, emit: EmitEntry): void {
    for (const [position, name] of this.names()) {
      const at = FIRST_OFFSET + position;
      const inode = at > offset ? this.lookup(name) : undefined;
      if (!inode) continue;
      const { ino, mode } = inode.attributes();
      if (!emit(name, ino, mode, at)) return;
    }
  }
}

export type MakeNode = (place: Place) => Inode;

/** A directory whose names are known beforehand. */
export class TableDirectory extends ProcDirectory {
  readonly #table: Readonly<Record<string, MakeNode>>;
  readonly #firstIno: number;

  /** The entries are numbered from `firstIno`. */
  constructor(place: Place, table: Readonly<Record<string, MakeNode>>, firstIno: number) {
    super(place);
    this.#table = table;
    this.#firstIno = firstIno;
  }

  override lookup(name: string): Inode | undefined {
    if (!Object.hasOwn(this.#table, name)) return undefined;
    const position = Object.keys(this.#table).indexOf(name);
    return this.#table[name]?.(this.childPlace(name, this.#firstIno + position));
  }

  override names(): Iterable<readonly [number, string]> {
    return Object.keys(this.#table).entries();
  }
}

export class TextNode extends ProcNode {
  readonly #text: () => string;
  readonly #set: ((text: string) => void) | undefined;

  /** `set` takes what is written, one write at a time; without it the file cannot be written. */
  constructor(place: Place, mode: number, text: () => string, set?: (text: string) => void) {
    super(place, S_IFREG | mode);
    this.#text = text;
    this.#set = set;
  }

  override open(_flags: number): Handle {
    return new OpenText(this, this.#text, this.#set);
  }

  override truncate(_length: number): void {
    if (!this.#set) fail(Errno.EPERM);
  }
}

/** An open text; it is made anew whenever it is read from its start. */
class OpenText extends Inode {
  readonly #node: TextNode;
  readonly #text: () => string;
  readonly #set: ((text: string) => void) | undefined;
  #bytes: Uint8Array | undefined;

  constructor(node: TextNode, text: () => string, set: ((text: string) => void) | undefined) {
    super();
    this.#node = node;
    this.#text = text;
    this.#set = set;
  }

  get fileSystem(): FileSystem {
    return this.#node.fileSystem;
  }

  override attributes(): Attributes {
    return this.#node.attributes();
  }

  override read(target: Uint8Array, position: number): number {
    if (position === 0 || !this.#bytes) this.#bytes = encodeUtf8(this.#text());
    const part = this.#bytes.subarray(position, position + target.length);
    target.set(part);
    return part.length;
  }

  override write(source: Uint8Array, _position: number): number {
    if (!this.#set) fail(Errno.EINVAL);
    this.#set(decodeUtf8(source.slice()));
    return source.length;
  }

  override truncate(length: number): void {
    this.#node.truncate(length);
  }
}

/** A link with a text, which may depend on who reads it. */
export class LinkNode extends ProcNode {
  readonly #target: (reader: Process | undefined) => string;
  readonly #place: ((reader: Process | undefined) => Location) | undefined;

  /** With `place` the link leads there at once, whatever its text says. */
  constructor(
    place: Place,
    mode: number,
    target: (reader: Process | undefined) => string,
    leadsTo?: (reader: Process | undefined) => Location,
  ) {
    super(place, S_IFLNK | mode);
    this.#target = target;
    this.#place = leadsTo;
  }

  override readlink(reader?: Process): string {
    return this.#target(reader);
  }

  override magic(reader?: Process): Location | undefined {
    return this.#place?.(reader);
  }
}

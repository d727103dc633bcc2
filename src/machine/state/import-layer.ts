/**
 * Puts a layer over an image, as a machine would have made the changes: what export-layer.ts writes, or
 * any other tool's layer.
 */
import { utf8Length } from "../../../kernel/bytes.ts";
import { KernelError, strerror } from "../../../kernel/index.ts";
import { LINK_MAX, NAME_MAX, XATTR_NAME_MAX, XATTR_SIZE_MAX } from "../../../kernel/limits.ts";
import {
  makedev,
  PAGE_SIZE,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../../kernel/vfs/constants.ts";
import type { Inode, NewInode } from "../../../kernel/vfs/file-system.ts";
import { awake } from "../../../kernel/wait/sleep.ts";
import { readTar, type TarEntry, tarError } from "./read-tar.ts";

const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** A commit is made whenever so much is waiting for one. */
const COMMIT_BYTES = 32 << 20;

const TYPES: Readonly<Record<string, number>> = {
  ...{ "0": S_IFREG, "7": S_IFREG, "2": S_IFLNK, "5": S_IFDIR },
  ...{ "3": S_IFCHR, "4": S_IFBLK, "6": S_IFIFO },
};

/** `relieve` is called now and then, to move what is in memory to the store. */
export async function importLayer(
  stream: AsyncIterable<Uint8Array>,
  root: Inode,
  relieve: () => Promise<void>,
): Promise<void> {
  const layer = new Layer(root, relieve);
  for await (const entry of readTar(stream)) {
    try {
      await layer.add(entry);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      throw tarError(`${entry.name}: ${strerror(reason.errno)}`);
    }
  }
  layer.finish();
}

class Layer {
  readonly #root: Inode;
  readonly #relieve: () => Promise<void>;
  /** What this layer has made, which its own whiteouts do not hide. */
  readonly #made = new Set<Inode>();
  /** Directories get their times at the end, when nothing changes in them any more. */
  readonly #times: [Inode, bigint][] = [];
  #waiting = 0;

  constructor(root: Inode, relieve: () => Promise<void>) {
    this.#root = root;
    this.#relieve = relieve;
  }

  async add(entry: TarEntry): Promise<void> {
    const names = namesOf(entry.name);
    const name = names.pop();
    if (name === undefined) {
      if (entry.type === "5") this.#dress(this.#root, entry);
      return;
    }
    const directory = await this.#directory(names);
    if (name === OPAQUE) await this.#hideAll(directory);
    else if (name.startsWith(WHITEOUT)) await remove(directory, name.slice(WHITEOUT.length));
    else await this.#put(directory, name, entry);
  }

  finish(): void {
    for (const [inode, mtime] of this.#times.reverse()) setTime(inode, mtime);
  }

  async #put(directory: Inode, name: string, entry: TarEntry): Promise<void> {
    const old = await awake(() => directory.lookup(name));
    if (entry.type === "5" && old && typeOf(old) === S_IFDIR) {
      this.#made.add(old);
      this.#dress(old, entry);
      return;
    }
    if (entry.type === "1") {
      const first = await this.#find(namesOf(entry.target));
      if (!first || typeOf(first) === S_IFDIR || first.attributes().nlink >= LINK_MAX)
        throw tarError(`${entry.name} is a link to ${entry.target}, which is no file`);
      if (first === old) return;
      if (old) await remove(directory, name);
      directory.link(name, first);
      return;
    }
    const type = TYPES[entry.type];
    if (type === undefined) throw tarError(`${entry.name} is of the unknown type ${entry.type}`);
    if (old) await remove(directory, name);
    const { uid, gid, major, minor, target } = entry;
    const init: NewInode = { mode: type | entry.mode, uid, gid };
    const isDevice = type === S_IFCHR || type === S_IFBLK;
    const inode = directory.create(name, {
      ...init,
      ...(isDevice && { rdev: makedev(major, minor) }),
      ...(type === S_IFLNK && { mode: S_IFLNK | 0o777, target }),
    });
    this.#made.add(inode);
    if (type === S_IFREG) await this.#fill(inode, entry);
    this.#dress(inode, entry);
  }

  /** Pages of zeros become holes. */
  async #fill(inode: Inode, { content, size }: TarEntry): Promise<void> {
    let at = 0;
    for await (const piece of content()) {
      for (let done = 0; done < piece.length; ) {
        const end = Math.min(done + PAGE_SIZE - ((at + done) % PAGE_SIZE), piece.length);
        const page = piece.subarray(done, end);
        if (page.some((byte) => byte !== 0)) done += inode.write(page, at + done);
        else done = end;
      }
      at += piece.length;
      this.#waiting += piece.length;
      if (this.#waiting < COMMIT_BYTES) continue;
      await this.#relieve();
      this.#waiting = 0;
    }
    if (inode.attributes().size < size) inode.truncate(size);
  }

  /** Attributes that creation does not set. */
  #dress(inode: Inode, { mode, uid, gid, mtime, xattrs }: TarEntry): void {
    inode.setAttributes({ uid, gid, ...(typeOf(inode) !== S_IFLNK && { mode }) });
    for (const [name, value] of xattrs) {
      if (utf8Length(name) > XATTR_NAME_MAX || value.length > XATTR_SIZE_MAX)
        throw tarError(`the attribute ${name} is too large`);
      inode.setXattr(name, value);
    }
    if (typeOf(inode) === S_IFDIR) this.#times.push([inode, mtime]);
    else setTime(inode, mtime);
  }

  /** Where an entry belongs; directories that the layer does not mention are made. */
  async #directory(names: readonly string[]): Promise<Inode> {
    let at = this.#root;
    for (const name of names) {
      const parent = at;
      const found = await awake(() => parent.lookup(name));
      at = found ?? parent.create(name, { mode: S_IFDIR | 0o755, uid: 0, gid: 0 });
      // A link may lead anywhere.
      if (typeOf(at) !== S_IFDIR) throw tarError(`${names.join("/")} is no directory`);
    }
    return at;
  }

  async #find(names: readonly string[]): Promise<Inode | undefined> {
    let at: Inode | undefined = this.#root;
    for (const name of names) {
      const parent: Inode | undefined = at;
      if (!parent || typeOf(parent) !== S_IFDIR) return undefined;
      at = await awake(() => parent.lookup(name));
    }
    return at;
  }

  async #hideAll(directory: Inode): Promise<void> {
    for (const name of await namesIn(directory)) {
      const inode = await awake(() => directory.lookup(name));
      if (inode && !this.#made.has(inode)) await remove(directory, name);
    }
  }
}

/** Removes a name with all that is under it; none where there is none. */
async function remove(directory: Inode, name: string): Promise<void> {
  const waiting: [Inode, string][] = [[directory, name]];
  for (let last = waiting.at(-1); last; last = waiting.at(-1)) {
    const [parent, at] = last;
    const inode = await awake(() => parent.lookup(at));
    const names = inode && typeOf(inode) === S_IFDIR ? await namesIn(inode) : [];
    if (inode && names.length > 0) {
      for (const below of names) waiting.push([inode, below]);
      continue;
    }
    if (inode)
      await awake(() => (typeOf(inode) === S_IFDIR ? parent.rmdir(at) : parent.unlink(at)));
    waiting.pop();
  }
}

async function namesIn(directory: Inode): Promise<string[]> {
  const names: string[] = [];
  await awake(() => {
    names.length = 0;
    directory.list(2, (name) => names.push(name) > 0);
  });
  return names;
}

function namesOf(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  for (const name of names) {
    const isWrong = name === ".." || name.includes("\0") || utf8Length(name) > NAME_MAX;
    if (isWrong) throw tarError(`${JSON.stringify(path)} is no path`);
  }
  return names;
}

function setTime(inode: Inode, mtime: bigint): void {
  inode.setAttributes({ mtime, atime: mtime });
}

function typeOf(inode: Inode): number {
  return inode.attributes().mode & S_IFMT;
}

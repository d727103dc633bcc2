/**
 * Path resolution (path_resolution(7)): from a path to a place in the tree. One Walk resolves one path;
 * it stands somewhere, and goes name by name, checking search permission in each directory that it
 * leaves downwards, through symbolic links, mounts and `..`.
 */
import { utf8Length } from "../bytes.ts";
import { Errno, fail } from "../errno.ts";
import { NAME_MAX, PATH_MAX, SYMLOOP_MAX } from "../limits.ts";
import type { Seals } from "../policy.ts";
import type { Credentials } from "../process/credentials.ts";
import type { Process } from "../process/process.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, X_OK } from "./constants.ts";
import type { Attributes, Inode } from "./file-system.ts";
import { crossDown, type Location, type Mount } from "./mount-table.ts";
import { allows } from "./permission.ts";
import { isHidden, joined, sealedPath } from "./seals.ts";

const SLASH = 47;

export class Walk {
  readonly #process: Process;
  readonly #credentials: Credentials;
  readonly #seals: Seals | undefined;
  /** Where it stands; only where paths are sealed. */
  #path: string | undefined;
  #mount: Mount;
  #inode: Inode;
  #links = 0;
  /** After toParent: the last name; "" where the path is nothing but slashes. */
  name = "";
  /** After toParent: a slash follows the last name, which therefore must be a directory. */
  trailingSlash = false;

  /** From `start`, or from the root where a path says so, as `process` with these credentials. */
  constructor(process: Process, start: Location, credentials = process.credentials) {
    this.#process = process;
    this.#credentials = credentials;
    this.#mount = start.mount;
    this.#inode = start.inode;
    this.#seals = process.fs.seals;
    if (this.#seals) this.#path = sealedPath(start);
  }

  get location(): Location {
    return { mount: this.#mount, inode: this.#inode, path: this.#path };
  }

  /** After toParent: the path of `name`; undefined where no paths are sealed. */
  get childPath(): string | undefined {
    return this.#path === undefined ? undefined : joined(this.#path, this.name);
  }

  get mount(): Mount {
    return this.#mount;
  }

  get inode(): Inode {
    return this.#inode;
  }

  /** Goes where `path` leads; through a symbolic link at its end only if `follow`. */
  to(path: string, follow: boolean): void {
    this.#go(checked(path), follow, false);
  }

  /** Goes to the directory that holds the last name of `path`; the name is left in `name`. */
  toParent(path: string): void {
    this.#go(checked(path), false, true);
  }

  /** After toParent, when `name` proved to be the symbolic link `link`: on to the parent that it names. */
  toParentThrough(link: Inode): void {
    const rest = this.#enterLink(link);
    if (rest === undefined) {
      this.name = "";
      return;
    }
    this.#go(this.trailingSlash ? `${rest}/` : rest, false, true);
  }

  /** After toParent: what `name` stands for here, mounts crossed; undefined where it is free. */
  child(): Location | undefined {
    const { name } = this;
    if (name === "." || name === "") return this.location;
    if (name === "..") {
      this.#up();
      return this.location;
    }
    const inode = this.#inode.lookup(name);
    if (!inode) return undefined;
    const path = this.childPath;
    if (path !== undefined && this.#isHidden(path)) return undefined;
    const place = crossDown(this.#mount, inode) ?? { mount: this.#mount, inode };
    return path === undefined ? place : { ...place, path };
  }

  #go(path: string, follow: boolean, stopAtLast: boolean): void {
    let rest = path;
    let at = 0;
    this.name = "";
    this.trailingSlash = false;
    if (rest.charCodeAt(0) === SLASH) this.#toRoot();
    for (;;) {
      while (rest.charCodeAt(at) === SLASH) at++;
      if (at >= rest.length) return;
      const slash = rest.indexOf("/", at);
      const end = slash < 0 ? rest.length : slash;
      const name = rest.slice(at, end);
      at = end;
      while (rest.charCodeAt(at) === SLASH) at++;
      const isLast = at >= rest.length;
      this.#requireSearch(name);
      if (isLast && stopAtLast) {
        this.name = name;
        this.trailingSlash = slash >= 0;
        return;
      }
      const link = this.#step(name, !isLast || slash >= 0 || follow);
      if (link) {
        const target = this.#enterLink(link);
        if (target !== undefined) {
          rest = end < rest.length ? target + rest.slice(end) : target;
          at = 0;
          continue;
        }
      }
      if (isLast && slash >= 0 && !isDirectory(this.#inode.attributes())) fail(Errno.ENOTDIR);
    }
  }

  /** Fails unless a name may be looked up in the directory that it stands in. */
  #requireSearch(name: string): void {
    const attributes = this.#inode.attributes();
    if (!isDirectory(attributes)) fail(Errno.ENOTDIR);
    const everyone = (attributes.mode & 0o111) === 0o111;
    if (!everyone && !allows(attributes, this.#credentials, X_OK)) fail(Errno.EACCES);
    if (name.length * 3 > NAME_MAX && utf8Length(name) > NAME_MAX) fail(Errno.ENAMETOOLONG);
  }

  /** Goes to `name`, or returns it where it is a symbolic link to follow. */
  #step(name: string, follow: boolean): Inode | undefined {
    if (name === ".") return undefined;
    if (name === "..") {
      this.#up();
      return undefined;
    }
    const inode = this.#inode.lookup(name) ?? fail(Errno.ENOENT);
    const path = this.#path === undefined ? undefined : joined(this.#path, name);
    if (path !== undefined && this.#isHidden(path)) fail(Errno.ENOENT);
    if (follow && (inode.attributes().mode & S_IFMT) === S_IFLNK) return inode;
    const covered = this.#mount.children.size > 0 ? crossDown(this.#mount, inode) : undefined;
    this.#mount = covered ? covered.mount : this.#mount;
    this.#inode = covered ? covered.inode : inode;
    this.#path = path;
    return undefined;
  }

  #isHidden(path: string): boolean {
    return this.#seals !== undefined && isHidden(this.#seals, this.#process, path);
  }

  /** Follows a link as far as its text, which is returned; undefined where it led to a file at once. */
  #enterLink(link: Inode): string | undefined {
    if (++this.#links > SYMLOOP_MAX) fail(Errno.ELOOP);
    const place = link.magic(this.#process);
    if (place) {
      this.#mount = place.mount;
      this.#inode = place.inode;
      if (this.#seals) {
        this.#path = sealedPath(place);
        if (this.#isHidden(this.#path)) fail(Errno.ENOENT);
      }
      return undefined;
    }
    const target = link.readlink(this.#process);
    if (target === "") fail(Errno.ENOENT);
    if (target.charCodeAt(0) === SLASH) this.#toRoot();
    link.accessed();
    return target;
  }

  #toRoot(): void {
    this.#mount = this.#process.fs.root.mount;
    this.#inode = this.#process.fs.root.inode;
    if (this.#seals) this.#path = sealedPath(this.#process.fs.root);
  }

  #up(): void {
    this.#toDirectoryAbove();
    if (this.#seals) this.#path = sealedPath({ mount: this.#mount, inode: this.#inode });
  }

  #toDirectoryAbove(): void {
    const { root } = this.#process.fs;
    for (;;) {
      if (this.#inode === root.inode && this.#mount === root.mount) return;
      if (this.#inode !== this.#mount.root.inode) break;
      if (!this.#mount.over) return;
      const { over } = this.#mount;
      this.#mount = over.mount;
      this.#inode = over.inode;
    }
    const parent = this.#inode.parent ?? fail(Errno.ENOENT);
    const covered = crossDown(this.#mount, parent);
    this.#mount = covered?.mount ?? this.#mount;
    this.#inode = covered?.inode ?? parent;
  }
}

export function isDirectory(attributes: Attributes): boolean {
  return (attributes.mode & S_IFMT) === S_IFDIR;
}

function checked(path: string): string {
  if (path === "") fail(Errno.ENOENT);
  if (path.length * 3 >= PATH_MAX && utf8Length(path) >= PATH_MAX) fail(Errno.ENAMETOOLONG);
  if (path.includes("\0")) fail(Errno.EINVAL);
  return path;
}

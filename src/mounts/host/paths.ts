/**
 * How a name inside a shared directory is handed to the host, so that no `..` and no symbolic link can
 * lead out of it, even while somebody renames things. Every operation names one entry of one
 * directory; what differs is how that directory is pinned.
 *
 * On Linux it is held open, and its entries are reached as /proc/self/fd/N/name: the kernel resolves
 * one name in that very directory and nothing else. Elsewhere every directory on the way is looked at
 * right before, which another process of the host could outrun (a guest cannot: kernels in one thread
 * take turns).
 */
import { closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { fail } from "../../../kernel/errno.ts";
import { Errno, encodeUtf8, KernelError, S_IFMT } from "../../../kernel/index.ts";
import type { HostDirectoryInode } from "./directory.ts";

/** A path for node:fs; bytes where the name is not Unicode. */
export type HostPath = string | Buffer;

export interface Paths {
  /** A path that names `name` in `directory`, good for one call that follows no link at its end. */
  entry(directory: HostDirectoryInode, name: string): HostPath;
  /** A path of the directory itself. */
  self(directory: HostDirectoryInode): HostPath;
  /** Calls `work` with a path that leads to just the file that `inode` is, whatever it is named now. */
  pinned<T>(path: HostPath, identity: Identity, work: (path: HostPath) => T): T;
  close(): void;
}

/** What tells files of one host apart: the number of a removed file is soon another file's. */
export interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mode: bigint;
}

export function sameFile(a: Identity, b: Identity): boolean {
  return a.ino === b.ino && a.dev === b.dev && typeOf(a) === typeOf(b);
}

export function typeOf({ mode }: { readonly mode: bigint }): number {
  return Number(mode) & S_IFMT;
}

/** Linux's O_PATH, which Node's constants lack: names a file without opening it. */
const O_PATH = 0o10000000;
/** Directories that stay open; others are opened again when they are needed. */
const OPEN_DIRECTORIES = 64;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Joins bytes that are no Unicode without changing them. */
function under(prefix: string, name: string): HostPath {
  if (!LONE_SURROGATE.test(name)) return prefix + name;
  return Buffer.concat([Buffer.from(prefix), encodeUtf8(name)]);
}

/** Linux: directories by descriptor. */
export class DescriptorPaths implements Paths {
  /** Undefined once closed: the number may be another file's by then. */
  #root: number | undefined;
  /** In the order of their last use. */
  readonly #open = new Map<HostDirectoryInode, number>();

  constructor(path: string) {
    this.#root = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  entry(directory: HostDirectoryInode, name: string): HostPath {
    return under(`/proc/self/fd/${this.#descriptor(directory)}/`, name);
  }

  self(directory: HostDirectoryInode): HostPath {
    // The slash makes it the directory, where the bare link is a symbolic one.
    return `/proc/self/fd/${this.#descriptor(directory)}/`;
  }

  pinned<T>(path: HostPath, identity: Identity, work: (path: HostPath) => T): T {
    const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
    try {
      if (!sameFile(fstatSync(fd, { bigint: true }), identity)) throw new KernelError(Errno.ENOENT);
      return work(`/proc/self/fd/${fd}`);
    } finally {
      closeSync(fd);
    }
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
    if (this.#root !== undefined) closeSync(this.#root);
    this.#root = undefined;
  }

  #descriptor(directory: HostDirectoryInode): number {
    const root = this.#root ?? fail(Errno.ENODEV);
    const { container } = directory;
    if (!container) return root;
    let fd = this.#open.get(directory);
    if (fd === undefined) fd = this.#reopen(directory, container.directory, container.name);
    else this.#open.delete(directory);
    this.#open.set(directory, fd);
    return fd;
  }

  #reopen(directory: HostDirectoryInode, parent: HostDirectoryInode, name: string): number {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const fd = openSync(this.entry(parent, name), flags);
    if (!sameFile(fstatSync(fd, { bigint: true }), directory.identity)) {
      closeSync(fd);
      throw new KernelError(Errno.ENOENT);
    }
    for (const [oldest, unused] of this.#open) {
      if (this.#open.size < OPEN_DIRECTORIES) break;
      this.#open.delete(oldest);
      closeSync(unused);
    }
    return fd;
  }
}

/** Other hosts: directories by path, each looked at before it is used. */
export class CheckedPaths implements Paths {
  #root: string | undefined;

  constructor(path: string) {
    this.#root = path;
  }

  entry(directory: HostDirectoryInode, name: string): HostPath {
    return under(`${this.#checked(directory)}/`, name);
  }

  self(directory: HostDirectoryInode): HostPath {
    return this.#checked(directory);
  }

  pinned<T>(path: HostPath, identity: Identity, work: (path: HostPath) => T): T {
    if (!sameFile(lstatSync(path, { bigint: true }), identity)) throw new KernelError(Errno.ENOENT);
    return work(path);
  }

  close(): void {
    this.#root = undefined;
  }

  #checked(directory: HostDirectoryInode): string {
    const root = this.#root ?? fail(Errno.ENODEV);
    const { container } = directory;
    if (!container) return root;
    const path = `${this.#checked(container.directory)}/${container.name}`;
    const found = lstatSync(path, { bigint: true });
    if (!found.isDirectory() || !sameFile(found, directory.identity)) {
      throw new KernelError(Errno.ENOENT);
    }
    return path;
  }
}

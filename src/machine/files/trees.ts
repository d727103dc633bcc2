/** File operations that walk: making and removing trees, listing them, real and temporary names. */

import { O_DIRECTORY, O_RDONLY } from "../../../kernel/fd/flags.ts";
import { Errno, KernelError, type Sys } from "../../../kernel/index.ts";
import { SYMLOOP_MAX } from "../../../kernel/limits.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  DT_DIR,
  DT_UNKNOWN,
  S_IFLNK,
  S_IFMT,
} from "../../../kernel/vfs/constants.ts";
import { about, fails, failure, isDirectory, join, lstat } from "./calls.ts";
import type { DirectoryItem, Files } from "./files.ts";
import { type FileChange, FileWatches } from "./watches.ts";

/** An entry of a listing and the folder that it is in. */
export interface TreeItem extends DirectoryItem {
  readonly parent: string;
}

const TEMPORARY_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const TEMPORARY_LENGTH = 6;

export class Trees {
  readonly #sys: Sys;
  readonly #files: Files;

  readonly #watches: FileWatches;

  constructor(sys: Sys, files: Files) {
    this.#sys = sys;
    this.#files = files;
    this.#watches = new FileWatches(sys, (path) => this.listTree(path, false));
  }

  /** Watches a file or folder, with `recursive` all below it; a number for the two calls below. */
  watch(path: string, recursive: boolean): Promise<number> {
    return this.#watches.watch(path, recursive);
  }

  /** What has happened since the last time: waits for it. Nothing once it is no longer watched. */
  changes(watch: number): Promise<FileChange[]> {
    return this.#watches.changes(watch);
  }

  unwatch(watch: number): Promise<void> {
    return this.#watches.unwatch(watch);
  }

  /**
   * Makes `path` and what is missing above it; the first directory made, undefined for none. Who else makes
   * the same meanwhile is told of others.
   */
  async makeDirectories(path: string, mode: number): Promise<string | undefined> {
    const missing: string[] = [];
    let first: string | undefined;
    let current = path.length > 1 ? path.replace(/\/+$/, "") : path;
    while (true) {
      try {
        await this.#sys.mkdirat(AT_FDCWD, current, mode);
        first = current;
        break;
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
        if (reason.errno === Errno.ENOENT && parentOf(current) !== current) {
          missing.push(current);
          current = parentOf(current);
          continue;
        }
        const isThere = reason.errno === Errno.EEXIST;
        const errno = isThere ? await this.#inTheWay(current, missing.length > 0) : reason.errno;
        if (errno === undefined) break;
        throw failure(errno, { syscall: "mkdir", path: current });
      }
    }
    for (const next of missing.reverse()) {
      const wasThere = await about({ syscall: "mkdir", path: next }, () =>
        fails([Errno.EEXIST], () => this.#sys.mkdirat(AT_FDCWD, next, mode)),
      );
      if (!wasThere) first ??= next;
    }
    return first;
  }

  /** Removes a file, or with `recursive` a tree; what is missing is an error unless `force`. */
  async remove(path: string, recursive: boolean, force: boolean): Promise<void> {
    const subject = { syscall: "lstat", path };
    try {
      const attributes = await about(subject, () => lstat(this.#sys, path));
      if (!isDirectory(attributes)) return await this.#files.unlink(path);
    } catch (reason) {
      if (force && (reason as { errno?: number }).errno === Errno.ENOENT) return;
      throw reason;
    }
    if (!recursive) {
      throw { ...failure(Errno.EISDIR, { syscall: "rm", path }), code: "ERR_FS_EISDIR" };
    }
    await this.#removeTree(path);
  }

  /** All entries of a directory, with `recursive` those below it too, parents first. */
  async listTree(path: string, recursive: boolean): Promise<TreeItem[]> {
    const found: TreeItem[] = [];
    const folders = [path];
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
      for (const item of await this.#listOne(folder)) {
        found.push({ ...item, parent: folder });
        if (recursive && item.type === DT_DIR) folders.push(join(folder, item.name));
      }
    }
    return found;
  }

  /** The absolute path without symbolic links. */
  async realpath(path: string): Promise<string> {
    return about({ syscall: "realpath", path }, async () => {
      const start = path.startsWith("/") ? path : join(await this.#sys.getcwd(), path);
      const todo = segments(start).reverse();
      let real = "";
      let links = 0;
      for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
        if (name === "..") {
          real = real.slice(0, Math.max(0, real.lastIndexOf("/")));
          continue;
        }
        const next = `${real}/${name}`;
        const { mode } = await lstat(this.#sys, next);
        if ((mode & S_IFMT) !== S_IFLNK) {
          real = next;
          continue;
        }
        if (++links > SYMLOOP_MAX) throw new KernelError(Errno.ELOOP);
        const target = await this.#sys.readlinkat(AT_FDCWD, next);
        if (target.startsWith("/")) real = "";
        todo.push(...segments(target).reverse());
      }
      if (path.endsWith("/") || path.endsWith("/.")) await this.#mustBeDirectory(real || "/");
      return real || "/";
    });
  }

  /** A new directory whose name is `prefix` and six letters. */
  async makeTemporary(prefix: string): Promise<string> {
    for (let tries = 0; ; tries++) {
      const path = prefix + (await this.#letters());
      try {
        await this.#sys.mkdirat(AT_FDCWD, path, 0o700);
        return path;
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
        if (reason.errno !== Errno.EEXIST || tries === 100) {
          const shown = prefix + "X".repeat(TEMPORARY_LENGTH);
          throw failure(reason.errno, { syscall: "mkdtemp", path: shown });
        }
      }
    }
  }

  /** Why what is at `path` is no directory, in Node's words; undefined where it is one. */
  async #inTheWay(path: string, isAbove: boolean): Promise<number | undefined> {
    try {
      if (await this.#isDirectory(path)) return undefined;
      return isAbove ? Errno.ENOTDIR : Errno.EEXIST;
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      return isAbove ? Errno.ENOTDIR : reason.errno;
    }
  }

  async #isDirectory(path: string): Promise<boolean> {
    return isDirectory(await this.#sys.newfstatat(AT_FDCWD, path, 0));
  }

  async #mustBeDirectory(path: string): Promise<void> {
    if (!(await this.#isDirectory(path))) throw new KernelError(Errno.ENOTDIR);
  }

  /** Depth first; what somebody else removes meanwhile is as good as removed. */
  async #removeTree(path: string): Promise<void> {
    for (const { name, type } of await this.#listOne(path)) {
      const child = join(path, name);
      if (type === DT_DIR) await this.#removeTree(child);
      else await this.#removeName(child, 0);
    }
    await this.#removeName(path, AT_REMOVEDIR);
  }

  async #removeName(path: string, flags: number): Promise<void> {
    await about({ syscall: flags === 0 ? "unlink" : "rmdir", path }, () =>
      fails([Errno.ENOENT], () => this.#sys.unlinkat(AT_FDCWD, path, flags)),
    );
  }

  async #listOne(path: string): Promise<DirectoryItem[]> {
    return about({ syscall: "scandir", path }, async () => {
      const fd = await this.#sys.openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
      try {
        const items: DirectoryItem[] = [];
        while (true) {
          const some = await this.#files.list(fd);
          if (some.length === 0) return items;
          for (const item of some) items.push(await this.#withType(path, item));
        }
      } finally {
        await this.#sys.close(fd);
      }
    });
  }

  async #withType(folder: string, item: DirectoryItem): Promise<DirectoryItem> {
    if (item.type !== DT_UNKNOWN) return item;
    const { mode } = await lstat(this.#sys, join(folder, item.name));
    return { name: item.name, type: (mode & S_IFMT) >>> 12 };
  }

  async #letters(): Promise<string> {
    const bytes = new Uint8Array(TEMPORARY_LENGTH);
    await this.#sys.getrandom(bytes);
    return Array.from(bytes, (byte) => TEMPORARY_LETTERS[byte % TEMPORARY_LETTERS.length]).join("");
  }
}

function segments(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function parentOf(path: string): string {
  const at = path.replace(/\/+$/, "").lastIndexOf("/");
  if (at < 0) return ".";
  return at === 0 ? "/" : path.slice(0, at);
}

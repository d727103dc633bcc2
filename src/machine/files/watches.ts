/** Watching files for `vm.fs.watch`: inotify instances of pid 1, one for each, pulled from. */
import {
  decodeUtf8,
  IN_ATTRIB,
  IN_CLOEXEC,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_IGNORED,
  IN_ISDIR,
  IN_MODIFY,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  INOTIFY_EVENT_BYTES,
  KernelError,
  type Sys,
} from "../../../kernel/index.ts";
import { AT_FDCWD, DT_DIR } from "../../../kernel/vfs/constants.ts";
import { about, isDirectory, join } from "./calls.ts";
import type { TreeItem } from "./trees.ts";

/** As node:fs words it; `filename` is relative to what is watched, and a file's own name for itself. */
export interface FileChange {
  readonly eventType: "rename" | "change";
  readonly filename: string;
}

const CHANGES = IN_ATTRIB | IN_MODIFY;
const EVENTS =
  CHANGES | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_MOVED_FROM | IN_MOVED_TO;
const BUFFER = 65_536;

interface Watch {
  readonly root: string;
  readonly recursive: boolean;
  /** Folders below the root by watch descriptor: "" is the root itself. */
  readonly folders: Map<number, string>;
  closed: boolean;
}

export class FileWatches {
  readonly #sys: Sys;
  readonly #list: (path: string) => Promise<TreeItem[]>;
  readonly #watches = new Map<number, Watch>();

  constructor(sys: Sys, list: (path: string) => Promise<TreeItem[]>) {
    this.#sys = sys;
    this.#list = list;
  }

  /** A number for the calls below. */
  async watch(path: string, recursive: boolean): Promise<number> {
    const fd = await this.#sys.inotify_init1(IN_CLOEXEC);
    const watch = { root: path, recursive, folders: new Map<number, string>(), closed: false };
    try {
      await about({ syscall: "watch", path }, async () => {
        watch.folders.set(await this.#sys.inotify_add_watch(fd, path, EVENTS), "");
        const stat = await this.#sys.newfstatat(AT_FDCWD, path, 0);
        if (recursive && isDirectory(stat)) await this.#addBelow(fd, watch, "");
      });
    } catch (reason) {
      await this.#sys.close(fd);
      throw reason;
    }
    this.#watches.set(fd, watch);
    return fd;
  }

  /** What has happened, at least one thing; nothing once it is no longer watched. */
  async changes(id: number): Promise<FileChange[]> {
    const watch = this.#watches.get(id);
    const buffer = new Uint8Array(BUFFER);
    while (watch && !watch.closed) {
      const length = await this.#sys.read(id, buffer);
      if (watch.closed) break;
      const changes = await this.#translate(id, watch, buffer, length);
      if (changes.length > 0) return changes;
    }
    return [];
  }

  async unwatch(id: number): Promise<void> {
    const watch = this.#watches.get(id);
    if (!watch) return;
    watch.closed = true;
    this.#watches.delete(id);
    // Whoever waits hears of the end by the end of the watches.
    for (const wd of watch.folders.keys()) {
      try {
        await this.#sys.inotify_rm_watch(id, wd);
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
      }
    }
    await this.#sys.close(id);
  }

  async #translate(
    fd: number,
    watch: Watch,
    buffer: Uint8Array,
    length: number,
  ): Promise<FileChange[]> {
    const view = new DataView(buffer.buffer);
    const changes: FileChange[] = [];
    for (let at = 0; at < length; ) {
      const wd = view.getInt32(at, true);
      const mask = view.getUint32(at + 4, true);
      const start = at + INOTIFY_EVENT_BYTES;
      const end = start + view.getUint32(at + 12, true);
      const [name = ""] = decodeUtf8(buffer, start, end).split("\0", 1);
      at = end;
      const folder = watch.folders.get(wd);
      if (folder === undefined) continue;
      if ((mask & IN_IGNORED) !== 0) watch.folders.delete(wd);
      // A folder below the root tells of itself in the one above it.
      if (folder !== "" && name === "") continue;
      const filename = name === "" ? basename(watch.root) : relative(folder, name);
      const appears = (mask & (IN_CREATE | IN_MOVED_TO)) !== 0 && (mask & IN_ISDIR) !== 0;
      if (watch.recursive && appears) {
        for (const found of await this.#addFolder(fd, watch, filename)) {
          changes.push({ eventType: "rename", filename: found });
        }
      }
      changes.push({ eventType: (mask & ~CHANGES) !== 0 ? "rename" : "change", filename });
    }
    return changes;
  }

  /** Watches a folder that has appeared; what was in it before it was watched. */
  async #addFolder(fd: number, watch: Watch, folder: string): Promise<string[]> {
    try {
      const wd = await this.#sys.inotify_add_watch(fd, join(watch.root, folder), EVENTS);
      watch.folders.set(wd, folder);
      return await this.#addBelow(fd, watch, folder);
    } catch (reason) {
      // It is gone again.
      if (reason instanceof KernelError) return [];
      throw reason;
    }
  }

  async #addBelow(fd: number, watch: Watch, folder: string): Promise<string[]> {
    const found: string[] = [];
    for (const { name, type } of await this.#list(join(watch.root, folder))) {
      const path = relative(folder, name);
      found.push(path);
      if (type === DT_DIR) found.push(...(await this.#addFolder(fd, watch, path)));
    }
    return found;
  }
}

function relative(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

function basename(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/**
 * Who wants to hear of what happens to files: the watches of one file system, by inode number, because
 * some drivers make an inode anew at every lookup. A file system without watches has none of this, so
 * that a change costs one look at a field.
 */
import { S_IFDIR, S_IFMT } from "../constants.ts";
import type { FileSystem, Inode } from "../file-system.ts";
import {
  IN_ALL_EVENTS,
  IN_ATTRIB,
  IN_DELETE_SELF,
  IN_ISDIR,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_ONESHOT,
} from "./constants.ts";

/** One file that an inotify instance watches. */
export interface Watch {
  readonly fileSystem: FileSystem;
  readonly ino: number;
  /** What it wants to hear of, and IN_ONESHOT. */
  mask: number;
  /** Tells its instance; `name` is an entry of a watched directory, or empty. */
  tell(mask: number, cookie: number, name: string): void;
  /** The file is gone, or was heard of once: ends the watch with IN_IGNORED. */
  end(): void;
}

export class Watches {
  readonly #byInode = new Map<number, Set<Watch>>();

  add(watch: Watch): void {
    const watches = this.#byInode.get(watch.ino);
    if (watches) watches.add(watch);
    else this.#byInode.set(watch.ino, new Set([watch]));
  }

  /** True where none is left. */
  remove(watch: Watch): boolean {
    const watches = this.#byInode.get(watch.ino);
    if (watches?.delete(watch) && watches.size === 0) this.#byInode.delete(watch.ino);
    return this.#byInode.size === 0;
  }

  tell(ino: number, mask: number, cookie: number, name: string): void {
    const watches = this.#byInode.get(ino);
    if (!watches) return;
    for (const watch of [...watches]) {
      if ((watch.mask & mask & IN_ALL_EVENTS) === 0) continue;
      watch.tell(mask, cookie, name);
      if ((watch.mask & IN_ONESHOT) !== 0) watch.end();
    }
  }

  /** The inode is gone. */
  gone(ino: number): void {
    this.tell(ino, IN_DELETE_SELF, 0, "");
    for (const watch of [...(this.#byInode.get(ino) ?? [])]) watch.end();
  }
}

export function addWatch(watch: Watch): void {
  watch.fileSystem.watches ??= new Watches();
  watch.fileSystem.watches.add(watch);
}

export function removeWatch(watch: Watch): void {
  const { fileSystem } = watch;
  if (fileSystem.watches?.remove(watch)) fileSystem.watches = undefined;
}

/** Something happened to a file: who watches it hears that, and who watches its directory. */
export function notify(inode: Inode, event: number): void {
  const { watches } = inode.fileSystem;
  if (!watches) return;
  const { ino, mode } = inode.attributes();
  const mask = (mode & S_IFMT) === S_IFDIR ? event | IN_ISDIR : event;
  const { parent } = inode;
  if (parent) watches.tell(parent.attributes().ino, mask, 0, inode.name);
  watches.tell(ino, mask, 0, "");
}

/** An entry of `directory` came or went: IN_CREATE, IN_DELETE, IN_MOVED_FROM or IN_MOVED_TO. */
export function notifyEntry(
  directory: Inode,
  name: string,
  event: number,
  isDirectory = false,
  cookie = 0,
): void {
  const { watches } = directory.fileSystem;
  if (!watches) return;
  watches.tell(directory.attributes().ino, isDirectory ? event | IN_ISDIR : event, cookie, name);
}

/** A name of `inode` was removed: it has another number of links, or is no more. */
export function notifyUnlinked(inode: Inode): void {
  const { watches } = inode.fileSystem;
  if (!watches) return;
  const { ino, nlink, mode } = inode.attributes();
  const isDirectory = (mode & S_IFMT) === S_IFDIR;
  if (isDirectory || nlink === 0) watches.gone(ino);
  else watches.tell(ino, IN_ATTRIB, 0, "");
}

let lastCookie = 0;

/** `moved` has another name now; `replaced` had it before. */
export function notifyMove(
  from: Inode,
  name: string,
  to: Inode,
  newName: string,
  moved: Inode,
  replaced: Inode | undefined,
): void {
  if (!from.fileSystem.watches) return;
  lastCookie = (lastCookie + 1) >>> 0;
  const isDirectory = (moved.attributes().mode & S_IFMT) === S_IFDIR;
  notifyEntry(from, name, IN_MOVED_FROM, isDirectory, lastCookie);
  notifyEntry(to, newName, IN_MOVED_TO, isDirectory, lastCookie);
  from.fileSystem.watches.tell(moved.attributes().ino, IN_MOVE_SELF, 0, "");
  if (replaced) notifyUnlinked(replaced);
}

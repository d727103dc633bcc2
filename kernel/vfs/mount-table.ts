/**
 * The tree of mounts (mount_namespaces(7); a machine has one namespace). A mount lays a subtree of a file
 * system over a directory; a bind mount is a second mount of the same file system.
 */
import { Errno, fail } from "../errno.ts";
import type { StatFs } from "../syscalls/types.ts";
import { MS_NOATIME, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY } from "./constants.ts";
import type { FileSystem, Inode, Machine } from "./file-system.ts";
import { LockWaits } from "./locks/lock-waits.ts";
import type { Quota } from "./quota.ts";

/** A place in the tree: an inode, and the mount that it was reached through. */
export interface Location {
  readonly mount: Mount;
  readonly inode: Inode;
  /** How it was reached, as an absolute path without links; only where paths are sealed. */
  readonly path?: string | undefined;
}

/** The MS_ flags that a mount keeps. */
export const MOUNT_FLAGS = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;

export class Mount {
  readonly id: number;
  readonly fileSystem: FileSystem;
  /** `st_dev` of everything in it; bind mounts of one file system share it. */
  readonly dev: number;
  readonly source: string;
  readonly root: Location;
  /** What it lies over; undefined for the machine's root. */
  readonly over: Location | undefined;
  /** The MOUNT_FLAGS that are set. */
  flags: number;
  /** Mounts that lie over directories of this one. */
  readonly children = new Map<Inode, Mount>();
  /** Open file descriptions in it. */
  #opens = 0;
  /** Called when the last of them is closed; set once it is out of the tree. */
  #onIdle: (() => void) | undefined;

  constructor(init: {
    id: number;
    fileSystem: FileSystem;
    dev: number;
    source: string;
    root: Inode;
    over: Location | undefined;
    flags: number;
  }) {
    this.id = init.id;
    this.fileSystem = init.fileSystem;
    this.dev = init.dev;
    this.source = init.source;
    this.root = { mount: this, inode: init.root };
    this.over = init.over;
    this.flags = init.flags;
  }

  get isOpen(): boolean {
    return this.#opens > 0;
  }

  opened(): void {
    this.#opens++;
  }

  closed(): void {
    if (--this.#opens === 0) this.#onIdle?.();
  }

  /** Calls `work` when nothing in it is open any more: now, or later. */
  whenIdle(work: () => void): void {
    if (this.#opens === 0) work();
    else this.#onIdle = work;
  }

  get readOnly(): boolean {
    return (this.flags & MS_RDONLY) !== 0 || this.fileSystem.readOnly;
  }

  statfs(): StatFs {
    const flags = this.fileSystem.readOnly ? this.flags | MS_RDONLY : this.flags;
    return { ...this.fileSystem.statfs(), flags };
  }
}

export class MountTable {
  readonly root: Mount;
  readonly lockWaits = new LockWaits();
  /** What the memory file systems of the machine hold together. */
  readonly quota: Quota;
  readonly #machine: Machine;
  readonly #devices = new Map<FileSystem, number>();
  /** Mounts in the tree, and those besides that were taken out while something in them was open. */
  readonly #listed = new Set<Mount>();
  readonly #alive = new Set<Mount>();
  #lastId = 0;
  #lastDevice = 0;

  constructor(root: FileSystem, machine: Machine) {
    this.#machine = machine;
    this.quota = machine.quota;
    this.root = this.#add(root, root.root, undefined, "none", 0);
  }

  /** All mounts, in the order in which they were made. */
  all(): Iterable<Mount> {
    return this.#listed;
  }

  /** Lays `fileSystem` over the directory `over`. */
  mount(fileSystem: FileSystem, over: Location, source: string, flags = 0): Mount {
    return this.#add(fileSystem, fileSystem.root, over, source, flags);
  }

  /** Shows the subtree at `source` at `over` as well; if `recursive`, with what is mounted in it. */
  bind(source: Location, over: Location, recursive: boolean): Mount {
    const { fileSystem, flags, source: name, children } = source.mount;
    const within = recursive ? [...children].filter(([at]) => contains(source.inode, at)) : [];
    const mount = this.#add(fileSystem, source.inode, over, name, flags);
    for (const [inode, child] of within) this.bind(child.root, { mount, inode }, true);
    return mount;
  }

  /**
   * Takes `mount` out of the tree; EBUSY where other mounts lie on it. Its file system is let go of when
   * nothing in it is open and nothing else shows it.
   */
  unmount(mount: Mount): void {
    if (!mount.over || mount.children.size > 0) fail(Errno.EBUSY);
    mount.over.mount.children.delete(mount.over.inode);
    this.#listed.delete(mount);
    mount.whenIdle(() => {
      this.#alive.delete(mount);
      for (const other of this.#alive) if (other.fileSystem === mount.fileSystem) return;
      this.#devices.delete(mount.fileSystem);
      mount.fileSystem.detach?.();
    });
  }

  /** Makes everything durable: at once, or when what it returns resolves. */
  sync(): void | Promise<void> {
    const systems = new Set([...this.#alive].map(({ fileSystem }) => fileSystem));
    const waits = [...systems].flatMap((fileSystem) => fileSystem.sync() ?? []);
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  }

  #add(
    fileSystem: FileSystem,
    root: Inode,
    over: Location | undefined,
    source: string,
    flags: number,
  ): Mount {
    const dev = this.#deviceOf(fileSystem);
    const id = ++this.#lastId;
    const init = { id, fileSystem, dev, source, root, over, flags: flags & MOUNT_FLAGS };
    const mount = new Mount(init);
    over?.mount.children.set(over.inode, mount);
    this.#listed.add(mount);
    this.#alive.add(mount);
    return mount;
  }

  #deviceOf(fileSystem: FileSystem): number {
    let dev = this.#devices.get(fileSystem);
    if (dev === undefined) {
      fileSystem.attach?.(this.#machine);
      dev = ++this.#lastDevice;
      this.#devices.set(fileSystem, dev);
    }
    return dev;
  }
}

/** True where `inode` is `ancestor` or lies below it. */
export function contains(ancestor: Inode, inode: Inode): boolean {
  for (let at: Inode | undefined = inode; at; at = at.parent) if (at === ancestor) return true;
  return false;
}

/** The root of the topmost mount that lies over a directory; undefined where none does. */
export function crossDown(mount: Mount, inode: Inode): Location | undefined {
  let child = mount.children.get(inode);
  if (!child) return undefined;
  for (let next: Mount | undefined = child; next; next = child.children.get(child.root.inode))
    child = next;
  return child.root;
}

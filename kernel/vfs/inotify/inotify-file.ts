/** An inotify instance (inotify(7)): watches, and a bounded queue of what they heard, to be read. */
import { encodeUtf8 } from "../../bytes.ts";
import { Errno, fail } from "../../errno.ts";
import { O_NONBLOCK, O_RDONLY, POLLIN, POLLRDNORM } from "../../fd/flags.ts";
import { OpenFile } from "../../fd/open-file.ts";
import { INOTIFY_QUEUE, INOTIFY_WATCHES } from "../../limits.ts";
import type { Call } from "../../syscalls/call.ts";
import type { Stat } from "../../syscalls/types.ts";
import { WaitQueue } from "../../wait/wait-queue.ts";
import type { FileSystem } from "../file-system.ts";
import type { Location } from "../mount-table.ts";
import {
  IN_ALL_EVENTS,
  IN_IGNORED,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_ONESHOT,
  IN_Q_OVERFLOW,
  INOTIFY_EVENT_BYTES,
} from "./constants.ts";
import { addWatch, removeWatch, type Watch } from "./watches.ts";

/** Watches and instances of one machine together. */
export class InotifyBudget {
  instances = 0;
  watches = 0;
}

interface Event {
  readonly wd: number;
  readonly mask: number;
  readonly cookie: number;
  readonly name: string;
  readonly bytes: Uint8Array;
}

export class InotifyFile extends OpenFile {
  readonly #budget: InotifyBudget;
  readonly #ino: number;
  readonly #watches = new Map<number, OwnWatch>();
  readonly #readable = new WaitQueue();
  #events: Event[] = [];
  #next = 0;
  #lastWd = 0;

  constructor(budget: InotifyBudget, ino: number, flags: number) {
    super(O_RDONLY | (flags & O_NONBLOCK));
    this.#budget = budget;
    this.#ino = ino;
    budget.instances++;
  }

  /**
   * Watches the file at `location`, or changes how: its watch descriptor. Of a directory's names only those
   * are told that `shows` lets through.
   */
  watch({ inode }: Location, mask: number, shows?: (name: string) => boolean): number {
    const { fileSystem } = inode;
    const { ino } = inode.attributes();
    const wanted = mask & (IN_ALL_EVENTS | IN_ONESHOT);
    for (const watch of this.#watches.values()) {
      if (watch.fileSystem !== fileSystem || watch.ino !== ino) continue;
      if ((mask & IN_MASK_CREATE) !== 0) fail(Errno.EEXIST);
      watch.mask = (mask & IN_MASK_ADD) !== 0 ? watch.mask | wanted : wanted;
      return watch.wd;
    }
    if (this.#budget.watches >= INOTIFY_WATCHES) fail(Errno.ENOSPC);
    this.#budget.watches++;
    const watch = new OwnWatch(this, ++this.#lastWd, fileSystem, ino, wanted, shows);
    this.#watches.set(watch.wd, watch);
    addWatch(watch);
    return watch.wd;
  }

  unwatch(wd: number): void {
    (this.#watches.get(wd) ?? fail(Errno.EINVAL)).end();
  }

  /** Queues an event; one that is like the last of the queue says nothing new. */
  queue(wd: number, mask: number, cookie: number, name: string): void {
    const last = this.#events.at(-1);
    const isSame =
      last?.wd === wd && last.mask === mask && last.cookie === cookie && last.name === name;
    if (isSame && this.#next < this.#events.length) return;
    if (this.#events.length - this.#next >= INOTIFY_QUEUE) this.#overflow();
    else this.#events.push({ wd, mask, cookie, name, bytes: encode(wd, mask, cookie, name) });
    this.#readable.wake();
  }

  /** The watch is over, whoever ended it. */
  ended(watch: OwnWatch): void {
    if (!this.#watches.delete(watch.wd)) return;
    this.#budget.watches--;
    removeWatch(watch);
    this.queue(watch.wd, IN_IGNORED, 0, "");
  }

  override stat(): Stat {
    return {
      ...{ dev: ANONYMOUS_DEVICE, ino: this.#ino, mode: 0o600, nlink: 1, uid: 0, gid: 0, rdev: 0 },
      ...{ size: 0, blksize: 4096, blocks: 0, atime: 0n, mtime: 0n, ctime: 0n, birthtime: 0n },
    };
  }

  override poll(): { events: number; queue: WaitQueue } {
    const events = this.#next < this.#events.length ? POLLIN | POLLRDNORM : 0;
    return { events, queue: this.#readable };
  }

  /** As many whole events as fit. */
  override read(call: Call, target: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    const first = this.#events[this.#next];
    if (!first) return call.block(this.#readable, (this.flags & O_NONBLOCK) !== 0);
    if (first.bytes.length > target.length) fail(Errno.EINVAL);
    let length = 0;
    for (; this.#next < this.#events.length; this.#next++) {
      const { bytes } = this.#events[this.#next] as Event;
      if (length + bytes.length > target.length) break;
      target.set(bytes, length);
      length += bytes.length;
    }
    if (this.#next === this.#events.length) this.#clear();
    return length;
  }

  override readable(): number {
    let length = 0;
    for (const { bytes } of this.#events.slice(this.#next)) length += bytes.length;
    return length;
  }

  protected override closed(): void {
    for (const watch of this.#watches.values()) {
      removeWatch(watch);
      this.#budget.watches--;
    }
    this.#watches.clear();
    this.#clear();
    this.#budget.instances--;
  }

  #clear(): void {
    this.#events = [];
    this.#next = 0;
  }

  #overflow(): void {
    if (this.#events.at(-1)?.mask === IN_Q_OVERFLOW) return;
    const bytes = encode(-1, IN_Q_OVERFLOW, 0, "");
    this.#events.push({ wd: -1, mask: IN_Q_OVERFLOW, cookie: 0, name: "", bytes });
  }
}

class OwnWatch implements Watch {
  readonly wd: number;
  readonly fileSystem: FileSystem;
  readonly ino: number;
  mask: number;
  readonly #instance: InotifyFile;
  readonly #shows: ((name: string) => boolean) | undefined;

  constructor(
    instance: InotifyFile,
    wd: number,
    fileSystem: FileSystem,
    ino: number,
    mask: number,
    shows: ((name: string) => boolean) | undefined,
  ) {
    this.#instance = instance;
    this.#shows = shows;
    this.wd = wd;
    this.fileSystem = fileSystem;
    this.ino = ino;
    this.mask = mask;
  }

  tell(mask: number, cookie: number, name: string): void {
    if (name !== "" && this.#shows?.(name) === false) return;
    this.#instance.queue(this.wd, mask, cookie, name);
  }

  end(): void {
    this.#instance.ended(this);
  }
}

/** `st_dev` of what has no file system. */
const ANONYMOUS_DEVICE = 0xfff2;

/** struct inotify_event: wd, mask, cookie, length of the name with its padding, name. */
function encode(wd: number, mask: number, cookie: number, name: string): Uint8Array {
  const text = encodeUtf8(name);
  const unit = INOTIFY_EVENT_BYTES;
  const length = text.length === 0 ? 0 : Math.ceil((text.length + 1) / unit) * unit;
  const bytes = new Uint8Array(unit + length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, wd, true);
  view.setUint32(4, mask >>> 0, true);
  view.setUint32(8, cookie, true);
  view.setUint32(12, length, true);
  bytes.set(text, unit);
  return bytes;
}

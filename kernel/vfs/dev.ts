/** /dev: the device nodes that a machine starts with, and /dev/pts, whose entries are its terminals. */
import { Errno, fail } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { StatFs } from "../syscalls/types.ts";
import { makedev, PAGE_SIZE, S_IFCHR, S_IFDIR, S_IFLNK } from "./constants.ts";
import { Device, PTS_MAJOR } from "./devices.ts";
import {
  type AttributeChanges,
  type Attributes,
  type EmitEntry,
  type FileSystem,
  Inode,
  type Machine,
} from "./file-system.ts";
import { MemoryFileSystem } from "./memory/file-system.ts";

const DEVPTS_SUPER_MAGIC = 0x1cd1;
const NAME_BYTES = 255;
const FIRST_OFFSET = 3;

const ROOT = { uid: 0, gid: 0 };
/** Group that owns terminals, as Debian numbers it. */
const TTY_GROUP = 5;

/** A file system for /dev. Its pts and shm are empty directories to mount on. */
export class DeviceFileSystem extends MemoryFileSystem {
  constructor() {
    super({ type: "devtmpfs" });
  }

  override attach(machine: Machine): void {
    super.attach(machine);
    const { root } = this;
    for (const [name, rdev, gid] of NODES)
      root.create(name, { mode: S_IFCHR | 0o666, uid: 0, gid, rdev });
    for (const [name, target] of LINKS)
      root.create(name, { mode: S_IFLNK | 0o777, ...ROOT, target });
    root.create("pts", { mode: S_IFDIR | 0o755, ...ROOT });
    root.create("shm", { mode: S_IFDIR | 0o1777, ...ROOT });
  }
}

const NODES = [
  ["null", Device.NULL, 0],
  ["zero", Device.ZERO, 0],
  ["full", Device.FULL, 0],
  ["random", Device.RANDOM, 0],
  ["urandom", Device.URANDOM, 0],
  ["tty", Device.TTY, TTY_GROUP],
  ["console", Device.CONSOLE, TTY_GROUP],
  ["ptmx", Device.PTMX, TTY_GROUP],
] as const;

const LINKS = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
] as const;

/** devpts: a node for each terminal that exists. */
export class TerminalFileSystem implements FileSystem {
  readonly type = "devpts";
  readonly readOnly = false;
  readonly root: Inode;
  readonly kernel: Kernel;
  readonly made: bigint;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.made = kernel.host.clock.realtime();
    this.root = new TerminalDirectory(this);
  }

  statfs(): StatFs {
    const none = { blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0, flags: 0 };
    return { ...none, type: DEVPTS_SUPER_MAGIC, bsize: PAGE_SIZE, namelen: NAME_BYTES };
  }

  sync(): void {}
}

/** Inode of the directory; terminal N follows at N + 3, as on Linux. */
const ROOT_INODE = 1;
const FIRST_INODE = 3;

class TerminalDirectory extends Inode {
  readonly fileSystem: TerminalFileSystem;

  constructor(fileSystem: TerminalFileSystem) {
    super();
    this.fileSystem = fileSystem;
  }

  override attributes(): Attributes {
    const mode = S_IFDIR | 0o755;
    return attributesOf(this.fileSystem, { ino: ROOT_INODE, mode, nlink: 2, ...ROOT, rdev: 0 });
  }

  override lookup(name: string): Inode | undefined {
    if (!/^(0|[1-9]\d*)$/.test(name)) return undefined;
    const number = Number(name);
    if (!this.fileSystem.kernel.ptys.slave(number)) return undefined;
    return new TerminalNode(this, number);
  }

  override list(offset: number, emit: EmitEntry): void {
    for (const number of this.fileSystem.kernel.ptys.numbers()) {
      const at = FIRST_OFFSET + number;
      if (at > offset && !emit(`${number}`, FIRST_INODE + number, S_IFCHR, at)) return;
    }
  }
}

class TerminalNode extends Inode {
  readonly fileSystem: TerminalFileSystem;
  readonly #number: number;

  constructor(directory: TerminalDirectory, number: number) {
    super();
    this.fileSystem = directory.fileSystem;
    this.parent = directory;
    this.name = `${number}`;
    this.#number = number;
  }

  override attributes(): Attributes {
    const { uid, gid, mode } = this.#slave;
    const ino = FIRST_INODE + this.#number;
    const rdev = makedev(PTS_MAJOR, this.#number);
    return attributesOf(this.fileSystem, { ino, mode: S_IFCHR | mode, nlink: 1, uid, gid, rdev });
  }

  override setAttributes({ mode, uid, gid }: AttributeChanges): void {
    const slave = this.#slave;
    if (mode !== undefined) slave.mode = mode;
    if (uid !== undefined) slave.uid = uid;
    if (gid !== undefined) slave.gid = gid;
  }

  get #slave() {
    return this.fileSystem.kernel.ptys.slave(this.#number) ?? fail(Errno.EIO);
  }
}

type Identity = Pick<Attributes, "ino" | "mode" | "nlink" | "uid" | "gid" | "rdev">;

function attributesOf({ made }: TerminalFileSystem, identity: Identity): Attributes {
  const times = { atime: made, mtime: made, ctime: made, birthtime: made };
  return { ...identity, size: 0, blocks: 0, ...times };
}

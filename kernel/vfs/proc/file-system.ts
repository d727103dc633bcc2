/** /proc (proc(5)): the machine and its processes as files. */
import type { Kernel } from "../../kernel.ts";
import type { Process } from "../../process/process.ts";
import type { StatFs } from "../../syscalls/types.ts";
import { PAGE_SIZE } from "../constants.ts";
import type { FileSystem, Inode } from "../file-system.ts";
import { LinkNode, type Owner, type Place, ProcDirectory, TableDirectory } from "./nodes.ts";
import { processDirectory } from "./process.ts";
import { systemFiles } from "./system.ts";

const PROC_SUPER_MAGIC = 0x9fa0;
const NAME_BYTES = 255;

export class ProcFileSystem implements FileSystem {
  readonly type = "proc";
  readonly readOnly = false;
  readonly root: Inode;

  constructor(kernel: Kernel) {
    const time = kernel.host.clock.realtime();
    const owner: Owner = { fileSystem: this, uid: 0, gid: 0, time };
    this.root = new ProcRoot(kernel, { owner, ino: 1, parent: undefined, name: "" });
  }

  statfs(): StatFs {
    const none = { blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0, flags: 0 };
    return { ...none, type: PROC_SUPER_MAGIC, bsize: PAGE_SIZE, namelen: NAME_BYTES };
  }

  sync(): void {}
}

/** Inodes of the system's files; a process's begin at its pid times PROCESS_INODES. */
const FIRST_SYSTEM_INODE = 2;
const PROCESS_INODES = 2 ** 20;
/** Listed behind the system's files. */
const FIRST_PROCESS_POSITION = 1000;

class ProcRoot extends ProcDirectory {
  readonly #kernel: Kernel;
  readonly #system: TableDirectory;
  readonly #owner: Owner;

  constructor(kernel: Kernel, place: Place) {
    super(place);
    this.#kernel = kernel;
    this.#owner = place.owner;
    const self = (link: Place) => new LinkNode(link, 0o777, (reader) => `${pidOf(reader)}`);
    const files = {
      self,
      mounts: (link: Place) => new LinkNode(link, 0o777, () => "self/mounts"),
      ...systemFiles(kernel),
    };
    this.#system = new TableDirectory({ ...place, parent: this }, files, FIRST_SYSTEM_INODE);
  }

  override lookup(name: string): Inode | undefined {
    const system = this.#system.lookup(name);
    if (system) {
      system.parent = this;
      return system;
    }
    if (!/^[1-9]\d*$/.test(name)) return undefined;
    const process = this.#kernel.processes.get(Number(name));
    return process && this.#processDirectory(process);
  }

  override *names(): Iterable<readonly [number, string]> {
    yield* this.#system.names();
    const pids = this.#kernel.processes.all().map(({ pid }) => pid);
    for (const pid of pids.sort((a, b) => a - b)) yield [FIRST_PROCESS_POSITION + pid, `${pid}`];
  }

  #processDirectory(process: Process): Inode {
    const { euid, egid } = process.credentials;
    const since = process.startTime - this.#kernel.bootTime;
    const owner = { ...this.#owner, uid: euid, gid: egid, time: this.#owner.time + since };
    const place = this.childPlace(`${process.pid}`, process.pid * PROCESS_INODES, owner);
    return processDirectory(this.#kernel, process, place);
  }
}

function pidOf(reader: Process | undefined): number {
  return reader?.pid ?? 1;
}

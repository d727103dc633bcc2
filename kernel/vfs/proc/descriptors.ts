/** /proc/PID/fd and fdinfo: the open descriptors of a process. */
import { Errno, fail } from "../../errno.ts";
import { isReadable, isWritable, O_CLOEXEC, O_PATH } from "../../fd/flags.ts";
import type { OpenFile } from "../../fd/open-file.ts";
import type { Process } from "../../process/process.ts";
import { S_IFIFO, S_IFMT, S_IFSOCK } from "../constants.ts";
import type { Inode } from "../file-system.ts";
import { InodeFile } from "../inode-file.ts";
import { OpenFileInode } from "../open-file-inode.ts";
import { describe } from "../path-of.ts";
import { LinkNode, type Place, ProcDirectory, TextNode } from "./nodes.ts";
import { requireInspection } from "./reach.ts";

abstract class DescriptorDirectory extends ProcDirectory {
  protected readonly process: Process;
  readonly #firstIno: number;

  constructor(process: Process, place: Place, firstIno: number) {
    super(place, 0o500);
    this.process = process;
    this.#firstIno = firstIno;
  }

  override lookup(name: string): Inode | undefined {
    const fd = /^(0|[1-9]\d{0,6})$/.test(name) ? Number(name) : -1;
    if (!this.process.fds.has(fd)) return undefined;
    return this.make(fd, this.childPlace(name, this.#firstIno + fd));
  }

  protected abstract make(fd: number, place: Place): Inode;

  override *names(): Iterable<readonly [number, string]> {
    for (const fd of this.process.fds.numbers()) yield [fd, `${fd}`];
  }
}

export class FdDirectory extends DescriptorDirectory {
  protected override make(fd: number, place: Place): Inode {
    const { process } = this;
    const current = (reader: Process | undefined): OpenFile => {
      requireInspection(reader, process);
      return process.fds.has(fd) ? process.fds.get(fd) : fail(Errno.ENOENT);
    };
    return new LinkNode(
      place,
      permissions(process.fds.get(fd).flags),
      (reader) => targetOf(current(reader), reader ?? process),
      (reader) => OpenFileInode.locate(current(reader)),
    );
  }
}

export class FdInfoDirectory extends DescriptorDirectory {
  protected override make(fd: number, place: Place): Inode {
    const { fds } = this.process;
    return new TextNode(place, 0o400, () => {
      if (!fds.has(fd)) fail(Errno.ENOENT);
      const file = fds.get(fd);
      const offset = file instanceof InodeFile ? file.offset : 0;
      const flags = file.flags | (fds.closesOnExec(fd) ? O_CLOEXEC : 0);
      const mount = file.location?.mount.id ?? 0;
      return `pos:\t${offset}\nflags:\t0${flags.toString(8)}\nmnt_id:\t${mount}\nino:\t${file.stat().ino}\n`;
    });
  }
}

/** What the owner may do through the descriptor: `lrwx------`. */
function permissions(flags: number): number {
  if ((flags & O_PATH) !== 0) return 0o100;
  return 0o100 | (isReadable(flags) ? 0o400 : 0) | (isWritable(flags) ? 0o200 : 0);
}

function targetOf(file: OpenFile, reader: Process): string {
  if (file.location) return describe(file.location, reader.fs.root);
  const { mode, ino } = file.stat();
  switch (mode & S_IFMT) {
    case S_IFIFO:
      return `pipe:[${ino}]`;
    case S_IFSOCK:
      return `socket:[${ino}]`;
    default:
      return `anon_inode:[${ino}]`;
  }
}

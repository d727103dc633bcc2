/**
 * An open file that no directory holds, such as a pipe, as the place where a link of /proc/PID/fd leads.
 * It can be looked at and opened again, nothing else.
 */
import { Errno, fail } from "../errno.ts";
import type { OpenFile } from "../fd/open-file.ts";
import type { Call } from "../syscalls/call.ts";
import { type Attributes, type FileSystem, Inode } from "./file-system.ts";

export class OpenFileInode extends Inode {
  readonly file: OpenFile;

  constructor(file: OpenFile) {
    super();
    this.file = file;
  }

  override get fileSystem(): FileSystem {
    return fail(Errno.ENOSYS);
  }

  override attributes(): Attributes {
    return this.file.stat();
  }

  reopen(call: Call, flags: number): OpenFile {
    return this.file.reopen(call, flags);
  }
}

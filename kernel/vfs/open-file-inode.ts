/**
 * An open file that no directory holds, such as a pipe, as the place where a link of /proc/PID/fd leads.
 * It can be looked at and opened again, nothing else.
 */
import type { OpenFile } from "../fd/open-file.ts";
import type { Call } from "../syscalls/call.ts";
import type { StatFs } from "../syscalls/types.ts";
import { PAGE_SIZE } from "./constants.ts";
import { type Attributes, type FileSystem, Inode } from "./file-system.ts";
import { type Location, Mount } from "./mount-table.ts";

const PIPEFS_MAGIC = 0x5049_5045;

export class OpenFileInode extends Inode {
  readonly #file: OpenFile;
  readonly fileSystem: FileSystem;

  private constructor(file: OpenFile) {
    super();
    this.#file = file;
    this.fileSystem = { type: "pipefs", root: this, readOnly: false, statfs: nothing, sync() {} };
  }

  /** Where `file` is: its place in the tree, or one of its own. */
  static locate(file: OpenFile): Location {
    if (file.location) return file.location;
    const root = new OpenFileInode(file);
    const { dev } = file.stat();
    const { fileSystem } = root;
    return new Mount({ id: 0, fileSystem, dev, source: "", root, over: undefined, flags: 0 }).root;
  }

  override attributes(): Attributes {
    return this.#file.stat();
  }

  reopen(call: Call, flags: number): OpenFile {
    return this.#file.reopen(call, flags);
  }
}

function nothing(): StatFs {
  const none = { blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0, flags: 0 };
  return { ...none, type: PIPEFS_MAGIC, bsize: PAGE_SIZE, namelen: 255 };
}

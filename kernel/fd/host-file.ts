/** A descriptor of work that the host does: it answers at once whenever it is asked, so it is always ready. */
import type { Stat } from "../syscalls/types.ts";
import { S_IFREG } from "../vfs/constants.ts";
import { O_RDWR, POLLIN, POLLOUT } from "./flags.ts";
import { OpenFile } from "./open-file.ts";

export abstract class HostFile extends OpenFile {
  /** What one call moves at most, as stat(2) tells. */
  protected abstract readonly blockSize: number;

  constructor() {
    super(O_RDWR);
  }

  override stat(): Stat {
    const mode = S_IFREG | 0o600;
    const none = { dev: 0, ino: 0, uid: 0, gid: 0, rdev: 0, size: 0, blocks: 0 };
    const times = { atime: 0n, mtime: 0n, ctime: 0n, birthtime: 0n };
    return { ...none, ...times, mode, nlink: 1, blksize: this.blockSize };
  }

  override poll(): { events: number; queue: undefined } {
    return { events: POLLIN | POLLOUT, queue: undefined };
  }
}

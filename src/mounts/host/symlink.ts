/** A symbolic link of a shared directory: its text alone; where it leads, the machine decides. */
import { readlinkSync } from "node:fs";
import { Errno, fail } from "../../../kernel/errno.ts";
import { decodeUtf8 } from "../../../kernel/index.ts";
import { onHost } from "./errors.ts";
import { HostInode } from "./inode.ts";

export class HostSymlink extends HostInode {
  override readlink(): string {
    return decodeUtf8(onHost(() => readlinkSync(this.path(), { encoding: "buffer" })));
  }

  protected override changeMode(_mode: number): void {
    fail(Errno.EOPNOTSUPP);
  }
}

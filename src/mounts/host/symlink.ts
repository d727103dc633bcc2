/** A symbolic link of a shared directory: its text alone; where it leads, the machine decides. */
import { readlinkSync } from "node:fs";
import { Errno, fail } from "../../../kernel/errno.ts";
import { decodeUtf8 } from "../../../kernel/index.ts";
import { onHost } from "./errors.ts";
import { HostInode } from "./inode.ts";

export class HostSymlink extends HostInode {
  override readlink(): string {
    const target = decodeUtf8(onHost(() => readlinkSync(this.path(), { encoding: "buffer" })));
    return this.#withinShare(target) ?? target;
  }

  /** A link into the directory by the host's name for it: the same place from where the link is. */
  #withinShare(target: string): string | undefined {
    const root = this.fileSystem.ownPaths.find((own) => target.startsWith(`${own}/`));
    if (root === undefined) return undefined;
    let up = "";
    for (let at = this.container?.directory; at?.container; at = at.container.directory)
      up += "../";
    return `${up}${target.slice(root.length + 1)}`;
  }

  protected override changeMode(_mode: number): void {
    fail(Errno.EOPNOTSUPP);
  }
}

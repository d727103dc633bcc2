/** Files of a memory file system that have no content of their own: FIFOs, devices, sockets; and links. */
import { utf8Length } from "../../bytes.ts";
import type { Inode, NewInode } from "../file-system.ts";
import type { MemoryFileSystem } from "./file-system.ts";
import { MemoryInode } from "./inode.ts";

/** A FIFO, a device node or a socket: a type and a number. */
export class MemoryNode extends MemoryInode {}

export class MemorySymlink extends MemoryInode {
  readonly #target: string;

  constructor(
    fileSystem: MemoryFileSystem,
    init: NewInode & { readonly target: string },
    lower: Inode | undefined,
  ) {
    super(fileSystem, init, lower);
    this.#target = init.target;
    if (!lower) fileSystem.quota.takeMemory(init.target.length);
  }

  override get size(): number {
    return utf8Length(this.#target);
  }

  override readlink(): string {
    return this.#target;
  }

  protected override freed(): void {
    if (!this.lower) this.fileSystem.quota.giveMemory(this.#target.length);
  }
}

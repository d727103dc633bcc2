/** Files of a memory file system that have no content of their own: FIFOs, devices, sockets; and links. */
import { utf8Length } from "../../bytes.ts";
import type { EntryCapture, InodeCapture } from "../../state/capture.ts";
import type { InodeRecord } from "../../state/records.ts";
import type { Inode, NewInode } from "../file-system.ts";
import type { MemoryFileSystem } from "./file-system.ts";
import { MemoryInode } from "./inode.ts";

/** A FIFO, a device node or a socket: a type and a number. */
export class MemoryNode extends MemoryInode {}

export class MemorySymlink extends MemoryInode {
  readonly #target: string;
  /** Bytes that its text is charged with. */
  readonly #cost: number;

  constructor(
    fileSystem: MemoryFileSystem,
    init: NewInode & { readonly target: string },
    lower: Inode | undefined,
    stored?: InodeRecord,
    lostLower?: string,
  ) {
    super(fileSystem, init, lower, stored, lostLower);
    this.#target = init.target;
    this.#cost = (stored ? stored.lower : lower) === undefined ? init.target.length : 0;
    if (stored) fileSystem.kept?.admit(this.#cost, 0);
    else fileSystem.quota.takeMemory(this.#cost);
  }

  override get size(): number {
    return utf8Length(this.#target);
  }

  override readlink(): string {
    return this.#target;
  }

  override capture(
    lower: string | undefined,
    entries: ReadonlyMap<string, EntryCapture | undefined>,
  ): InodeCapture {
    const capture = super.capture(lower, entries);
    return { ...capture, attributes: { ...capture.attributes, target: this.#target } };
  }

  override get charge(): number {
    return super.charge + this.#cost;
  }

  protected override freed(): void {
    this.fileSystem.quota.giveMemory(this.#cost);
  }
}

/** One listing of a directory under way: the entries as they were when it began, or began anew. */
import { Errno, fail } from "../../kernel/errno.ts";
import type { Attributes, EmitEntry, Handle } from "../../kernel/vfs/file-system.ts";

export interface ListedEntry {
  readonly name: string;
  readonly ino: number;
  readonly mode: number;
}

/** Offset of the first entry; "." and ".." come before it. */
const FIRST_OFFSET = 3;

export class Listing implements Handle {
  readonly attributes: () => Attributes;
  readonly #read: () => readonly ListedEntry[];
  #entries: readonly ListedEntry[] | undefined;

  constructor(attributes: () => Attributes, read: () => readonly ListedEntry[]) {
    this.attributes = attributes;
    this.#read = read;
  }

  list(offset: number, emit: EmitEntry): void {
    if (offset < FIRST_OFFSET || !this.#entries) this.#entries = this.#read();
    const first = offset < FIRST_OFFSET ? 0 : offset - FIRST_OFFSET + 1;
    for (let i = first; i < this.#entries.length; i++) {
      const { name, ino, mode } = this.#entries[i] as ListedEntry;
      if (!emit(name, ino, mode, FIRST_OFFSET + i)) return;
    }
  }

  read(): number {
    return fail(Errno.EISDIR);
  }

  write(): number {
    return fail(Errno.EBADF);
  }

  truncate(): void {
    fail(Errno.EISDIR);
  }

  allocate(): void {
    fail(Errno.EISDIR);
  }

  seekData(): number {
    return fail(Errno.EINVAL);
  }

  seekHole(): number {
    return fail(Errno.EINVAL);
  }

  sync(): void {}

  close(): void {
    this.#entries = undefined;
  }
}

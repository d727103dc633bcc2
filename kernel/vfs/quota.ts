/**
 * How much memory file systems hold, against their limits; ENOSPC. Each has its own quota under the one
 * of its machine. Names and inodes count as memory too, so that a machine full of empty files is bounded
 * like one full of data.
 */
import { Errno, fail } from "../errno.ts";

/** About what the host spends on an inode, and on a directory entry besides its name. */
export const INODE_COST = 256;
const ENTRY_COST = 64;

export function entryCost(name: string): number {
  return ENTRY_COST + name.length;
}

export class Quota {
  readonly memoryLimit: number;
  readonly inodeLimit: number;
  #memory = 0;
  #inodes = 0;
  #parent: Quota | undefined;

  constructor(limits: { readonly memory: number; readonly inodes: number }) {
    this.memoryLimit = limits.memory;
    this.inodeLimit = limits.inodes;
  }

  get memory(): number {
    return this.#memory;
  }

  get inodes(): number {
    return this.#inodes;
  }

  /** Bytes that can still be taken. */
  get freeMemory(): number {
    const own = this.memoryLimit - this.#memory;
    return this.#parent ? Math.min(own, this.#parent.freeMemory) : own;
  }

  get freeInodes(): number {
    const own = this.inodeLimit - this.#inodes;
    return this.#parent ? Math.min(own, this.#parent.freeInodes) : own;
  }

  /** Counts in `parent` as well from now on, with all that is held already. */
  join(parent: Quota): void {
    parent.#memory += this.#memory;
    parent.#inodes += this.#inodes;
    this.#parent = parent;
  }

  /** Gives everything back to the parent. */
  leave(): void {
    if (!this.#parent) return;
    this.#parent.#memory -= this.#memory;
    this.#parent.#inodes -= this.#inodes;
    this.#parent = undefined;
  }

  /** Counts what is there already, whatever the limits say. */
  hold(memory: number, inodes: number): void {
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) {
      quota.#memory += memory;
      quota.#inodes += inodes;
    }
  }

  takeMemory(bytes: number): void {
    if (bytes > this.freeMemory) fail(Errno.ENOSPC);
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) quota.#memory += bytes;
  }

  giveMemory(bytes: number): void {
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) quota.#memory -= bytes;
  }

  takeInode(): void {
    if (this.freeInodes <= 0) fail(Errno.ENOSPC);
    this.takeMemory(INODE_COST);
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) quota.#inodes++;
  }

  giveInode(): void {
    this.giveMemory(INODE_COST);
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) quota.#inodes--;
  }

  takeEntry(name: string): void {
    this.takeMemory(entryCost(name));
  }

  giveEntry(name: string): void {
    this.giveMemory(entryCost(name));
  }
}

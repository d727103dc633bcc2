/**
 * How much memory file systems hold, against their limits; ENOSPC. Each has its own quota under the one
 * of its machine. Names and inodes count as memory too, so that a machine full of empty files is bounded
 * like one full of data.
 */
import { Errno, fail } from "../errno.ts";
import { Gauge } from "../gauges.ts";

/** About what the host spends on an inode, and on a directory entry besides its name. */
export const INODE_COST = 256;
const ENTRY_COST = 64;

export function entryCost(name: string): number {
  return ENTRY_COST + name.length;
}

export class Quota {
  readonly #disk: Gauge;
  readonly #inodes: Gauge;
  #parent: Quota | undefined;

  constructor({ disk, inodes }: { readonly disk: Gauge; readonly inodes: Gauge }) {
    this.#disk = disk;
    this.#inodes = inodes;
  }

  /** One of its own, which tells nobody. */
  static of(disk: number, inodes: number): Quota {
    return new Quota({ disk: new Gauge("disk", disk), inodes: new Gauge("inodes", inodes) });
  }

  get memory(): number {
    return this.#disk.used;
  }

  get inodes(): number {
    return this.#inodes.used;
  }

  /** Bytes that can still be taken. */
  get freeMemory(): number {
    const own = this.#disk.free;
    return this.#parent ? Math.min(own, this.#parent.freeMemory) : own;
  }

  get freeInodes(): number {
    const own = this.#inodes.free;
    return this.#parent ? Math.min(own, this.#parent.freeInodes) : own;
  }

  /** Counts in `parent` as well from now on, with all that is held already. */
  join(parent: Quota): void {
    parent.hold(this.memory, this.inodes);
    this.#parent = parent;
  }

  /** Gives everything back to the parent. */
  leave(): void {
    this.#parent?.hold(-this.memory, -this.inodes);
    this.#parent = undefined;
  }

  /** Counts what is there already, whatever the limits say. */
  hold(memory: number, inodes: number): void {
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) {
      count(quota.#disk, memory);
      count(quota.#inodes, inodes);
    }
  }

  takeMemory(bytes: number): void {
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) {
      if (!quota.#disk.admits(bytes)) fail(Errno.ENOSPC);
    }
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent)
      quota.#disk.force(bytes);
  }

  /** There is not room enough; whose limit that is, is told. */
  full(): never {
    let tightest = this.#disk;
    for (let quota = this.#parent; quota; quota = quota.#parent)
      if (quota.#disk.free < tightest.free) tightest = quota.#disk;
    tightest.reached();
    return fail(Errno.ENOSPC);
  }

  giveMemory(bytes: number): void {
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) quota.#disk.give(bytes);
  }

  takeInode(): void {
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) {
      if (!quota.#inodes.admits(1)) fail(Errno.ENOSPC);
    }
    this.takeMemory(INODE_COST);
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) quota.#inodes.force(1);
  }

  giveInode(): void {
    this.giveMemory(INODE_COST);
    for (let quota: Quota | undefined = this; quota; quota = quota.#parent) quota.#inodes.give(1);
  }

  takeEntry(name: string): void {
    this.takeMemory(entryCost(name));
  }

  giveEntry(name: string): void {
    this.giveMemory(entryCost(name));
  }
}

function count(gauge: Gauge, amount: number): void {
  if (amount >= 0) gauge.force(amount);
  else gauge.give(-amount);
}

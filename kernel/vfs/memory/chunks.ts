/** The chunks of a file by index. Most files have one, so only larger ones pay for a map. */
import type { Chunk } from "./chunk.ts";

/** Up to this many indexes are tried one by one before all chunks are looked through. */
const PROBES = 32;

export class Chunks {
  #first: Chunk | undefined;
  #rest: Map<number, Chunk> | undefined;

  get size(): number {
    return (this.#first ? 1 : 0) + (this.#rest?.size ?? 0);
  }

  get(index: number): Chunk | undefined {
    return index === 0 ? this.#first : this.#rest?.get(index);
  }

  set(index: number, chunk: Chunk): void {
    if (index === 0) {
      this.#first = chunk;
    } else {
      this.#rest ??= new Map();
      this.#rest.set(index, chunk);
    }
  }

  delete(index: number): void {
    if (index === 0) this.#first = undefined;
    else this.#rest?.delete(index);
  }

  /** Indexes from `min` on, in no order; a copy, so that chunks may change meanwhile. */
  from(min: number): number[] {
    const found: number[] = this.#first && min === 0 ? [0] : [];
    for (const index of this.#rest?.keys() ?? []) if (index >= min) found.push(index);
    return found;
  }

  *all(): Generator<Chunk> {
    if (this.#first) yield this.#first;
    if (this.#rest) yield* this.#rest.values();
  }

  /** The lowest index from `min` on; -1: none. */
  next(min: number): number {
    if (min === 0 && this.#first) return 0;
    const rest = this.#rest;
    if (!rest || rest.size === 0) return -1;
    for (let index = min; index < min + PROBES; index++) if (rest.has(index)) return index;
    let lowest = Number.POSITIVE_INFINITY;
    for (const index of rest.keys()) if (index >= min && index < lowest) lowest = index;
    return lowest === Number.POSITIVE_INFINITY ? -1 : lowest;
  }
}

/** One chunk of a file in memory, or as a store has it. */
import type { Hash } from "../../state/chunk-store.ts";
import { chargeOf, GRAIN, type PartRecord } from "../../state/records.ts";

export interface Chunk {
  /** Reaches as far as the chunk was ever written, or further; zeros behind that. Undefined: stored. */
  data: Uint8Array | undefined;
  /** Bit i: page i holds data. */
  pages: number;
  /** A commit is reading `data`: a change needs a copy. */
  frozen: boolean;
  /** Made since the last capture, where there was none. */
  fresh: boolean;
  /** What is stored: so many bytes, of this hash where there are any. */
  length: number;
  hash: Hash | undefined;
}

export function stored({ pages, length, hash }: PartRecord): Chunk {
  return { data: undefined, pages, frozen: false, fresh: false, length, hash };
}

export function chargedFor(chunk: Chunk): number {
  return chunk.data ? chunk.data.length : chargeOf(chunk);
}

export function readChunk(
  data: Uint8Array,
  from: number,
  target: Uint8Array,
  at: number,
  count: number,
): void {
  const there = Math.min(Math.max(data.length - from, 0), count);
  if (there === data.length) target.set(data, at);
  else if (there > 0) target.set(data.subarray(from, from + there), at);
  if (there < count) target.fill(0, at + there, at + count);
}

/** Zeroes a chunk in memory from `length` on; the bytes that it is charged with less. */
export function zeroFrom(chunk: Chunk, length: number): number {
  const size = Math.ceil(length / GRAIN) * GRAIN;
  const data = chunk.data as Uint8Array;
  let saved = 0;
  if (size < data.length) {
    saved = data.length - size;
    chunk.data = data.slice(0, size);
  }
  chunk.data?.fill(0, length);
  return saved;
}

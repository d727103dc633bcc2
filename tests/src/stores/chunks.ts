/** Chunks for tests: bytes that a seed decides, with their hash. */
import type { Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";

export async function hashOf(bytes: Uint8Array): Promise<Hash> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function chunkOf(bytes: Uint8Array): Promise<StoredChunk> {
  return { hash: await hashOf(bytes), bytes };
}

/** The chunk number `seed` of `size` bytes. */
export function chunk(seed: number, size = 100): Promise<StoredChunk> {
  const random = randomNumbers(seed + 1);
  const words = Uint32Array.from({ length: Math.ceil(size / 4) }, () => random() * 2 ** 32);
  return chunkOf(new Uint8Array(words.buffer).slice(0, size));
}

export function chunks(count: number, size = 100, from = 0): Promise<StoredChunk[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => chunk(from + i, size)));
}

export const hashesOf = (of: readonly StoredChunk[]): Hash[] => of.map(({ hash }) => hash);

/** Numbers from 0 to 1 that `seed` decides (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

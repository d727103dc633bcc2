/** What every driver checks of its arguments: wrong ones are a caller's fault, never stored. */
import {
  CHUNK_BYTES_MAX,
  type Hash,
  isRefName,
  type RefName,
  type StoredChunk,
} from "../../kernel/state/chunk-store.ts";

const HASH = /^[0-9a-f]{64}$/;

export function isHash(text: string): text is Hash {
  return HASH.test(text);
}

export function checkChunks(chunks: readonly StoredChunk[]): void {
  for (const { hash, bytes } of chunks) {
    if (!isHash(hash)) throw new RangeError(`not a chunk's hash: ${hash}`);
    if (bytes.length > CHUNK_BYTES_MAX) {
      throw new RangeError(`chunk ${hash} has ${bytes.length} bytes: at most ${CHUNK_BYTES_MAX}`);
    }
  }
}

export function checkRefName(name: RefName): void {
  if (!isRefName(name)) throw new RangeError(`not the name of a ref: ${name}`);
}

/**
 * A source of blobs behind a cache of the ranges that were read. Ranges are kept as they came; whoever
 * reads verifies them, and has damaged ones forgotten. A cache that fails is passed by.
 */
import type { BlobSource } from "./blob-source.ts";
import type { Digest } from "./oci/digest.ts";

/** What keeps ranges: Cache Storage, KV or R2, a folder. Drops what it likes, whenever it likes. */
export interface RangeCache {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  delete(key: string): Promise<void>;
}

export function cachedBlobs(origin: BlobSource, cache: RangeCache): BlobSource {
  const { readSync } = origin;
  return {
    ...(readSync ? { readSync: readSync.bind(origin) } : {}),
    async read(digest, offset, length) {
      const key = rangeKey(digest, offset, length);
      const kept = await cache.get(key).catch(() => undefined);
      if (kept?.length === length) return kept;
      const bytes = await origin.read(digest, offset, length);
      // Whoever reads need not wait until it is kept.
      cache.put(key, bytes).catch(() => {});
      return bytes;
    },
    async forget(digest, offset, length) {
      await cache.delete(rangeKey(digest, offset, length)).catch(() => {});
      await origin.forget?.(digest, offset, length);
    },
    close: () => origin.close?.(),
  };
}

/** Fit for a file name or a path of a URL. */
function rangeKey(digest: Digest, offset: number, length: number): string {
  return `${digest.replace(":", "-")}-${offset}-${length}`;
}

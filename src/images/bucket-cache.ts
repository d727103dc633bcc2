/** Ranges of images in Cloudflare's storage: R2, or Workers KV, where they expire by themselves. */
import type { RangeCache } from "./cached-blobs.ts";

interface BucketLike {
  get(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
  put(key: string, value: Uint8Array): Promise<unknown>;
  delete(key: string): Promise<void>;
}

interface NamespaceLike {
  get(key: string, type: "arrayBuffer"): Promise<ArrayBuffer | null>;
  put(key: string, value: Uint8Array, options: { expirationTtl: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

const PREFIX = "image-ranges/";
const MONTH_SECONDS = 30 * 24 * 60 * 60;
/** Workers KV takes no larger values. */
const KV_BYTES_MAX = 25 << 20;

export function r2Cache(bucket: BucketLike): RangeCache {
  return {
    async get(key) {
      const found = await bucket.get(PREFIX + key);
      return found ? new Uint8Array(await found.arrayBuffer()) : undefined;
    },
    async put(key, bytes) {
      await bucket.put(PREFIX + key, bytes);
    },
    delete: (key) => bucket.delete(PREFIX + key),
  };
}

export function kvCache(namespace: NamespaceLike): RangeCache {
  return {
    async get(key) {
      const found = await namespace.get(PREFIX + key, "arrayBuffer");
      return found ? new Uint8Array(found) : undefined;
    },
    async put(key, bytes) {
      if (bytes.length > KV_BYTES_MAX) return;
      await namespace.put(PREFIX + key, bytes, { expirationTtl: MONTH_SECONDS });
    },
    delete: (key) => namespace.delete(PREFIX + key),
  };
}

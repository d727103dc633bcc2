/**
 * The tab's cache of image ranges, for no longer than it is quick. Another worker of the origin that hangs
 * or was ended in the middle of a write can hold Cache Storage up for everybody; the server has the bytes,
 * too.
 */
import type { RangeCache } from "../../images/cached-blobs.ts";
import { openWebCache } from "../../images/web-cache.ts";

/** Milliseconds for one answer; after a longer silence the cache is left alone. */
const PATIENCE_MS = 1500;

export function openImageCache(): Promise<RangeCache | undefined> {
  return within(PATIENCE_MS, openWebCache()).then((cache) => cache && impatient(cache));
}

export function impatient(cache: RangeCache, patience = PATIENCE_MS): RangeCache {
  let slow = false;
  return {
    async get(key) {
      if (slow) return undefined;
      const answer = cache.get(key).then((bytes) => ({ bytes }));
      const found = await within(patience, answer);
      if (!found) slow = true;
      return found?.bytes;
    },
    put: async (key, bytes) => {
      if (!slow) await cache.put(key, bytes);
    },
    delete: async (key) => {
      if (!slow) await cache.delete(key);
    },
  };
}

/** Undefined where it takes longer. */
function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds, undefined);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Snapshots in Cloudflare R2. A ref changes by a conditional put, so of those who swap at once one wins;
 * and R2 is strongly consistent, so all see it at once.
 * https://developers.cloudflare.com/r2/api/workers/workers-api-reference/
 */
import type { ChunkStore } from "../../kernel/state/chunk-store.ts";
import { type Bucket, BucketStore } from "./bucket.ts";

/** What is used of an R2Bucket binding. */
export interface R2Bucket {
  get(key: string): Promise<{ readonly etag: string; arrayBuffer(): Promise<ArrayBuffer> } | null>;
  head(key: string): Promise<unknown>;
  /** Null: the condition does not hold. */
  put(
    key: string,
    value: Uint8Array,
    options?: { onlyIf: { etagMatches: string } | { etagDoesNotMatch: string } },
  ): Promise<unknown>;
  delete(keys: string[]): Promise<void>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    readonly objects: readonly { readonly key: string; readonly size: number }[];
    readonly truncated: boolean;
    readonly cursor?: string;
  }>;
}

/** How many keys one delete takes. */
const DELETED_AT_ONCE = 1000;

export function openR2Store(bucket: R2Bucket, prefix = "isopod/"): ChunkStore {
  return new BucketStore(bucketOf(bucket), prefix);
}

function bucketOf(r2: R2Bucket): Bucket {
  return {
    service: "R2",
    async get(key) {
      const found = await r2.get(key);
      return found ? new Uint8Array(await found.arrayBuffer()) : undefined;
    },
    has: async (key) => (await r2.head(key)) !== null,
    async put(key, value) {
      await r2.put(key, value);
    },
    async delete(keys) {
      for (let at = 0; at < keys.length; at += DELETED_AT_ONCE) {
        await r2.delete(keys.slice(at, at + DELETED_AT_ONCE));
      }
    },
    async *list(prefix) {
      for (let cursor: string | undefined; ; ) {
        const page = await r2.list({ prefix, ...(cursor !== undefined && { cursor }) });
        yield* page.objects;
        if (!page.truncated) return;
        cursor = page.cursor;
      }
    },
    async replace(key, accepts, value) {
      const found = await r2.get(key);
      const present = found ? new Uint8Array(await found.arrayBuffer()) : undefined;
      if (!accepts(present)) return false;
      const onlyIf = found ? { etagMatches: found.etag } : { etagDoesNotMatch: "*" };
      return (await r2.put(key, value, { onlyIf })) !== null;
    },
  };
}

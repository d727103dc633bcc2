/**
 * Snapshots in Workers KV, for images and snapshots that are written once and read in many places.
 *
 * KV has no compare-and-swap and shows a change elsewhere only after a minute or so. swapRef looks first
 * and then writes: of two who swap a ref at once both may be told that they did, the later one's value
 * stays, and for a while readers elsewhere see the former value or none. So give every snapshot a name of
 * its own, and keep what changes in a Durable Object. Chunks never change, so they are never stale; but a
 * chunk that was asked for before it was there may seem missing for as long.
 * https://developers.cloudflare.com/kv/concepts/how-kv-works/#consistency
 */
import type { ChunkStore } from "../../kernel/state/chunk-store.ts";
import { type Bucket, BucketStore } from "./bucket.ts";

/** What is used of a KVNamespace binding. Chunks carry their size as metadata, for `list`. */
export interface KVNamespace {
  get(key: string, type: "arrayBuffer"): Promise<ArrayBuffer | null>;
  get(key: string, type: "stream"): Promise<ReadableStream | null>;
  put(key: string, value: Uint8Array, options: { metadata: { size: number } }): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: { prefix: string; cursor?: string }): Promise<{
    readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[];
    readonly list_complete: boolean;
    readonly cursor?: string;
  }>;
}

export function openKvStore(namespace: KVNamespace, prefix = "isopod/"): ChunkStore {
  return new BucketStore(bucketOf(namespace), prefix);
}

function bucketOf(kv: KVNamespace): Bucket {
  const get = async (key: string) => {
    const found = await kv.get(key, "arrayBuffer");
    return found ? new Uint8Array(found) : undefined;
  };
  const put = (key: string, value: Uint8Array) =>
    kv.put(key, value, { metadata: { size: value.length } });
  return {
    service: "Workers KV",
    get,
    async has(key) {
      const found = await kv.get(key, "stream");
      await found?.cancel();
      return found !== null;
    },
    put,
    async delete(keys) {
      for (const key of keys) await kv.delete(key);
    },
    async *list(prefix) {
      for (let cursor: string | undefined; ; ) {
        const page = await kv.list({ prefix, ...(cursor !== undefined && { cursor }) });
        for (const { name, metadata } of page.keys) {
          yield { key: name, size: (metadata as { size?: number } | undefined)?.size ?? 0 };
        }
        if (page.list_complete) return;
        cursor = page.cursor;
      }
    },
    async replace(key, accepts, value) {
      if (!accepts(await get(key))) return false;
      await put(key, value);
      return true;
    },
  };
}

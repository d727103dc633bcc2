/**
 * Ranges of images in Cache Storage: a tab's, or workerd's, which bounds and forgets by itself. A tab's
 * is bounded here; the ranges that were stored first go first.
 */
import type { RangeCache } from "./cached-blobs.ts";

/** The part of Cache that is used. workerd's has no keys(). */
interface CacheLike {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete(url: string): Promise<boolean>;
  keys?(): Promise<readonly { readonly url: string }[]>;
}

export interface WebCacheOptions {
  /** Bytes that are kept. */
  readonly bound?: number;
}

const BOUND_BYTES = 256 << 20;
/** No server has this name; cached answers only need some address. */
const ADDRESS = "https://images.isopod.invalid/";

/** `cache` is what `caches.open(name)` gives. */
export function webCache(
  cache: unknown,
  { bound = BOUND_BYTES }: WebCacheOptions = {},
): RangeCache {
  return new WebCache(cache as CacheLike, bound);
}

/** This host's Cache Storage; undefined where it has none, or refuses it as some private windows do. */
export async function openWebCache(): Promise<RangeCache | undefined> {
  const { caches } = globalThis as { caches?: { open(name: string): Promise<unknown> } };
  try {
    return caches && webCache(await caches.open("isopod-images"));
  } catch {
    return undefined;
  }
}

class WebCache implements RangeCache {
  readonly #cache: CacheLike;
  readonly #bound: number;
  /** Sizes by address, oldest first; undefined where the cache bounds itself. */
  #sizes: Promise<Map<string, number> | undefined> | undefined;

  constructor(cache: CacheLike, bound: number) {
    this.#cache = cache;
    this.#bound = bound;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const response = await this.#cache.match(ADDRESS + key);
    return response && new Uint8Array(await response.arrayBuffer());
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.#bound) return;
    const url = ADDRESS + key;
    const headers = { "cache-control": "public, max-age=31536000, immutable" };
    await this.#cache.put(url, new Response(bytes as Uint8Array<ArrayBuffer>, { headers }));
    this.#sizes ??= this.#measure();
    const sizes = await this.#sizes;
    if (!sizes) return;
    sizes.set(url, bytes.length);
    let total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const [old, size] of sizes) {
      if (total <= this.#bound) break;
      sizes.delete(old);
      total -= size;
      await this.#cache.delete(old);
    }
  }

  async delete(key: string): Promise<void> {
    await this.#cache.delete(ADDRESS + key);
    (await this.#sizes)?.delete(ADDRESS + key);
  }

  /** Addresses end with the size of what they name. */
  async #measure(): Promise<Map<string, number> | undefined> {
    const requests = await this.#cache.keys?.();
    return (
      requests && new Map(requests.map(({ url }) => [url, Number(/\d+$/.exec(url)?.[0] ?? 0)]))
    );
  }
}

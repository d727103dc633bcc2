import { expect, test } from "vitest";
import type { RangeCache } from "../../../../src/images/cached-blobs.ts";
import { impatient } from "../../../../src/platforms/browser/image-cache.ts";

function memoryCache(): RangeCache & { asked: number; hangs: boolean } {
  const kept = new Map<string, Uint8Array>();
  return {
    asked: 0,
    hangs: false,
    get(key) {
      this.asked++;
      return this.hangs ? new Promise(() => {}) : Promise.resolve(kept.get(key));
    },
    async put(key, bytes) {
      kept.set(key, bytes);
    },
    async delete(key) {
      kept.delete(key);
    },
  };
}

test("a cache that answers is used", async () => {
  const cache = impatient(memoryCache(), 1000);
  await cache.put("a", Uint8Array.of(1));
  expect(await cache.get("a")).toEqual(Uint8Array.of(1));
  expect(await cache.get("b")).toBeUndefined();
  await cache.delete("a");
  expect(await cache.get("a")).toBeUndefined();
});

test("one that hangs is waited for once", async () => {
  const slow = memoryCache();
  slow.hangs = true;
  const cache = impatient(slow, 10);
  expect(await cache.get("a")).toBeUndefined();
  expect(await cache.get("a")).toBeUndefined();
  await cache.put("a", Uint8Array.of(1));
  expect(slow.asked).toBe(1);
});

test("one that fails says so", async () => {
  const broken = memoryCache();
  broken.get = () => Promise.reject(new Error("no disk"));
  await expect(impatient(broken).get("a")).rejects.toThrow("no disk");
});

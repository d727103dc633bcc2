/** Cache Storage as a cache of ranges: bounded here where it does not bound itself. */
import { expect, test } from "vitest";
import { openWebCache, webCache } from "../../../src/images/web-cache.ts";

/** What the standard's Cache does, as far as it is used: insertion order, and answers that are read once. */
class MemoryCache {
  readonly entries = new Map<string, Response>();
  async match(url: string) {
    return this.entries.get(url)?.clone();
  }
  async put(url: string, response: Response) {
    this.entries.set(url, response);
  }
  async delete(url: string) {
    return this.entries.delete(url);
  }
  async keys() {
    return [...this.entries.keys()].map((url) => ({ url }));
  }
}

const KEY = (n: number, size: number) => `sha256-${"a".repeat(64)}-${n}-${size}`;

test("what was put comes back", async () => {
  const cache = webCache(new MemoryCache());
  expect(await cache.get(KEY(0, 3))).toBeUndefined();
  await cache.put(KEY(0, 3), new Uint8Array([1, 2, 3]));
  expect(await cache.get(KEY(0, 3))).toEqual(new Uint8Array([1, 2, 3]));
  await cache.delete(KEY(0, 3));
  expect(await cache.get(KEY(0, 3))).toBeUndefined();
});

test("the oldest go when the bound is reached, also those of an earlier visit", async () => {
  const memory = new MemoryCache();
  await webCache(memory, { bound: 250 }).put(KEY(0, 100), new Uint8Array(100));
  const cache = webCache(memory, { bound: 250 });
  await cache.put(KEY(1, 100), new Uint8Array(100));
  await cache.put(KEY(2, 100), new Uint8Array(100));
  expect(await cache.get(KEY(0, 100))).toBeUndefined();
  expect(await cache.get(KEY(1, 100))).toHaveLength(100);
  expect(await cache.get(KEY(2, 100))).toHaveLength(100);
  await cache.put(KEY(3, 300), new Uint8Array(300));
  expect(await cache.get(KEY(3, 300))).toBeUndefined();
  expect(memory.entries.size).toBe(2);
});

test("a cache without keys, as workerd's, bounds itself", async () => {
  const memory = new MemoryCache();
  const { entries } = memory;
  const cache = webCache({
    match: memory.match.bind(memory),
    put: memory.put.bind(memory),
    delete: memory.delete.bind(memory),
  });
  await cache.put(KEY(0, 3), new Uint8Array(3));
  expect(entries.size).toBe(1);
});

test("a host without Cache Storage has none", async () => {
  expect(await openWebCache()).toBeUndefined();
});

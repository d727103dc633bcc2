/** The suite of all stores, on those that run in Node. Tabs and workerd run it in tests/portability. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, onTestFinished, test } from "vitest";
import { openDirectoryStore } from "../../../src/stores/directory.ts";
import { MemoryStorage, MemoryStore } from "../../../src/stores/memory.ts";
import { runCase, STORE_CASES, type TestStorage } from "./conformance.ts";

const STORES: Record<string, () => Promise<TestStorage>> = {
  async memory() {
    const storage = new MemoryStorage();
    return { open: async () => new MemoryStore(storage) };
  },
  async directory() {
    const folder = await mkdtemp(join(tmpdir(), "isopod-store-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    return { open: () => openDirectoryStore(join(folder, "store")) };
  },
};

describe.each(Object.entries(STORES))("%s store", (_, makeStorage) => {
  test.each(STORE_CASES)("$name", async (storeCase) => {
    await runCase(storeCase, await makeStorage());
  });
});

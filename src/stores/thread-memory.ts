/** The memory stores of one thread by name: whoever opens the same name shares what is in it. */
import type { ChunkStore } from "../../kernel/state/chunk-store.ts";
import { MemoryStorage, MemoryStore } from "./memory.ts";

const storages = new Map<string, MemoryStorage>();

export function openMemoryStore(name: string): ChunkStore {
  let storage = storages.get(name);
  if (!storage) {
    storage = new MemoryStorage();
    storages.set(name, storage);
  }
  return new MemoryStore(storage);
}

/** What a page runs of the stores' tests, bundled: IndexedDB stores, the suite of all stores. */
import type { ChunkStore } from "../../../kernel/state/chunk-store.ts";
import { openIndexedDbStore } from "../../../src/stores/indexed-db.ts";
import { runCase, STORE_CASES } from "../../src/stores/conformance.ts";

/** Runs the case on a database of its own; gives what went wrong. */
export async function runStoreCase(name: string): Promise<string | undefined> {
  const storeCase = STORE_CASES.find((each) => each.name === name);
  if (!storeCase) return `there is no case ${name}`;
  const database = `case ${name}`;
  try {
    await runCase(storeCase, { open: () => openIndexedDbStore(database) });
    return undefined;
  } catch (error) {
    const { stack, message, code } = error as Error & { code?: string };
    return `${message ?? code}\n${stack}`;
  } finally {
    indexedDB.deleteDatabase(database);
  }
}

export function openStore(name: string): Promise<ChunkStore> {
  return openIndexedDbStore(name);
}

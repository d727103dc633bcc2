/** What a page runs of the stores' tests, bundled: IndexedDB stores, the suite of all stores. */
import type { ChunkStore, Hash } from "../../../kernel/state/chunk-store.ts";
import { openIndexedDbStore } from "../../../src/stores/indexed-db.ts";
import { chunk, hashOf } from "../../src/stores/chunks.ts";
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

const MAIN = "machines/main";

/** Points the ref at a new chunk. */
export async function commitOne(name: string, seed: number, size: number): Promise<Hash> {
  const store = await openIndexedDbStore(name);
  const one = await chunk(seed, size);
  await store.put([one]);
  await store.swapRef(MAIN, await store.readRef(MAIN), one.hash);
  await store.close();
  return one.hash;
}

export async function refOf(name: string): Promise<Hash | undefined> {
  return (await openIndexedDbStore(name)).readRef(MAIN);
}

export async function sizes(name: string): Promise<Record<Hash, number>> {
  const found: Record<Hash, number> = {};
  const store = await openIndexedDbStore(name);
  for await (const { hash, size } of store.list()) found[hash] = size;
  return found;
}

/** The ref, and the chunks whose bytes are not those of their hash; a ref without its chunk among them. */
export async function verify(name: string): Promise<{ ref: Hash | undefined; wrong: Hash[] }> {
  const store = await openIndexedDbStore(name);
  const ref = await store.readRef(MAIN);
  const wrong = ref === undefined ? [] : await store.missing([ref]);
  for await (const { hash } of store.list()) {
    if ((await hashOf((await store.get(hash)) as Uint8Array)) !== hash) wrong.push(hash);
  }
  return { ref, wrong };
}

/** What came of putting `count` chunks of `size` bytes and a ref to the last. */
export async function fill(name: string, count: number, size: number): Promise<unknown> {
  const store = await openIndexedDbStore(name);
  return outcome(async () => {
    for (let seed = 100; seed < 100 + count; seed++) {
      const one = await chunk(seed, size);
      await store.put([one]);
      await store.swapRef(MAIN, await store.readRef(MAIN), one.hash);
    }
    return "stored";
  });
}

/** What calls give while the browser opens no transaction. */
export async function whileFailing(name: string): Promise<Record<string, unknown>> {
  const store = await openIndexedDbStore(name);
  const one = await chunk(50);
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = () => {
    throw new DOMException("the disk is gone", "UnknownError");
  };
  try {
    return {
      put: await outcome(() => store.put([one])),
      get: await outcome(() => store.get(one.hash)),
      swapRef: await outcome(() => store.swapRef(MAIN, undefined, one.hash)),
      lock: await outcome(() => store.lock(MAIN).then(() => "locked")),
    };
  } finally {
    IDBDatabase.prototype.transaction = transaction;
  }
}

async function outcome(act: () => Promise<unknown>): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}

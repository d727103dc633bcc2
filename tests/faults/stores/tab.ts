/** What a page of the crash suite runs. */
import { openIndexedDbStore } from "../../../src/stores/indexed-db.ts";
import { type Found, find, writeForever } from "./workload.ts";

/** Says each commit on the console; the test reads it there. */
export async function write(seed: number): Promise<void> {
  try {
    const store = await openIndexedDbStore("crash");
    await writeForever(store, seed, (commit) => console.log(`commit ${commit}`));
  } catch (error) {
    const { code, stack } = error as Error & { code?: unknown };
    console.log(`failed: ${code} ${stack}`);
  }
}

export async function findStored(seed: number): Promise<Found> {
  const store = await openIndexedDbStore("crash");
  try {
    return await find(store, seed);
  } finally {
    await store.close();
  }
}

/** What the page of the stores' bench runs. */
import { openIndexedDbStore } from "../../../src/stores/indexed-db.ts";
import { type Step, StoreWork } from "./work.ts";

const work = openIndexedDbStore("bench").then((store) => new StoreWork(store));

/** Milliseconds. */
export async function runStep(step: Step, count: number, size: number): Promise<number> {
  const ready = await work;
  const started = performance.now();
  await ready[step](count, size);
  return performance.now() - started;
}

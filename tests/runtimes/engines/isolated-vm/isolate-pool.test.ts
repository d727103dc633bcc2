import ivm from "isolated-vm";
import { expect, onTestFinished, test } from "vitest";
import { IsolatePool } from "../../../../runtimes/engines/isolated-vm/isolate-pool.ts";

test("isolates that wait go when none are to wait any more", async () => {
  const made: ivm.Isolate[] = [];
  let wanted = 2;
  const pool = new IsolatePool({
    snapshot: () => ivm.Isolate.createSnapshot([{ code: "globalThis.start = () => {};" }]),
    heapMegabytes: 64,
    quietMilliseconds: 1,
    fresh: () => wanted,
    entry: "start",
    prepare: async ({ isolate }) => made.push(isolate),
  });
  onTestFinished(() => pool.dispose());
  const taken = pool.take({});
  await expect.poll(() => made.length).toBe(2);
  pool.trim();
  expect(made.map(({ isDisposed }) => isDisposed)).toEqual([false, false]);
  wanted = 0;
  pool.trim();
  await expect.poll(() => made.map(({ isDisposed }) => isDisposed)).toEqual([true, true]);
  expect(taken.isolate.isDisposed).toBe(false);
  taken.isolate.dispose();
});

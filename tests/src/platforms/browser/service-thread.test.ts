/** What waits for a service of a worker hears its answer, or its end. */
import { Worker as NodeWorker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ServiceThread } from "../../../../src/platforms/browser/service-thread.ts";

/** A worker as tabs have it, which never answers. */
class Silent extends NodeWorker {
  onerror: unknown;
  constructor() {
    super("setInterval(() => {}, 1e6)", { eval: true });
  }
  addEventListener() {}
}

beforeEach(() => void vi.stubGlobal("Worker", Silent));
afterEach(() => void vi.unstubAllGlobals());

test("its end is heard by whoever waits, and by whoever asks later", async () => {
  const thread = new ServiceThread<object>(new URL("file:///none"), "test");
  const asked = [0, 1].map(() => thread.ask(() => new Promise<void>(() => {})));
  const answered = await thread.ask(() => Promise.resolve(7));
  const refused = thread.ask(() => Promise.reject(new Error("no")));
  await expect(refused).rejects.toThrow("no");
  thread.end("it failed");
  expect(answered).toBe(7);
  for (const each of asked) await expect(each).rejects.toBe("it failed");
  await expect(thread.ask(() => Promise.resolve(7))).rejects.toBe("it failed");
  expect(thread.isDead).toBe(true);
});

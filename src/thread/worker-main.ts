/** What the kernel Worker does: serves the machines of this process. */
import { flushCompileCache } from "node:module";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { serveKernel } from "./serve-kernel.ts";
import type { WorkerData } from "./worker-thread.ts";

const { farewell } = workerData as WorkerData;

const service = serveKernel(parentPort as MessagePort, () => {
  void service.disposeAll().finally(() => {
    flushCompileCache();
    Atomics.store(farewell, 0, 1);
    Atomics.notify(farewell, 0);
  });
});

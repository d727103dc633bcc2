/** What the kernel Worker does: serves the machines of this process, reached by comlink. */

import { flushCompileCache } from "node:module";
import { inspect } from "node:util";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { expose } from "comlink";
import { MachineService } from "../machine/service.ts";
import { nodePlatform } from "../platforms/node/platform.ts";
import { type Answer, FarEmbedders } from "./embedder-calls.ts";
import { nodeEndpoint } from "./node-endpoint.ts";
import { withoutCopy } from "./without-copy.ts";
import type { Fault, WorkerService } from "./worker-messages.ts";
import type { Farewell, WorkerData } from "./worker-thread.ts";

const port = parentPort as MessagePort;
const { farewell } = workerData as WorkerData;
const service = new MachineService(nodePlatform);
const embedders = new FarEmbedders((message) => port.postMessage(message));

expose(
  {
    create: (...[options, embedder]: Parameters<WorkerService["create"]>) =>
      service.create(options, embedder === undefined ? embedder : embedders.at(embedder)),
    trace: (id: number, wanted: boolean) =>
      service.trace(id, wanted ? (lines) => port.postMessage({ trace: id, lines }) : undefined),
    dispose: service.dispose.bind(service),
    request: async (...args: Parameters<MachineService["request"]>) =>
      withoutCopy(await service.request(...args)),
  },
  nodeEndpoint(port),
);

port.on("message", (message: Partial<Farewell & Answer>) => {
  if (embedders.hear(message) || message.farewell !== true) return;
  void service.disposeAll().finally(() => {
    flushCompileCache();
    Atomics.store(farewell, 0, 1);
    Atomics.notify(farewell, 0);
  });
});

// A fault of ours. What threw in the middle of its work may have left anything behind, so it ends all
// machines, in order; a rejection that nobody awaited harmed nobody but its caller.
process.on("uncaughtException", (error) => {
  const message: Fault = { fault: error.stack ?? String(error) };
  port.postMessage(message);
  void service.disposeAll().finally(() => process.exit(1));
});
process.on("unhandledRejection", (reason) => {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : inspect(reason);
  process.stderr.write(`isopod: a rejection that nobody awaits: ${text}\n`);
});

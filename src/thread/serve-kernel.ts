/** The kernel's end of a port: serves machines to a FarThread, by comlink. */
import { inspect } from "node:util";
import { expose } from "comlink";
import { MachineService } from "../machine/service.ts";
import { nodePlatform } from "../platforms/node/platform.ts";
import { type Answer, FarEmbedders } from "./embedder-calls.ts";
import { type NodePort, nodeEndpoint } from "./node-endpoint.ts";
import { withoutCopy } from "./without-copy.ts";
import type { Farewell, Fault, WorkerService } from "./worker-messages.ts";

/** `onFarewell` is called when there is nobody left to serve. */
export function serveKernel(port: NodePort, onFarewell: () => void): MachineService {
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

  port.on("message", (message) => {
    if (embedders.hear(message as Partial<Answer>)) return;
    if ((message as Partial<Farewell>).farewell === true) onFarewell();
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
  return service;
}

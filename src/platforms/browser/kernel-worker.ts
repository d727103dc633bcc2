/** The kernel's worker of a tab: serves all machines of the page, reached by comlink. */
import { expose } from "comlink";
import { MachineService } from "../../machine/service.ts";
import { type Answer, FarEmbedders } from "../../thread/embedder-calls.ts";
import { withoutCopy } from "../../thread/without-copy.ts";
import type { Fault, Trace, WorkerService } from "../../thread/worker-messages.ts";
import type { Configure, Inline } from "./kernel-thread.ts";
import { browserPlatform } from "./platform.ts";

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = ({ data }: MessageEvent<Configure>) => {
  self.onmessage = null;
  const tell = (message: Fault | Trace | Inline) => self.postMessage(message);
  const onInline = () => tell({ inline: true });
  const service = new MachineService(browserPlatform({ ...data, onInline }));
  const embedders = new FarEmbedders((message) => self.postMessage(message));
  self.addEventListener("message", ({ data }: MessageEvent<Partial<Answer>>) => {
    embedders.hear(data);
  });
  expose({
    create: (...[options, embedder]: Parameters<WorkerService["create"]>) =>
      service.create(options, embedder === undefined ? embedder : embedders.at(embedder)),
    trace: (id: number, wanted: boolean) =>
      service.trace(id, wanted ? (lines) => tell({ trace: id, lines }) : undefined),
    dispose: service.dispose.bind(service),
    ping: () => {},
    request: async (...args: Parameters<MachineService["request"]>) =>
      withoutCopy(await service.request(...args)),
  });
  // A fault of ours. What threw in the middle of its work may have left anything behind, so it ends all
  // machines; a rejection that nobody awaited harmed nobody but its caller.
  self.addEventListener("error", ({ error }: ErrorEvent) => {
    tell({ fault: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    void service.disposeAll().finally(() => self.close());
  });
};

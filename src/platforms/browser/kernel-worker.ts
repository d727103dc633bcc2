/** The kernel's worker of a tab: serves all machines of the page, reached by comlink. */
import { expose } from "comlink";
import { MachineService } from "../../machine/service.ts";
import { type Answer, FarEmbedders } from "../../thread/embedder-calls.ts";
import { withoutCopy } from "../../thread/without-copy.ts";
import type { Fault, Trace, WorkerService } from "../../thread/worker-messages.ts";
import type { Configure, Inline } from "./kernel-thread.ts";
import { browserPlatform } from "./platform.ts";

declare const self: DedicatedWorkerGlobalScope;

/** Late enough to be in nobody's way until a machine that has booted shows its prompt. */
const WARM_AFTER_MS = 300;

self.onmessage = ({ data }: MessageEvent<Configure>) => {
  self.onmessage = null;
  const tell = (message: Fault | Trace | Inline) => self.postMessage(message);
  const onInline = () => tell({ inline: true });
  const platform = browserPlatform({ ...data, onInline });
  const service = new MachineService(platform);
  const embedders = new FarEmbedders((message) => self.postMessage(message));
  self.addEventListener("message", ({ data }: MessageEvent<Partial<Answer>>) => {
    embedders.hear(data);
  });
  expose({
    async create(...[options, embedder]: Parameters<WorkerService["create"]>) {
      const asked = embedder === undefined ? embedder : embedders.at(embedder);
      const id = await service.create(options, asked);
      // Most machines run a command soon; by then the engine is there.
      setTimeout(() => platform.warm(), WARM_AFTER_MS);
      return id;
    },
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

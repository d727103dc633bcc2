/**
 * What a guest's worker begins with: the client of the kernel and WASI (shared-memory/wasm-guest.ts),
 * started by messages on the port that the spawner hands over. It says first whether its policy is in
 * force, and gives up whatever of the worker's own surface a guest has no use for.
 */
import "../shared-memory/wasm-guest.ts";
import type { GuestJob, GuestOutcome } from "../shared-memory/wasm-guest.ts";
import { isConfined, shed } from "./confinement.ts";
import type { GuestReport, GuestRequest } from "./messages.ts";

declare const self: DedicatedWorkerGlobalScope & {
  startGuest(module: WebAssembly.Module, job: GuestJob): GuestOutcome;
};

const { startGuest } = self;
const confined = isConfined();

self.onmessage = async ({ data: port }: MessageEvent<MessagePort>) => {
  self.onmessage = null;
  port.onmessage = ({ data: { module, job } }: MessageEvent<GuestRequest>) => {
    let report: GuestReport;
    try {
      report = { type: "ended", outcome: startGuest(module, job) };
    } catch (reason) {
      const message = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
      report = { type: "fault", message };
    }
    port.postMessage(report);
  };
  const ready: GuestReport = { type: "ready", confined: await confined };
  shed(self);
  port.postMessage(ready);
};

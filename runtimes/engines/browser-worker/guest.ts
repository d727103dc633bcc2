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
let port: MessagePort | undefined;

self.onmessage = ({ data }: MessageEvent<MessagePort | GuestRequest>) => {
  if (data instanceof MessagePort) void begin(data);
  else if (port) port.postMessage(run(data));
  else void confined.then(() => self.onmessage?.({ data } as MessageEvent));
};

async function begin(given: MessagePort): Promise<void> {
  const isReady = await confined;
  const report: GuestReport = { type: "ready", confined: isReady };
  given.postMessage(report);
  if (!isReady) return self.close();
  shed(self);
  port = given;
}

function run({ module, job }: GuestRequest): GuestReport {
  try {
    return { type: "ended", outcome: startGuest(module, job) };
  } catch (reason) {
    const message = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    return { type: "fault", message };
  }
}

/**
 * The spawner: a worker of the page's own origin whose script is served with a policy that denies
 * everything (src/browser-files/headers.ts). Guests that it starts from `data:` have an origin of their own that nobody
 * shares, and inherit that policy, so that they reach neither the network, nor storage, nor the page.
 * It is a script without imports: its own policy would not let it load any.
 */
import type { SpawnerReport, SpawnerRequest } from "./messages.ts";

declare const self: DedicatedWorkerGlobalScope;

const guests = new Map<number, Worker>();
let script = "";

self.onmessage = ({ data }: MessageEvent<SpawnerRequest>) => {
  if (data.type === "script") script = addressOf(data.source);
  else if (data.type === "spawn") spawn(data.id, data.port, data.data);
  else if (data.type === "run") guests.get(data.id)?.postMessage(data.request);
  else {
    guests.get(data.id)?.terminate();
    guests.delete(data.id);
  }
};

/** The name keeps the whole address out of stacks. */
function addressOf(source: string): string {
  return `data:text/javascript,${encodeURIComponent(`${source}\n//# sourceURL=isopod-guest.js`)}`;
}

function spawn(id: number, port: MessagePort, data: unknown): void {
  const fail = (message: string) => {
    guests.get(id)?.terminate();
    guests.delete(id);
    const report: SpawnerReport = { failed: id, message };
    self.postMessage(report);
  };
  try {
    const guest = new Worker(script, { name: "isopod-guest" });
    guests.set(id, guest);
    guest.onerror = (event) => fail(event.message || "its script was not loaded");
    guest.postMessage(data === undefined ? port : { port, data }, [port]);
  } catch (reason) {
    fail(String(reason));
  }
}

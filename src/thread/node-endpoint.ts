/** A port or Worker of Node in the form that comlink speaks through. */

import type { MessagePort, Worker } from "node:worker_threads";
import type { Endpoint } from "comlink";

type Listener = (event: { data: unknown }) => void;

export function nodeEndpoint(port: MessagePort | Worker): Endpoint {
  const listeners = new Map<unknown, (data: unknown) => void>();
  return {
    postMessage: (message: unknown, transfer?: unknown[]) =>
      port.postMessage(message, transfer as never),
    addEventListener(_type: string, listener: unknown) {
      const onMessage = (data: unknown) => (listener as Listener)({ data });
      listeners.set(listener, onMessage);
      port.on("message", onMessage);
    },
    removeEventListener(_type: string, listener: unknown) {
      const onMessage = listeners.get(listener);
      if (onMessage) port.off("message", onMessage);
      listeners.delete(listener);
    },
  };
}

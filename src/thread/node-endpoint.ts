/** A port, Worker or channel of Node in the form that comlink speaks through. */
import type { Endpoint } from "comlink";

/** What MessagePorts and Workers have in common, and process-port.ts makes of a channel. */
export interface NodePort {
  postMessage(message: unknown, transfer?: never): void;
  on(event: "message", listener: (message: unknown) => void): unknown;
  off(event: "message", listener: (message: unknown) => void): unknown;
}

type Listener = (event: { data: unknown }) => void;

export function nodeEndpoint(port: NodePort): Endpoint {
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

/**
 * A server behind a MessagePort: the kernel's Worker of a tab, a frame, another thread. One port carries
 * requests and, as ports of their own, the channels that a WebSocket would be. `servePort` stands at the
 * server's end, PortTransport at the client's.
 */
import { IsopodError } from "../errors.ts";
import type { Channel, ChannelEvents, Transport } from "./client/transport.ts";
import { PORT_PROTOCOL_HEADER, SUBPROTOCOL } from "./protocol.ts";
import type { Connection } from "./server/host.ts";
import type { RemoteServer } from "./server/server.ts";

/** What MessagePorts, Workers and their like have in common. */
export interface Port {
  postMessage(message: unknown, transfer: never[]): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  removeEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  start?(): void;
}

/** A RemoteServer, or what has one when it is first asked. */
type Served = Pick<RemoteServer, "fetch">;

interface FetchMessage {
  readonly isopod: "fetch";
  readonly path: string;
  readonly method: string;
  readonly headers: [string, string][];
  readonly body: Uint8Array | undefined;
  /** The answer goes here. */
  readonly port: MessagePort;
}

interface OpenMessage {
  readonly isopod: "open";
  readonly path: string;
  readonly port: MessagePort;
}

interface Answer {
  readonly status: number;
  readonly headers: [string, string][];
  readonly body: ArrayBuffer;
}

/** Data, or the end of a channel. */
type ChannelMessage = string | Uint8Array | { readonly code: number; readonly reason: string };

const BASE = "http://port.invalid";

/** Serves whoever holds the other end. The result ends that; channels that are open go on. */
export function servePort(port: Port, server: Served): () => void {
  const listener = ({ data }: { data: unknown }) => {
    const message = data as Partial<FetchMessage | OpenMessage> | null;
    if (message?.isopod === "fetch") void answer(server, message as FetchMessage);
    else if (message?.isopod === "open") void open(server, message as OpenMessage);
  };
  port.addEventListener("message", listener);
  port.start?.();
  return () => port.removeEventListener("message", listener);
}

async function answer(server: Served, message: FetchMessage): Promise<void> {
  const { path, method, headers, body, port } = message;
  const init: RequestInit = { method, headers };
  if (body) init.body = body as Uint8Array<ArrayBuffer>;
  const response = await server.fetch(new Request(BASE + path, init), noUpgrade);
  const answer: Answer = {
    status: response.status,
    headers: [...response.headers],
    body: await response.arrayBuffer(),
  };
  port.postMessage(answer, [answer.body]);
  port.close();
}

async function open(server: Served, { path, port }: OpenMessage): Promise<void> {
  const headers = { [PORT_PROTOCOL_HEADER]: SUBPROTOCOL };
  let connection: Connection | undefined;
  const end = (code: number, reason: string) => {
    port.postMessage({ code, reason } satisfies ChannelMessage);
    port.close();
  };
  const response = await server.fetch(new Request(BASE + path, { headers }), (accept) => {
    connection = accept({
      send: (data) => port.postMessage(data satisfies ChannelMessage),
      close: end,
      bufferedAmount: undefined,
    });
    return new Response(null);
  });
  if (!connection) return end(1006, `refused with status ${response.status}`);
  const opened = connection;
  port.onmessage = ({ data }: { data: ChannelMessage }) => {
    if (typeof data === "string" || data instanceof Uint8Array) return opened.message(data);
    opened.closed(true);
    port.close();
  };
  // A page that is closed says nothing; where the host tells, it is as good as gone.
  port.addEventListener("close", () => opened.closed(true));
}

export class PortTransport implements Transport {
  readonly address = "the port";
  readonly #port: Port;

  constructor(port: Port) {
    this.#port = port;
    port.start?.();
  }

  withToken(): Transport {
    return this;
  }

  async fetch(path: string, init: RequestInit): Promise<Response> {
    const { port1, port2 } = new MessageChannel();
    const request = new Request(BASE + path, init);
    const sent = new Uint8Array(await request.arrayBuffer());
    const message: FetchMessage = {
      isopod: "fetch",
      path,
      method: request.method,
      headers: [...request.headers],
      body: sent.length > 0 ? sent : undefined,
      port: port2,
    };
    const answered = new Promise<Answer>((resolve) => {
      port1.onmessage = ({ data }) => resolve(data as Answer);
    });
    this.#port.postMessage(message, [port2 as never]);
    const { status, headers, body } = await answered;
    port1.close();
    return new Response(status === 204 ? null : body, { status, headers });
  }

  open(path: string, events: ChannelEvents): Channel {
    const { port1, port2 } = new MessageChannel();
    const message: OpenMessage = { isopod: "open", path, port: port2 as never };
    let closed = false;
    const end = (code: number, reason: string) => {
      if (closed) return;
      closed = true;
      port1.close();
      events.closed(code, reason);
    };
    port1.onmessage = ({ data }: { data: ChannelMessage }) => {
      if (typeof data === "string" || data instanceof Uint8Array) events.message(data);
      else end(data.code, data.reason);
    };
    this.#port.postMessage(message, [port2 as never]);
    return {
      send: (data) => {
        if (closed) throw new IsopodError("ERR_CONNECTION_LOST", "the port is closed");
        port1.postMessage(data);
      },
      close: (code, reason) => {
        if (!closed) port1.postMessage({ code, reason } satisfies ChannelMessage);
        queueMicrotask(() => end(code, reason));
      },
    };
  }
}

function noUpgrade(): never {
  throw new Error("this request is no upgrade");
}

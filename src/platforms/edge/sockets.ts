/**
 * The WebSockets of a Durable Object. It may forget everything while they stay open (hibernation): what
 * makes a connection again is attached to each, and when the next message comes a client of the protocol
 * goes on where it was, while a terminal, whose processes are gone, gets a new shell and is told so.
 */
import type { DurableObjectState, WebSocket } from "@cloudflare/workers-types";
import { PING, PONG } from "../../remote/protocol.ts";
import type {
  Connection,
  ConnectionAttachment,
  ServerSocket,
  Upgrade,
} from "../../remote/server/host.ts";
import type { RemoteServer } from "../../remote/server/server.ts";

type Attachment =
  | { readonly kind: "rpc"; readonly connection: ConnectionAttachment }
  | { readonly kind: "terminal"; readonly url: string };

const NOTICE =
  "\r\n\x1b[2m[isopod: the machine was asleep; its files are here, and this is a new shell]\x1b[0m\r\n";

const CLOSE_FAILED = 1011;

/** workerd's globals that make the two ends of a WebSocket, and an answer to pings without waking. */
interface Globals {
  readonly WebSocketPair: new () => { 0: WebSocket; 1: WebSocket };
  readonly WebSocketRequestResponsePair: new (request: string, response: string) => never;
}
const { WebSocketPair, WebSocketRequestResponsePair } = globalThis as unknown as Globals;

export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #server: RemoteServer;
  readonly #connections = new Map<WebSocket, Connection>();
  /** What came while a terminal was made again, in order. */
  readonly #restoring = new Map<WebSocket, Promise<Connection | undefined>>();

  constructor(ctx: DurableObjectState, server: RemoteServer) {
    this.#ctx = ctx;
    this.#server = server;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** For the request whose URL this is. */
  upgrade(url: string): Upgrade {
    return (open, protocol) => {
      const { 0: client, 1: socket } = new WebSocketPair();
      this.#ctx.acceptWebSocket(socket);
      this.#open(socket, url, open);
      const headers = new Headers(protocol ? { "sec-websocket-protocol": protocol } : {});
      return new Response(null, { status: 101, webSocket: client, headers } as ResponseInit);
    };
  }

  async message(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const connection = this.#connections.get(socket) ?? (await this.#restored(socket));
    if (!connection) return;
    this.#noteSize(socket, data);
    connection.message(data);
    this.#keep(socket);
  }

  /** True where it was the last of those that came before the machine slept. */
  closed(socket: WebSocket, clean: boolean): boolean {
    const connection = this.#connections.get(socket);
    connection?.closed(clean);
    this.#connections.delete(socket);
    return !connection && this.#ctx.getWebSockets().every((other) => other === socket);
  }

  #open(socket: WebSocket, url: string, open: (socket: ServerSocket) => Connection): Connection {
    const connection = open(this.#front(socket));
    this.#connections.set(socket, connection);
    if (isTerminal(url)) attach(socket, { kind: "terminal", url });
    else this.#keep(socket);
    return connection;
  }

  #front(socket: WebSocket): ServerSocket {
    return {
      send: (data) => {
        try {
          socket.send(data);
        } catch {
          // It is closed, and its close event is on the way.
          return;
        }
        this.#keep(socket);
      },
      close: (code, reason) => {
        try {
          socket.close(code, reason);
        } catch {
          // So it is already.
        }
      },
      bufferedAmount: undefined,
    };
  }

  /** Attaches what the protocol's client needs to go on. */
  #keep(socket: WebSocket): void {
    const connection = this.#connections.get(socket);
    if (!connection || attachmentOf(socket)?.kind === "terminal") return;
    attach(socket, { kind: "rpc", connection: connection.attachment() });
  }

  #restored(socket: WebSocket): Promise<Connection | undefined> {
    const known = this.#restoring.get(socket);
    if (known) return known;
    const restoring = this.#restore(socket).finally(() => this.#restoring.delete(socket));
    this.#restoring.set(socket, restoring);
    return restoring;
  }

  async #restore(socket: WebSocket): Promise<Connection | undefined> {
    const attachment = attachmentOf(socket);
    if (attachment?.kind === "rpc") {
      const connection = this.#server.restore(this.#front(socket), attachment.connection);
      this.#connections.set(socket, connection);
      return connection;
    }
    if (attachment?.kind === "terminal") return this.#reopen(socket, attachment.url);
    socket.close(CLOSE_FAILED, "the connection cannot be restored");
    return undefined;
  }

  /** Asks for a terminal as its client did, and gives it the socket that is there. */
  async #reopen(socket: WebSocket, url: string): Promise<Connection | undefined> {
    let connection: Connection | undefined;
    const request = new Request(url, { headers: { upgrade: "websocket" } });
    const response = await this.#server.fetch(request, (open) => {
      socket.send(NOTICE_BYTES);
      connection = this.#open(socket, url, open);
      return new Response(null);
    });
    if (!connection)
      socket.close(CLOSE_FAILED, `the terminal cannot be reopened: ${response.status}`);
    return connection;
  }

  /** A terminal that is made again has the size that it had. */
  #noteSize(socket: WebSocket, data: string | ArrayBuffer): void {
    if (typeof data !== "string" || data === PING) return;
    const attachment = attachmentOf(socket);
    if (attachment?.kind !== "terminal") return;
    try {
      const { type, cols, rows } = JSON.parse(data) as Record<string, unknown>;
      if (type !== "resize") return;
      const url = new URL(attachment.url);
      url.searchParams.set("cols", String(cols));
      url.searchParams.set("rows", String(rows));
      attach(socket, { kind: "terminal", url: url.href });
    } catch {
      // The connection says what is wrong with it.
    }
  }
}

const NOTICE_BYTES = new TextEncoder().encode(NOTICE);

function isTerminal(url: string): boolean {
  return new URL(url).pathname.endsWith("/terminal");
}

function attach(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment);
}

function attachmentOf(socket: WebSocket): Attachment | undefined {
  return (socket.deserializeAttachment() as Attachment | null) ?? undefined;
}

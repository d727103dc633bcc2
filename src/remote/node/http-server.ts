/** A remote server on Node: node:http for requests, ws for WebSockets, the same handler behind both. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createRequestListener } from "@remix-run/node-fetch-server";
import { type WebSocket, WebSocketServer } from "ws";
import { badRequest, toResponse } from "../errors.ts";
import { HEADER_BYTES } from "../frames.ts";
import { CLOSE_GOING_AWAY, CLOSE_NORMAL, FRAME_BYTES } from "../protocol.ts";
import type { Connection, ServerSocket } from "../server/host.ts";
import { mayAnswerPing } from "../server/pings.ts";
import type { Previews } from "../server/previews/previews.ts";
import type { RemoteServer } from "../server/server.ts";
import { upgradePreview } from "./preview-upgrade.ts";

/** A client that answers no ping within this time is gone. */
const PING_MS = 30_000;

export interface Listening {
  readonly url: string;
  /** Ends the sessions first, then the sockets. */
  close(): Promise<void>;
}

export async function listen(
  server: RemoteServer,
  address: { readonly hostname: string; readonly port: number },
  previews?: Previews,
): Promise<Listening> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES + HEADER_BYTES + 64,
    perMessageDeflate: false,
    // Also to those who take no answer; see mayAnswerPing.
    autoPong: false,
    handleProtocols: (_offered, request) => chosen.get(request) ?? false,
  });
  const listener = createRequestListener((request) =>
    previews?.matches(new URL(request.url))
      ? previews.fetch(request)
      : server.fetch(request, notHere),
  );
  const http = createServer(listener);
  // An upload may take as long as it takes.
  http.requestTimeout = 0;
  http.on("upgrade", (request, socket, head) => {
    upgrade(server, previews, sockets, request, socket, head).catch(() => socket.destroy());
  });
  const pinger = setInterval(() => pingAll(sockets), PING_MS);
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(address.port, address.hostname, () => {
      http.off("error", reject);
      resolve();
    });
  });
  const { port } = http.address() as AddressInfo;
  const shown = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname;
  return {
    url: `http://${shown}:${port}`,
    async close() {
      clearInterval(pinger);
      const closed = new Promise((resolve) => http.close(resolve));
      await server.close();
      for (const socket of sockets.clients) socket.terminate();
      http.closeAllConnections();
      await closed;
    },
  };
}

/** The subprotocol that a request is answered with. */
const chosen = new WeakMap<IncomingMessage, string>();
const alive = new WeakSet<WebSocket>();

async function upgrade(
  server: RemoteServer,
  previews: Previews | undefined,
  sockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // Who leaves while we look is nobody's error.
  socket.on("error", () => socket.destroy());
  const asked = toRequest(request);
  if (!asked) return refuse(socket, toResponse(badRequest("the address of the request is none")));
  if (previews?.matches(new URL(asked.url))) {
    const refusal = await upgradePreview(previews, asked, request, socket, head);
    return refusal && refuse(socket, refusal);
  }
  let upgraded = false;
  const response = await server.fetch(asked, (open, protocol) => {
    upgraded = true;
    if (protocol !== undefined) chosen.set(request, protocol);
    sockets.handleUpgrade(request, socket, head, (client) => serve(client, open));
    // Node's Response knows no 101; nobody reads this one.
    return new Response(null);
  });
  if (!upgraded) await refuse(socket, response);
}

function serve(client: WebSocket, open: (socket: ServerSocket) => Connection): void {
  const connection = open({
    send: (data) => client.send(data),
    close: (code, reason) => client.close(code, reason),
    get bufferedAmount() {
      return client.bufferedAmount;
    },
  });
  alive.add(client);
  client.on("pong", () => alive.add(client));
  client.on("ping", (data) => {
    if (mayAnswerPing(client)) client.pong(data);
  });
  client.on("message", (data: Buffer, binary) => {
    alive.add(client);
    connection.message(binary ? data : data.toString());
  });
  client.on("close", (code) => {
    connection.closed(code === CLOSE_NORMAL || code === CLOSE_GOING_AWAY);
  });
  // Its close follows.
  client.on("error", () => {});
}

function pingAll(sockets: WebSocketServer): void {
  for (const client of sockets.clients) {
    if (!alive.delete(client)) client.terminate();
    else client.ping();
  }
}

/** Undefined where it cannot be one. */
function toRequest(request: IncomingMessage): Request | undefined {
  // The API looks at the path alone, whatever name the client knows us by; previews are names.
  const host = request.headers.host ?? "server.invalid";
  const url = request.url?.startsWith("/") ? URL.parse(`http://${host}${request.url}`) : null;
  if (!url) return undefined;
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const item of [value ?? []].flat()) headers.append(name, item);
  }
  return new Request(url, { headers });
}

async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const lines = [`HTTP/1.1 ${response.status} Refused`, "connection: close"];
  response.headers.set("content-length", String(body.length));
  for (const [name, value] of response.headers) lines.push(`${name}: ${value}`);
  socket.end(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]));
}

function notHere(): never {
  throw new Error("this request is no upgrade");
}

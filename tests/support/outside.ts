/** What machines may reach in tests: servers of this process on 127.0.0.1, each of which says the same. */
import { createSocket } from "node:dgram";
import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTls, type SecureContext } from "node:tls";
import { WebSocketServer } from "ws";
import { Authority } from "../../src/platforms/node/inspect/authority.ts";

/** What every server answers. */
export const SAYS = "the outside says hello";

export interface Outside extends AsyncDisposable {
  /** The authority that signs its servers' certificates, as PEM. */
  readonly ca: string;
  /** Where each of its servers listens on 127.0.0.1. */
  readonly ports: Readonly<Record<"http" | "https" | "tcp" | "tls" | "udp", number>>;
  /** What was asked of any of them. */
  readonly heard: string[];
}

/** `answer` is asked about each HTTP request first, and says whether it has answered. */
export async function openOutside(
  answer: (...args: Parameters<RequestListener>) => boolean = () => false,
): Promise<Outside> {
  const authority = await Authority.make();
  const secure = {
    SNICallback: (name: string, done: (error: null, context: SecureContext) => void) =>
      done(null, authority.contextFor(name)),
  };
  const heard: string[] = [];
  const listener: RequestListener = (request, response) => {
    heard.push(`${request.method} ${request.url}`);
    if (!answer(request, response)) response.end(`${SAYS}\n`);
  };
  const stream = (socket: Duplex) => {
    heard.push("connection");
    socket.on("error", () => {});
    socket.end(`${SAYS}\n`);
  };
  const servers = {
    http: createHttp(listener),
    https: createHttps(secure, listener),
    tcp: createTcp(stream),
    tls: createTls(secure, stream),
  };
  for (const server of [servers.http, servers.https]) {
    const sockets = new WebSocketServer({ server: server as Server });
    sockets.on("connection", (socket) => {
      heard.push("WebSocket");
      socket.send(SAYS);
    });
  }
  const udp = createSocket("udp4");
  udp.on("message", (_bytes, { address, port }) => {
    heard.push("datagram");
    udp.send(SAYS, port, address);
  });
  await new Promise<void>((done) => udp.bind(0, "127.0.0.1", done));
  const ports: Record<string, number> = { udp: udp.address().port };
  for (const [name, server] of Object.entries(servers)) ports[name] = await listen(server);
  return {
    ca: authority.certificate,
    ports: ports as Outside["ports"],
    heard,
    async [Symbol.asyncDispose]() {
      udp.close();
      for (const server of Object.values(servers)) {
        (server as Partial<Server>).closeAllConnections?.();
        server.close();
      }
    },
  };
}

function listen(server: TcpServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

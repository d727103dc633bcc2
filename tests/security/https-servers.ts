/** Servers of HTTP and HTTPS on 127.0.0.1 that tell what they were asked, under an authority of the test's own. */
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { Authority } from "../../src/platforms/node/inspect/authority.ts";

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface OutsideServers extends AsyncDisposable {
  readonly ca: string;
  /** What reached either server. */
  readonly seen: Seen[];
  /** Of requests whose heads have come. */
  readonly begun: string[];
  readonly connected: number;
  readonly http: number;
  readonly https: number;
  /** `network.hosts` under which names lead here, at ports 80 and 443. */
  hosts(...names: string[]): Record<string, string>;
}

/** `answer`: in place of an answer that tells the request's own method and path. */
export async function outsideServers(answer?: RequestListener): Promise<OutsideServers> {
  const authority = await Authority.make();
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const begun: string[] = [];
  const listener: RequestListener = (request, response) => {
    begun.push(request.url ?? "");
    let body = "";
    request.on("data", (data) => {
      body += data;
    });
    request.on("end", () => {
      const { method = "", url = "", headers, rawHeaders } = request;
      seen.push({ method, url, headers, rawHeaders, body });
      if (answer) answer(request, response);
      else response.end(`${method} ${url} ${body}`);
    });
  };
  const http = createServer(listener);
  const https = createTlsServer(
    { SNICallback: (name, done) => done(null, authority.contextFor(name)) },
    listener,
  );
  const all = [http, https];
  for (const server of all) {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }
  const [plain, secure] = all.map((server) => (server.address() as AddressInfo).port) as [
    number,
    number,
  ];
  return {
    ca: authority.certificate,
    seen,
    begun,
    get connected() {
      return sockets.size;
    },
    http: plain,
    https: secure,
    hosts: (...names) =>
      Object.fromEntries(
        names.flatMap((name) => [
          [`${name}:80`, `127.0.0.1:${plain}`],
          [`${name}:443`, `127.0.0.1:${secure}`],
        ]),
      ),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(all.map((server) => new Promise((done) => server.close(done))));
    },
  };
}

/** A server of whatever bytes `serve` sends; what it was sent is in `received`. */
export async function rawServer(serve: (socket: Socket, received: () => string) => void) {
  const sockets = new Set<Socket>();
  let all = "";
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      all += data.toString("latin1");
    });
    serve(socket, () => all);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received: () => all,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A TCP proxy before a server, whose connections the tests cut. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** Connections so far. */
  readonly connections: number;
  /** Cuts every connection, without a word. */
  cut(): void;
  /** While false, nobody gets through. */
  open: boolean;
  /** Bytes after which the next connections are cut; undefined: never. */
  cutAfter: number | undefined;
}

export async function startProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const proxy = { open: true, connections: 0, cutAfter: undefined as number | undefined };
  const server = createServer((client) => {
    proxy.connections++;
    if (!proxy.open) return client.destroy();
    const upstream = connect(Number(port), hostname);
    let left = proxy.cutAfter ?? Number.POSITIVE_INFINITY;
    const cut = () => {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    };
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on("error", () => {});
      from.on("data", (chunk: Buffer) => {
        left -= chunk.length;
        if (left < 0) cut();
        else if (!to.write(chunk)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      });
    }
    return client;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

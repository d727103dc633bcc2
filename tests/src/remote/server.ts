/** A real server on a real socket, for the tests of the remote parts. */
import { baseImagePresent } from "../../../src/images/base-image-present.ts";
import { connect, type RemoteHost } from "../../../src/remote/client/connect.ts";
import { type Listening, listen } from "../../../src/remote/node/http-server.ts";
import { NodeMachines } from "../../../src/remote/node/machines.ts";
import { RemoteServer, type ServerOptions } from "../../../src/remote/server/server.ts";
import { workerThread } from "../../../src/thread/worker-thread.ts";

export const TOKEN = "correct-horse-battery-staple";

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly host: RemoteHost;
  readonly machines: NodeMachines;
  readonly server: RemoteServer;
  /** A request with the token. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export async function startServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  await baseImagePresent();
  const machines = new NodeMachines({ thread: workerThread });
  const server = new RemoteServer({ machines, token: TOKEN, origins: [], ...options });
  const listening: Listening = await listen(server, { hostname: "127.0.0.1", port: 0 });
  return {
    url: listening.url,
    host: connect(listening.url, { token: TOKEN }),
    machines,
    server,
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      headers.set("authorization", `Bearer ${TOKEN}`);
      return fetch(new URL(path, listening.url), { ...init, headers });
    },
    async [Symbol.asyncDispose]() {
      await listening.close();
      await machines.close();
    },
  };
}

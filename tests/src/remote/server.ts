/** A real server on a real socket, for the tests of the remote parts. */
import { baseImagePresent } from "../../../src/images/base-image-present.ts";
import { directoryStore } from "../../../src/options/directory-store.ts";
import { connect, type RemoteHost } from "../../../src/remote/client/connect.ts";
import { type Listening, listen } from "../../../src/remote/node/http-server.ts";
import { Previews } from "../../../src/remote/server/previews/previews.ts";
import { RemoteServer, type ServerOptions } from "../../../src/remote/server/server.ts";
import {
  ThreadMachines,
  type ThreadMachinesOptions,
} from "../../../src/remote/server/thread-machines.ts";
import { openDirectoryStore } from "../../../src/stores/directory.ts";
import { workerThread } from "../../../src/thread/worker-thread.ts";

export const TOKEN = "correct-horse-battery-staple";

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly host: RemoteHost;
  readonly machines: ThreadMachines;
  readonly server: RemoteServer;
  /** A request with the token. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** `folder`: a directory that it keeps its machines in. */
export async function startServer(
  options: Partial<ServerOptions> = {},
  folder?: string,
  previewBase?: URL,
  granted: Partial<ThreadMachinesOptions> = {},
): Promise<TestServer> {
  await baseImagePresent();
  const store =
    folder === undefined
      ? undefined
      : { source: directoryStore(folder), chunks: await openDirectoryStore(folder) };
  const machines = new ThreadMachines({ thread: workerThread, store, ...granted });
  const previews = new Previews({ machines, token: TOKEN, base: previewBase });
  const server = new RemoteServer({ machines, token: TOKEN, origins: [], previews, ...options });
  const address = { hostname: "127.0.0.1", port: 0 };
  const listening: Listening = await listen(server, address, previews);
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
      await store?.chunks.close();
    },
  };
}

/** `serveMachines(port)` in a tab: machines of the page's kernel for a frame, a worker, another tab. */
import { toResponse } from "../../remote/errors.ts";
import { type Port, servePort } from "../../remote/port.ts";
import type { RemoteServer } from "../../remote/server/server.ts";
import { latestThread } from "./create-vm.ts";

/** `connect(port)` at the other end makes machines here and uses them. The result ends the serving. */
export function serveMachines(port: Port): () => void {
  let loading: Promise<RemoteServer> | undefined;
  return servePort(port, {
    async fetch(...request) {
      let server: RemoteServer;
      try {
        loading ??= loadServer();
        server = await loading;
      } catch (reason) {
        // The next request tries again.
        loading = undefined;
        return toResponse(reason);
      }
      return server.fetch(...request);
    },
  });
}

/** A page that serves nobody loads nothing of it. */
async function loadServer(): Promise<RemoteServer> {
  const [{ RemoteServer }, { ThreadMachines }] = await Promise.all([
    import("../../remote/server/server.ts"),
    import("../../remote/server/thread-machines.ts"),
  ]);
  const machines = new ThreadMachines({ thread: latestThread });
  return new RemoteServer({ machines, token: undefined, origins: [] });
}

/** `serveMachines(port)` in a tab: machines of the page's kernel for a frame, a worker, another tab. */
import { type Port, servePort } from "../../remote/port.ts";
import { RemoteServer } from "../../remote/server/server.ts";
import { ThreadMachines } from "../../remote/server/thread-machines.ts";
import { latestThread } from "./create-vm.ts";

/** `connect(port)` at the other end makes machines here and uses them. The result ends the serving. */
export function serveMachines(port: Port): () => void {
  const machines = new ThreadMachines({ thread: latestThread });
  return servePort(port, new RemoteServer({ machines, token: undefined, origins: [] }));
}

/** `serveMachines(port)`: machines of this process's kernel Worker for who holds the other end of a port. */
import { type Port, servePort } from "./remote/port.ts";
import { RemoteServer } from "./remote/server/server.ts";
import { ThreadMachines } from "./remote/server/thread-machines.ts";
import { workerThread } from "./thread/worker-thread.ts";

/** `connect(port)` at the other end makes machines here and uses them. The result ends the serving. */
export function serveMachines(port: Port): () => void {
  const machines = new ThreadMachines({ thread: workerThread });
  return servePort(port, new RemoteServer({ machines, token: undefined, origins: [] }));
}

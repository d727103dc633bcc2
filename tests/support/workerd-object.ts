/** workerd with one Durable Object class with SQLite, its storage on disk; the script is its Worker too. */
import { WorkerdServer } from "./workerd-server.ts";

/** `script` exports the class `className` and a Worker that finds it as OBJECTS. */
export function startObject(script: string, className: string): Promise<WorkerdServer> {
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "storage", disk = (path = ".", writable = true))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "object.js", esModule = embed "object.js")],
  compatibilityDate = "2026-06-01",
  durableObjectNamespaces = [(className = "${className}", uniqueKey = "objects", enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [(name = "OBJECTS", durableObjectNamespace = "${className}")]
);`;
  return WorkerdServer.start({ "config.capnp": config, "object.js": script });
}

/**
 * A server of machines over HTTP and WebSockets, on any host that has Request and Response: `isopod
 * serve`, the Durable Object. It finds the route, checks who asks, and turns what is thrown into an
 * answer. The routes themselves are in routes/.
 */
import { badRequest, RemoteError, toResponse } from "../errors.ts";
import { isMachineName } from "../protocol.ts";
import { type AccessRules, checkAccess, preflight, withAccessHeaders } from "./access.ts";
import type {
  Connection,
  ConnectionAttachment,
  MachineHost,
  ServerSocket,
  Upgrade,
} from "./host.ts";
import type { Previews } from "./previews/previews.ts";
import { exec } from "./routes/exec.ts";
import { files } from "./routes/files.ts";
import { machine, machines } from "./routes/machines.ts";
import { previews } from "./routes/previews.ts";
import { diff, fork, snapshots } from "./routes/state.ts";
import { terminal } from "./routes/terminal.ts";
import { travel } from "./routes/travel.ts";
import { Sessions } from "./sessions.ts";

export interface ServerOptions extends AccessRules {
  readonly machines: MachineHost;
  /** Most bytes of one answer that the server gathers in its memory. Default: 256 MiB. */
  readonly replyBytes?: number;
  /** What its machines serve, for browsers; undefined where the host has no such addresses. */
  readonly previews?: Previews | undefined;
}

/** What a route gets to see. */
export interface Route {
  readonly request: Request;
  readonly url: URL;
  readonly host: MachineHost;
  /** Of the machine; "" where the route has none. */
  readonly name: string;
  /** What follows the route's own words in the path, percent-encoded. */
  readonly rest: string;
  readonly upgrade: Upgrade;
  readonly sessions: Sessions;
  readonly previews: Previews | undefined;
}

type Handler = (route: Route) => Promise<Response>;

const ROUTES: Readonly<Record<string, Handler>> = {
  exec,
  files,
  terminal,
  travel,
  snapshots,
  previews,
  fork,
  diff,
  rpc: (route) => route.sessions.open(route),
};

export class RemoteServer {
  readonly #options: ServerOptions;
  readonly #sessions: Sessions;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.machines, options.replyBytes);
  }

  /** Answers any request; never rejects. `upgrade` is called for those that become a WebSocket. */
  async fetch(request: Request, upgrade: Upgrade): Promise<Response> {
    let response: Response;
    try {
      const early = preflight(request, this.#options);
      if (!early) await checkAccess(request, this.#options);
      response = early ?? (await this.#route(request, upgrade));
    } catch (reason) {
      response = toResponse(reason);
    }
    // The headers of a WebSocket's answer are the host's.
    if (response.status !== 101) withAccessHeaders(request, response, this.#options);
    return response;
  }

  /** A connection over the protocol whose host forgot everything but its attachment. */
  restore(socket: ServerSocket, attachment: ConnectionAttachment): Connection {
    return this.#sessions.restore(socket, attachment);
  }

  /** Ends every session; their processes end as when a terminal is closed. */
  async close(): Promise<void> {
    await this.#sessions.close();
  }

  async #route(request: Request, upgrade: Upgrade): Promise<Response> {
    const url = new URL(request.url);
    const [, vms, name, route, rest = ""] =
      /^\/([^/]*)(?:\/([^/]*)(?:\/([^/]*)(\/.*)?)?)?$/.exec(url.pathname) ?? [];
    const common = { request, url, host: this.#options.machines, rest, upgrade };
    const { previews } = this.#options;
    const context = { ...common, sessions: this.#sessions, previews };
    if (vms !== "vms") throw noSuchRoute(url.pathname);
    if (name === undefined || name === "") return machines({ ...context, name: "" });
    if (!isMachineName(name)) throw badName(name);
    if (route === undefined || route === "") return machine({ ...context, name });
    const handler = Object.hasOwn(ROUTES, route) ? ROUTES[route] : undefined;
    if (!handler) throw noSuchRoute(url.pathname);
    return handler({ ...context, name });
  }
}

function badName(name: string): RemoteError {
  const rule = 'letters, digits, ".", "_" and "-", 128 at most, a letter or digit first';
  return badRequest(`${JSON.stringify(name.slice(0, 140))} is no machine's name: ${rule}`);
}

function noSuchRoute(path: string): RemoteError {
  const message = `there is nothing at ${path.slice(0, 200)}; docs/remote.md lists what there is`;
  return new RemoteError(404, "ERR_NO_SUCH_ROUTE", message);
}

/** `connect(url)`: machines of a server, each the same `Vm` as one of this process. */

import { IsopodError } from "../../errors.ts";
import { normalizeVmOptions, type VmOptions } from "../../options/vm-options.ts";
import { RemoteMachine } from "../../remote-machine.ts";
import { Vm } from "../../vm.ts";
import { type Port, PortTransport } from "../port.ts";
import { isMachineName } from "../protocol.ts";
import type { MachineSummary } from "../server/host.ts";
import type { Place } from "../travel/travel.ts";
import { refuseOptionsOfTheServer } from "./options.ts";
import { answerOf, HttpTransport, type Transport } from "./transport.ts";

export interface ConnectOptions {
  /** What the server asks for; `isopod serve` prints it. */
  token?: string;
}

/** createVm's options, without what only the own process has. */
export interface RemoteVmOptions
  extends Omit<
    VmOptions,
    "mounts" | "store" | "commit" | "kernel" | "tools" | "permissions" | "network"
  > {
  /** Under which it can be found again. Without one it goes away with its last user. */
  name?: string;
}

/**
 * A server: the URL of one (http, https, ws or wss), or a port behind which servePort() serves, such as
 * that of a tab's Worker. Nothing is sent before the first call.
 */
export function connect(server: string | URL | Port, options: ConnectOptions = {}): RemoteHost {
  const transport =
    typeof server === "object" && "postMessage" in server
      ? new PortTransport(server)
      : new HttpTransport(server, options.token);
  return new RemoteHost(transport);
}

export class RemoteHost {
  readonly #transport: Transport;

  /** To be made by connect(). */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Makes a machine there. Disposing of it leaves it on the server, where it has a name. */
  async createVm(options: RemoteVmOptions = {}): Promise<Vm> {
    const { name: wanted, from, ...rest } = options;
    refuseOptionsOfTheServer(rest);
    const { image, hostname, user, env, cwd, limits } = (await normalizeVmOptions(rest)).machine;
    const temporary = wanted === undefined;
    // What is undefined stays away from JSON.
    const common = { name: wanted, image, hostname, user, env, cwd, limits, temporary };
    const request = { ...common, from: typeof from === "object" ? from.id : from };
    const made = (await this.#ask("POST", "/vms", request)) as { name: string; token?: string };
    // A server may give each machine a token of its own.
    const transport = made.token ? this.#transport.withToken(made.token) : this.#transport;
    return attach(transport, made.name);
  }

  /** A machine that is there, switched on where it was off. */
  async vm(name: string): Promise<Vm> {
    if (!isMachineName(name)) {
      const message = `${JSON.stringify(name)} is no machine's name`;
      throw new IsopodError("ERR_INVALID_OPTION", message);
    }
    return attach(this.#transport, name);
  }

  async list(): Promise<MachineSummary[]> {
    const { machines } = (await this.#ask("GET", "/vms")) as { machines: MachineSummary[] };
    return machines;
  }

  /** Ends a machine and forgets everything that it held. */
  async remove(name: string): Promise<void> {
    await this.#ask("DELETE", `/vms/${encodeURIComponent(name)}`);
  }

  /** Where a machine comes from or goes to; for moveMachine and copyMachine. */
  async place(name: string): Promise<Place> {
    const { atServer } = await import("../travel/at-server.ts");
    return atServer(this.#transport, name);
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const init: RequestInit = { method };
    if (body) {
      init.body = JSON.stringify(body);
      init.headers = { "content-type": "application/json" };
    }
    return answerOf(await this.#transport.fetch(path, init));
  }
}

async function attach(transport: Transport, name: string): Promise<Vm> {
  const { MACHINE_ID, RemoteThread } = await import("./remote-thread.ts");
  const thread = await RemoteThread.connect(transport, name);
  return new Vm(RemoteMachine.attach(thread, MACHINE_ID));
}

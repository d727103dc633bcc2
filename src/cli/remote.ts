/** `--host URL` and ISOPOD_HOST: machines of a server instead of one in this process. */
import { connect, type RemoteHost } from "../remote/client/connect.ts";
import { RemoteError } from "../remote/errors.ts";
import { isMachineName } from "../remote/protocol.ts";
import type { Vm } from "../vm.ts";
import type { MachineArguments } from "./arguments.ts";
import { paintFor } from "./style.ts";
import { UsageError } from "./usage-error.ts";

export interface Address {
  /** The server alone. */
  readonly server: URL;
  /** The machine, where the URL names one: `http://host:7400/vms/NAME`. */
  readonly machine: string | undefined;
  /** Of `http://TOKEN@host`; undefined: ISOPOD_TOKEN. */
  readonly token: string | undefined;
}

/** Where `--host` or the environment points; undefined: this process. */
export function addressOf(host: string | undefined): Address | undefined {
  const given = host ?? process.env["ISOPOD_HOST"];
  return given === undefined || given === "" ? undefined : parseAddress(given);
}

export function parseAddress(text: string): Address {
  const server = URL.canParse(text) ? new URL(text) : undefined;
  if (!server || !/^(https?|wss?):$/.test(server.protocol)) {
    throw new UsageError(`${text} is no server: expected http://HOST:PORT[/vms/NAME]`);
  }
  const [, before = "", name] = /^(.*?)(?:\/vms\/([^/]+))?\/*$/.exec(server.pathname) ?? [];
  if (name !== undefined && !isMachineName(name)) {
    throw new UsageError(`${text}: ${name} is no machine's name`);
  }
  const token = decodeURIComponent(server.password || server.username) || undefined;
  server.pathname = before;
  server.username = "";
  server.password = "";
  return { server, machine: name, token };
}

export function hostAt({ server, token = process.env["ISOPOD_TOKEN"] }: Address): RemoteHost {
  return connect(server, token === undefined || token === "" ? {} : { token });
}

/** The machine that the address names, made where it is missing; else one that goes when we leave. */
export async function remoteMachine(address: Address, command: MachineArguments): Promise<Vm> {
  if (Object.keys(command.mounts).length > 0) {
    const remedy = "copy the files there, or run without --host";
    throw new UsageError(`-v: a remote machine cannot see directories of this host; ${remedy}`);
  }
  const host = hostAt(address);
  if (address.machine === undefined) return host.createVm();
  try {
    return await host.vm(address.machine);
  } catch (error) {
    if (!(error instanceof RemoteError) || error.code !== "ERR_NO_SUCH_MACHINE") throw error;
    return host.createVm({ name: address.machine });
  }
}

/** `isopod vms`: the machines of a server, or with `remove` some of them less. */
export async function vms(host: string | undefined, remove: readonly string[]): Promise<number> {
  const server = hostAt(needed(host));
  for (const name of remove) await server.remove(name);
  if (remove.length > 0) return 0;
  const paint = paintFor(process.stdout);
  for (const { name, state, temporary } of await server.list()) {
    const note = temporary ? "  temporary" : "";
    process.stdout.write(`${name}  ${paint(state === "on" ? "green" : "dim", state)}${note}\n`);
  }
  return 0;
}

function needed(host: string | undefined): Address {
  const address = addressOf(host);
  if (address) return address;
  throw new UsageError("which server? give --host URL, or set ISOPOD_HOST");
}

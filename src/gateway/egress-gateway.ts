/**
 * The one way out of a machine: every name, connection and datagram that leaves is asked of the policy
 * here, and goes to an address that was checked, by what the host can do of networking (its dialer).
 */
import {
  type Asker,
  type DatagramSender,
  Errno,
  type Gateway,
  KernelError,
  type Outside,
  type Policy,
  ProcessGone,
  type Sys,
  type TlsOptions,
  type TlsSession,
  type Way,
} from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";
import { HttpError } from "../http/message.ts";
import { normalizeHost } from "../permissions/hosts.ts";
import { type Connection, carry, requireServer } from "./carry.ts";
import { Datagrams } from "./datagrams.ts";
import type { Dialer, OutsideStream } from "./dialer.ts";
import { EgressMeter } from "./egress-meter.ts";
import { type Connect, permitted, require } from "./grants.ts";
import { NameServer } from "./name-server.ts";
import { isVirtual, NAME_SERVER, VirtualNames } from "./names.ts";
import { OutsideEnd } from "./outside-end.ts";
import type { Inspector } from "./route.ts";
import { OutsideWay, type Registry, ServiceWay } from "./ways.ts";

export interface EgressOptions {
  readonly policy: Policy;
  readonly dialer: Dialer;
  /**
   * Where names, or names and ports, lead instead of where the host's resolver says: an address, or an
   * address and a port. Whoever grants the name grants the address.
   */
  readonly hosts?: Readonly<Record<string, string>> | undefined;
  readonly inspector?: Inspector | undefined;
  /** The machine's own name, which leads to itself. */
  readonly hostname?: (() => string) | undefined;
  /** Whether an address of the host's loopback is granted: as Gateway.lends. */
  readonly lends?: ((to: Outside) => boolean) | undefined;
}

const DNS_PORT = 53;
/** Names that one machine has looked up at once. */
const LOOKUPS_MAX = 64;

export class EgressGateway implements Gateway {
  readonly meter = new EgressMeter();
  readonly #init: Sys;
  readonly #options: EgressOptions;
  readonly #hosts: ReadonlyMap<string, string>;
  readonly #names = new VirtualNames();
  readonly #nameServer: NameServer;
  readonly #datagrams: Datagrams | undefined;
  /** What is to be ended with the machine. */
  readonly #open = new Set<Parameters<Registry["enter"]>[0]>();
  readonly #registry: Registry = {
    enter: (open) => void this.#open.add(open),
    leave: (open) => void this.#open.delete(open),
  };
  #isClosed = false;
  #lookingUp = 0;

  constructor(init: Sys, options: EgressOptions) {
    this.#init = init;
    this.#options = options;
    this.#hosts = new Map(
      Object.entries(options.hosts ?? {}).map(([name, to]) => [name.toLowerCase(), to]),
    );
    const { openDatagrams, queryNames } = options.dialer;
    this.#nameServer = new NameServer(
      {
        resolve: (name, family, asker) => this.resolve(name, family, asker),
        mayAsk: async (host, asker) => {
          const { allowed, quietly } = await options.policy.decide(
            { kind: "resolve", host },
            asker,
          );
          return allowed && !quietly;
        },
      },
      queryNames,
    );
    this.#datagrams =
      openDatagrams &&
      new Datagrams(openDatagrams, (to, asker) => this.#peer(to, asker), this.meter);
  }

  resolve(
    name: string,
    family: 0 | 4 | 6,
    asker: Asker,
  ): readonly string[] | Promise<readonly string[]> {
    const host = normalizeHost(name);
    if (!host) return [];
    if (host.address) {
      const isWanted = family === 0 || host.address.length === (family === 4 ? 4 : 16);
      return isWanted ? [host.text] : [];
    }
    if (this.#isMachine(host.text)) return [family === 6 ? "::1" : "127.0.0.1"];
    const own = () => [this.#names.addressOf(host.text, family === 6 ? 6 : 4)];
    const asked = require(this.#options.policy, { kind: "resolve", host: host.text }, asker);
    if (!(asked instanceof Promise) && asked.quietly) return own();
    if (!this.#options.dialer.lookUp || this.#isMapped(host.text))
      return asked instanceof Promise ? asked.then(own) : own();
    const found = async () => ((await this.#lookUp(host.text)).length > 0 ? own() : []);
    return asked instanceof Promise
      ? asked.then((verdict) => (verdict.quietly ? own() : found()))
      : found();
  }

  connect(to: Outside, asker: Asker): Way | Promise<Way> {
    this.#requireOpen();
    if (to.address === NAME_SERVER && to.port === DNS_PORT) {
      const serve = (guest: ByteStream) => this.#nameServer.serve(guest, asker).catch(forgive);
      return new ServiceWay(this.#init, serve, this.#registry);
    }
    const { policy, inspector } = this.#options;
    const crossing = { ...this.#crossing(to, "tcp"), ...(inspector && { inspected: true }) };
    const asked = require(policy, crossing, asker);
    const dial = () => this.#dial(crossing, asker);
    return asked instanceof Promise ? asked.then(dial) : dial();
  }

  send(to: Outside, bytes: Uint8Array, from: DatagramSender, asker: Asker): void | Promise<void> {
    this.#requireOpen();
    if (to.address === NAME_SERVER && to.port === DNS_PORT) {
      void this.#nameServer.answer(bytes, asker).then((answer) => {
        if (answer) from.reply(to, answer);
      });
      return undefined;
    }
    if (!this.#datagrams) throw new KernelError(Errno.ENETUNREACH);
    return this.#datagrams.send(to, bytes, from, asker);
  }

  lends(to: Outside): boolean {
    return this.#options.lends?.(to) === true;
  }

  forget(from: DatagramSender): void {
    this.#datagrams?.forget(from);
  }

  /** The machine is switched off. */
  close(): void {
    this.#isClosed = true;
    this.#datagrams?.close();
    for (const open of [...this.#open]) open.abort();
  }

  async #dial(crossing: Connect, asker: Asker): Promise<Way> {
    const { host } = crossing;
    const { addresses, port } = await this.#addresses(crossing, asker);
    const stream = await this.#options.dialer.connect({
      host,
      port,
      asked: crossing.port,
      addresses,
    });
    return this.#way(stream, crossing, asker);
  }

  #way(stream: OutsideStream, { host, port }: Connect, asker: Asker): Way {
    try {
      this.#requireOpen();
      this.meter.connection();
    } catch (reason) {
      stream.abort();
      throw reason;
    }
    const { policy, inspector } = this.#options;
    const outside = new OutsideEnd(stream, this.meter);
    const connection = { policy, inspector, host, port, asker, outside };
    return new OutsideWay(
      this.#init,
      outside,
      (guest, tls) => carry(connection, guest, tls).catch(forgive),
      (options) => secure(connection, options),
      this.#registry,
    );
  }

  /** UDP is sent to the first of a name's addresses. */
  #peer(to: Outside, asker: Asker): string | Promise<string> {
    const crossing = this.#crossing(to, "udp");
    const asked = require(this.#options.policy, crossing, asker);
    const find = async () => (await this.#addresses(crossing, asker)).addresses[0] as string;
    const isAddress = normalizeHost(crossing.host)?.address !== undefined;
    if (!(asked instanceof Promise)) return isAddress ? crossing.host : find();
    return asked.then(find);
  }

  #crossing({ address, port }: Outside, protocol: "tcp" | "udp"): Connect {
    const name = this.#names.nameOf(address);
    // Nobody has that address: a name that was forgotten, or a guess.
    if (name === undefined && isVirtual(address)) throw new KernelError(Errno.EHOSTUNREACH);
    return { kind: "connect", protocol, host: name ?? address, port };
  }

  async #addresses(
    crossing: Connect,
    asker: Asker,
  ): Promise<{ addresses: readonly string[]; port: number }> {
    const { host, port } = crossing;
    // The policy has seen the very address.
    if (normalizeHost(host)?.address) return { addresses: [host], port };
    const mapped = this.#hosts.get(`${host}:${port}`) ?? this.#hosts.get(host);
    if (mapped !== undefined) return mappedAddress(mapped, port);
    const { policy, dialer } = this.#options;
    if (!dialer.lookUp) return { addresses: [], port };
    const found = await this.#lookUp(host);
    if (found.length === 0) throw new KernelError(Errno.EHOSTUNREACH);
    return { addresses: await permitted(policy, crossing, found, asker), port };
  }

  #isMachine(host: string): boolean {
    if (host === "localhost" || host.endsWith(".localhost")) return true;
    return host === this.#options.hostname?.().toLowerCase();
  }

  /** The host's resolver serves others as well. */
  async #lookUp(host: string): Promise<readonly string[]> {
    if (this.#lookingUp >= LOOKUPS_MAX) throw new KernelError(Errno.EAGAIN);
    this.#lookingUp++;
    try {
      return (await this.#options.dialer.lookUp?.(host)) ?? [];
    } finally {
      this.#lookingUp--;
    }
  }

  #isMapped(host: string): boolean {
    if (this.#hosts.has(host)) return true;
    return [...this.#hosts.keys()].some((key) => key.startsWith(`${host}:`));
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new KernelError(Errno.ENETDOWN);
  }
}

/** The guest's handshake, made by the host. */
async function secure(connection: Connection, options: TlsOptions): Promise<TlsSession> {
  const { host, outside, inspector } = connection;
  const isName = !normalizeHost(host)?.address;
  const servername = options.servername === "" && isName ? host : options.servername;
  const serverName = normalizeHost(servername)?.text;
  // The server would hear what no rule can read, or another name up to its first NUL.
  if (servername !== "" && serverName === undefined) throw new KernelError(Errno.EACCES);
  await requireServer(connection, { serverName });
  // Who looks into HTTP reads its first version alone.
  const offered = options.alpnProtocols.filter((protocol) => !inspector || protocol !== "h2");
  const alpnProtocols = offered.length > 0 ? offered : options.alpnProtocols;
  return outside.startTls({ ...options, servername, alpnProtocols });
}

function mappedAddress(text: string, port: number): { addresses: string[]; port: number } {
  const [, bracketed, address = bracketed ?? text, own] =
    /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  return { addresses: [address], port: own === undefined ? port : Number(own) };
}

/** A connection that broke, or a machine that is gone, is nobody's fault. */
function forgive(reason: unknown): void {
  const isExpected =
    reason instanceof KernelError || reason instanceof ProcessGone || reason instanceof HttpError;
  if (!isExpected) throw reason;
}

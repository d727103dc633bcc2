/**
 * The network of one machine: which sockets have which names, and the gateway to all that lies beyond
 * the machine; what its sockets may hold is bounded by the budget.
 */
import { MemoryBudget } from "../fd/memory-budget.ts";
import type { Gauge } from "../gauges.ts";
import type { Host } from "../host.ts";
import { TLS_MEMORY } from "../limits.ts";
import { WaitQueue } from "../wait/wait-queue.ts";
import type { Endpoint } from "./address.ts";
import type { Gateway, Outside } from "./gateway.ts";
import { PortTable, sharesPort } from "./ports.ts";
import { SocketBudget } from "./socket-budget.ts";
import type { TcpSocket } from "./tcp-socket.ts";
import type { UdpSocket } from "./udp-socket.ts";
import { UnixNames } from "./unix-names.ts";

export class Network {
  readonly budget: SocketBudget;
  readonly tls = new MemoryBudget(TLS_MEMORY);
  readonly unixNames = new UnixNames();
  /** Wakes when a socket begins to listen. */
  readonly listening = new WaitQueue();
  /** The way out; undefined: there is none. */
  gateway: Gateway | undefined;
  readonly tcp: PortTable<TcpSocket>;
  readonly udp: PortTable<UdpSocket>;
  /** Takes turns among sockets that share a port (SO_REUSEPORT). */
  #turn = 0;

  constructor(host: Host, sockets: Gauge) {
    this.budget = new SocketBudget(sockets);
    const random = new Uint32Array(2);
    host.random(new Uint8Array(random.buffer));
    this.tcp = new PortTable(false, random[0] as number);
    this.udp = new PortTable(true, random[1] as number);
  }

  listenerAt(to: Endpoint): TcpSocket | undefined {
    return this.#choose(this.tcp.hearers(to).filter(({ isListening }) => isListening));
  }

  /** The gateway, where an address of the loopback that nobody here has is the host's. */
  lender(to: Outside): Gateway | undefined {
    return this.gateway?.lends(to) ? this.gateway : undefined;
  }

  /** Who hears a datagram: a socket that is connected to its sender before one that is not. */
  udpReceiver(to: Endpoint, from: Endpoint): UdpSocket | undefined {
    const hearers = this.udp.hearers(to).filter((socket) => socket.hears(from));
    const connected = hearers.find(({ remote }) => remote !== undefined);
    return connected ?? this.#choose(hearers);
  }

  #choose<S extends TcpSocket | UdpSocket>(candidates: readonly S[]): S | undefined {
    const [first] = candidates;
    if (!first) return undefined;
    const equals = candidates.filter(({ local }) => local.host === first.local.host);
    if (!sharesPort(first)) return equals.at(-1);
    return equals[this.#turn++ % equals.length];
  }
}

/**
 * Which socket has which port of one protocol (tcp(7), udp(7)): who may bind beside whom, which port a
 * socket gets that asked for none, and who hears what comes to an address.
 */
import { Errno, fail } from "../errno.ts";
import { PORT_FIRST_EPHEMERAL, PORT_LAST_EPHEMERAL } from "../limits.ts";
import { type Endpoint, isAny, isIPv4 } from "./address.ts";
import { AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, SO_REUSEADDR, SO_REUSEPORT } from "./constants.ts";
import type { Socket } from "./socket.ts";

export interface Bound extends Socket {
  readonly local: Endpoint;
}

/** An IPv6 socket that speaks IPv4 as well, and hears it while it is bound to ::. */
export function isDualStack({ kind, options }: Socket): boolean {
  return kind.family === AF_INET6 && options.get(IPPROTO_IPV6, IPV6_V6ONLY) === 0;
}

export function sharesPort({ options }: Socket): boolean {
  return options.isOn(SO_REUSEPORT);
}

export class PortTable<S extends Bound> {
  readonly #sockets = new Map<number, S[]>();
  /** True where sockets with SO_REUSEADDR may share a port even if they hear (UDP). */
  readonly #shares: boolean;
  #nextEphemeral: number;

  constructor(shares: boolean, random: number) {
    this.#shares = shares;
    this.#nextEphemeral = PORT_FIRST_EPHEMERAL + (random % EPHEMERAL_PORTS);
  }

  /** All sockets, for /proc/net. */
  *all(): Iterable<S> {
    for (const sockets of this.#sockets.values()) yield* sockets;
  }

  /** Fails with EADDRINUSE where `socket` may not have `local` beside those that have it already. */
  require(socket: S, local: Endpoint): void {
    const isDual = isDualStack(socket);
    for (const other of this.#sockets.get(local.port) ?? []) {
      if (other === socket || !overlap(local.host, isDual, other)) continue;
      if (sharesPort(socket) && sharesPort(other)) continue;
      const bothReuse = socket.options.isOn(SO_REUSEADDR) && other.options.isOn(SO_REUSEADDR);
      if (bothReuse && (this.#shares || !other.isListening)) continue;
      fail(Errno.EADDRINUSE);
    }
  }

  /** Fails with EADDRINUSE where another socket listens at the address of `socket`, which will too. */
  requireListener(socket: S): void {
    const { local } = socket;
    const isDual = isDualStack(socket);
    for (const other of this.#sockets.get(local.port) ?? []) {
      if (other === socket || !other.isListening || !overlap(local.host, isDual, other)) continue;
      if (!(sharesPort(socket) && sharesPort(other))) fail(Errno.EADDRINUSE);
    }
  }

  /** A free port for `host`; EADDRINUSE where there is none. */
  ephemeral(socket: S, host: string, isDual: boolean): number {
    for (let tries = 0; tries < EPHEMERAL_PORTS; tries++) {
      const port = this.#nextEphemeral;
      this.#nextEphemeral = port === PORT_LAST_EPHEMERAL ? PORT_FIRST_EPHEMERAL : port + 1;
      const taken = this.#sockets.get(port);
      if (!taken || taken.every((other) => other !== socket && !overlap(host, isDual, other)))
        return port;
    }
    return fail(Errno.EADDRINUSE);
  }

  add(socket: S): void {
    const { port } = socket.local;
    const sockets = this.#sockets.get(port);
    if (sockets) sockets.push(socket);
    else this.#sockets.set(port, [socket]);
  }

  remove(socket: S): void {
    const { port } = socket.local;
    const sockets = this.#sockets.get(port);
    const at = sockets?.indexOf(socket) ?? -1;
    if (!sockets || at < 0) return;
    sockets.splice(at, 1);
    if (sockets.length === 0) this.#sockets.delete(port);
  }

  /** Those that hear what comes to `to`, who named the very address first. */
  hearers(to: Endpoint): S[] {
    const sockets = this.#sockets.get(to.port) ?? [];
    const exact = sockets.filter(({ local }) => local.host === to.host);
    const any = sockets.filter(
      (socket) =>
        isAny(socket.local.host) &&
        (isIPv4(socket.local.host) === isIPv4(to.host) || isDualStack(socket)),
    );
    return [...exact, ...any];
  }
}

const EPHEMERAL_PORTS = PORT_LAST_EPHEMERAL - PORT_FIRST_EPHEMERAL + 1;

/** True where a socket at `host` would hear what `other` hears, the port being the same. */
function overlap(host: string, isDual: boolean, other: Bound): boolean {
  const theirs = other.local.host;
  if (host === theirs) return true;
  if (isIPv4(host) === isIPv4(theirs)) return isAny(host) || isAny(theirs);
  // An IPv6 socket at :: has the port for IPv4 as well.
  return (isDual && isAny(host)) || (isDualStack(other) && isAny(theirs));
}

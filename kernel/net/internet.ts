/** What TCP and UDP sockets share: the addresses that they may have, and those that they may reach. */
import { Errno, fail } from "../errno.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import {
  type Endpoint,
  endpointOf,
  isAny,
  isBroadcast,
  isIPv4,
  isLoopback,
  isMulticast,
} from "./address.ts";
import { AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY, SOCK_DGRAM } from "./constants.ts";
import type { Gateway } from "./gateway.ts";
import type { Bound, PortTable } from "./ports.ts";
import type { Socket } from "./socket.ts";

/** An IPv6 socket that speaks IPv4 as well. */
export function isDualStack({ kind, options }: Socket): boolean {
  return kind.family === AF_INET6 && options.get(IPPROTO_IPV6, IPV6_V6ONLY) === 0;
}

/** The address that a guest asks to bind to, with one of `ports` where it left that open. */
export function bindable<S extends Socket & Bound>(
  { process }: Call,
  socket: S,
  address: SocketAddress,
  ports: PortTable<S>,
): Endpoint {
  const { host, port } = endpointOf(address, socket.kind.family);
  if (isIPv4(host) && socket.kind.family === AF_INET6 && !isDualStack(socket)) fail(Errno.EINVAL);
  const isGroup = isMulticast(host) && socket.kind.type === SOCK_DGRAM;
  if (!isAny(host) && !isLoopback(host) && !isGroup) fail(Errno.EADDRNOTAVAIL);
  if (port > 0 && port < UNPRIVILEGED && !process.credentials.privileged) fail(Errno.EACCES);
  return { host, port: port || ports.ephemeral(socket, host, socket.isDual) };
}

/**
 * The gateway that leads to `host`; undefined where that is the machine itself. ENETUNREACH where nothing
 * leads there.
 */
export function gatewayTo(socket: Socket & Bound, host: string): Gateway | undefined {
  if (isIPv4(host) && socket.kind.family === AF_INET6 && !isDualStack(socket))
    fail(Errno.ENETUNREACH);
  if (isLoopback(host)) return undefined;
  if (isMulticast(host) || isBroadcast(host)) fail(Errno.ENETUNREACH);
  // What is bound to the loopback stays there.
  if (isLoopback(socket.local.host)) fail(Errno.EINVAL);
  return socket.kernel.network.gateway ?? fail(Errno.ENETUNREACH);
}

/** Lowest port that anybody may bind to. */
const UNPRIVILEGED = 1024;

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
import { AF_INET6, SOCK_DGRAM } from "./constants.ts";
import type { Gateway } from "./gateway.ts";
import { type Bound, isDualStack, type PortTable } from "./ports.ts";

/** The address that a guest asks to bind to, with one of `ports` where it left that open. */
export function bindable<S extends Bound>(
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
  return { host, port: port || ports.ephemeral(socket, host, isDualStack(socket)) };
}

/**
 * The gateway that leads to `host`; undefined where that is the machine itself. ENETUNREACH where nothing
 * leads there.
 */
export function gatewayTo(socket: Bound, host: string): Gateway | undefined {
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

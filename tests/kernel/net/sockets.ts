/** Addresses and shorthands for tests of sockets. */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  decodeUtf8,
  encodeUtf8,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type SocketAddress,
  type Sys,
} from "../../../kernel/index.ts";
import { now } from "../boot.ts";

export function inet(port: number, host = [127, 0, 0, 1]): SocketAddress {
  return { family: AF_INET, address: Uint8Array.from(host), port, scope: 0 };
}

export function inet6(port: number, last = 1): SocketAddress {
  const address = new Uint8Array(16);
  address[15] = last;
  return { family: AF_INET6, address, port, scope: 0 };
}

export function unix(name: string): SocketAddress {
  return { family: AF_UNIX, address: encodeUtf8(name), port: 0, scope: 0 };
}

/** A non-blocking listener at `address`; its descriptor and the address that it got. */
export function listener(sys: Sys, address: SocketAddress, backlog = 16): [number, SocketAddress] {
  const fd = now(sys.socket(address.family, SOCK_STREAM | SOCK_NONBLOCK, 0));
  now(sys.bind(fd, address));
  now(sys.listen(fd, backlog));
  return [fd, now(sys.getsockname(fd))];
}

/** Two connected ends over `address`: the client's and the server's, both non-blocking. */
export function connected(sys: Sys, address: SocketAddress): [number, number] {
  const [server, at] = listener(sys, address);
  const client = now(sys.socket(address.family, SOCK_STREAM | SOCK_NONBLOCK, 0));
  now(sys.connect(client, at));
  const { fd } = now(sys.accept4(server, SOCK_NONBLOCK));
  now(sys.close(server));
  return [client, fd];
}

export function send(sys: Sys, fd: number, text: string, to?: SocketAddress, fds: number[] = []) {
  return sys.sendmsg(fd, encodeUtf8(text), 0, to, fds);
}

export function text(sys: Sys, fd: number, flags = 0): string {
  return decodeUtf8(now(sys.recvmsg(fd, 70_000, flags)).data);
}

/** Socket addresses between lib/ (text and port) and the kernel (bytes and port). */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  decodeUtf8,
  Errno,
  encodeUtf8,
  formatIP,
  KernelError,
  parseIPv4,
  parseIPv6,
  type SocketAddress,
} from "../../../kernel/abi.ts";

/** The address of `host`, which is text of this family; EINVAL. */
export function inetAddress(family: number, host: string, port: number): SocketAddress {
  const address = family === AF_INET ? parseIPv4(host) : parseIPv6(host);
  if (!address) throw new KernelError(Errno.EINVAL);
  return { family, address, port, scope: 0 };
}

/** A path, or NUL and an abstract name. */
export function unixAddress(name: string): SocketAddress {
  return { family: AF_UNIX, address: encodeUtf8(name), port: 0, scope: 0 };
}

export function unixName({ address }: SocketAddress): string {
  return decodeUtf8(address.slice());
}

/** Node's AddressToJS: fills `target` in. */
export function describeAddress(
  { family, address, port }: SocketAddress,
  target: Record<string, unknown>,
): Record<string, unknown> {
  if (family !== AF_INET && family !== AF_INET6) {
    target["address"] = "";
    return target;
  }
  target["address"] = formatIP(address.slice());
  target["family"] = family === AF_INET ? "IPv4" : "IPv6";
  target["port"] = port;
  return target;
}

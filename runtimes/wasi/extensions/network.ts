/**
 * host_net: sockets as the commands' libc asks for them. Families and types have wasi-libc's own numbers,
 * flags and options Linux's; an address is text, `host:port`, or a path. Names are answered from the numbers,
 * from /etc/hosts, and by the kernel.
 */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AF_UNSPEC,
  decodeUtf8,
  Errno,
  encodeUtf8,
  F_GETFL,
  F_SETFL,
  formatIP,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  MSG_WAITALL,
  O_NONBLOCK,
  parseIPv4,
  parseIPv6,
  SHUT_RDWR,
  SO_ACCEPTCONN,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  type SocketAddress,
} from "../../../kernel/abi.ts";
import { wasiErrno } from "../errno.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { readTextFile } from "../text-files.ts";
import { pollEntries } from "./poll.ts";

/** wasi-libc's numbers. */
const FAMILIES = new Map([
  [1, AF_INET],
  [2, AF_INET6],
  [3, AF_UNIX],
]);
const TYPES = new Map([
  [5, SOCK_DGRAM],
  [6, SOCK_STREAM],
]);
const TYPE_MASK = 0xff;
const WASI_SOCK_CLOEXEC = 0x2000;
const WASI_SOCK_NONBLOCK = 0x4000;
const WASI_SOL_SOCKET = 0x7fff_ffff;
const SO_ERROR = 4;

interface Found {
  readonly addr: string;
  readonly family: 4 | 6;
}

export function networkImports(context: ProgramContext): ImportFunctions {
  const { sys, memory } = context;

  /** Writes an address where the program keeps one: `length` has room first, then what was written. */
  function setAddress(target: number, length: number, address: SocketAddress | undefined): void {
    const text = address ? textOf(address) : "";
    const capacity = memory.u32(length);
    const written = memory.setText(target, capacity, text);
    if (written > capacity) refuse(Errno.ENOBUFS);
    memory.setU32(length, written);
  }

  const addressAt = (address: number, length: number) => addressOf(memory.text(address, length));

  function receive(
    fd: number,
    buffer: number,
    length: number,
    flags: number,
    received: number,
  ): SocketAddress | undefined {
    memory.slice(buffer, length);
    memory.slice(received, 4);
    const { data, address } = sys.recvmsg(
      fd,
      length,
      flags & (MSG_PEEK | MSG_WAITALL | MSG_DONTWAIT),
    );
    const from = address && { ...address, address: address.address.slice() };
    memory.set(buffer, data);
    memory.setU32(received, data.length);
    return from;
  }

  function send(
    fd: number,
    buffer: number,
    length: number,
    flags: number,
    sent: number,
    to?: SocketAddress,
  ): void {
    memory.slice(sent, 4);
    const data = memory.slice(buffer, Math.min(length, SEND_MAX));
    const count = sys.sendmsg(fd, data, flags & (MSG_DONTWAIT | MSG_NOSIGNAL), to, []);
    memory.setU32(sent, count);
  }

  function accept(fd: number, result: number, address: number, addressLength: number): void {
    memory.slice(result, 4);
    const { fd: connection, address: peer } = sys.accept4(fd, 0);
    memory.setU32(result, connection);
    setAddress(address, addressLength, peer);
  }

  function hostsFile(name: string): Found[] {
    const found: Found[] = [];
    for (const line of readTextFile(sys, "/etc/hosts").split("\n")) {
      const [addr, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
      if (addr && names.includes(name)) found.push({ addr, family: addr.includes(":") ? 6 : 4 });
    }
    return found;
  }

  function lookUp(name: string, family: number): Found[] {
    const own = numericAddress(name) ?? hostsFile(name);
    const wanted = own.filter((address) => family === 0 || address.family === family);
    if (own.length > 0) return wanted;
    const asked = family === 6 ? AF_INET6 : family === 4 ? AF_INET : AF_UNSPEC;
    return sys.getaddrinfo(name, asked).map((bytes) => ({
      addr: formatIP(bytes.slice()),
      family: bytes.length === 4 ? 4 : 6,
    }));
  }

  return {
    net_socket(family: number, type: number, protocol: number, result: number) {
      memory.slice(result, 4);
      const known = TYPES.get(type & TYPE_MASK) ?? refuse(Errno.EPROTONOSUPPORT);
      const flags =
        ((type & WASI_SOCK_NONBLOCK) !== 0 ? SOCK_NONBLOCK : 0) |
        ((type & WASI_SOCK_CLOEXEC) !== 0 ? SOCK_CLOEXEC : 0);
      const domain = FAMILIES.get(family) ?? refuse(Errno.EAFNOSUPPORT);
      memory.setU32(result, sys.socket(domain, known | flags, protocol));
    },

    net_connect(fd: number, address: number, length: number) {
      sys.connect(fd, addressAt(address, length));
    },

    net_bind(fd: number, address: number, length: number) {
      sys.bind(fd, addressAt(address, length));
    },

    net_listen(fd: number, backlog: number) {
      sys.listen(fd, backlog | 0);
    },

    net_accept: accept,

    net_validate_socket(fd: number) {
      sys.getsockopt(fd, SOL_SOCKET, SO_TYPE);
    },

    net_validate_accept(fd: number) {
      if (sys.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN) === 0) refuse(Errno.EINVAL);
    },

    net_send,
    net_recv,

    net_sendto(
      fd: number,
      buffer: number,
      length: number,
      flags: number,
      address: number,
      addressLength: number,
      sent: number,
    ) {
      send(fd, buffer, length, flags, sent, addressAt(address, addressLength));
    },

    net_recvfrom(
      fd: number,
      buffer: number,
      length: number,
      flags: number,
      received: number,
      address: number,
      addressLength: number,
    ) {
      const from = receive(fd, buffer, length, flags, received);
      setAddress(address, addressLength, from);
    },

    net_getsockname(fd: number, address: number, length: number) {
      setAddress(address, length, sys.getsockname(fd));
    },

    net_getpeername(fd: number, address: number, length: number) {
      setAddress(address, length, sys.getpeername(fd));
    },

    net_setsockopt(fd: number, level: number, name: number, value: number, length: number) {
      if (length < 4) refuse(Errno.EINVAL);
      sys.setsockopt(fd, levelOf(level), name, memory.view.getInt32(value, true));
    },

    net_getsockopt(fd: number, level: number, name: number, value: number, length: number) {
      if (memory.u32(length) < 4) refuse(Errno.EINVAL);
      memory.slice(value, 4);
      const found = sys.getsockopt(fd, levelOf(level), name);
      const isError = levelOf(level) === SOL_SOCKET && name === SO_ERROR && found !== 0;
      memory.setU32(value, isError ? wasiErrno(found as Errno) : found);
      memory.setU32(length, 4);
    },

    net_set_nonblock(fd: number, on: number) {
      const flags = sys.fcntl(fd, F_GETFL, 0);
      sys.fcntl(fd, F_SETFL, on !== 0 ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
    },

    net_close(fd: number) {
      sys.shutdown(fd, SHUT_RDWR);
    },

    net_tls_connect: () => refuse(Errno.EOPNOTSUPP),
    net_dns_query_rr_v1: () => refuse(Errno.ENETUNREACH),

    net_getaddrinfo(
      host: number,
      hostLength: number,
      _port: number,
      _portLength: number,
      family: number,
      result: number,
      resultLength: number,
    ) {
      const name = memory.text(host, hostLength);
      const wanted = lookUp(name, family);
      if (wanted.length === 0) refuse(Errno.ENOENT);
      const capacity = memory.u32(resultLength);
      const written = memory.setText(result, capacity, JSON.stringify(wanted));
      if (written > capacity) refuse(Errno.ENOBUFS);
      memory.setU32(resultLength, written);
    },

    net_poll(entries: number, count: number, timeout: number, ready: number) {
      const milliseconds = timeout | 0;
      const nanoseconds = milliseconds < 0 ? undefined : BigInt(milliseconds) * 1_000_000n;
      pollEntries(context, { entries, count, ready, nanoseconds, mask: undefined });
    },
  };

  function net_send(fd: number, buffer: number, length: number, flags: number, sent: number) {
    send(fd, buffer, length, flags, sent);
  }

  function net_recv(fd: number, buffer: number, length: number, flags: number, received: number) {
    receive(fd, buffer, length, flags, received);
  }
}

/** Bytes of one send: what a socket holds. */
const SEND_MAX = 131_072;

function levelOf(level: number): number {
  return level === WASI_SOL_SOCKET ? SOL_SOCKET : level;
}

/** `host:port`, whose last colon parts the two, or a path without one. */
function addressOf(text: string): SocketAddress {
  const colon = text.lastIndexOf(":");
  if (colon < 0) return { family: AF_UNIX, address: encodeUtf8(text), port: 0, scope: 0 };
  const host = text.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = Number(text.slice(colon + 1));
  const four = parseIPv4(host);
  const address = four ?? parseIPv6(host) ?? refuse(Errno.EINVAL);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) refuse(Errno.EINVAL);
  return { family: four ? AF_INET : AF_INET6, address, port, scope: 0 };
}

function textOf({ family, address, port }: SocketAddress): string {
  if (family === AF_UNIX) return decodeUtf8(address.slice());
  return `${formatIP(address.slice())}:${port}`;
}

function numericAddress(name: string): Found[] | undefined {
  if (parseIPv4(name)) return [{ addr: name, family: 4 }];
  return parseIPv6(name) ? [{ addr: name, family: 6 }] : undefined;
}

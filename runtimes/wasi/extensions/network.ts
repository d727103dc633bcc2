/**
 * host_net. The kernel has no sockets yet: making one says so, and every other call finds no socket
 * behind its descriptor. Names that need no network are answered from the numbers and from /etc/hosts.
 */
import { Errno, F_GETFD } from "../../../kernel/abi.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { readTextFile } from "../text-files.ts";
import { pollEntries } from "./poll.ts";

interface Address {
  readonly addr: string;
  readonly family: 4 | 6;
}

export function networkImports(context: ProgramContext): ImportFunctions {
  const { sys, memory } = context;

  function noSocket(fd: number): never {
    sys.fcntl(fd, F_GETFD, 0);
    return refuse(Errno.ENOTSOCK);
  }

  function hostsFile(name: string): Address[] {
    const found: Address[] = [];
    for (const line of readTextFile(sys, "/etc/hosts").split("\n")) {
      const [addr, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
      if (addr && names.includes(name)) found.push({ addr, family: addr.includes(":") ? 6 : 4 });
    }
    return found;
  }

  return {
    net_socket: () => refuse(Errno.EAFNOSUPPORT),
    net_connect: noSocket,
    net_bind: noSocket,
    net_listen: noSocket,
    net_accept: noSocket,
    net_validate_socket: noSocket,
    net_validate_accept: noSocket,
    net_send: noSocket,
    net_recv: noSocket,
    net_sendto: noSocket,
    net_recvfrom: noSocket,
    net_getsockname: noSocket,
    net_getpeername: noSocket,
    net_setsockopt: noSocket,
    net_getsockopt: noSocket,
    net_set_nonblock: noSocket,
    net_close: noSocket,
    net_tls_connect: noSocket,
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
      const all = numericAddress(name) ?? hostsFile(name);
      const wanted = all.filter((address) => family === 0 || address.family === family);
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
}

function numericAddress(name: string): Address[] | undefined {
  const parts = name.split(".");
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return [{ addr: name, family: 4 }];
  }
  return /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(name) ? [{ addr: name, family: 6 }] : undefined;
}

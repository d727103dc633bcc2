/** Connections of the host's to servers in the machine, and waiting for such a server. */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  Errno,
  encodeUtf8,
  type Kernel,
  KernelError,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  type SocketAddress,
} from "../../../kernel/index.ts";
import {
  addressOf,
  hostOf,
  isIPv4,
  isLoopback,
  LOOPBACK4,
  LOOPBACK6,
} from "../../../kernel/net/address.ts";
import { failed } from "../commands.ts";
import type { Failure } from "../protocol.ts";
import type { GuestAddress } from "./protocol.ts";

/** A connected socket of pid 1. Throws a Failure, worded as Node words it. */
export async function dial(kernel: Kernel, to: GuestAddress): Promise<number> {
  const ways = addressesOf(to);
  for (const [at, way] of ways.entries()) {
    try {
      // Where nobody listens a gateway might be asked, which is for programs of the machine.
      if (!isHeard(kernel, way)) throw new KernelError(Errno.ECONNREFUSED);

      return await connectTo(kernel, way);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      const isLast = at === ways.length - 1;
      if (isLast || reason.errno !== Errno.ECONNREFUSED) throw refusal(reason.errno, to);
    }
  }
  throw refusal(Errno.ENETUNREACH, to);
}

/** Resolves when somebody listens there; false where `given up` comes first. */
export async function listening(
  kernel: Kernel,
  port: number,
  givenUp: Promise<unknown>,
): Promise<boolean> {
  const { network } = kernel;
  let isOver = false;
  void givenUp.then(() => {
    isOver = true;
  });
  for (;;) {
    const heard = [LOOPBACK4, LOOPBACK6].some((host) => network.listenerAt({ host, port }));
    if (heard || isOver) return heard;
    let wake = () => {};
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
      network.listening.add(wake);
    });
    await Promise.race([changed, givenUp]);
    network.listening.remove(wake);
  }
}

function isHeard({ network }: Kernel, { family, address, port }: SocketAddress): boolean {
  if (family === AF_UNIX) return true;
  return network.listenerAt({ host: String.fromCharCode(...address), port }) !== undefined;
}

async function connectTo({ init }: Kernel, address: SocketAddress): Promise<number> {
  const fd = await init.socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  try {
    await init.connect(fd, address);
    return fd;
  } catch (reason) {
    await init.close(fd);
    throw reason;
  }
}

function addressesOf(to: GuestAddress): SocketAddress[] {
  if ("path" in to) return [{ family: AF_UNIX, address: encodeUtf8(to.path), port: 0, scope: 0 }];
  const named = to.host === undefined ? [LOOPBACK4, LOOPBACK6] : [hostOf(to.host)];
  return named
    .filter((host) => host !== undefined && isLoopback(host))
    .map((host) => {
      const endpoint = { host: host as string, port: to.port };
      return addressOf(endpoint, isIPv4(endpoint.host) ? AF_INET : AF_INET6);
    });
}

function refusal(errno: Errno, to: GuestAddress): Failure {
  const address = "path" in to ? to.path : `${to.host ?? "127.0.0.1"}:${to.port}`;
  return failed(errno, "connect", address);
}

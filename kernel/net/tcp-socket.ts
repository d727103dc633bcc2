/** A TCP socket (tcp(7)), on the machine's own network or connected with the gateway's. */
import { Errno, fail } from "../errno.ts";
import { POLLHUP } from "../fd/flags.ts";
import type { Kernel } from "../kernel.ts";
import { askerOf, requireLeave } from "../policy.ts";
import type { Credentials } from "../process/credentials.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import type { WaitQueue } from "../wait/wait-queue.ts";
import {
  ANY4,
  ANY6,
  addressOf,
  destination,
  type Endpoint,
  endpointOf,
  isAny,
  sourceFor,
  textOf,
} from "./address.ts";
import {
  AF_INET,
  AF_UNSPEC,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  SO_LINGER,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants.ts";
import type { Way } from "./gateway.ts";
import { bindable, gatewayTo } from "./internet.ts";
import { type Bound, isDualStack } from "./ports.ts";
import { StreamSocket } from "./stream-socket.ts";

export class TcpSocket extends StreamSocket implements Bound {
  local: Endpoint;
  #remote: Endpoint | undefined;
  /** The connection leaves the machine. */
  #way: Way | undefined;
  /** The other end of such a one, pid 1's. */
  #isFarEnd = false;

  protected readonly losesFirstWrite = true;
  protected readonly carriesRights = false;
  protected readonly unconnectedSend = Errno.EPIPE;
  protected readonly unconnectedReceive = Errno.ENOTCONN;

  constructor(kernel: Kernel, owner: Credentials, family: number, flags: number) {
    const levels = family === AF_INET ? [IPPROTO_TCP, IPPROTO_IP] : LEVELS6;
    super(kernel, owner, { family, type: SOCK_STREAM, protocol: IPPROTO_TCP, levels }, flags);
    this.local = { host: family === AF_INET ? ANY4 : ANY6, port: 0 };
  }

  get remote(): Endpoint | undefined {
    return this.#remote;
  }

  /** The way out of this connection; undefined for one within the machine. */
  get way(): Way | undefined {
    return this.#way;
  }

  override bind(call: Call, address: SocketAddress): void {
    if (this.local.port !== 0 || this.isConnected) fail(Errno.EINVAL);
    this.#take(bindable(call, this, address, this.kernel.network.tcp));
  }

  override connect(call: Call, address: SocketAddress): void {
    if (address.family !== AF_UNSPEC) super.connect(call, address);
    else this.disconnect();
  }

  override localAddress(): SocketAddress {
    return addressOf(this.local, this.kind.family);
  }

  override peerAddress(): SocketAddress {
    if (!this.isConnected || !this.#remote) fail(Errno.ENOTCONN);
    return addressOf(this.#remote, this.kind.family);
  }

  protected override get resetsOnClose(): boolean {
    return this.options.get(SOL_SOCKET, SO_LINGER) === 0;
  }

  protected override wayOut(call: Call, address: SocketAddress): Way | Promise<Way> | undefined {
    const remote = this.#destination(address);
    const { network } = this.kernel;
    const to = { address: textOf(remote.host), port: remote.port };
    const gateway =
      gatewayTo(this, remote.host) ?? (network.listenerAt(remote) ? undefined : network.lender(to));
    if (!gateway) return undefined;
    const { budget } = network;
    budget.takeWay();
    this.#way = undefined;
    try {
      const way = gateway.connect(to, askerOf(call.process));
      this.#nameEnds(remote);
      return way;
    } catch (reason) {
      budget.giveWay();
      throw reason;
    }
  }

  protected override giveUpWay(): void {
    this.kernel.network.budget.giveWay();
  }

  protected override takeWay(way: Way): void {
    const { processes } = this.kernel;
    const { fds } = processes.get(1) ?? fail(Errno.ENETDOWN);
    fds.requireRoom();
    const farEnd = new TcpSocket(this.kernel, this.owner, this.kind.family, 0);
    farEnd.local = this.#remote ?? this.local;
    farEnd.#remote = this.local;
    farEnd.#isFarEnd = true;
    this.#way = way;
    StreamSocket.join(this, farEnd);
    way.begin(fds.install(farEnd, true));
  }

  protected override findListener(_call: Call, address: SocketAddress): TcpSocket {
    const remote = this.#destination(address);
    const listener = this.kernel.network.listenerAt(remote) ?? fail(Errno.ECONNREFUSED);
    this.#nameEnds(remote);
    return listener;
  }

  protected override makePeer(client: StreamSocket): TcpSocket {
    const { local, remote } = client as TcpSocket;
    const server = new TcpSocket(this.kernel, this.owner, this.kind.family, 0);
    server.options.inherit(this.options);
    server.local = remote ?? this.local;
    server.#remote = local;
    return server;
  }

  protected override beforeListen(call: Call): void {
    const { tcp } = this.kernel.network;
    if (this.local.port === 0) {
      const { host } = this.local;
      this.#take({ host, port: tcp.ephemeral(this, host, isDualStack(this)) });
    } else tcp.requireListener(this);
    requireLeave(call, { kind: "listen", protocol: "tcp", port: this.local.port });
  }

  protected override nameGone(): void {
    this.kernel.network.tcp.remove(this);
  }

  protected override closed(): void {
    super.closed();
    if (this.#isFarEnd) this.kernel.network.budget.giveWay();
  }

  /** Tells a gateway that the guest has closed its end, not only one direction of it. */
  override poll(): { events: number; queue: WaitQueue } {
    const polled = super.poll();
    const isOver = this.#isFarEnd && !this.hasPeer;
    return isOver ? { ...polled, events: polled.events | POLLHUP } : polled;
  }

  #destination(address: SocketAddress): Endpoint {
    const { host, port } = endpointOf(address, this.kind.family);
    return { host: destination(host), port };
  }

  #nameEnds(remote: Endpoint): void {
    const { tcp } = this.kernel.network;
    const { local } = this;
    const host = local.port !== 0 && !isAny(local.host) ? local.host : sourceFor(remote.host);
    if (local.port === 0) this.#take({ host, port: tcp.ephemeral(this, host, false) });
    else this.local = { host, port: local.port };
    this.#remote = remote;
  }

  #take(local: Endpoint): void {
    const { tcp } = this.kernel.network;
    tcp.require(this, local);
    this.local = local;
    tcp.add(this);
  }
}

const LEVELS6 = [IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6];

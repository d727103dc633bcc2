/** A TCP socket (tcp(7)) on the machine's own network. */
import { Errno, fail } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { Credentials } from "../process/credentials.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import {
  ANY4,
  ANY6,
  addressOf,
  destination,
  type Endpoint,
  endpointOf,
  isAny,
  sourceFor,
} from "./address.ts";
import {
  AF_INET,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  SO_LINGER,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants.ts";
import { bindable, isDualStack, requireReachable } from "./internet.ts";
import type { Bound } from "./ports.ts";
import { StreamSocket } from "./stream-socket.ts";

export class TcpSocket extends StreamSocket implements Bound {
  local: Endpoint;
  #remote: Endpoint | undefined;

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

  get isDual(): boolean {
    return isDualStack(this);
  }

  get reuseAddress(): boolean {
    return this.options.isOn(SO_REUSEADDR);
  }

  get reusePort(): boolean {
    return this.options.isOn(SO_REUSEPORT);
  }

  override bind(call: Call, address: SocketAddress): void {
    if (this.local.port !== 0 || this.isConnected) fail(Errno.EINVAL);
    this.#take(bindable(call, this, address, this.kernel.network.tcp));
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

  protected override findListener(_call: Call, address: SocketAddress): TcpSocket {
    const { network } = this.kernel;
    const named = endpointOf(address, this.kind.family);
    const remote = { host: destination(named.host), port: named.port };
    requireReachable(this, remote.host);
    const listener = network.listenerAt(remote) ?? fail(Errno.ECONNREFUSED);
    const host =
      this.local.port !== 0 && !isAny(this.local.host) ? this.local.host : sourceFor(remote.host);
    if (this.local.port === 0) {
      const port = network.tcp.ephemeral(this, host, false);
      this.#take({ host, port });
    } else this.local = { host, port: this.local.port };
    this.#remote = remote;
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

  protected override beforeListen(): void {
    const { tcp } = this.kernel.network;
    if (this.local.port === 0) {
      const { host } = this.local;
      this.#take({ host, port: tcp.ephemeral(this, host, this.isDual) });
    } else tcp.requireListener(this);
  }

  protected override nameGone(): void {
    this.kernel.network.tcp.remove(this);
  }

  #take(local: Endpoint): void {
    const { tcp } = this.kernel.network;
    tcp.require(this, local, this.isDual);
    this.local = local;
    tcp.add(this);
  }
}

const LEVELS6 = [IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6];

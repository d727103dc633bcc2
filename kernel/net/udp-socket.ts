/**
 * A UDP socket (udp(7)). Datagrams are dropped where nobody hears or the receiver is full; only a
 * connected sender learns that nobody listens. Those that leave the machine are the gateway's to carry.
 */
import { Errno, fail } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { UDP_MAX } from "../limits.ts";
import { askerOf, requireLeave } from "../policy.ts";
import type { Credentials } from "../process/credentials.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import { answered } from "../wait/answer.ts";
import {
  ANY4,
  ANY6,
  addressOf,
  destination,
  type Endpoint,
  endpointOf,
  hostOf,
  isAny,
  isBroadcast,
  isIPv4,
  isMulticast,
  sourceFor,
  textOf,
} from "./address.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_UDP,
  MSG_OOB,
  SO_BROADCAST,
  SOCK_DGRAM,
} from "./constants.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import type { DatagramSender, Gateway, Outside } from "./gateway.ts";
import { bindable, gatewayTo } from "./internet.ts";
import { type Bound, isDualStack } from "./ports.ts";

export class UdpSocket extends DatagramSocket implements Bound, DatagramSender {
  local: Endpoint;
  /** That datagrams were handed to. */
  #gateway: Gateway | undefined;
  #remote: Endpoint | undefined;

  constructor(kernel: Kernel, owner: Credentials, family: number, flags: number) {
    const levels = family === AF_INET ? [IPPROTO_IP] : [IPPROTO_IP, IPPROTO_IPV6];
    super(kernel, owner, { family, type: SOCK_DGRAM, protocol: IPPROTO_UDP, levels }, flags);
    this.local = { host: family === AF_INET ? ANY4 : ANY6, port: 0 };
  }

  get remote(): Endpoint | undefined {
    return this.#remote;
  }

  protected get isConnected(): boolean {
    return this.#remote !== undefined;
  }

  override bind(call: Call, address: SocketAddress): void {
    if (this.local.port !== 0) fail(Errno.EINVAL);
    const local = bindable(call, this, address, this.kernel.network.udp);
    requireLeave(call, { kind: "listen", protocol: "udp", port: local.port });
    this.#take(local);
  }

  override connect(_call: Call, address: SocketAddress): void {
    if (address.family === AF_UNSPEC) {
      this.#remote = undefined;
      return;
    }
    const remote = this.#reachable(address);
    if (remote.port === 0) fail(Errno.ECONNREFUSED);
    this.#bindItself();
    // A gateway is asked when something is sent.
    if (isAny(this.local.host)) this.local = { ...this.local, host: sourceFor(remote.host) };
    this.#remote = remote;
  }

  override localAddress(): SocketAddress {
    return addressOf(this.local, this.kind.family);
  }

  override peerAddress(): SocketAddress {
    return addressOf(this.#remote ?? fail(Errno.ENOTCONN), this.kind.family);
  }

  override send(
    call: Call,
    source: Uint8Array,
    flags: number,
    to: SocketAddress | undefined,
    fds: readonly number[],
  ): number {
    if ((flags & MSG_OOB) !== 0) fail(Errno.EOPNOTSUPP);
    if (fds.length > 0) fail(Errno.EINVAL);
    if (source.length > UDP_MAX) fail(Errno.EMSGSIZE);
    const remote = to ? this.#reachable(to) : (this.#remote ?? fail(Errno.EDESTADDRREQ));
    if (remote.port === 0) fail(Errno.EINVAL);
    this.reportError();
    if (this.isWriteShut) return this.brokenPipe(call, flags);
    this.#bindItself();
    const host = isAny(this.local.host) ? sourceFor(remote.host) : this.local.host;
    const gateway = gatewayTo(this, remote.host);
    if (gateway) return this.#sendOutside(call, gateway, source, remote);
    const { network } = this.kernel;
    const from = { host, port: this.local.port };
    const receiver = network.udpReceiver(remote, from);
    if (!receiver) {
      const lender = network.lender({ address: textOf(remote.host), port: remote.port });
      if (lender) return this.#sendOutside(call, lender, source, remote);
    }
    if (receiver) {
      const bytes = source.slice();
      receiver.deliver({ bytes, from: addressOf(from, receiver.kind.family), rights: undefined });
    } else if (this.#remote && !to) {
      this.pendingError = Errno.ECONNREFUSED;
      this.changed.wake();
    }
    return source.length;
  }

  reply({ address, port }: Outside, bytes: Uint8Array): void {
    const host = hostOf(address);
    if (this.isClosed || host === undefined || !this.hears({ host, port })) return;
    if (isIPv4(host) && this.kind.family === AF_INET6 && !isDualStack(this)) return;
    if (!isIPv4(host) && this.kind.family === AF_INET) return;
    this.deliver({
      bytes,
      from: addressOf({ host, port }, this.kind.family),
      rights: undefined,
    });
  }

  /** True where it hears what `from` sends: a connected socket hears its peer alone. */
  hears(from: Endpoint): boolean {
    const remote = this.#remote;
    return !remote || (remote.host === from.host && remote.port === from.port);
  }

  protected override canSend(): boolean {
    return true;
  }

  protected override nameGone(): void {
    this.kernel.network.udp.remove(this);
    this.#gateway?.forget(this);
  }

  #sendOutside(call: Call, gateway: Gateway, source: Uint8Array, { host, port }: Endpoint): number {
    this.#gateway = gateway;
    const to = { address: textOf(host), port };
    const asker = askerOf(call.process);
    answered(call, () => gateway.send(to, source.slice(), this, asker));
    return source.length;
  }

  #reachable(address: SocketAddress): Endpoint {
    const { host, port } = endpointOf(address, this.kind.family);
    if (isBroadcast(host) && !this.options.isOn(SO_BROADCAST)) fail(Errno.EACCES);
    const remote = destination(host);
    if (isMulticast(remote)) fail(Errno.ENETUNREACH);
    gatewayTo(this, remote);
    if (!isAny(this.local.host) && isIPv4(this.local.host) !== isIPv4(remote)) fail(Errno.EINVAL);
    return { host: remote, port };
  }

  #bindItself(): void {
    if (this.local.port !== 0) return;
    const { host } = this.local;
    const port = this.kernel.network.udp.ephemeral(this, host, isDualStack(this));
    this.#take({ host, port });
  }

  #take(local: Endpoint): void {
    const { udp } = this.kernel.network;
    udp.require(this, local);
    this.local = local;
    udp.add(this);
  }
}

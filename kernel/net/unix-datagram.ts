/** A Unix socket of datagrams (unix(7)): reliable, so that a sender waits for room. */
import { Errno, fail } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { SOCKET_CAPACITY_MAX } from "../limits.ts";
import type { Credentials } from "../process/credentials.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import { AF_UNIX, AF_UNSPEC, MSG_OOB, SO_SNDTIMEO, SOCK_DGRAM } from "./constants.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import { Rights } from "./rights.ts";
import { UNNAMED, type UnixName } from "./unix-names.ts";

export class UnixDatagramSocket extends DatagramSocket {
  #name: UnixName | undefined;
  #peer: UnixDatagramSocket | undefined;

  constructor(kernel: Kernel, owner: Credentials, flags: number) {
    super(kernel, owner, { family: AF_UNIX, type: SOCK_DGRAM, protocol: 0, levels: [] }, flags);
  }

  /** Two sockets that are connected from the start (socketpair). */
  static join(one: UnixDatagramSocket, other: UnixDatagramSocket): void {
    one.#peer = other;
    other.#peer = one;
  }

  protected get isConnected(): boolean {
    return this.#peer !== undefined;
  }

  override bind(call: Call, address: SocketAddress): void {
    if (this.#name) fail(Errno.EINVAL);
    this.#name = this.kernel.network.unixNames.bind(call, this, address);
  }

  override connect(call: Call, address: SocketAddress): void {
    if (address.family === AF_UNSPEC) this.#peer = undefined;
    else this.#peer = this.#find(call, address);
  }

  override localAddress(): SocketAddress {
    return this.#name?.address ?? UNNAMED;
  }

  override peerAddress(): SocketAddress {
    return this.#peer?.localAddress() ?? fail(Errno.ENOTCONN);
  }

  override send(
    call: Call,
    source: Uint8Array,
    flags: number,
    to: SocketAddress | undefined,
    fds: readonly number[],
  ): number {
    if ((flags & MSG_OOB) !== 0) fail(Errno.EOPNOTSUPP);
    this.reportError();
    if (this.isWriteShut) return this.brokenPipe(call, flags);
    if (source.length > SOCKET_CAPACITY_MAX) fail(Errno.EMSGSIZE);
    const receiver = to ? this.#find(call, to) : (this.#peer ?? fail(Errno.ENOTCONN));
    if (receiver.isClosed) fail(Errno.ECONNREFUSED);
    if (!receiver.hasRoom(source.length)) {
      receiver.awaitRoom(this);
      return this.wait(call, flags, SO_SNDTIMEO);
    }
    const rights = Rights.of(call, fds);
    const message = { bytes: source.slice(), from: this.#name?.address, rights };
    if (receiver.deliver(message)) return source.length;
    rights?.drop();
    return fail(Errno.ENOBUFS);
  }

  protected override canSend(): boolean {
    const peer = this.#peer;
    if (!peer || peer.isClosed || peer.hasRoom(0)) return true;
    peer.awaitRoom(this);
    return false;
  }

  protected override nameGone(): void {
    this.#name?.free();
  }

  #find(call: Call, address: SocketAddress): UnixDatagramSocket {
    const found = this.kernel.network.unixNames.find(call, address);
    return found instanceof UnixDatagramSocket ? found : fail(Errno.EPROTOTYPE);
  }
}

/** A Unix socket of connections (unix(7)): SOCK_STREAM and SOCK_SEQPACKET. */
import { Errno, fail } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { Credentials } from "../process/credentials.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import { AF_UNIX, SOCK_SEQPACKET } from "./constants.ts";
import { StreamSocket } from "./stream-socket.ts";
import { UNNAMED, type UnixName } from "./unix-names.ts";

export class UnixStreamSocket extends StreamSocket {
  #name: UnixName | undefined;
  #local: SocketAddress = UNNAMED;
  #remote: SocketAddress = UNNAMED;

  protected readonly losesFirstWrite = false;
  protected readonly carriesRights = true;
  protected readonly unconnectedSend = Errno.ENOTCONN;
  protected readonly unconnectedReceive: Errno;

  constructor(kernel: Kernel, owner: Credentials, type: number, flags: number) {
    super(kernel, owner, { family: AF_UNIX, type, protocol: 0, levels: [] }, flags);
    this.unconnectedReceive = type === SOCK_SEQPACKET ? Errno.ENOTCONN : Errno.EINVAL;
  }

  override bind(call: Call, address: SocketAddress): void {
    if (this.#name || this.isConnected) fail(Errno.EINVAL);
    this.#name = this.kernel.network.unixNames.bind(call, this, address);
    this.#local = this.#name.address;
  }

  override localAddress(): SocketAddress {
    return this.#local;
  }

  override peerAddress(): SocketAddress {
    return this.isConnected ? this.#remote : fail(Errno.ENOTCONN);
  }

  protected override findListener(call: Call, address: SocketAddress): UnixStreamSocket {
    const found = this.kernel.network.unixNames.find(call, address);
    if (!(found instanceof UnixStreamSocket) || found.kind.type !== this.kind.type)
      fail(Errno.EPROTOTYPE);
    if (!found.isListening) fail(Errno.ECONNREFUSED);
    this.#remote = found.#local;
    return found;
  }

  protected override makePeer(client: StreamSocket): UnixStreamSocket {
    const server = new UnixStreamSocket(this.kernel, this.owner, this.kind.type, 0);
    server.#local = this.#local;
    server.#remote = (client as UnixStreamSocket).#local;
    return server;
  }

  protected override beforeListen(): void {
    if (!this.#name) fail(Errno.EINVAL);
  }

  protected override nameGone(): void {
    this.#name?.free();
  }
}

/** internalBinding("tcp_wrap"): TCP sockets as streams. */
import {
  AF_INET,
  AF_INET6,
  Errno,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOL_SOCKET,
  type SocketAddress,
  TCP_KEEPIDLE,
  TCP_NODELAY,
} from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";
import { describeAddress, inetAddress } from "../net/addresses.ts";
import { ConnectionStream } from "../net/connection-stream.ts";
import { StreamRequest } from "./stream_wrap/requests.ts";

const SOCKET = 0;
const SERVER = 1;
const UV_TCP_IPV6ONLY = 1;
const UV_TCP_REUSEPORT = 2;

export const tcpWrap: BindingFactory = (env) => {
  class TCP extends ConnectionStream {
    #family = AF_INET;
    /** What was set before there was a socket. */
    readonly #early: (() => void)[] = [];

    constructor(type: number) {
      super(env, type === SERVER ? "TCPSERVERWRAP" : "TCPWRAP");
    }

    bind(address: string, port: number, flags = 0): number {
      return this.#bind(AF_INET, address, port, flags);
    }

    bind6(address: string, port: number, flags = 0): number {
      return this.#bind(AF_INET6, address, port, flags);
    }

    connect(request: StreamRequest, address: string, port: number): number {
      return this.#connect(request, AF_INET, address, port);
    }

    connect6(request: StreamRequest, address: string, port: number): number {
      return this.#connect(request, AF_INET6, address, port);
    }

    getsockname(target: Record<string, unknown>): number {
      return this.#describe(target, (fd) => env.sys.getsockname(fd));
    }

    getpeername(target: Record<string, unknown>): number {
      return this.#describe(target, (fd) => env.sys.getpeername(fd));
    }

    setNoDelay(enable: boolean): number {
      return this.#set(() => this.#option(IPPROTO_TCP, TCP_NODELAY, enable ? 1 : 0));
    }

    setKeepAlive(enable: boolean, delay: number): number {
      return this.#set(() => {
        this.#option(SOL_SOCKET, SO_KEEPALIVE, enable ? 1 : 0);
        if (enable && delay > 0) this.#option(IPPROTO_TCP, TCP_KEEPIDLE, delay);
      });
    }

    /** Closes with a reset. */
    reset(callback?: () => void): number {
      if (!this.isOpen) return 0;
      if (this.isShuttingDown) return -Errno.EINVAL;
      const status = this.hasDescriptor
        ? this.answer(() => this.#option(SOL_SOCKET, SO_LINGER, 0))
        : 0;
      if (status === 0) this.close(callback);
      return status;
    }

    protected override socket(): number {
      if (this.hasDescriptor) return this.descriptor();
      const fd = this.makeSocket(this.#family);
      for (const set of this.#early.splice(0)) set();
      return fd;
    }

    protected override makeConnection(): ConnectionStream {
      return new TCP(SOCKET);
    }

    #bind(family: number, host: string, port: number, flags: number): number {
      return this.#withAddress(family, host, port, (address) => {
        if (!this.hasDescriptor) this.#family = family;
        const status = this.answer(() => {
          this.socket();
          this.#option(SOL_SOCKET, SO_REUSEADDR, 1);
          if ((flags & UV_TCP_REUSEPORT) !== 0) this.#option(SOL_SOCKET, SO_REUSEPORT, 1);
          const only = (flags & UV_TCP_IPV6ONLY) !== 0 ? 1 : 0;
          if (family === AF_INET6) this.#option(IPPROTO_IPV6, IPV6_V6ONLY, only);
        });
        if (status !== 0) return status;
        const bound = this.bindTo(address, true);
        return bound === -Errno.EAFNOSUPPORT ? -Errno.EINVAL : bound;
      });
    }

    #connect(request: StreamRequest, family: number, host: string, port: number): number {
      return this.#withAddress(family, host, port, (address) => {
        if (!this.hasDescriptor) this.#family = family;
        return this.connectTo(
          request,
          () => address,
          (status) => status === -Errno.ECONNREFUSED || status === -Errno.EADDRINUSE,
        );
      });
    }

    #withAddress(
      family: number,
      host: string,
      port: number,
      act: (address: SocketAddress) => number,
    ): number {
      let status = 0;
      const failure = this.answer(() => {
        status = act(inetAddress(family, host, port));
      });
      return failure || status;
    }

    #describe(target: Record<string, unknown>, ask: (fd: number) => SocketAddress): number {
      if (!this.hasDescriptor) return -Errno.EBADF;
      return this.answer(() => void describeAddress(ask(this.descriptor()), target));
    }

    #set(act: () => void): number {
      if (!this.isOpen) return -Errno.EBADF;
      if (this.hasDescriptor) return this.answer(act);
      this.#early.push(act);
      return 0;
    }

    #option(level: number, name: number, value: number): void {
      env.sys.setsockopt(this.descriptor(), level, name, value);
    }
  }

  return {
    TCP,
    TCPConnectWrap: class TCPConnectWrap extends StreamRequest {
      constructor() {
        super(env, "TCPCONNECTWRAP");
      }
    },
    constants: { SOCKET, SERVER, UV_TCP_IPV6ONLY, UV_TCP_REUSEPORT },
  };
};

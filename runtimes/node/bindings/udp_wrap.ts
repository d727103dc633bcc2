/** internalBinding("udp_wrap"): UDP sockets. */
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  Errno,
  F_GETFL,
  F_SETFL,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_LOOP,
  IPV6_UNICAST_HOPS,
  IPV6_V6ONLY,
  KernelError,
  O_NONBLOCK,
  POLLIN,
  POLLOUT,
  parseIPv4,
  parseIPv6,
  SO_BROADCAST,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  type SocketAddress,
} from "../../../kernel/abi.ts";
import { HandleWrap } from "../async-wrap.ts";
import { bufferOf } from "../buffers.ts";
import type { BindingFactory } from "../environment.ts";
import { uvErrno, uvErrorName, uvErrorText } from "../errors.ts";
import { LoopHandle, Watcher } from "../loop/event-loop.ts";
import { describeAddress, inetAddress } from "../net/addresses.ts";
import { StreamRequest, triggeredBy } from "./stream_wrap/requests.ts";

const UV_UDP_IPV6ONLY = 1;
const UV_UDP_REUSEADDR = 4;
const UV_UDP_REUSEPORT = 64;
const UV_EBADF = -Errno.EBADF;
const UV_EINVAL = -Errno.EINVAL;
/** Bytes of the largest datagram, and datagrams in a row before others have their turn. */
const DATAGRAM_MAX = 65_536;
const DATAGRAMS_MAX = 32;

interface PendingSend {
  readonly request: StreamRequest;
  readonly bytes: Uint8Array;
  readonly to: SocketAddress | undefined;
  readonly endRequest: () => void;
}

export const udpWrap: BindingFactory = (env) => {
  class UDP extends HandleWrap {
    readonly #handle = new LoopHandle(env.loop);
    #fd = -1;
    #family = AF_INET;
    #watcher: Watcher | undefined;
    #receiving = false;
    #isConnected = false;
    readonly #sends: PendingSend[] = [];

    constructor() {
      super(env, "UDPWRAP");
    }

    get fd(): number {
      return this.#fd < 0 ? UV_EBADF : this.#fd;
    }

    protected get handles(): readonly LoopHandle[] {
      return [this.#handle];
    }

    open(fd: number): number {
      return answer(() => {
        const { sys } = env;
        sys.fcntl(fd, F_SETFL, sys.fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
        this.#family = sys.getsockname(fd).family;
        sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        this.#attach(fd);
        this.#isConnected = answer(() => void sys.getpeername(fd)) === 0;
      });
    }

    bind(address: string, port: number, flags: number): number {
      return this.#bind(AF_INET, address, port, flags);
    }

    bind6(address: string, port: number, flags: number): number {
      return this.#bind(AF_INET6, address, port, flags);
    }

    connect(address: string, port: number): number {
      return this.#connect(AF_INET, address, port);
    }

    connect6(address: string, port: number): number {
      return this.#connect(AF_INET6, address, port);
    }

    disconnect(): number {
      if (!this.#isConnected) return -Errno.ENOTCONN;
      return answer(() => {
        env.sys.connect(this.#fd, {
          family: AF_UNSPEC,
          address: new Uint8Array(0),
          port: 0,
          scope: 0,
        });
        this.#isConnected = false;
      });
    }

    send(...args: readonly unknown[]): number {
      return this.#send(AF_INET, args);
    }

    send6(...args: readonly unknown[]): number {
      return this.#send(AF_INET6, args);
    }

    recvStart(): number {
      if (!this.isOpen) return UV_EBADF;
      if (this.#receiving) return 0;
      const status = answer(() => void this.#socket(this.#family));
      if (status !== 0) return status;
      this.#receiving = true;
      this.#update();
      return 0;
    }

    recvStop(): number {
      if (!this.isOpen) return UV_EBADF;
      this.#receiving = false;
      this.#update();
      return 0;
    }

    getsockname(target: Record<string, unknown>): number {
      if (this.#fd < 0) return UV_EBADF;
      return answer(() => void describeAddress(env.sys.getsockname(this.#fd), target));
    }

    getpeername(target: Record<string, unknown>): number {
      if (this.#fd < 0) return UV_EBADF;
      return answer(() => void describeAddress(env.sys.getpeername(this.#fd), target));
    }

    setBroadcast(on: number): number {
      return this.#set(SOL_SOCKET, SO_BROADCAST, on);
    }

    setTTL(ttl: number): number {
      if (ttl < 1 || ttl > 255) return UV_EINVAL;
      return this.#setIp(IP_TTL, IPV6_UNICAST_HOPS, ttl);
    }

    setMulticastTTL(ttl: number): number {
      return this.#setIp(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, ttl);
    }

    setMulticastLoopback(on: number): number {
      return this.#setIp(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, on);
    }

    setMulticastInterface(address: string): number {
      if (this.#fd < 0) return UV_EBADF;
      const bytes = this.#family === AF_INET ? parseIPv4(address) : parseIPv6(address);
      if (!bytes) return UV_EINVAL;
      // The loopback interface, or whichever there is, is all that can be asked for.
      const isLocal = bytes.length === 16 || bytes[0] === 127 || bytes.every((byte) => byte === 0);
      return isLocal ? 0 : -Errno.EADDRNOTAVAIL;
    }

    addMembership(group: string, address: string | undefined): number {
      return this.#membership(group, address);
    }

    dropMembership(group: string, address: string | undefined): number {
      return this.#membership(group, address);
    }

    addSourceSpecificMembership(source: string, group: string, address?: string): number {
      return isAnyAddress(source) ? this.#membership(group, address) : UV_EINVAL;
    }

    dropSourceSpecificMembership(source: string, group: string, address?: string): number {
      return isAnyAddress(source) ? this.#membership(group, address) : UV_EINVAL;
    }

    /** Sets, or with size 0 tells, a buffer's size; undefined with `context` filled in on failure. */
    bufferSize(
      size: number,
      isReceive: boolean,
      context: Record<string, unknown>,
    ): number | undefined {
      const name = isReceive ? SO_RCVBUF : SO_SNDBUF;
      let value = size;
      const status =
        this.#fd < 0
          ? UV_EBADF
          : size > 0x7fff_ffff
            ? UV_EINVAL
            : answer(() => {
                if (size > 0) env.sys.setsockopt(this.#fd, SOL_SOCKET, name, size);
                else value = env.sys.getsockopt(this.#fd, SOL_SOCKET, name);
              });
      if (status === 0) return value;
      context["errno"] = status;
      context["code"] = uvErrorName(status);
      context["message"] = uvErrorText(status);
      context["syscall"] = isReceive ? "uv_recv_buffer_size" : "uv_send_buffer_size";
      return undefined;
    }

    getSendQueueSize(): number {
      return this.#sends.reduce((sum, { bytes }) => sum + bytes.length, 0);
    }

    getSendQueueCount(): number {
      return this.#sends.length;
    }

    protected override onClose(): void {
      const fd = this.#fd;
      if (this.#watcher) this.#watcher.events = 0;
      this.#handle.active = false;
      this.#fd = -1;
      if (fd >= 0) answer(() => env.sys.close(fd));
      env.loop.close(() => {
        for (const { request, endRequest } of this.#sends.splice(0)) {
          endRequest();
          request.done(-Errno.ECANCELED, 0);
        }
      });
    }

    #attach(fd: number): void {
      this.#fd = fd;
      this.#watcher = new Watcher(env.loop, fd, (revents) => this.#onEvents(revents));
      this.#watcher.unref();
    }

    #socket(family: number): number {
      if (this.#fd >= 0) return this.#fd;
      this.#family = family;
      this.#attach(env.sys.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      return this.#fd;
    }

    /** As libuv binds before it connects or sends. */
    #boundSocket(family: number): number {
      if (this.#fd >= 0) return this.#fd;
      const fd = this.#socket(family);
      env.sys.bind(fd, inetAddress(family, family === AF_INET ? "0.0.0.0" : "::", 0));
      return fd;
    }

    #bind(family: number, host: string, port: number, flags: number): number {
      if (!this.isOpen) return UV_EBADF;
      return answer(() => {
        const address = inetAddress(family, host, port);
        const fd = this.#socket(family);
        const set = (level: number, name: number) => env.sys.setsockopt(fd, level, name, 1);
        if ((flags & UV_UDP_IPV6ONLY) !== 0) {
          if (family !== AF_INET6) throw new KernelError(Errno.EINVAL);
          set(IPPROTO_IPV6, IPV6_V6ONLY);
        }
        if ((flags & UV_UDP_REUSEADDR) !== 0) set(SOL_SOCKET, SO_REUSEADDR);
        if ((flags & UV_UDP_REUSEPORT) !== 0) set(SOL_SOCKET, SO_REUSEPORT);
        env.sys.bind(fd, address);
      });
    }

    #connect(family: number, host: string, port: number): number {
      if (!this.isOpen) return UV_EBADF;
      if (this.#isConnected) return -Errno.EISCONN;
      return answer(() => {
        env.sys.connect(this.#boundSocket(family), inetAddress(family, host, port));
        this.#isConnected = true;
      });
    }

    /** req, list, count, [port, address,] hasCallback: 1 + bytes where it went at once, 0 for later. */
    #send(family: number, args: readonly unknown[]): number {
      if (!this.isOpen) return UV_EBADF;
      const [request, list] = args as [StreamRequest, readonly ArrayBufferView[]];
      const hasAddress = args.length > 4;
      const bytes = joined(list);
      let sent = 0;
      let to: SocketAddress | undefined;
      const status = answer(() => {
        if (hasAddress) {
          if (this.#isConnected) throw new KernelError(Errno.EISCONN);
          to = inetAddress(family, args[4] as string, Number(args[3]));
        } else if (!this.#isConnected) throw new KernelError(Errno.EDESTADDRREQ);
        const fd = this.#boundSocket(family);
        if (this.#sends.length > 0) throw new KernelError(Errno.EAGAIN);
        sent = env.sys.sendmsg(fd, bytes, 0, to, []);
      });
      if (status === 0) return sent + 1;
      if (status !== -Errno.EAGAIN) return status;
      triggeredBy(env, this, () => request.asyncReset());
      this.#sends.push({ request, bytes, to, endRequest: env.loop.beginRequest() });
      this.#update();
      return 0;
    }

    #update(): void {
      const watcher = this.#watcher;
      if (!watcher || !this.isOpen) return;
      const sends = this.#sends.length > 0;
      watcher.events = (this.#receiving ? POLLIN : 0) | (sends ? POLLOUT : 0);
      this.#handle.active = this.#receiving || sends;
    }

    #onEvents(revents: number): void {
      if (this.#receiving) this.#receiveAll();
      if (!this.isOpen || (revents & POLLOUT) === 0) return;
      for (const send of this.#sends.splice(0)) {
        const status = answer(() => void env.sys.sendmsg(this.#fd, send.bytes, 0, send.to, []));
        if (status === -Errno.EAGAIN) {
          this.#sends.push(send);
          continue;
        }
        send.endRequest();
        send.request.done(status, send.bytes.length);
        if (!this.isOpen) return;
      }
      this.#update();
    }

    #receiveAll(): void {
      for (let i = 0; i < DATAGRAMS_MAX && this.#receiving && this.isOpen; i++) {
        let status = 0;
        let bytes = new Uint8Array(0);
        const sender: Record<string, unknown> = {};
        status = answer(() => {
          const { data, address } = env.sys.recvmsg(this.#fd, DATAGRAM_MAX, 0);
          bytes = data.slice();
          if (address) describeAddress(address, sender);
        });
        if (status === -Errno.EAGAIN || status === -Errno.EINTR) return;
        const args =
          status < 0
            ? [status, this, undefined, undefined]
            : [bytes.length, this, bufferOf(env, bytes), sender];
        this.makeCallback("onmessage", args);
        if (status < 0) return;
      }
    }

    #set(level: number, name: number, value: number): number {
      return this.#fd < 0
        ? UV_EBADF
        : answer(() => env.sys.setsockopt(this.#fd, level, name, value));
    }

    #setIp(name: number, name6: number, value: number): number {
      return this.#family === AF_INET
        ? this.#set(IPPROTO_IP, name, value)
        : this.#set(IPPROTO_IPV6, name6, value);
    }

    #membership(group: string, address: string | undefined): number {
      const isValid = isAnyAddress(group) && (address === undefined || isAnyAddress(address));
      return this.#multicast(isValid);
    }

    /** There is no interface that groups could be joined on. */
    #multicast(isValid: boolean): number {
      if (!isValid) return UV_EINVAL;
      return this.isOpen ? -Errno.ENODEV : UV_EBADF;
    }
  }

  return {
    UDP,
    SendWrap: class SendWrap extends StreamRequest {
      constructor() {
        super(env, "UDPSENDWRAP");
      }
    },
    constants: { UV_UDP_IPV6ONLY, UV_UDP_REUSEADDR, UV_UDP_REUSEPORT },
  };
};

function answer(act: () => void): number {
  try {
    act();
    return 0;
  } catch (reason) {
    return uvErrno(reason);
  }
}

function isAddress(family: number, text: string): boolean {
  return (family === AF_INET ? parseIPv4(text) : parseIPv6(text)) !== undefined;
}

function isAnyAddress(text: string): boolean {
  return isAddress(AF_INET, text) || isAddress(AF_INET6, text);
}

function joined(parts: readonly ArrayBufferView[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first) return bytesOf(first);
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(bytesOf(part), at);
    at += part.byteLength;
  }
  return whole;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

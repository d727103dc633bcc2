/** internalBinding("pipe_wrap"): Unix sockets, pipes and FIFOs as streams, and the channel of IPC. */
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  AT_FDCWD,
  Errno,
  F_GETFL,
  KernelError,
  MSG_CMSG_CLOEXEC,
  O_ACCMODE,
  O_RDONLY,
  O_WRONLY,
  SO_DOMAIN,
  SO_TYPE,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";
import { unixAddress, unixName } from "../net/addresses.ts";
import { ConnectionStream } from "../net/connection-stream.ts";
import { StreamRequest } from "./stream_wrap/requests.ts";

const SOCKET = 0;
const SERVER = 1;
const IPC = 2;
const UV_READABLE = 1;
const UV_WRITABLE = 2;
/** Bytes of sun_path, its NUL counted. */
const PATH_MAX = 108;

type HandleClass = new (type: number) => { open(fd: number): number };

export const pipeWrap: BindingFactory = (env) => {
  class Pipe extends ConnectionStream {
    readonly #isIpc: boolean;
    /** The file that a bound socket stands at; it goes with the socket. */
    #path: string | undefined;
    /** Descriptors that came along and were not handed on yet. */
    readonly #received: number[] = [];

    constructor(type: number) {
      super(env, type === SERVER ? "PIPESERVERWRAP" : "PIPEWRAP");
      this.#isIpc = type === IPC;
    }

    bind(name: string): number {
      if (this.hasDescriptor || tooLong(name)) return -Errno.EINVAL;
      const status = this.bindTo(unixAddress(name), false);
      if (status === 0 && !name.startsWith("\0")) this.#path = name;
      return status === -Errno.ENOENT ? -Errno.EACCES : status;
    }

    connect(request: StreamRequest, name: string): number {
      if (tooLong(name)) return -Errno.EINVAL;
      return this.connectTo(
        request,
        () => unixAddress(name),
        () => true,
      );
    }

    /** Lets everybody read from, or write to, a bound socket. */
    fchmod(mode: number): number {
      if (!this.hasDescriptor) return -Errno.EBADF;
      return this.answer(() => {
        if (mode < UV_READABLE || mode > (UV_READABLE | UV_WRITABLE))
          throw new KernelError(Errno.EINVAL);
        const path = unixName(env.sys.getsockname(this.descriptor()));
        const bits = (mode & UV_READABLE ? 0o444 : 0) | (mode & UV_WRITABLE ? 0o222 : 0);
        const { mode: before } = env.sys.newfstatat(AT_FDCWD, path, 0);
        env.sys.fchmodat(AT_FDCWD, path, (before & 0o7777) | bits, 0);
      });
    }

    protected override adopt(fd: number): void {
      const access = env.sys.fcntl(fd, F_GETFL, 0) & O_ACCMODE;
      this.attach(fd, access !== O_WRONLY, access !== O_RDONLY);
    }

    protected override socket(): number {
      return this.hasDescriptor ? this.descriptor() : this.makeSocket(AF_UNIX);
    }

    protected override makeConnection(): ConnectionStream {
      return new Pipe(SOCKET);
    }

    protected override takesHandles(): boolean {
      return this.#isIpc;
    }

    protected override receive(target: Uint8Array): number {
      if (!this.#isIpc) return super.receive(target);
      const fd = this.descriptor();
      const { data, rights } = env.sys.recvmsg(fd, target.length, MSG_CMSG_CLOEXEC);
      target.set(data);
      const count = data.length;
      this.#received.push(...rights);
      return count;
    }

    protected override emitRead(bytes: Uint8Array): void {
      const fd = this.#received.shift();
      if (fd !== undefined) {
        (this as { pendingHandle?: unknown }).pendingHandle = handleOver(fd);
      }
      super.emitRead(bytes);
    }

    protected override onClose(): void {
      super.onClose();
      for (const fd of this.#received.splice(0)) env.sys.close(fd);
      const path = this.#path;
      if (path !== undefined) this.answer(() => env.sys.unlinkat(AT_FDCWD, path, 0));
    }
  }

  /** A handle of the right class around a descriptor that came over a channel. */
  function handleOver(fd: number): unknown {
    const { sys } = env;
    let Class: HandleClass = Pipe as unknown as HandleClass;
    try {
      const family = sys.getsockopt(fd, SOL_SOCKET, SO_DOMAIN);
      if (family === AF_INET || family === AF_INET6) {
        const isUdp = sys.getsockopt(fd, SOL_SOCKET, SO_TYPE) === SOCK_DGRAM;
        const binding = env.internalBinding<Record<string, HandleClass>>(
          isUdp ? "udp_wrap" : "tcp_wrap",
        );
        Class = binding[isUdp ? "UDP" : "TCP"] as HandleClass;
      }
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
    }
    const handle = new Class(SOCKET);
    handle.open(fd);
    return handle;
  }

  return {
    Pipe,
    PipeConnectWrap: class PipeConnectWrap extends StreamRequest {
      constructor() {
        super(env, "PIPECONNECTWRAP");
      }
    },
    constants: { SOCKET, SERVER, IPC, UV_READABLE, UV_WRITABLE },
  };
};

function tooLong(name: string): boolean {
  return name.length >= PATH_MAX || unixAddress(name).address.length >= PATH_MAX;
}

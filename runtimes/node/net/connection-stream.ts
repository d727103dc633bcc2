/**
 * A stream over a socket, which can connect, or listen and accept (Node's ConnectionWrap with libuv's
 * uv_tcp_t and uv_pipe_t behind it).
 */
import {
  Errno,
  F_GETFL,
  F_SETFL,
  KernelError,
  MSG_NOSIGNAL,
  O_NONBLOCK,
  POLLIN,
  POLLOUT,
  SO_ERROR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  type SocketAddress,
} from "../../../kernel/abi.ts";
import { LibuvStream } from "../bindings/stream_wrap/libuv-stream.ts";
import { type StreamRequest, triggeredBy } from "../bindings/stream_wrap/requests.ts";
import type { SendableHandle } from "../bindings/stream_wrap/stream-base.ts";
import type { Environment } from "../environment.ts";
import { uvErrno } from "../errors.ts";

interface PendingConnection {
  readonly request: StreamRequest;
  readonly endRequest: () => void;
}

export abstract class ConnectionStream extends LibuvStream {
  readonly #env: Environment;
  /** A failure to bind that is told when it listens or connects, as libuv has it. */
  #delayed = 0;
  #connection: PendingConnection | undefined;
  #isSocket = true;

  constructor(env: Environment, provider: string) {
    super(env, provider);
    this.#env = env;
  }

  /** Takes over a descriptor that is open; 0, or what is wrong with it. */
  open(fd: number): number {
    return this.answer(() => {
      const { sys } = this.#env;
      sys.fcntl(fd, F_SETFL, sys.fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
      this.#isSocket = isSocket(this.#env, fd);
      this.adopt(fd);
    });
  }

  listen(backlog: number): number {
    if (!this.isOpen) return -Errno.EINVAL;
    if (this.#delayed !== 0) return this.#delayed;
    return this.answer(() => {
      const fd = this.socket();
      this.#env.sys.listen(fd, backlog);
      this.intercept(POLLIN, () => this.#acceptAll());
    });
  }

  /** A descriptor that is open becomes this stream's. */
  protected adopt(fd: number): void {
    this.attach(fd, true, true);
  }

  /** The descriptor; makes a socket of the family where there is none yet. */
  protected abstract socket(): number;
  /** The handle that lib/ gets for an accepted connection. */
  protected abstract makeConnection(): ConnectionStream;

  protected makeSocket(family: number): number {
    const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = this.#env.sys.socket(family, type, 0);
    this.attach(fd, false, false);
    return fd;
  }

  protected get hasDescriptor(): boolean {
    return this.descriptor() >= 0;
  }

  /** 0, or the errno that `act` throws, negative. */
  protected answer(act: () => void): number {
    try {
      act();
      return 0;
    } catch (reason) {
      return uvErrno(reason);
    }
  }

  /** As `answer`, but EADDRINUSE is told later. */
  protected bindTo(address: SocketAddress, delays: boolean): number {
    const status = this.answer(() => this.#env.sys.bind(this.socket(), address));
    this.#delayed = 0;
    if (!delays || status !== -Errno.EADDRINUSE) return status;
    this.#delayed = status;
    return 0;
  }

  /** Connects; what `isLater` says is told by `request`, everything else at once. */
  protected connectTo(
    request: StreamRequest,
    address: () => SocketAddress,
    isLater: (status: number) => boolean,
  ): number {
    if (!this.isOpen) return -Errno.EINVAL;
    if (this.#connection) return -Errno.EALREADY;
    let status = this.#delayed;
    this.#delayed = 0;
    if (status === 0) {
      status = this.answer(() => this.#env.sys.connect(this.socket(), address()));
    }
    if (status !== 0 && status !== -Errno.EINPROGRESS && !isLater(status)) return status;
    triggeredBy(this.#env, this, () => request.asyncReset());
    this.setDirections(true, true);
    this.#connection = { request, endRequest: this.#env.loop.beginRequest() };
    if (status === -Errno.EINPROGRESS) this.intercept(POLLOUT, () => this.#connected());
    else {
      // Known already, but told later; before the other end is, as the first to see a handshake's end.
      this.intercept(0, () => {});
      this.#env.loop.post(() => this.#finishConnection(status));
    }
    return 0;
  }

  protected override changeBlocking(enable: boolean): number {
    return this.answer(() => {
      const { sys } = this.#env;
      const fd = this.descriptor();
      const flags = sys.fcntl(fd, F_GETFL, 0);
      sys.fcntl(fd, F_SETFL, enable ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    });
  }

  protected override send(bytes: Uint8Array, handle: SendableHandle | undefined): number {
    const { sys } = this.#env;
    const fd = this.descriptor();
    const part = bytes.length > SEND_MAX ? bytes.subarray(0, SEND_MAX) : bytes;
    if (!this.#isSocket && !handle) return sys.write(fd, part);
    if (handle && !(handle.fd >= 0)) throw new KernelError(Errno.EBADF);
    return sys.sendmsg(fd, part, MSG_NOSIGNAL, undefined, handle ? [handle.fd] : []);
  }

  protected override cancelConnection(status: number): void {
    this.#finishConnection(status);
  }

  #connected(): void {
    const { sys } = this.#env;
    let status = 0;
    const failure = this.answer(() => {
      status = -sys.getsockopt(this.descriptor(), SOL_SOCKET, SO_ERROR);
    });
    this.#finishConnection(failure || status);
  }

  #finishConnection(status: number): void {
    const connection = this.#connection;
    if (!connection) return;
    this.#connection = undefined;
    connection.endRequest();
    if (status < 0) this.setDirections(false, false);
    if (this.isOpen) this.intercept(0, undefined);
    const { request } = connection;
    const works = status === 0;
    request.done(status, this, request, works, works);
    if (status < 0) this.cancelWrites(-Errno.ECANCELED);
  }

  #acceptAll(): void {
    const { sys } = this.#env;
    for (let i = 0; i < ACCEPTS_MAX && this.isOpen; i++) {
      let fd: number;
      try {
        fd = sys.accept4(this.descriptor(), SOCK_NONBLOCK | SOCK_CLOEXEC).fd;
      } catch (reason) {
        const status = uvErrno(reason);
        if (status === -Errno.EAGAIN || status === -Errno.EINTR) return;
        this.makeCallback("onconnection", [status, undefined]);
        return;
      }
      const connection = triggeredBy(this.#env, this, () => this.makeConnection());
      connection.adopt(fd);
      this.makeCallback("onconnection", [0, connection]);
    }
  }
}

/** Bytes of one send: what a socket holds. */
const SEND_MAX = 131_072;
/** Connections accepted in a row before others have their turn. */
const ACCEPTS_MAX = 32;
const S_IFMT = 0o170000;
const S_IFSOCK = 0o140000;

function isSocket({ sys }: Environment, fd: number): boolean {
  return (sys.fstat(fd).mode & S_IFMT) === S_IFSOCK;
}

/**
 * A socket of connections: TCP and Unix streams, and Unix sequenced packets. Two connected sockets hold
 * each other; bytes go straight into the other's half. Subclasses say how names lead to listeners.
 */
import { Errno, fail, KernelError } from "../errno.ts";
import {
  O_NONBLOCK,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRNORM,
} from "../fd/flags.ts";
import { SOMAXCONN } from "../limits.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import type { WaitQueue } from "../wait/wait-queue.ts";
import {
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SHUT_RD,
  SHUT_WR,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_SEQPACKET,
} from "./constants.ts";
import type { Way } from "./gateway.ts";
import { Rights } from "./rights.ts";
import { type Received, Socket } from "./socket.ts";
import { StreamHalf } from "./stream-half.ts";

export abstract class StreamSocket extends Socket {
  #state: "idle" | "listening" | "connecting" | "connected" = "idle";
  // Connected: what came in, and the other end while that is open.
  #incoming: StreamHalf | undefined;
  #peer: StreamSocket | undefined;
  /** It said that it will send no more, or cannot. */
  #sendShut = false;
  // Listening: connections that nobody has accepted, and sockets that wait for room among them.
  #backlog = 0;
  #queue: StreamSocket[] = [];
  readonly #waiting = new Set<StreamSocket>();
  /** Connecting: at which listener. */
  #target: StreamSocket | undefined;
  #isGone = false;

  /** Who connects, or connected to this end's listener. */
  #connector = 0;

  /** The process at the other end of an accepted connection, as it was when it connected (SO_PEERCRED). */
  get peerPid(): number {
    return this.#connector;
  }

  override get isListening(): boolean {
    return this.#state === "listening";
  }

  get isConnected(): boolean {
    return this.#state === "connected";
  }

  /** The other end is open. */
  protected get hasPeer(): boolean {
    return this.#peer !== undefined;
  }

  /** A write to an end that was closed vanishes once, as a TCP segment does, before the answer comes. */
  protected abstract readonly losesFirstWrite: boolean;
  /** Carries descriptors. */
  protected abstract readonly carriesRights: boolean;
  /** What the calls of a socket without a connection fail with. */
  protected abstract readonly unconnectedSend: Errno;
  protected abstract readonly unconnectedReceive: Errno;

  /** The listening socket behind `address`; ECONNREFUSED. */
  protected abstract findListener(call: Call, address: SocketAddress): StreamSocket;
  /** The other end of a connection that `client` makes to this listener. */
  protected abstract makePeer(client: StreamSocket): StreamSocket;
  /** How a connection to `address` leaves the machine; undefined where it does not. */
  protected wayOut(_call: Call, _address: SocketAddress): Way | Promise<Way> | undefined {
    return undefined;
  }
  /** The way is there: connects this socket with the gateway's. */
  protected takeWay(_way: Way): void {}
  /** It came to nothing. */
  protected giveUpWay(): void {}
  /** Gets a name before it listens, where it has none. */
  protected abstract beforeListen(call: Call): void;
  /** It listens or is closed: its name leads to it, or no more. */
  protected abstract nameGone(): void;
  /** Closes at once and throws away what was not sent (SO_LINGER 0). */
  protected get resetsOnClose(): boolean {
    return false;
  }

  /** Two sockets that are connected from the start (socketpair). */
  static join(one: StreamSocket, other: StreamSocket): void {
    one.#link(other);
    other.#link(one);
  }

  override listen(call: Call, backlog: number): void {
    if (this.#state === "connected" || this.#state === "connecting") fail(Errno.EINVAL);
    this.beforeListen(call);
    this.#state = "listening";
    // As on Linux, one more fits than was asked for; a negative backlog is as large as can be.
    this.#backlog = Math.min(backlog < 0 ? SOMAXCONN : backlog, SOMAXCONN) + 1;
    this.#admitWaiting();
    this.kernel.network.listening.wake();
  }

  override accept(call: Call, _flags: number): StreamSocket {
    if (this.#state !== "listening") fail(Errno.EINVAL);
    const connection = this.#queue.shift();
    if (!connection) return this.wait(call, 0, SO_RCVTIMEO);
    this.#admitWaiting();
    return connection;
  }

  override connect(call: Call, address: SocketAddress): void {
    if (this.#state === "connecting" && call.state !== this) fail(Errno.EALREADY);
    if (call.state === this) {
      if (this.#state === "connecting") this.wait(call, 0, SO_SNDTIMEO);
      this.reportError();
      return;
    }
    if (this.#state === "listening") fail(Errno.EINVAL);
    if (this.#state === "connected") fail(Errno.EISCONN);
    const way = this.wayOut(call, address);
    if (way) {
      this.#leave(call, way);
      return;
    }
    const listener = this.findListener(call, address);
    this.#connector = call.process.pid;
    if (listener.#queue.length < listener.#backlog) {
      listener.#establish(this);
      return;
    }
    this.#waitFor(call, listener);
  }

  /** Breaks the connection off: what waits in it ends, and the other side is told by a reset. */
  protected disconnect(): void {
    if (this.#state !== "connected") return;
    this.#hangUp(true);
    this.changed.wake();
  }

  override shutdown(how: number): void {
    const incoming = this.#incoming;
    if (this.#state !== "connected" || !incoming) fail(Errno.ENOTCONN);
    if (how !== SHUT_WR) incoming.unwanted = true;
    if (how !== SHUT_RD && !this.#sendShut) {
      this.#sendShut = true;
      if (this.#peer) this.#peer.#end();
    }
    this.changed.wake();
    this.#peer?.changed.wake();
  }

  override send(
    call: Call,
    source: Uint8Array,
    flags: number,
    to: SocketAddress | undefined,
    fds: readonly number[],
  ): number {
    if ((flags & MSG_OOB) !== 0) fail(Errno.EOPNOTSUPP);
    if (this.#state === "connecting") this.wait(call, flags, SO_SNDTIMEO);
    if (this.#state !== "connected") this.#unconnected(call, flags);
    if (to && this.carriesRights) fail(Errno.EISCONN);
    if (call.progress === 0) this.reportError();
    if (this.#sendShut) return this.#broken(call, flags);
    const peer = this.#peer;
    if (!peer) return this.#lost(call, source, flags);
    const half = peer.#incoming as StreamHalf;
    if (half.unwanted && this.carriesRights) return this.#broken(call, flags);
    const isMessage = this.kind.type === SOCK_SEQPACKET;
    if (isMessage && source.length > half.capacity) fail(Errno.EMSGSIZE);
    if (source.length === 0 && !isMessage) return 0;
    if (half.room === 0 || (isMessage && half.room < source.length)) {
      return this.#waitForRoom(call, flags);
    }
    const rights = call.progress === 0 && this.carriesRights ? Rights.of(call, fds) : undefined;
    call.progress += half.put(source, call.progress, rights);
    peer.changed.wake();
    if (call.progress === source.length) return call.progress;
    call.partial = call.progress;
    return this.#waitForRoom(call, flags);
  }

  override receive(call: Call, target: Uint8Array, flags: number): Received {
    if ((flags & MSG_OOB) !== 0) fail(Errno.EINVAL);
    if (this.#state === "connecting") this.wait(call, flags, SO_RCVTIMEO);
    const half = this.#incoming ?? fail(this.unconnectedReceive);
    const peek = (flags & MSG_PEEK) !== 0;
    if (half.hasData) {
      const wasWritable = half.isWritable;
      const rest = call.progress > 0 ? target.subarray(call.progress) : target;
      const { count, length, rights } = half.take(rest, peek);
      if (!wasWritable && half.isWritable) this.#peer?.changed.wake();
      const waitsForAll = (flags & MSG_WAITALL) !== 0 && !peek && !rights;
      if (waitsForAll && count < rest.length && this.kind.type !== SOCK_SEQPACKET) {
        call.progress += count;
        return this.receive(call, target, flags);
      }
      const isCut = this.kind.type === SOCK_SEQPACKET && count < length;
      return received(call.progress + count, length, rights, isCut ? MSG_TRUNC : 0);
    }
    if (call.progress > 0) call.partial = call.progress;
    // Once the end has come, what was written in vain is told to writers only.
    const isTold = half.ended && this.pendingError === Errno.EPIPE;
    if (this.pendingError !== undefined && call.progress === 0 && !isTold) this.reportError();
    const isOver = half.ended || half.unwanted || this.pendingError !== undefined;
    if (isOver || target.length === 0) return received(call.progress, call.progress, undefined, 0);
    if (call.progress > 0 && this.isNonBlocking(flags))
      return received(call.progress, call.progress, undefined, 0);
    return this.wait(call, flags, SO_RCVTIMEO);
  }

  override readable(): number {
    if (this.#state === "listening") fail(Errno.EINVAL);
    return this.#incoming?.length ?? 0;
  }

  override poll(): { events: number; queue: WaitQueue } {
    return { events: this.#events(), queue: this.changed };
  }

  protected override closed(): void {
    super.closed();
    this.#isGone = true;
    if (this.#state === "listening") this.#stopListening();
    if (this.#target) this.#target.#waiting.delete(this);
    this.nameGone();
    this.#hangUp(this.resetsOnClose);
    this.changed.wake();
  }

  #events(): number {
    if (this.#state === "listening") return this.#queue.length > 0 ? POLLIN | POLLRDNORM : 0;
    if (this.#state === "connecting") return 0;
    const half = this.#incoming;
    const error = this.pendingError !== undefined ? POLLERR : 0;
    if (!half) return error | POLLOUT | POLLWRNORM | POLLHUP;
    const isOver = half.ended || half.unwanted;
    const toRead = half.hasData || isOver || error !== 0 ? POLLIN | POLLRDNORM : 0;
    const hangUp = isOver && this.#sendShut ? POLLHUP : 0;
    return error | toRead | (isOver ? POLLRDHUP : 0) | hangUp | this.#writable();
  }

  #writable(): number {
    const outgoing = this.#peer ? this.#peer.#incoming : undefined;
    return !outgoing || outgoing.isWritable || this.#sendShut ? POLLOUT | POLLWRNORM : 0;
  }

  /** `client` gets its connection, which waits to be accepted. */
  #establish(client: StreamSocket): void {
    const server = this.makePeer(client);
    server.#connector = client.#connector;
    StreamSocket.join(client, server);
    this.#queue.push(server);
    this.changed.wake();
  }

  #link(peer: StreamSocket): void {
    this.#peer = peer;
    this.#incoming = new StreamHalf(this.kernel.network.budget, this.kind.type === SOCK_SEQPACKET);
    this.#state = "connected";
    this.changed.wake();
  }

  #waitFor(call: Call, listener: StreamSocket): never {
    listener.#waiting.add(this);
    this.#target = listener;
    this.#state = "connecting";
    call.state = this;
    if ((this.flags & O_NONBLOCK) !== 0) fail(Errno.EINPROGRESS);
    return this.wait(call, 0, SO_SNDTIMEO);
  }

  /** Waits for the gateway, as long as it takes: who closes the socket meanwhile abandons the way. */
  #leave(call: Call, way: Way | Promise<Way>): void {
    if (!(way instanceof Promise)) {
      this.#arrive(way);
      this.reportError();
      return;
    }
    this.#state = "connecting";
    call.state = this;
    way.then(
      (found) => this.#arrive(found),
      (reason) => this.#lostWay(reason),
    );
    if ((this.flags & O_NONBLOCK) !== 0) fail(Errno.EINPROGRESS);
    this.wait(call, 0, SO_SNDTIMEO);
  }

  #arrive(way: Way): void {
    if (this.#isGone) {
      way.abandon();
      this.giveUpWay();
      return;
    }
    try {
      this.takeWay(way);
    } catch (reason) {
      way.abandon();
      this.#lostWay(reason);
    }
  }

  #lostWay(reason: unknown): void {
    this.giveUpWay();
    this.#refused(reason instanceof KernelError ? reason.errno : Errno.EIO);
  }

  /** Lets sockets connect that waited for room at this listener. */
  #admitWaiting(): void {
    for (const client of this.#waiting) {
      if (this.#queue.length >= this.#backlog) return;
      this.#waiting.delete(client);
      client.#target = undefined;
      try {
        this.#establish(client);
      } catch {
        // No room for one more socket: the client is told what a client can be told.
        client.#refused(Errno.ECONNREFUSED);
      }
    }
  }

  #refused(error: Errno): void {
    this.#state = "idle";
    this.#target = undefined;
    this.pendingError = error;
    this.changed.wake();
  }

  #stopListening(): void {
    for (const client of this.#waiting) client.#refused(Errno.ECONNREFUSED);
    this.#waiting.clear();
    for (const connection of this.#queue.splice(0)) {
      // Nobody ever held it: this closes it, and its client is told that it was thrown away.
      connection.#hangUp(true);
      connection.acquire().release();
    }
    this.#state = "idle";
  }

  /** Lets the other end know that this one is gone; `hard`, or where bytes were left unread: by a reset. */
  #hangUp(hard: boolean): void {
    const peer = this.#peer;
    const incoming = this.#incoming;
    this.#peer = undefined;
    this.#incoming = undefined;
    if (this.#state === "connected") this.#state = "idle";
    if (peer) {
      peer.#peer = undefined;
      if (hard || incoming?.hasData) peer.#reset();
      else peer.#end();
      peer.changed.wake();
    }
    incoming?.dispose();
  }

  #end(): void {
    if (this.#incoming) this.#incoming.ended = true;
    this.changed.wake();
  }

  #reset(): void {
    const wasEnded = this.#incoming?.ended === true;
    this.pendingError = wasEnded ? Errno.EPIPE : Errno.ECONNRESET;
    this.#sendShut = true;
    this.#end();
  }

  #waitForRoom(call: Call, flags: number): number {
    if (call.progress > 0 && this.isNonBlocking(flags)) return call.progress;
    return this.wait(call, flags, SO_SNDTIMEO);
  }

  #unconnected(call: Call, flags: number): never {
    this.reportError();
    if (this.unconnectedSend === Errno.EPIPE) this.brokenPipe(call, flags);
    return fail(this.unconnectedSend);
  }

  #broken(call: Call, flags: number): number {
    if (call.progress > 0) return call.progress;
    return this.brokenPipe(call, flags);
  }

  /** The other end is closed. */
  #lost(call: Call, source: Uint8Array, flags: number): number {
    if (!this.losesFirstWrite) return this.#broken(call, flags);
    this.#sendShut = true;
    this.pendingError = Errno.EPIPE;
    this.changed.wake();
    return source.length;
  }
}

function received(
  count: number,
  length: number,
  rights: Rights | undefined,
  flags: number,
): Received {
  return { count, length, from: undefined, rights, flags };
}

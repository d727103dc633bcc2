/**
 * A socket of datagrams: UDP and Unix SOCK_DGRAM. Messages wait at their receiver, as many as its
 * SO_RCVBUF and the machine's budget have room for.
 */
import { Errno, fail } from "../errno.ts";
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRNORM,
} from "../fd/flags.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress } from "../syscalls/types.ts";
import type { WaitQueue } from "../wait/wait-queue.ts";
import {
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  SHUT_RD,
  SHUT_WR,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SOL_SOCKET,
} from "./constants.ts";
import type { Rights } from "./rights.ts";
import { type Received, Socket } from "./socket.ts";

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: SocketAddress | undefined;
  readonly rights: Rights | undefined;
}

/** What a waiting datagram costs beside its bytes. */
const OVERHEAD = 256;

export abstract class DatagramSocket extends Socket {
  readonly #queue: Datagram[] = [];
  #queued = 0;
  #readShut = false;
  #writeShut = false;
  isClosed = false;
  /** Senders that found it full and wait for room. */
  readonly #waiting = new Set<DatagramSocket>();

  protected abstract readonly isConnected: boolean;
  /** False where a send would have to wait. */
  protected abstract canSend(): boolean;
  protected abstract nameGone(): void;

  override shutdown(how: number): void {
    if (!this.isConnected) fail(Errno.ENOTCONN);
    if (how !== SHUT_WR) this.#readShut = true;
    if (how !== SHUT_RD) this.#writeShut = true;
    this.changed.wake();
  }

  override receive(call: Call, target: Uint8Array, flags: number): Received {
    if ((flags & MSG_OOB) !== 0) fail(Errno.EOPNOTSUPP);
    const [message] = this.#queue;
    if (!message) {
      this.reportError();
      if (this.#readShut)
        return { count: 0, length: 0, from: undefined, rights: undefined, flags: 0 };
      return this.wait(call, flags, SO_RCVTIMEO);
    }
    if ((flags & MSG_PEEK) === 0) this.#take();
    const { bytes, from, rights } = message;
    const count = Math.min(bytes.length, target.length);
    target.set(count === bytes.length ? bytes : bytes.subarray(0, count));
    const cut = count < bytes.length ? MSG_TRUNC : 0;
    return { count, length: bytes.length, from, rights, flags: cut };
  }

  /** True where a datagram of `length` bytes would be taken now. */
  hasRoom(length: number): boolean {
    if (this.#queue.length === 0) return true;
    return this.#queued + length + OVERHEAD <= this.options.get(SOL_SOCKET, SO_RCVBUF);
  }

  /** False where it has to be thrown away. */
  deliver(message: Datagram): boolean {
    const cost = message.bytes.length + OVERHEAD;
    if (this.#readShut || !this.hasRoom(message.bytes.length)) return false;
    if (!this.kernel.network.budget.takeMemory(cost)) return false;
    this.#queued += cost;
    this.#queue.push(message);
    this.changed.wake();
    return true;
  }

  /** `sender` is woken when there is room again. */
  awaitRoom(sender: DatagramSocket): void {
    this.#waiting.add(sender);
  }

  /** FIONREAD is the size of the next datagram. */
  override readable(): number {
    return this.#queue[0]?.bytes.length ?? 0;
  }

  override poll(): { events: number; queue: WaitQueue } {
    const error = this.pendingError === undefined ? 0 : POLLERR;
    const toRead = this.#queue.length > 0 || this.#readShut || error !== 0;
    const events =
      error |
      (toRead ? POLLIN | POLLRDNORM : 0) |
      (this.canSend() ? POLLOUT | POLLWRNORM : 0) |
      (this.#readShut ? POLLRDHUP : 0) |
      (this.#readShut && this.#writeShut ? POLLHUP : 0);
    return { events, queue: this.changed };
  }

  protected get isWriteShut(): boolean {
    return this.#writeShut;
  }

  /** What waits from others than `from` is not for it any more. */
  protected dropAll(): void {
    while (this.#queue.length > 0) this.#take().rights?.drop();
  }

  protected override closed(): void {
    super.closed();
    this.isClosed = true;
    this.nameGone();
    this.dropAll();
    this.#wakeSenders();
    this.changed.wake();
  }

  #take(): Datagram {
    const message = this.#queue.shift() as Datagram;
    const cost = message.bytes.length + OVERHEAD;
    this.#queued -= cost;
    this.kernel.network.budget.giveMemory(cost);
    this.#wakeSenders();
    return message;
  }

  #wakeSenders(): void {
    const senders = [...this.#waiting];
    this.#waiting.clear();
    for (const sender of senders) sender.changed.wake();
  }
}

/**
 * An open socket (socket(2)): what all families and types have in common. What a kind does not support
 * keeps the default's errno.
 */
import { Errno, fail } from "../errno.ts";
import { O_NONBLOCK, O_RDWR } from "../fd/flags.ts";
import { OpenFile } from "../fd/open-file.ts";
import type { Kernel } from "../kernel.ts";
import type { Credentials } from "../process/credentials.ts";
import { sendSignal } from "../signals/deliver.ts";
import { Signal } from "../signals/numbers.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketAddress, Stat } from "../syscalls/types.ts";
import { PAGE_SIZE, S_IFSOCK } from "../vfs/constants.ts";
import { WaitQueue } from "../wait/wait-queue.ts";
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_ERROR,
  SO_PROTOCOL,
  type SO_RCVTIMEO,
  type SO_SNDTIMEO,
  SO_TYPE,
  SOL_SOCKET,
} from "./constants.ts";
import type { Rights } from "./rights.ts";
import { SocketOptions } from "./socket-options.ts";

/** What one receive brought; `length` is the datagram's, of which `target` may have got less. */
export interface Received {
  readonly count: number;
  readonly length: number;
  readonly from: SocketAddress | undefined;
  readonly rights: Rights | undefined;
  readonly flags: number;
}

export interface SocketKind {
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
  /** Levels of options beside SOL_SOCKET. */
  readonly levels: readonly number[];
}

export abstract class Socket extends OpenFile {
  readonly kernel: Kernel;
  readonly kind: SocketKind;
  readonly options: SocketOptions;
  /** Wakes when it may have become readable, writable, or broken. */
  readonly changed = new WaitQueue();
  /** What SO_ERROR, or the next call that moves bytes, reports once. */
  pendingError: Errno | undefined;
  readonly #ino: number;
  readonly #owner: Credentials;
  readonly #made: bigint;

  constructor(kernel: Kernel, owner: Credentials, kind: SocketKind, flags: number) {
    super(O_RDWR | flags);
    kernel.network.budget.takeSocket();
    this.kernel = kernel;
    this.kind = kind;
    this.options = new SocketOptions(kind.levels);
    this.#owner = owner;
    this.#ino = kernel.nextAnonymousInode();
    this.#made = kernel.host.clock.realtime();
  }

  get owner(): Credentials {
    return this.#owner;
  }

  get isListening(): boolean {
    return false;
  }

  abstract bind(call: Call, address: SocketAddress): void;

  listen(_call: Call, _backlog: number): void {
    fail(Errno.EOPNOTSUPP);
  }

  /** The next connection; sleeps until there is one. */
  accept(_call: Call, _flags: number): Socket {
    return fail(Errno.EOPNOTSUPP);
  }

  abstract connect(call: Call, address: SocketAddress): void;
  abstract shutdown(how: number): void;
  abstract localAddress(): SocketAddress;
  /** ENOTCONN where there is no peer. */
  abstract peerAddress(): SocketAddress;

  abstract send(
    call: Call,
    source: Uint8Array,
    flags: number,
    to: SocketAddress | undefined,
    fds: readonly number[],
  ): number;

  abstract receive(call: Call, target: Uint8Array, flags: number): Received;

  getOption(level: number, name: number): number {
    if (level !== SOL_SOCKET) return this.options.get(level, name);
    switch (name) {
      case SO_ERROR:
        return this.takeError() ?? 0;
      case SO_TYPE:
        return this.kind.type;
      case SO_DOMAIN:
        return this.kind.family;
      case SO_PROTOCOL:
        return this.kind.protocol;
      case SO_ACCEPTCONN:
        return this.isListening ? 1 : 0;
      default:
        return this.options.get(level, name);
    }
  }

  setOption(level: number, name: number, value: number): void {
    this.options.set(level, name, value);
  }

  override stat(): Stat {
    const { euid, egid } = this.#owner;
    const made = this.#made;
    return {
      dev: SOCKET_DEVICE,
      ino: this.#ino,
      mode: S_IFSOCK | 0o777,
      nlink: 1,
      uid: euid,
      gid: egid,
      rdev: 0,
      size: 0,
      blksize: PAGE_SIZE,
      blocks: 0,
      atime: made,
      mtime: made,
      ctime: made,
      birthtime: made,
    };
  }

  override read(call: Call, target: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    if (target.length === 0) return 0;
    const { count, rights } = this.receive(call, target, 0);
    // Who takes no descriptors loses them.
    rights?.drop();
    return count;
  }

  override write(call: Call, source: Uint8Array, position: number | undefined): number {
    if (position !== undefined) fail(Errno.ESPIPE);
    return this.send(call, source, 0, undefined, []);
  }

  protected override closed(): void {
    this.kernel.network.budget.giveSocket();
  }

  takeError(): Errno | undefined {
    const error = this.pendingError;
    this.pendingError = undefined;
    return error;
  }

  /** Fails with the error that is pending, if one is. */
  protected reportError(): void {
    const error = this.takeError();
    if (error !== undefined) fail(error);
  }

  protected isNonBlocking(flags: number): boolean {
    return (this.flags & O_NONBLOCK) !== 0 || (flags & MSG_DONTWAIT) !== 0;
  }

  /** Waits for a change, as long as flags and options let it; EAGAIN. */
  protected wait(
    call: Call,
    flags: number,
    timeout: typeof SO_RCVTIMEO | typeof SO_SNDTIMEO,
  ): never {
    const nonBlocking = this.isNonBlocking(flags);
    const nanoseconds = this.options.get(SOL_SOCKET, timeout);
    if (nanoseconds > 0 && !nonBlocking) {
      const now = this.kernel.host.clock.monotonic();
      call.deadline ??= now + BigInt(nanoseconds);
      if (now >= call.deadline) fail(Errno.EAGAIN);
    }
    return call.block(this.changed, nonBlocking);
  }

  /** Nobody is left to receive: SIGPIPE, unless it is not wanted, and EPIPE. */
  protected brokenPipe(call: Call, flags: number): never {
    if ((flags & MSG_NOSIGNAL) === 0) sendSignal(call.kernel, call.process, Signal.SIGPIPE);
    return fail(Errno.EPIPE);
  }
}

/** `st_dev` of sockets, which no mounted file system has. */
const SOCKET_DEVICE = 0xfff1;

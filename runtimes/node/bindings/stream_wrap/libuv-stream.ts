/**
 * A stream over a descriptor (libuv's uv_stream_t as Node wraps it): reads when there is something to
 * read, writes at once what fits and the rest when there is room. Pipes, sockets and terminals extend it.
 */
import {
  Errno,
  KernelError,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  RWF_NOWAIT,
} from "../../../../kernel/abi.ts";
import type { Environment } from "../../environment.ts";
import { LoopHandle, Watcher } from "../../loop/event-loop.ts";
import type { StreamRequest } from "./requests.ts";
import { type SendableHandle, StreamBase, UV_EOF } from "./stream-base.ts";

const UV_EBADF = -Errno.EBADF;
const UV_EAGAIN = -Errno.EAGAIN;
const UV_EPIPE = -Errno.EPIPE;
const UV_ENOTCONN = -Errno.ENOTCONN;
const UV_EALREADY = -Errno.EALREADY;
const UV_ECANCELED = -Errno.ECANCELED;

/** Bytes of one read, and reads in a row before others have their turn; libuv's numbers. */
const READ_SIZE = 65_536;
const READS_MAX = 32;
const STDERR = 2;
const SHUT_WR = 1;

/** Memory that reads fill, one for each process: whoever listens copies at once. */
let scratch: Uint8Array | undefined;

interface PendingWrite {
  readonly request: StreamRequest;
  readonly bytes: Uint8Array;
  readonly endRequest: () => void;
  handle: SendableHandle | undefined;
  written: number;
}

interface PendingShutdown {
  readonly request: StreamRequest;
  readonly endRequest: () => void;
}

export abstract class LibuvStream extends StreamBase {
  readonly #env: Environment;
  readonly #handle: LoopHandle;
  #fd = -1;
  #watcher: Watcher | undefined;
  #reading = false;
  #readable = false;
  #writable = false;
  #isShut = false;
  #isClosed = false;
  readonly #writes: PendingWrite[] = [];
  #shutdown: PendingShutdown | undefined;
  /** What takes the next events instead: a connection under way, a listening socket. */
  #intercept: { readonly events: number; readonly onEvents: () => void } | undefined;

  constructor(env: Environment, provider: string) {
    super(env, provider);
    this.#env = env;
    this.#handle = new LoopHandle(env.loop);
  }

  get writeQueueSize(): number {
    return this.#writes.reduce((sum, { bytes, written }) => sum + bytes.length - written, 0);
  }

  /** True waits in every write; only what is inherited by others would tell the difference. */
  setBlocking(enable: boolean): number {
    return this.#fd < 0 ? UV_EBADF : this.changeBlocking(enable);
  }

  protected get handles(): readonly LoopHandle[] {
    return [this.#handle];
  }

  /** Node has a stream alive until its closing is over. */
  protected override isAlive(): boolean {
    return !this.#isClosed;
  }

  protected descriptor(): number {
    return this.#fd < 0 ? UV_EBADF : this.#fd;
  }

  /** Takes a descriptor over, which is closed with the stream. */
  protected attach(fd: number, readable: boolean, writable: boolean): void {
    this.#fd = fd;
    this.#readable = readable;
    this.#writable = writable;
    // Whether the stream holds the loop is said by its handle; the watcher only watches.
    this.#watcher = new Watcher(this.#env.loop, fd, (revents) => this.#onEvents(revents));
    this.#watcher.unref();
  }

  /** What it may do changed: it is connected, or will be. */
  protected setDirections(readable: boolean, writable: boolean): void {
    this.#readable = readable;
    this.#writable = writable;
  }

  /** `onEvents` hears of `events` until `intercept(undefined)`; reads and writes wait meanwhile. */
  protected intercept(events: number, onEvents: (() => void) | undefined): void {
    this.#intercept = onEvents ? { events, onEvents } : undefined;
    this.#update();
    if (!onEvents && this.#shutdown && this.#writes.length === 0)
      this.#env.loop.post(() => this.#drained());
  }

  protected abstract changeBlocking(enable: boolean): number;

  /** Fills `target`; 0 at the end. Throws KernelError. */
  protected receive(target: Uint8Array): number {
    // The descriptor may be one that others made to wait again.
    return this.#env.sys.preadv2(this.#fd, target, -1, RWF_NOWAIT);
  }

  /** Bytes that went out, with the descriptor of `handle` where there is one. Throws KernelError. */
  protected send(bytes: Uint8Array, handle: SendableHandle | undefined): number {
    if (handle) throw new KernelError(Errno.EINVAL);
    return this.#env.sys.write(this.#fd, bytes);
  }

  protected startReading(): number {
    if (!this.isOpen) return -Errno.EINVAL;
    if (!this.#readable) return UV_ENOTCONN;
    if (this.#reading) return UV_EALREADY;
    this.#reading = true;
    this.#update();
    return 0;
  }

  protected stopReading(): number {
    this.#reading = false;
    this.#update();
    return 0;
  }

  protected tryWrite(bytes: Uint8Array): number {
    const failure = this.#unwritable();
    if (failure !== 0) return failure;
    if (this.#writes.length > 0 || this.#intercept) return 0;
    let written = 0;
    while (written < bytes.length) {
      const count = this.#attempt(() => this.send(bytes.subarray(written), undefined));
      if (count === UV_EAGAIN) break;
      if (count < 0) return count;
      written += count;
    }
    return written;
  }

  protected dispatchWrite(
    request: StreamRequest,
    bytes: Uint8Array,
    handle: SendableHandle | undefined,
  ): number {
    const failure = this.#unwritable();
    if (failure !== 0) return failure;
    const endRequest = this.#env.loop.beginRequest();
    this.#writes.push({ request, bytes, handle, written: 0, endRequest });
    if (handle && this.#writes.length === 1 && !this.#intercept) {
      // The descriptor goes now: it may be closed as soon as this returns.
      const done = this.#writeFirst();
      if (done) this.#env.loop.post(() => this.#finished(done));
    }
    this.#update();
    return 0;
  }

  protected dispatchShutdown(request: StreamRequest): number {
    if (!this.isOpen || !this.#writable || this.#isShut || this.#shutdown) return UV_ENOTCONN;
    this.#shutdown = { request, endRequest: this.#env.loop.beginRequest() };
    this.#writable = false;
    if (this.#writes.length === 0 && !this.#intercept) this.#env.loop.post(() => this.#drained());
    return 0;
  }

  protected onClose(): void {
    const fd = this.#fd;
    if (this.#watcher) this.#watcher.events = 0;
    this.#intercept = undefined;
    this.#reading = false;
    this.#handle.active = false;
    this.#fd = -1;
    this.emitClosed();
    if (fd > STDERR) {
      try {
        this.#env.sys.close(fd);
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
      }
    }
    this.#env.loop.close(() => this.#cancelAll());
  }

  #cancelAll(): void {
    this.#isClosed = true;
    this.cancelConnection(UV_ECANCELED);
    this.cancelWrites(UV_ECANCELED);
    const shutdown = this.#shutdown;
    this.#shutdown = undefined;
    shutdown?.endRequest();
    shutdown?.request.done(UV_ECANCELED, this, undefined);
  }

  /** What waits to be written never will be. */
  protected cancelWrites(status: number): void {
    for (const { request, endRequest } of this.#writes.splice(0)) {
      endRequest();
      request.done(status, this, undefined);
    }
    this.#update();
  }

  /** It has been told to write no more. */
  protected get isShuttingDown(): boolean {
    return this.#isShut || this.#shutdown !== undefined;
  }

  /** The stream is closed while it connects. */
  protected cancelConnection(_status: number): void {}

  /** What to poll for, and whether the stream holds the loop. */
  #update(): void {
    const watcher = this.#watcher;
    if (!watcher || !this.isOpen) return;
    if (this.#intercept) {
      watcher.events = this.#intercept.events;
      this.#handle.active = true;
      return;
    }
    const writing = this.#writes.length > 0;
    watcher.events = (this.#reading ? POLLIN : 0) | (writing ? POLLOUT : 0);
    this.#handle.active = this.#reading || writing;
  }

  #onEvents(revents: number): void {
    if (this.#intercept) {
      this.#intercept.onEvents();
      return;
    }
    if (this.#reading && (revents & (POLLIN | POLLERR | POLLHUP)) !== 0) {
      this.#readAll((revents & POLLHUP) !== 0);
    }
    if (!this.isOpen) return;
    if (this.#writes.length > 0 && (revents & (POLLOUT | POLLERR | POLLHUP)) !== 0) {
      this.#writeAll();
    }
  }

  /** `toEnd`: nobody writes any more, so the end is told of in the same turn. */
  #readAll(toEnd: boolean): void {
    for (let i = 0; i < READS_MAX && this.#reading && this.isOpen; i++) {
      scratch ??= new Uint8Array(READ_SIZE);
      const target = this.allocate() ?? scratch;
      const count = this.#attempt(() => this.receive(target));
      if (count === UV_EAGAIN) return;
      if (count <= 0) {
        this.#reading = false;
        this.#update();
        this.emitReadStatus(count === 0 ? UV_EOF : count);
        return;
      }
      this.emitRead(count === target.length ? target : target.subarray(0, count));
      if (count < target.length && !toEnd) return;
    }
  }

  #writeAll(): void {
    while (this.#writes.length > 0 && this.isOpen) {
      const done = this.#writeFirst();
      if (!done) break;
      this.#finished(done);
    }
    if (!this.isOpen) return;
    this.#update();
    if (this.#writes.length === 0) this.#drained();
  }

  /** The first write where it is over, well or not. */
  #writeFirst(): { write: PendingWrite; status: number } | undefined {
    const [write] = this.#writes as [PendingWrite];
    for (;;) {
      const { bytes, handle, written } = write;
      const count = this.#attempt(() => this.send(bytes.subarray(written), handle));
      if (count === UV_EAGAIN) return undefined;
      write.handle = undefined;
      if (count >= 0) write.written += count;
      if (count >= 0 && write.written < bytes.length) continue;
      this.#writes.shift();
      return { write, status: Math.min(count, 0) };
    }
  }

  #finished({ write, status }: { write: PendingWrite; status: number }): void {
    write.endRequest();
    write.request.done(status, this, undefined);
    if (this.#writes.length === 0 && this.isOpen) {
      this.#update();
      this.#drained();
    }
  }

  /** Nothing is left to write: a shutdown that waited for it happens now. */
  #drained(): void {
    const shutdown = this.#shutdown;
    if (!shutdown || this.#writes.length > 0 || this.#intercept || !this.isOpen) return;
    this.#shutdown = undefined;
    const status = this.#attempt(() => {
      this.#env.sys.shutdown(this.#fd, SHUT_WR);
      return 0;
    });
    if (status === 0) this.#isShut = true;
    shutdown.endRequest();
    shutdown.request.done(status, this, undefined);
  }

  #unwritable(): number {
    if (this.#fd < 0) return UV_EBADF;
    return this.#writable ? 0 : UV_EPIPE;
  }

  /** What `act` answers, or its errno, negative. A signal is no reason to stop. */
  #attempt(act: () => number): number {
    for (;;) {
      try {
        return act();
      } catch (reason) {
        if (!(reason instanceof KernelError)) throw reason;
        if (reason.errno !== Errno.EINTR) return -reason.errno;
      }
    }
  }
}

/**
 * Ports whose other end is in another thread of the process. The two threads share descriptors, so the
 * wire is a pair of Unix sockets, and a port that goes along is a number. What has no bytes (shared
 * memory, compiled modules) waits on a shelf of the engine's until the other side takes it.
 */
import {
  AF_UNIX,
  decodeUtf8,
  Errno,
  encodeUtf8,
  joined,
  KernelError,
  POLLIN,
  POLLOUT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from "../../../kernel/abi.ts";
import type { Environment } from "../environment.ts";
import { Watcher } from "../loop/event-loop.ts";
import {
  cloneError,
  type FileData,
  type FilePlace,
  fileData,
  javascriptData,
  type Message,
  type TransferData,
} from "./message.ts";
import type { PortTransfer } from "./message-port.ts";
import { PortEnd, type Wire } from "./port-link.ts";

/** What stands before a message's bytes on the wire. */
interface Header {
  /** Bytes of the value, and of each buffer behind it. */
  readonly bytes: number;
  readonly buffers: readonly number[];
  /** Numbers on the shelf. */
  readonly shared: readonly number[];
  readonly modules: readonly number[];
  readonly transferables: readonly Travelling[];
}

type Travelling =
  | { readonly kind: "javascript"; readonly info: string }
  | { readonly kind: "file"; readonly place: FilePlace }
  /** `early`: messages that came before it left, as the wire has them, in hexadecimal. */
  | { readonly kind: "port"; readonly fd: number; readonly early: string };

const FRAME_HEADER = 8;
const READ_SIZE = 65_536;
/** Bytes of one message: more would be a mistake or an attack on memory. */
const FRAME_MAX = 2 ** 30;

/** Gives `end`'s place to another thread; the descriptor by which that thread takes it. */
export function remoteEnd(env: Environment, end: PortEnd): { fd: number; early: Uint8Array } {
  const early = encodeAll(env, end);
  if (end.wire) return { fd: (end.wire as ThreadWire).release(), early };
  const [mine, theirs] = env.sys.socketpair(
    AF_UNIX,
    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
    0,
  ) as readonly [number, number];
  const [peer] = end.peers;
  if (peer) {
    peer.peers.delete(end);
    peer.wire = new ThreadWire(env, mine, peer);
    peer.wire.listen(true);
  } else env.sys.close(mine);
  return { fd: theirs, early };
}

/** The end whose other one is behind `fd`. */
export function endOf(env: Environment, fd: number, early: Uint8Array): PortEnd {
  const end = new PortEnd();
  const wire = new ThreadWire(env, fd, end);
  end.wire = wire;
  wire.feed(early);
  wire.listen(true);
  return end;
}

class ThreadWire implements Wire {
  readonly #env: Environment;
  readonly #fd: number;
  readonly #end: PortEnd;
  readonly #watcher: Watcher;
  #incoming: Uint8Array = new Uint8Array(0);
  readonly #outgoing: Uint8Array[] = [];
  #isOpen = true;

  constructor(env: Environment, fd: number, end: PortEnd) {
    this.#env = env;
    this.#fd = fd;
    this.#end = end;
    this.#watcher = new Watcher(env.loop, fd, (revents) => this.#onEvents(revents));
    // The port says whether the loop is held.
    this.#watcher.unref();
    env.wires.add(this);
    this.#hold(true);
  }

  send(message: Message): void {
    if (!this.#isOpen) return;
    this.#outgoing.push(...encode(this.#env, message));
    this.#flush();
    this.#update();
  }

  poll(): void {
    if (this.#isOpen) this.#read();
  }

  listen(on: boolean): void {
    if (this.#isOpen) this.#watcher.events = on ? this.#events | POLLIN : 0;
  }

  /** Waits until all is out: the thread ends. */
  drain(): void {
    while (this.#isOpen && this.#outgoing.length > 0) {
      this.#flush();
      if (this.#outgoing.length === 0) return;
      this.#env.sys.ppoll([{ fd: this.#fd, events: POLLOUT }], undefined, undefined);
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.drain();
    this.#isOpen = false;
    this.#watcher.events = 0;
    this.#env.wires.delete(this);
    this.#env.sys.close(this.#fd);
    this.#hold(false);
  }

  /** Gives its descriptor up, unclosed. */
  release(): number {
    this.drain();
    this.#isOpen = false;
    this.#watcher.events = 0;
    this.#env.wires.delete(this);
    this.#hold(false);
    return this.#fd;
  }

  feed(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#incoming.length + bytes.length);
    all.set(this.#incoming);
    all.set(bytes, this.#incoming.length);
    let at = 0;
    for (;;) {
      const next = decode(this.#env, all.subarray(at));
      if (!next) break;
      at += next.size;
      this.#end.deliver(next.message);
    }
    this.#incoming = all.slice(at);
  }

  /** The main thread's are the process's own. */
  #hold(on: boolean): void {
    if (this.#env.isWorkerThread) this.#env.threads.hold(this.#fd, on);
  }

  get #events(): number {
    return this.#outgoing.length > 0 ? POLLOUT : 0;
  }

  #update(): void {
    if (this.#isOpen) this.#watcher.events = POLLIN | this.#events;
  }

  #onEvents(revents: number): void {
    if (revents & POLLOUT) this.#flush();
    if (this.#isOpen && (revents & ~POLLOUT) !== 0) this.#read();
    this.#update();
  }

  #read(): void {
    const chunk = new Uint8Array(READ_SIZE);
    while (this.#isOpen) {
      let count: number;
      try {
        count = this.#env.sys.read(this.#fd, chunk);
      } catch (reason) {
        if (reason instanceof KernelError && reason.errno === Errno.EAGAIN) return;
        count = 0;
      }
      if (count === 0) {
        this.close();
        this.#end.deliver("close");
        return;
      }
      this.feed(chunk.subarray(0, count));
    }
  }

  #flush(): void {
    while (this.#outgoing.length > 0) {
      const next = this.#outgoing[0] as Uint8Array;
      let count: number;
      try {
        count = this.#env.sys.write(this.#fd, next);
      } catch (reason) {
        if (reason instanceof KernelError && reason.errno === Errno.EAGAIN) return;
        // Nobody reads any more.
        this.#outgoing.length = 0;
        return;
      }
      if (count < next.length) this.#outgoing[0] = next.subarray(count);
      else this.#outgoing.shift();
    }
  }
}

/** The messages that wait at an end, as they would have come by wire. */
function encodeAll(env: Environment, end: PortEnd): Uint8Array {
  const pieces = end.queue
    .splice(0)
    .flatMap((delivery) => (delivery === "close" ? [] : encode(env, delivery)));
  return joined(pieces);
}

function encode(env: Environment, message: Message): Uint8Array[] {
  const header: Header = {
    bytes: message.bytes.length,
    buffers: message.buffers.map(({ byteLength }) => byteLength),
    shared: message.shared.map((buffer) => env.threads.shelve(buffer)),
    modules: message.modules.map((module) => env.threads.shelve(module)),
    transferables: message.transferables.map((data) => pack(env, data)),
  };
  const text = encodeUtf8(JSON.stringify(header));
  const body = header.buffers.reduce((sum, length) => sum + length, message.bytes.length);
  const frame = new Uint8Array(FRAME_HEADER);
  const view = new DataView(frame.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, body, true);
  const buffers = message.buffers.map((buffer) => new Uint8Array(buffer));
  return [frame, text, message.bytes, ...buffers].filter(({ length }) => length > 0);
}

function pack(env: Environment, data: TransferData): Travelling {
  if (data.kind === "javascript") return { kind: "javascript", info: data.info as string };
  if (data.kind === "file") return { kind: "file", place: (data as FileData).place };
  if (data.kind === "port") {
    const { fd, early } = (data as PortTransfer).leave();
    return { kind: "port", fd, early: hex(early) };
  }
  throw cloneError(env, `A ${data.kind} cannot leave its thread.`);
}

/** The first message of `bytes`, if all of it is there. */
function decode(
  env: Environment,
  bytes: Uint8Array,
): { message: Message; size: number } | undefined {
  if (bytes.length < FRAME_HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const textSize = view.getUint32(0, true);
  const bodySize = view.getUint32(4, true);
  if (textSize + bodySize > FRAME_MAX)
    throw new RangeError("a message between threads is too large");
  const size = FRAME_HEADER + textSize + bodySize;
  if (bytes.length < size) return undefined;
  let at = FRAME_HEADER + textSize;
  const header = JSON.parse(decodeUtf8(bytes.subarray(FRAME_HEADER, at))) as Header;
  const take = (length: number) => bytes.slice(at, (at += length));
  const message: Message = {
    bytes: take(header.bytes),
    buffers: header.buffers.map((length) => take(length).buffer),
    shared: header.shared.map((id) => env.threads.unshelve(id) as SharedArrayBuffer),
    modules: header.modules.map((id) => env.threads.unshelve(id)),
    transferables: header.transferables.map((data) => unpack(env, data)),
  };
  return { message, size };
}

function unpack(env: Environment, data: Travelling): TransferData {
  if (data.kind === "javascript") return javascriptData(data.info, undefined);
  if (data.kind === "file") return fileData(data.place);
  const { createPort } = env.internalBinding<{ createPort: (end: PortEnd) => object }>("messaging");
  return { kind: "port", revive: () => createPort(endOf(env, data.fd, unhex(data.early))) };
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

function unhex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

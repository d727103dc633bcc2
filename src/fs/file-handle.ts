/** An open file, in the shape of node:fs/promises' FileHandle. */
import type { Interface } from "node:readline";
import { decode, EventEmitter, readLines, readStream, toBuffer, writeStream } from "#values";
import type { RemoteMachine } from "../remote-machine.ts";
import {
  type BufferEncodingOption,
  type Mode,
  type TimeLike,
  throwIfAborted,
  toBytes,
  toEncoding,
  toExtent,
  toId,
  toInteger,
  toMode,
  toOptions,
  toPosition,
  toTime,
  wrongType,
} from "./arguments.ts";
import type {
  ClosableReadable,
  ClosableWritable,
  ReadStreamOptions,
  WriteStreamOptions,
} from "./node-streams.ts";
import { type BigIntStats, type Stats, toStats } from "./stats.ts";
import { type Data, writeData } from "./write-data.ts";

export interface ReadOptions {
  buffer?: NodeJS.ArrayBufferView;
  offset?: number;
  length?: number;
  position?: number | bigint | null;
}

const DEFAULT_BUFFER = 16 * 1024;

export class FileHandle extends EventEmitter implements AsyncDisposable {
  readonly #machine: RemoteMachine;
  #fd: number;
  /** Streams that end before the descriptor may be closed. */
  #closing: Promise<void> | undefined;

  constructor(machine: RemoteMachine, fd: number) {
    super();
    this.#machine = machine;
    this.#fd = fd;
  }

  /** The machine's descriptor number; -1 once closed. */
  get fd(): number {
    return this.#fd;
  }

  async appendFile(data: Data, options?: WriteFileHandleOptions): Promise<void> {
    await this.writeFile(data, options);
  }

  async chmod(mode: Mode): Promise<void> {
    await this.#machine.files("fchmod", this.#open(), toMode(mode, 0));
  }

  async chown(uid: number, gid: number): Promise<void> {
    await this.#machine.files("fchown", this.#open(), toId(uid, "uid"), toId(gid, "gid"));
  }

  close(): Promise<void> {
    if (this.#fd < 0) return this.#closing ?? Promise.resolve();
    const fd = this.#fd;
    this.#fd = -1;
    this.#closing = this.#machine.files("close", fd).then(() => {
      this.emit("close");
    });
    return this.#closing;
  }

  createReadStream(options: ReadStreamOptions = {}): ClosableReadable {
    this.#open();
    return readStream(async () => this, options);
  }

  createWriteStream(options: WriteStreamOptions = {}): ClosableWritable {
    this.#open();
    return writeStream(async () => this, options);
  }

  async datasync(): Promise<void> {
    await this.#machine.files("fdatasync", this.#open());
  }

  async sync(): Promise<void> {
    await this.#machine.files("fsync", this.#open());
  }

  read<B extends NodeJS.ArrayBufferView>(
    buffer: B,
    offset?: number | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<{ bytesRead: number; buffer: B }>;
  read<B extends NodeJS.ArrayBufferView>(
    buffer: B,
    options?: Omit<ReadOptions, "buffer">,
  ): Promise<{ bytesRead: number; buffer: B }>;
  read(options?: ReadOptions): Promise<{ bytesRead: number; buffer: NodeJS.ArrayBufferView }>;
  async read(
    first?: NodeJS.ArrayBufferView | ReadOptions,
    second?: number | null | Omit<ReadOptions, "buffer">,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<{ bytesRead: number; buffer: NodeJS.ArrayBufferView }> {
    const wanted = readArguments(first, second, length, position);
    const { target } = wanted;
    const chunk = await this.readChunk(target.length, wanted.position);
    target.set(chunk);
    return { bytesRead: chunk.length, buffer: wanted.buffer };
  }

  /** At most `length` bytes, in a buffer of their own. */
  async readChunk(length: number, position: number | null): Promise<Uint8Array> {
    return this.#machine.files("read", this.#open(), length, position);
  }

  readFile(
    options: { encoding: BufferEncoding; signal?: AbortSignal } | BufferEncoding,
  ): Promise<string>;
  readFile(options?: { encoding?: null; signal?: AbortSignal } | null): Promise<Buffer>;
  async readFile(
    options?: { encoding?: BufferEncoding | null; signal?: AbortSignal } | BufferEncoding | null,
  ): Promise<string | Buffer> {
    const { signal } = toOptions(options);
    const encoding = toEncoding(options);
    throwIfAborted(signal);
    const bytes = await this.#machine.files("readToEnd", this.#open());
    throwIfAborted(signal);
    return toOutput(bytes, encoding);
  }

  readLines(options: ReadStreamOptions = {}): Interface {
    return readLines(this, options);
  }

  /** The rest of the file as a stream of bytes. */
  readableWebStream(options: { autoClose?: boolean } = {}): ReadableStream<Uint8Array> {
    this.#open();
    const done = async () => {
      if (options.autoClose) await this.close();
    };
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.readChunk(DEFAULT_BUFFER * 16, null);
          if (chunk.length > 0) return controller.enqueue(chunk);
          await done();
          controller.close();
        },
        cancel: done,
      },
      { highWaterMark: 0 },
    );
  }

  async readv<B extends readonly NodeJS.ArrayBufferView[]>(
    buffers: B,
    position?: number | null,
  ): Promise<{ bytesRead: number; buffers: B }> {
    let at = toPosition(position);
    let total = 0;
    for (const buffer of buffers) {
      const target = bytesOf(buffer, "buffers");
      const chunk = await this.readChunk(target.length, at);
      target.set(chunk);
      total += chunk.length;
      if (at !== null) at += chunk.length;
      if (chunk.length < target.length) break;
    }
    return { bytesRead: total, buffers };
  }

  stat(options: { bigint: true }): Promise<BigIntStats>;
  stat(options?: { bigint?: false }): Promise<Stats>;
  async stat(options?: { bigint?: boolean }): Promise<Stats | BigIntStats> {
    return toStats(await this.#machine.files("fstat", this.#open()), options);
  }

  async truncate(length = 0): Promise<void> {
    const size = Math.max(0, toInteger(length, "len", -(2 ** 53) + 1, 2 ** 53 - 1));
    await this.#machine.files("ftruncate", this.#open(), size);
  }

  async utimes(atime: TimeLike, mtime: TimeLike): Promise<void> {
    await this.#machine.files("futimes", this.#open(), toTime(atime), toTime(mtime));
  }

  write<B extends NodeJS.ArrayBufferView>(
    buffer: B,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffer: B }>;
  write<B extends NodeJS.ArrayBufferView>(
    buffer: B,
    options?: { offset?: number; length?: number; position?: number | null },
  ): Promise<{ bytesWritten: number; buffer: B }>;
  write(
    data: string,
    position?: number | null,
    encoding?: BufferEncoding | null,
  ): Promise<{ bytesWritten: number; buffer: string }>;
  async write(
    data: NodeJS.ArrayBufferView | string,
    second?: number | null | { offset?: number; length?: number; position?: number | null },
    third?: number | BufferEncoding | null,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffer: NodeJS.ArrayBufferView | string }> {
    const { bytes, at } = writeArguments(data, second, third, position);
    const bytesWritten = await this.#machine.files("write", this.#open(), bytes, at);
    return { bytesWritten, buffer: data };
  }

  async writeFile(data: Data, options?: WriteFileHandleOptions): Promise<void> {
    const { signal } = toOptions(options);
    const encoding = toEncoding(options);
    await writeData(this.#machine, this.#open(), data, { encoding, signal });
  }

  async writev<B extends readonly NodeJS.ArrayBufferView[]>(
    buffers: B,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffers: B }> {
    let at = toPosition(position);
    let total = 0;
    for (const buffer of buffers) {
      const bytes = bytesOf(buffer, "buffers").slice();
      total += await this.#machine.files("write", this.#open(), bytes, at);
      if (at !== null) at += bytes.length;
    }
    return { bytesWritten: total, buffers };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): number {
    if (this.#fd >= 0) return this.#fd;
    const error = new Error("EBADF: bad file descriptor");
    throw Object.assign(error, { errno: -9, code: "EBADF", syscall: "close" });
  }
}

type WriteFileHandleOptions =
  | { encoding?: BufferEncoding | null; signal?: AbortSignal }
  | BufferEncoding
  | null;

export function toOutput(bytes: Uint8Array, encoding: BufferEncodingOption): string | Buffer {
  return encoding && encoding !== "buffer" ? decode(bytes, encoding) : toBuffer(bytes);
}

function readArguments(
  first: NodeJS.ArrayBufferView | ReadOptions | undefined,
  second: number | null | Omit<ReadOptions, "buffer"> | undefined,
  length: number | null | undefined,
  position: number | bigint | null | undefined,
) {
  const options: ReadOptions = ArrayBuffer.isView(first)
    ? typeof second === "object" && second !== null
      ? { ...second, buffer: first }
      : { buffer: first, ...given({ offset: second, length, position }) }
    : (first ?? {});
  const buffer = options.buffer ?? toBuffer(new Uint8Array(DEFAULT_BUFFER));
  const bytes = bytesOf(buffer, "buffer");
  const offset = toExtent(options.offset ?? 0, "offset", bytes.length);
  const room = bytes.length - offset;
  const count = toExtent(options.length ?? room, "length", room);
  const target = bytes.subarray(offset, offset + count);
  return { buffer, target, position: toPosition(options.position) };
}

function writeArguments(
  data: NodeJS.ArrayBufferView | string,
  second:
    | number
    | null
    | { offset?: number; length?: number; position?: number | null }
    | undefined,
  third: number | BufferEncoding | null | undefined,
  position: number | null | undefined,
) {
  if (typeof data === "string") {
    return { bytes: toBytes(data, toEncoding(third)), at: toPosition(second) };
  }
  const options =
    typeof second === "object" && second !== null
      ? second
      : given({ offset: second, length: third as number, position });
  const all = bytesOf(data, "buffer");
  const offset = toExtent(options.offset ?? 0, "offset", all.length);
  const room = all.length - offset;
  const count = toExtent(options.length ?? room, "length", room);
  return { bytes: all.slice(offset, offset + count), at: toPosition(options.position) };
}

/** Without what is null or undefined. */
function given<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  ) as never;
}

function bytesOf(view: unknown, name: string): Uint8Array {
  if (!ArrayBuffer.isView(view)) {
    throw wrongType(name, "an instance of Buffer, TypedArray, or DataView", view);
  }
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

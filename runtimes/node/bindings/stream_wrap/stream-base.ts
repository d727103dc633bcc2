/**
 * What every stream handle has in common (Node's StreamBase): the methods by which lib/ reads and
 * writes, the counts, and who listens to what was read. Subclasses say how bytes really move.
 */
import { joined } from "../../../../kernel/abi.ts";
import { HandleWrap } from "../../async-wrap.ts";
import type { Environment } from "../../environment.ts";
import { type StreamRequest, triggeredBy } from "./requests.ts";

/** Indices into `streamBaseState`. */
export const kReadBytesOrError = 0;
export const kArrayBufferOffset = 1;
export const kBytesWritten = 2;
export const kLastWriteWasAsync = 3;

/** libuv's numbers that are no errno. */
export const UV_EOF = -4095;
export const UV_EINVAL = -22;

/** Hears of what a stream reads; the last one pushed hears it alone. */
export interface StreamListener {
  /** Memory to read into; undefined: the stream's own, which is used again at once. */
  allocate?(): Uint8Array | undefined;
  /** `bytes` of what was read; or UV_EOF or a negative errno in `status`. */
  onRead(status: number, bytes: Uint8Array | undefined): void;
  /** The stream goes away under the listener. */
  onStreamClosed?(): void;
}

/** What a write may hand over together with its bytes. */
export interface SendableHandle {
  readonly fd: number;
}

type BufferModule = {
  readonly Buffer: { from(text: string, encoding: string): Uint8Array };
};

export abstract class StreamBase extends HandleWrap {
  readonly #env: Environment;
  readonly #state: Int32Array;
  readonly #listeners: StreamListener[] = [];
  #onread: ((...args: never[]) => unknown) | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(env: Environment, provider: string) {
    super(env, provider);
    this.#env = env;
    this.#state = env.internalBinding<{ streamBaseState: Int32Array }>(
      "stream_wrap",
    ).streamBaseState;
    this.#listeners.push({ onRead: (status, bytes) => this.#emitToJavaScript(status, bytes) });
  }

  get isStreamBase(): boolean {
    return true;
  }

  get onread(): unknown {
    return this.#onread;
  }

  set onread(callback: unknown) {
    this.#onread = callback as typeof this.onread & ((...args: never[]) => unknown);
  }

  get fd(): number {
    return this.isAlive() ? this.descriptor() : UV_EINVAL;
  }

  /** Stands for the C++ object; opaque to JavaScript. */
  get _externalStream(): object {
    return this;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  readStart(): number {
    return this.#act(() => this.startReading());
  }

  readStop(): number {
    return this.#act(() => this.stopReading());
  }

  shutdown(request: StreamRequest): number {
    return this.#act(() => {
      request.asyncReset();
      const status = this.dispatchShutdown(request);
      if (status !== 0) request.emitDestroy();
      return status;
    });
  }

  /** Reads into `buffer` from now on; what `onread` returns takes its place. */
  useUserBuffer(buffer: Uint8Array): number {
    let target = buffer;
    this.pushListener({
      allocate: () => target,
      onRead: (status, bytes) => {
        const next = this.#callOnread(bytes ? bytes.length : status, undefined, 0);
        if (next instanceof Uint8Array) target = next;
      },
    });
    return 0;
  }

  writeBuffer(request: StreamRequest, buffer: Uint8Array, handle?: SendableHandle): number {
    if (!(buffer instanceof Uint8Array)) {
      const { codes } = this.#env.requireBuiltin<{
        codes: { ERR_INVALID_ARG_TYPE: new (...args: unknown[]) => Error };
      }>("internal/errors");
      throw new codes.ERR_INVALID_ARG_TYPE("buffer", "Buffer", buffer);
    }
    return this.#act(() => this.#write(request, buffer, handle));
  }

  writeUtf8String(request: StreamRequest, text: string, handle?: SendableHandle): number {
    return this.#act(() => this.#write(request, this.#encode(text, "utf8"), handle));
  }

  writeAsciiString(request: StreamRequest, text: string, handle?: SendableHandle): number {
    return this.#act(() => this.#write(request, this.#encode(text, "latin1"), handle));
  }

  writeLatin1String(request: StreamRequest, text: string, handle?: SendableHandle): number {
    return this.#act(() => this.#write(request, this.#encode(text, "latin1"), handle));
  }

  writeUcs2String(request: StreamRequest, text: string, handle?: SendableHandle): number {
    return this.#act(() => this.#write(request, this.#encode(text, "utf16le"), handle));
  }

  /** Chunks, or where not all are buffers: chunk, encoding, chunk, encoding, ... */
  writev(request: StreamRequest, chunks: readonly unknown[], allBuffers: boolean): number {
    return this.#act(() => {
      const parts: Uint8Array[] = [];
      for (let i = 0; i < chunks.length; i += allBuffers ? 1 : 2) {
        const chunk = chunks[i];
        if (chunk instanceof Uint8Array) parts.push(chunk);
        else parts.push(this.#encode(String(chunk), String(chunks[i + 1])));
      }
      return this.#write(request, joined(parts), undefined);
    });
  }

  // For those who take a stream over below JavaScript: HTTP's parser, TLS.

  pushListener(listener: StreamListener): void {
    this.#listeners.push(listener);
  }

  removeListener(listener: StreamListener): void {
    const at = this.#listeners.lastIndexOf(listener);
    if (at > 0) this.#listeners.splice(at, 1);
  }

  /** Hands on what `listener` does not want to hear to the one before it. */
  passRead(listener: StreamListener, status: number): void {
    const at = this.#listeners.lastIndexOf(listener);
    this.#listeners[at - 1]?.onRead(status, undefined);
  }

  /** False once its closing is over. */
  get isStreamAlive(): boolean {
    return this.isAlive();
  }

  /** Shuts down for a request that was dispatched to the stream above. */
  continueShutdown(request: StreamRequest): number {
    return this.isAlive() ? this.dispatchShutdown(request) : UV_EINVAL;
  }

  // For those who implement a stream.

  /** False once it is closed; every method then answers EINVAL. */
  protected isAlive(): boolean {
    return this.isOpen;
  }

  protected abstract descriptor(): number;
  protected abstract startReading(): number;
  protected abstract stopReading(): number;
  /** 0: `request` is done later; 1: it is done; a negative errno. */
  protected abstract dispatchShutdown(request: StreamRequest): number;
  /** Bytes that could be written at once, or a negative errno. */
  protected abstract tryWrite(bytes: Uint8Array): number;
  /** 0: `request` is done later; or a negative errno. */
  protected abstract dispatchWrite(
    request: StreamRequest,
    bytes: Uint8Array,
    handle: SendableHandle | undefined,
  ): number;

  /** True for a pipe that hands descriptors over. */
  protected takesHandles(): boolean {
    return false;
  }

  /** False for one that wants every write, empty ones too, to be dispatched. */
  protected triesWrites(): boolean {
    return true;
  }

  /** Where the next read goes, if the listener has an opinion. */
  protected allocate(): Uint8Array | undefined {
    return this.#listeners.at(-1)?.allocate?.();
  }

  protected emitRead(bytes: Uint8Array): void {
    this.#bytesRead += bytes.length;
    this.#listeners.at(-1)?.onRead(bytes.length, bytes);
  }

  protected emitReadStatus(status: number): void {
    this.#listeners.at(-1)?.onRead(status, undefined);
  }

  protected emitClosed(): void {
    for (const { onStreamClosed } of this.#listeners.splice(1)) onStreamClosed?.();
  }

  #act(act: () => number): number {
    if (!this.isAlive()) return UV_EINVAL;
    return triggeredBy(this.#env, this, act);
  }

  #write(request: StreamRequest, bytes: Uint8Array, handle: SendableHandle | undefined): number {
    const sent = this.takesHandles() && typeof handle === "object" ? handle : undefined;
    this.#bytesWritten += bytes.length;
    let rest = bytes;
    if (!sent && this.triesWrites()) {
      const count = this.tryWrite(bytes);
      if (count < 0 || count === bytes.length) {
        this.#setWriteResult(bytes.length, false);
        return count < 0 ? count : 0;
      }
      rest = bytes.subarray(count);
    }
    request.asyncReset();
    const status = this.dispatchWrite(request, rest, sent);
    if (status !== 0) request.emitDestroy();
    this.#setWriteResult(bytes.length, status === 0);
    return status;
  }

  #setWriteResult(bytes: number, isAsync: boolean): void {
    this.#state[kBytesWritten] = bytes;
    this.#state[kLastWriteWasAsync] = isAsync ? 1 : 0;
  }

  #emitToJavaScript(status: number, bytes: Uint8Array | undefined): void {
    if (!bytes) this.#callOnread(status, undefined, 0);
    else if (bytes.length > 0) this.#callOnread(bytes.length, bytes.slice().buffer, 0);
  }

  #callOnread(status: number, buffer: ArrayBufferLike | undefined, offset: number): unknown {
    if (!this.#onread) return undefined;
    this.#state[kReadBytesOrError] = status;
    this.#state[kArrayBufferOffset] = offset;
    return this.#env.makeCallback(this, this.#onread, [buffer]);
  }

  #encode(text: string, encoding: string): Uint8Array {
    return this.#env.requireBuiltin<BufferModule>("buffer").Buffer.from(text, encoding);
  }
}

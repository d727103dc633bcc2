/** Node streams over an open file, as createReadStream and createWriteStream give them. */
import { finished, Readable, Writable } from "node:stream";
import type { FileHandle } from "./file-handle.ts";

export interface ReadStreamOptions {
  encoding?: BufferEncoding | null;
  /** First and last byte, both included. */
  start?: number;
  end?: number;
  highWaterMark?: number;
  /** Closes the file at the end. Default: true. */
  autoClose?: boolean;
  signal?: AbortSignal;
}

export interface WriteStreamOptions {
  encoding?: BufferEncoding | null;
  start?: number;
  highWaterMark?: number;
  autoClose?: boolean;
  flush?: boolean;
  signal?: AbortSignal;
}

type CloseCallback = (error?: NodeJS.ErrnoException | null) => void;

interface Closable {
  /** Ends the stream early; the callback comes when the file is closed. */
  close(callback?: CloseCallback): void;
}

export type ClosableReadable = Readable & Closable;
export type ClosableWritable = Writable & Closable;

const READ_CHUNK = 64 * 1024;

/** `open` is called once, at the first need. */
export function readStream(
  open: () => Promise<FileHandle>,
  options: ReadStreamOptions,
): ClosableReadable {
  const { start, end = Number.POSITIVE_INFINITY, autoClose = true } = options;
  let handle: FileHandle | undefined;
  let position = start ?? null;
  let left = end - (start ?? 0) + 1;
  const stream = new Readable({
    highWaterMark: options.highWaterMark ?? READ_CHUNK,
    ...(options.encoding ? { encoding: options.encoding } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    construct(callback) {
      open().then(
        (opened) => {
          handle = opened;
          callback();
        },
        (error) => callback(error),
      );
    },
    async read(size) {
      try {
        const length = Math.min(size, left);
        const chunk = length > 0 ? await opened(handle).readChunk(length, position) : undefined;
        if (!chunk || chunk.length === 0) {
          this.push(null);
          return;
        }
        left -= chunk.length;
        if (position !== null) position += chunk.length;
        this.push(chunk);
      } catch (error) {
        this.destroy(error as Error);
      }
    },
    destroy(error, callback) {
      finish(autoClose ? handle : undefined, error, callback);
    },
  });
  return closable(stream, () => stream.destroy());
}

export function writeStream(
  open: () => Promise<FileHandle>,
  options: WriteStreamOptions,
): ClosableWritable {
  const { start, autoClose = true, flush = false } = options;
  let handle: FileHandle | undefined;
  let position = start ?? null;
  const stream = new Writable({
    ...(options.highWaterMark ? { highWaterMark: options.highWaterMark } : {}),
    ...(options.encoding ? { defaultEncoding: options.encoding } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    construct(callback) {
      open().then(
        (opened) => {
          handle = opened;
          callback();
        },
        (error) => callback(error),
      );
    },
    write(chunk: Buffer, _encoding, callback) {
      opened(handle)
        .write(chunk, 0, chunk.length, position)
        .then(
          () => {
            if (position !== null) position += chunk.length;
            callback();
          },
          (error) => callback(error),
        );
    },
    final(callback) {
      if (!flush) return callback();
      opened(handle)
        .sync()
        .then(() => callback(), callback);
    },
    destroy(error, callback) {
      finish(autoClose ? handle : undefined, error, callback);
    },
  });
  return closable(stream, () => stream.end());
}

/** Adds what fs.ReadStream and fs.WriteStream have besides. */
function closable<T extends Readable | Writable>(stream: T, end: () => void): T & Closable {
  return Object.assign(stream, {
    close(callback?: CloseCallback) {
      if (callback) finished(stream, callback);
      end();
    },
  });
}

function opened(handle: FileHandle | undefined): FileHandle {
  if (!handle) throw new Error("the file is not open");
  return handle;
}

function finish(
  handle: FileHandle | undefined,
  error: Error | null,
  callback: (error: Error | null) => void,
): void {
  if (!handle || handle.fd < 0) {
    callback(error);
    return;
  }
  handle.close().then(
    () => callback(error),
    (reason) => callback(error ?? reason),
  );
}

/** internalBinding("blob"): immutable bytes in parts, from memory and from files (src/node_blob.cc). */
import { AT_FDCWD, KernelError, O_RDONLY } from "../../../kernel/abi.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { type Bytes, bytesOf } from "../text/bytes.ts";

/** A range of memory or of a file. */
interface Part {
  readonly length: number;
  slice(start: number, end: number): Part;
  /** Bytes of at most `most`, from `start` on; a negative error number where they are not to be had. */
  read(start: number, most: number): Uint8Array | number;
}

/** Bytes that one pull of a file brings. */
const FILE_PIECE = 65_536;
const Status = { End: 0, Continue: 1 } as const;
/** UV_ENOENT, in place of any reason: lib/ does not tell them apart. */
const UNREADABLE = -2;

type Pulled = (status: number, data?: ArrayBuffer) => void;

export const blob: BindingFactory = (env) => {
  const stored = new Map<string, readonly [BlobHandle, number, string]>();
  return {
    createBlob(sources: readonly (Uint8Array | BlobHandle)[], _length: number): BlobHandle {
      return new BlobHandle(
        env,
        sources.flatMap((source) =>
          source instanceof BlobHandle ? BlobHandle.partsOf(source) : [memoryPart(bytesOf(source))],
        ),
      );
    },

    createBlobFromFilePath(path: string): [BlobHandle, number] {
      const part = filePart(env, path);
      if (!part) {
        throw codedError(TypeError, "ERR_INVALID_ARG_VALUE", "Unable to open file as blob");
      }
      return [new BlobHandle(env, [part]), part.length];
    },

    concat(views: readonly Bytes[]): ArrayBuffer {
      const pieces = views.map(bytesOf);
      const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
      }
      return whole.buffer;
    },

    storeDataObject(id: string, handle: BlobHandle, length: number, type: string): void {
      stored.set(id, [handle, length, type]);
    },
    getDataObject: (id: string) => stored.get(id)?.slice(),
    revokeObjectURL(url: string): void {
      const [, id] = /^blob:nodedata:([^:?#]*)$/.exec(url) ?? [];
      if (id !== undefined) stored.delete(id);
    },
  };
};

class BlobHandle {
  readonly #env: Environment;
  readonly #parts: readonly Part[];

  constructor(env: Environment, parts: readonly Part[]) {
    this.#env = env;
    this.#parts = parts;
  }

  static partsOf(handle: BlobHandle): readonly Part[] {
    return handle.#parts;
  }

  getReader(): BlobReader {
    return new BlobReader(this.#env, this.#parts);
  }

  slice(start: number, end: number): BlobHandle {
    const parts: Part[] = [];
    let at = 0;
    for (const part of this.#parts) {
      const [from, to] = [Math.max(start - at, 0), Math.min(end - at, part.length)];
      if (from < to) parts.push(part.slice(from, to));
      at += part.length;
    }
    return new BlobHandle(this.#env, parts);
  }
}

class BlobReader {
  readonly #env: Environment;
  #parts: readonly Part[];
  #offset = 0;

  constructor(env: Environment, parts: readonly Part[]) {
    this.#env = env;
    this.#parts = parts;
  }

  /** Memory is there at once, as in Node; what is read of a file comes from the event loop. */
  pull(callback: Pulled): void {
    const part = this.#parts[0];
    if (!part) {
      callback(Status.End);
      return;
    }
    if (!(part instanceof FilePart)) {
      this.#deliver(part, callback);
      return;
    }
    if (this.#offset === 0 && !part.isUnchanged) {
      callback(UNREADABLE);
      return;
    }
    if (part.length === 0) {
      this.#parts = this.#parts.slice(1);
      this.pull(callback);
      return;
    }
    this.#env.loop.request(() => {
      this.#env.runCallback(undefined, 0, () => this.#deliver(part, callback));
    });
  }

  #deliver(part: Part, callback: Pulled): void {
    const bytes = part.read(this.#offset, FILE_PIECE);
    if (typeof bytes === "number") {
      callback(bytes);
      return;
    }
    this.#offset += bytes.length;
    if (this.#offset >= part.length) {
      this.#parts = this.#parts.slice(1);
      this.#offset = 0;
    }
    callback(Status.Continue, bytes.slice().buffer as ArrayBuffer);
  }
}

function memoryPart(bytes: Uint8Array): Part {
  return {
    length: bytes.length,
    slice: (start, end) => memoryPart(bytes.subarray(start, end)),
    read: (start) => bytes.subarray(start),
  };
}

/** A file as it was when the blob was made: one that changed since cannot be read. */
class FilePart implements Part {
  readonly #env: Environment;
  readonly #path: string;
  readonly #version: bigint;
  readonly #start: number;
  readonly length: number;

  constructor(env: Environment, path: string, version: bigint, start: number, length: number) {
    this.#env = env;
    this.#path = path;
    this.#version = version;
    this.#start = start;
    this.length = length;
  }

  slice(start: number, end: number): FilePart {
    return new FilePart(this.#env, this.#path, this.#version, this.#start + start, end - start);
  }

  get isUnchanged(): boolean {
    const now = filePart(this.#env, this.#path);
    return now !== undefined && now.#version === this.#version;
  }

  read(start: number, most: number): Uint8Array | number {
    const { sys } = this.#env;
    try {
      const fd = sys.openat(AT_FDCWD, this.#path, O_RDONLY, 0);
      try {
        if (sys.fstat(fd).mtime !== this.#version) return UNREADABLE;
        const bytes = new Uint8Array(Math.min(most, this.length - start));
        const count = sys.pread64(fd, bytes, this.#start + start);
        return count < bytes.length ? UNREADABLE : bytes;
      } finally {
        sys.close(fd);
      }
    } catch (reason) {
      if (reason instanceof KernelError) return -reason.errno;
      throw reason;
    }
  }
}

function filePart(env: Environment, path: string): FilePart | undefined {
  try {
    const { size, mtime } = env.sys.newfstatat(AT_FDCWD, path, 0);
    return new FilePart(env, path, mtime, 0, size);
  } catch (reason) {
    if (reason instanceof KernelError) return undefined;
    throw reason;
  }
}

/**
 * Digests and compression as Node has them, for guests (kernel/codecs). Compressors are driven step by
 * step through the handle of a zlib stream, as minizlib does: only it tells what was consumed.
 */
import { createHash, type Hash } from "node:crypto";
import * as zlib from "node:zlib";
import {
  type CodecAnswer,
  type CodecMemory,
  CodecOperation,
  Errno,
  type HostCodec,
  type HostCodecs,
  KernelError,
} from "../../../kernel/index.ts";
import { parameterValues } from "../codec-parameters.ts";
import {
  brotliDecodeMemory,
  brotliMemory,
  deflateMemory,
  inflateMemory,
  zstdDecodeMemory,
  zstdMemory,
} from "./codec-memory.ts";

/** Digests by their names in a guest's `getHashes()`. */
const DIGESTS = new Set([
  ..."md5 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256".split(" "),
  ..."sha3-224 sha3-256 sha3-384 sha3-512 ripemd160 blake2b512 blake2s256".split(" "),
]);
const DIGEST_BYTES = 2048;
/** Work below these many bytes is done at once: it costs less than a way to another thread. */
const QUICK_BYTES = 32_768;
const QUICK_LEVEL = 6;
/** Steps at once in the host's threads, of which there are four: its own work waits behind no guest's. */
const STEPS_AT_ONCE = 3;

export const nodeCodecs: HostCodecs = {
  memory(name, parameters) {
    if (DIGESTS.has(name)) {
      return isThere(name) ? { little: DIGEST_BYTES, most: DIGEST_BYTES } : undefined;
    }
    return COMPRESSORS[name]?.memory(parameters);
  },
  open(name, parameters, dictionary) {
    if (DIGESTS.has(name)) return new Digest(createHash(name));
    const compressor = COMPRESSORS[name];
    if (!compressor) throw new KernelError(Errno.EOPNOTSUPP);
    try {
      return new Compressor(compressor, parameters, dictionary);
    } catch {
      throw new KernelError(Errno.EINVAL);
    }
  },
};

const found = new Map<string, boolean>();

/** Not every host that has node:crypto has them all: workerd lacks some. */
function isThere(digest: string): boolean {
  let has = found.get(digest);
  if (has === undefined) {
    try {
      has = createHash(digest) !== undefined;
    } catch {
      has = false;
    }
    found.set(digest, has);
  }
  return has;
}

class Digest implements HostCodec {
  readonly #hash: Hash;
  #isOver = false;

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  step(operation: number, data: Uint8Array): CodecAnswer {
    if (this.#isOver) throw new KernelError(Errno.EINVAL);
    this.#hash.update(data);
    this.#isOver = operation === CodecOperation.DigestEnd;
    const made = this.#isOver ? this.#hash.digest() : NOTHING;
    return { error: 0, consumed: data.length, made };
  }

  copy(): Digest {
    if (this.#isOver) throw new KernelError(Errno.EINVAL);
    return new Digest(this.#hash.copy());
  }

  close(): void {}
}

const NOTHING = new Uint8Array();
const SCRAP = new Uint8Array(1);
const PARAMS_BYTES = 8;

/** The handle below a stream of node:zlib, the same since Node 0.11; its types name it no more. */
interface Handle {
  onerror: (message: string, errno: number, code: string) => void;
  /** In workerd, instead of that property. */
  setErrorHandler?(handler: (errno: number, code: string, message: string) => void): void;
  cb: () => void;
  write(flush: number, data: Uint8Array, at: number, size: number, ...out: Target): void;
  writeSync(flush: number, data: Uint8Array, at: number, size: number, ...out: Target): void;
  reset(): void;
  params(level: number, strategy: number): void;
  close(): void;
}
type Target = [target: Uint8Array, at: number, size: number];

interface Stream {
  readonly _handle: Handle;
  /** What is left of the target, and of the data. */
  readonly _writeState: Uint32Array;
}

class Compressor implements HostCodec {
  readonly #stream: Stream;
  readonly #handle: Handle;
  readonly #isQuick: boolean;
  readonly #flushes: number;
  #failure: { errno: number; text: string } | undefined;
  #written: (() => void) | undefined;

  constructor(maker: Maker, parameters: readonly number[], dictionary: Uint8Array) {
    this.#stream = maker.make(parameters, dictionary) as Stream;
    this.#handle = this.#stream._handle;
    this.#isQuick = maker.isQuick(parameters);
    this.#flushes = maker.flushes;
    this.#handle.onerror = (message, errno, code) => {
      this.#failure = { errno, text: `${message}\0${code}` };
      this.#written?.();
    };
    this.#handle.setErrorHandler?.((errno, code, message) =>
      this.#handle.onerror(message, errno, code),
    );
    this.#handle.cb = () => this.#written?.();
    // To a stream that is destroyed its own callback does nothing but to call `cb`.
    Object.defineProperty(this.#stream, "destroyed", { value: true });
  }

  step(operation: number, data: Uint8Array, room: number): CodecAnswer | Promise<CodecAnswer> {
    this.#failure = undefined;
    if (operation === CodecOperation.Reset) this.#handle.reset();
    else if (operation === CodecOperation.Params) this.#setParameters(data);
    else if (operation <= this.#flushes) return this.#write(operation, data, room);
    else throw new KernelError(Errno.EINVAL);
    return this.#answer(0, NOTHING);
  }

  close(): void {
    this.#handle.close();
  }

  #setParameters(data: Uint8Array): void {
    if (data.length !== PARAMS_BYTES) throw new KernelError(Errno.EINVAL);
    // zlib compresses what it has first, to where its last step left off: memory that is free by now.
    this.#handle.writeSync(0, SCRAP, 0, 0, SCRAP, 0, 0);
    this.#failure = undefined;
    this.#handle.params(signed(data, 0), signed(data, 4));
  }

  #write(flush: number, data: Uint8Array, room: number): CodecAnswer | Promise<CodecAnswer> {
    // Memory of no bytes is none to zlib.
    const target = Buffer.allocUnsafeSlow(Math.max(room, 1));
    const done = (): CodecAnswer => {
      const [left, unread] = this.#stream._writeState as unknown as [number, number];
      return this.#answer(data.length - unread, target.subarray(0, room - left));
    };
    if (this.#isQuick && data.length <= QUICK_BYTES) {
      this.#handle.writeSync(flush, data, 0, data.length, target, 0, room);
      return done();
    }
    return inTurn(
      () =>
        new Promise((resolve) => {
          this.#written = () => resolve(done());
          this.#handle.write(flush, data, 0, data.length, target, 0, room);
        }),
    );
  }

  #answer(consumed: number, made: Uint8Array): CodecAnswer {
    if (!this.#failure) return { error: 0, consumed, made };
    const { errno, text } = this.#failure;
    return { error: errno, consumed: 0, made: Buffer.from(text) };
  }
}

let atWork = 0;
const inLine: (() => void)[] = [];

/** Whoever ends hands its place to the next in line. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (atWork < STEPS_AT_ONCE) atWork++;
  else await new Promise<void>((resolve) => inLine.push(resolve));
  try {
    return await work();
  } finally {
    const next = inLine.shift();
    if (next) next();
    else atWork--;
  }
}

function signed(data: Uint8Array, at: number): number {
  return new DataView(data.buffer, data.byteOffset).getInt32(at, true);
}

/** Values of flush that Node takes: for any other one it ends the process. */
const ZLIB_FLUSHES = zlib.constants.Z_BLOCK;
const BROTLI_FLUSHES = zlib.constants.BROTLI_OPERATION_EMIT_METADATA;
const ZSTD_FLUSHES = zlib.constants.ZSTD_e_end;

interface Maker {
  memory(parameters: readonly number[]): CodecMemory;
  /** The last of its flush values. */
  readonly flushes: number;
  isQuick(parameters: readonly number[]): boolean;
  make(parameters: readonly number[], dictionary: Uint8Array): unknown;
}

type Make = (options: never) => unknown;
type MemoryOf = (parameters: readonly number[]) => CodecMemory;

/** Streams buffer nothing of their own here. */
const chunkSize = 64;

/** Parameters are those of zlib's deflateInit2, in Node's order. */
function zlibMaker(make: Make, deflates: boolean): Maker {
  return {
    memory: deflates ? deflateMemory : inflateMemory,
    flushes: ZLIB_FLUSHES,
    isQuick: ([, level = 0]) => !deflates || level <= QUICK_LEVEL,
    make([windowBits, level, memLevel, strategy], dictionary) {
      const options = { windowBits, level, memLevel, strategy, chunkSize };
      return make((dictionary.length > 0 ? { ...options, dictionary } : options) as never);
    },
  };
}

/** Parameters come in pairs, of number and value. */
function brotliMaker(make: Make, memory: MemoryOf): Maker {
  return {
    memory,
    flushes: BROTLI_FLUSHES,
    isQuick: () => false,
    make: (parameters) => make({ params: parameterValues(parameters), chunkSize } as never),
  };
}

/** The same behind the size of what is to be compressed, -1 where it is unknown. */
function zstdMaker(make: Make, memory: MemoryOf): Maker {
  return {
    memory: ([, ...rest]) => memory(rest),
    flushes: ZSTD_FLUSHES,
    isQuick: () => false,
    make([size = -1, ...rest], dictionary) {
      const options = { params: bounded(parameterValues(rest)), chunkSize };
      const sized = size < 0 ? options : { ...options, pledgedSrcSize: size };
      return make((dictionary.length > 0 ? { ...sized, dictionary } : sized) as never);
    },
  };
}

/** zstd's own threads would be as many as a guest likes. */
const ZSTD_THREADS: readonly number[] = [
  zlib.constants.ZSTD_c_nbWorkers,
  zlib.constants.ZSTD_c_jobSize,
  zlib.constants.ZSTD_c_overlapLog,
];
/** Beyond what the highest level does, one step could take hours. */
const ZSTD_SEARCH_LOG = 9;
const ZSTD_TARGET_LENGTH = 999;

/** What changes speed and ratio alone is done as far as it harms nobody; the outcome is zstd all the same. */
function bounded(params: Record<number, number>): Record<number, number> {
  const { ZSTD_c_searchLog, ZSTD_c_targetLength } = zlib.constants;
  const known = Object.entries(params).filter(([key]) => !ZSTD_THREADS.includes(Number(key)));
  const found: Record<number, number> = Object.fromEntries(known);
  const limit = (key: number, most: number) => {
    const value = found[key];
    if (value !== undefined && value > most) found[key] = most;
  };
  limit(ZSTD_c_searchLog, ZSTD_SEARCH_LOG);
  limit(ZSTD_c_targetLength, ZSTD_TARGET_LENGTH);
  return found;
}

const COMPRESSORS: Readonly<Record<string, Maker>> = {
  // No name of Object.prototype's is a compressor.
  __proto__: null as never,
  deflate: zlibMaker(zlib.createDeflate, true),
  inflate: zlibMaker(zlib.createInflate, false),
  gzip: zlibMaker(zlib.createGzip, true),
  gunzip: zlibMaker(zlib.createGunzip, false),
  "deflate-raw": zlibMaker(zlib.createDeflateRaw, true),
  "inflate-raw": zlibMaker(zlib.createInflateRaw, false),
  unzip: zlibMaker(zlib.createUnzip, false),
  brotli: brotliMaker(zlib.createBrotliCompress, brotliMemory),
  "brotli-decode": brotliMaker(zlib.createBrotliDecompress, brotliDecodeMemory),
  zstd: zstdMaker(zlib.createZstdCompress, zstdMemory),
  "zstd-decode": zstdMaker(zlib.createZstdDecompress, zstdDecodeMemory),
};

/**
 * Digests and compression as Node has them, for guests (kernel/codecs). Compressors are driven step by
 * step through the handle of a zlib stream, as minizlib does: only it tells what was consumed.
 */
import { createHash, type Hash } from "node:crypto";
import * as zlib from "node:zlib";
import {
  type CodecAnswer,
  Errno,
  type HostCodec,
  type HostCodecs,
  KernelError,
} from "../../../kernel/index.ts";

/** Digests by their names in a guest's `getHashes()`. */
const DIGESTS = new Set([
  ..."md5 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256".split(" "),
  ..."sha3-224 sha3-256 sha3-384 sha3-512 ripemd160 blake2b512 blake2s256".split(" "),
]);
const DIGEST_BYTES = 512;
/** Bytes of a compressor that has moved little. */
const LITTLE_BYTES = 2 << 20;
/** Operations of a digest, and those of a compressor beyond its flush values. */
const DIGEST_END = 1;
const RESET = 16;
const PARAMS = 17;
/** Work below these many bytes is done at once: it costs less than a way to another thread. */
const QUICK_BYTES = 32_768;
const QUICK_LEVEL = 6;

export const nodeCodecs: HostCodecs = {
  memory(name, parameters) {
    if (DIGESTS.has(name)) {
      return isThere(name) ? { little: DIGEST_BYTES, most: DIGEST_BYTES } : undefined;
    }
    const compressor = COMPRESSORS[name];
    if (!compressor) return undefined;
    const most = compressor.memoryBytes(parameters);
    // Windows are touched as they fill; zstd clears its tables when it starts.
    return { little: name === "zstd" ? most : Math.min(most, LITTLE_BYTES), most };
  },
  open(name, parameters, dictionary) {
    if (DIGESTS.has(name)) return new Digest(createHash(name));
    const compressor = COMPRESSORS[name];
    if (!compressor) throw new KernelError(Errno.EOPNOTSUPP);
    try {
      const isQuick = compressor.isQuick(parameters);
      return new Compressor(compressor.make(parameters, dictionary), isQuick);
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

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  step(operation: number, data: Uint8Array): CodecAnswer {
    this.#hash.update(data);
    const made = operation === DIGEST_END ? this.#hash.digest() : NOTHING;
    return { error: 0, consumed: data.length, made };
  }

  copy(): Digest {
    return new Digest(this.#hash.copy());
  }

  close(): void {}
}

const NOTHING = new Uint8Array();

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
  #failure: { errno: number; text: string } | undefined;
  #written: (() => void) | undefined;

  constructor(stream: unknown, isQuick: boolean) {
    this.#stream = stream as Stream;
    this.#handle = this.#stream._handle;
    this.#isQuick = isQuick;
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
    if (operation === RESET) this.#handle.reset();
    else if (operation === PARAMS) this.#handle.params(signed(data, 0), signed(data, 4));
    else return this.#write(operation, data, room);
    return this.#answer(0, NOTHING);
  }

  close(): void {
    this.#handle.close();
  }

  #write(flush: number, data: Uint8Array, room: number): CodecAnswer | Promise<CodecAnswer> {
    const target = Buffer.allocUnsafeSlow(room);
    const done = (): CodecAnswer => {
      const [left, unread] = this.#stream._writeState as unknown as [number, number];
      return this.#answer(data.length - unread, target.subarray(0, room - left));
    };
    if (this.#isQuick && data.length <= QUICK_BYTES) {
      this.#handle.writeSync(flush, data, 0, data.length, target, 0, room);
      return done();
    }
    return new Promise((resolve) => {
      this.#written = () => resolve(done());
      this.#handle.write(flush, data, 0, data.length, target, 0, room);
    });
  }

  #answer(consumed: number, made: Uint8Array): CodecAnswer {
    if (!this.#failure) return { error: 0, consumed, made };
    const { errno, text } = this.#failure;
    return { error: errno, consumed: 0, made: Buffer.from(text) };
  }
}

function signed(data: Uint8Array, at: number): number {
  return new DataView(data.buffer, data.byteOffset).getInt32(at, true);
}

interface Maker {
  memoryBytes(parameters: readonly number[]): number;
  isQuick(parameters: readonly number[]): boolean;
  make(parameters: readonly number[], dictionary: Uint8Array): unknown;
}

type Make = (options: never) => unknown;

/** Streams buffer nothing of their own here. */
const chunkSize = 64;

/** Parameters are those of zlib's deflateInit2, in Node's order. */
function zlibMaker(make: Make, deflates: boolean): Maker {
  return {
    // https://zlib.net/zlib_tech.html
    memoryBytes: ([windowBits = 15, , memLevel = 8]) =>
      deflates ? (1 << (windowBits + 2)) + (1 << (memLevel + 9)) : 1 << 16,
    isQuick: ([, level = 0]) => !deflates || level <= QUICK_LEVEL,
    make([windowBits, level, memLevel, strategy], dictionary) {
      const options = { windowBits, level, memLevel, strategy, chunkSize };
      return make((dictionary.length > 0 ? { ...options, dictionary } : options) as never);
    },
  };
}

const { constants } = zlib;
const MEBIBYTE = 1 << 20;
/** The largest window that zstd decodes unless it is told of a larger one. */
const ZSTD_WINDOW_BYTES = 2 ** 27;

/** Parameters come in pairs, of number and value. */
function brotliMaker(make: Make, memoryBytes: (of: (key: number) => number) => number): Maker {
  return {
    memoryBytes: (parameters) => memoryBytes((key) => pairs(parameters)[key] ?? -1),
    isQuick: () => false,
    make: (parameters) => make({ params: pairs(parameters), chunkSize } as never),
  };
}

/** The same behind the size of what is to be compressed, -1 where it is unknown. */
function zstdMaker(make: Make, memoryBytes: (of: (key: number) => number) => number): Maker {
  return {
    memoryBytes: ([, ...rest]) => memoryBytes((key) => pairs(rest)[key] ?? -1),
    isQuick: () => false,
    make([size = -1, ...rest], dictionary) {
      const options = { params: pairs(rest), chunkSize };
      const sized = size < 0 ? options : { ...options, pledgedSrcSize: size };
      return make((dictionary.length > 0 ? { ...sized, dictionary } : sized) as never);
    },
  };
}

function pairs(parameters: readonly number[]): Record<number, number> {
  const found: Record<number, number> = {};
  for (let i = 0; i + 1 < parameters.length; i += 2) {
    found[parameters[i] as number] = parameters[i + 1] as number;
  }
  return found;
}

function brotliMemory(of: (key: number) => number): number {
  const window = of(constants.BROTLI_PARAM_LGWIN);
  const quality = of(constants.BROTLI_PARAM_QUALITY);
  const bytes = 2 ** (window < 0 ? constants.BROTLI_DEFAULT_WINDOW : window);
  return bytes * (quality < 0 || quality > 9 ? 12 : 5);
}

/** A large window is one of up to a gigabyte. */
function brotliDecodeMemory(of: (key: number) => number): number {
  return of(constants.BROTLI_DECODER_PARAM_LARGE_WINDOW) > 0 ? 2 ** 30 : 17 * MEBIBYTE;
}

function zstdMemory(of: (key: number) => number): number {
  const window = of(constants.ZSTD_c_windowLog);
  const level = of(constants.ZSTD_c_compressionLevel);
  const byLevel = level > 19 ? 800 : level > 15 ? 90 : level > 9 ? 32 : level > 3 ? 16 : 6;
  return Math.max(byLevel * MEBIBYTE, window < 0 ? 0 : 8 * 2 ** window);
}

function zstdDecodeMemory(of: (key: number) => number): number {
  const window = of(constants.ZSTD_d_windowLogMax);
  return window < 0 ? ZSTD_WINDOW_BYTES : 2 ** window;
}

const COMPRESSORS: Readonly<Record<string, Maker>> = {
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

/**
 * internalBinding("zlib"): the handles under lib/zlib.js's streams (src/node_zlib.cc). The host does the
 * work where it can; deflate and its kin are otherwise done here.
 */
import { KernelError } from "../../../kernel/abi.ts";
import { AsyncWrap } from "../async-wrap.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { codedError } from "../errors.ts";
import { openHostCodec } from "../host-codecs.ts";
import { lazyPart } from "../lazy.ts";
import { bytesOf } from "../text/bytes.ts";
import { bytesOfText } from "../text/encodings.ts";
import { crc32 } from "../zlib/crc32.ts";
import type { CompressionEngine, Failure, ZlibParameters } from "../zlib/engine.ts";
import { Mode } from "../zlib/engine.ts";
import { HostEngine } from "../zlib/host-engine.ts";
import type { ZlibPart } from "../zlib/zlib-script.ts";

const NAMES: Readonly<Record<number, string>> = {
  [Mode.Deflate]: "deflate",
  [Mode.Inflate]: "inflate",
  [Mode.Gzip]: "gzip",
  [Mode.Gunzip]: "gunzip",
  [Mode.DeflateRaw]: "deflate-raw",
  [Mode.InflateRaw]: "inflate-raw",
  [Mode.Unzip]: "unzip",
  [Mode.BrotliDecode]: "brotli-decode",
  [Mode.BrotliEncode]: "brotli",
  [Mode.ZstdCompress]: "zstd",
  [Mode.ZstdDecompress]: "zstd-decode",
};
const COMPRESSES: ReadonlySet<number> = new Set([
  ...[Mode.Deflate, Mode.Gzip, Mode.DeflateRaw, Mode.BrotliEncode, Mode.ZstdCompress],
]);
/** What lib/zlib.js fills parameters with that nobody set. */
const UNSET = 0xffff_ffff;
const NOTHING = new Uint8Array();

export const zlib: BindingFactory = (env) => {
  class Stream extends CompressionStream {
    constructor(mode: number) {
      super(env, mode);
    }
  }

  class Zlib extends Stream {
    init(
      windowBits: number,
      level: number,
      memLevel: number,
      strategy: number,
      writeResult: Uint32Array,
      callback: () => void,
      dictionary?: ArrayBufferView,
    ): void {
      const parameters = {
        ...{ mode: this.mode, windowBits, level, memLevel, strategy },
        dictionary: dictionary ? bytesOf(dictionary).slice() : NOTHING,
      };
      this.start(writeResult, callback, () => zlibEngine(env, parameters));
    }
  }

  class Brotli extends Stream {
    init(values: Uint32Array, writeResult: Uint32Array, callback: () => void): void {
      const parameters = pairs(values);
      this.start(writeResult, callback, () => hostEngine(env, this.mode, parameters, NOTHING));
    }

    override params(): void {}
  }

  class Zstd extends Stream {
    init(
      values: Uint32Array,
      size: number | undefined,
      writeResult: Uint32Array,
      callback: () => void,
      dictionary?: ArrayBufferView,
    ): void {
      const parameters = [size ?? -1, ...pairs(values)];
      const bytes = dictionary ? bytesOf(dictionary).slice() : NOTHING;
      this.start(writeResult, callback, () => hostEngine(env, this.mode, parameters, bytes));
    }

    override params(): void {}
  }

  return {
    Zlib,
    BrotliEncoder: class BrotliEncoder extends Brotli {},
    BrotliDecoder: class BrotliDecoder extends Brotli {},
    ZstdCompress: class ZstdCompress extends Zstd {
      constructor() {
        super(Mode.ZstdCompress);
      }
    },
    ZstdDecompress: class ZstdDecompress extends Zstd {
      constructor() {
        super(Mode.ZstdDecompress);
      }
    },
    ZLIB_VERSION: (env.process["versions"] as { zlib?: string } | undefined)?.zlib ?? "1.3.1",
    crc32: (data: string | ArrayBufferView, value: number) =>
      crc32(typeof data === "string" ? bytesOfText(data, "utf8") : bytesOf(data), value),
  };
};

function zlibEngine(env: Environment, parameters: ZlibParameters): CompressionEngine {
  const { mode, windowBits, level, memLevel, strategy, dictionary } = parameters;
  const numbers = [windowBits, level, memLevel, strategy];
  const codec = openHostCodec(env, NAMES[mode] as string, numbers, dictionary);
  if (codec) return new HostEngine(codec, COMPRESSES.has(mode));
  const { PakoEngine } = lazyPart<ZlibPart>(env, "zlib");
  return new PakoEngine(parameters);
}

function hostEngine(
  env: Environment,
  mode: number,
  parameters: readonly number[],
  dictionary: Uint8Array,
): CompressionEngine {
  const name = NAMES[mode] as string;
  let why = `: ${name} is the host's to do, and it has none, or no room for another`;
  try {
    const codec = openHostCodec(env, name, parameters, dictionary);
    if (codec) return new HostEngine(codec, COMPRESSES.has(mode));
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    why = "";
  }
  throw codedError(Error, "ERR_ZLIB_INITIALIZATION_FAILED", `Initialization failed${why}`);
}

/** Numbers and values of the parameters that were set. */
function pairs(values: Uint32Array): number[] {
  return Array.from(values).flatMap((value, key) => (value === UNSET ? [] : [key, value | 0]));
}

/** One stream's handle: what all libraries have in common (CompressionStream). */
abstract class CompressionStream extends AsyncWrap {
  declare onerror: (message: string, errno: number, code: string) => void;
  readonly mode: number;
  readonly #env: Environment;
  #engine: CompressionEngine | undefined;
  #result: Uint32Array | undefined;
  #callback: (() => void) | undefined;
  #writing = false;
  #closing = false;
  #closed = false;

  constructor(env: Environment, mode: number) {
    super(env, "ZLIB");
    this.#env = env;
    this.mode = mode;
  }

  protected start(result: Uint32Array, callback: () => void, open: () => CompressionEngine): void {
    this.#result = result;
    this.#callback = callback;
    this.#engine = open();
  }

  /** In the background: the callback comes from the event loop. */
  write(flush: number, ...range: WriteRange): void {
    const [input, output] = this.#ranges(range);
    this.#writing = true;
    this.#env.loop.request(() => {
      this.#writing = false;
      if (this.#closing) {
        this.close();
        return;
      }
      const failure = this.#work(flush, input, output);
      if (failure) this.#fail(failure, true);
      else this.#env.makeCallback(this, this.#callback as never, []);
      if (this.#closing) this.close();
    });
  }

  writeSync(flush: number, ...range: WriteRange): void {
    const [input, output] = this.#ranges(range);
    const failure = this.#work(flush, input, output);
    if (failure) this.#fail(failure, false);
  }

  params(level: number, strategy: number): void {
    const failure = this.#engine?.params(level, strategy);
    if (failure) this.#fail(failure, false);
  }

  reset(): void {
    const failure = this.#engine?.reset();
    if (failure) this.#fail(failure, false);
  }

  close(): void {
    if (this.#writing) {
      this.#closing = true;
      return;
    }
    this.#closing = false;
    this.#closed = true;
    this.#engine?.close();
    this.#engine = undefined;
  }

  #ranges([input, at, size, output, outAt, outSize]: WriteRange): [Uint8Array, Uint8Array] {
    if (this.#closed) throw new Error("already finalized");
    if (!this.#engine) throw new Error("write before init");
    if (this.#writing) throw new Error("write already in progress");
    const source = input ? bytesOf(input) : NOTHING;
    if (at + size > source.length) throw outOfBounds("input");
    const target = bytesOf(output);
    if (outAt + outSize > target.length) throw outOfBounds("output");
    return [source.subarray(at, at + size), target.subarray(outAt, outAt + outSize)];
  }

  #work(flush: number, input: Uint8Array, output: Uint8Array): Failure | undefined {
    const engine = this.#engine as CompressionEngine;
    const { consumed, made, failure } = engine.write(flush, input, output);
    if (failure) return failure;
    const result = this.#result as Uint32Array;
    result[0] = output.length - made;
    result[1] = input.length - consumed;
    return undefined;
  }

  #fail({ message, errno, code }: Failure, fromLoop: boolean): void {
    if (fromLoop) this.makeCallback("onerror", [message, errno, code]);
    else this.onerror(message, errno, code);
    if (this.#closing) this.close();
  }
}

type WriteRange = [
  input: ArrayBufferView | null,
  at: number,
  size: number,
  output: ArrayBufferView,
  outAt: number,
  outSize: number,
];

function outOfBounds(what: string): Error {
  return codedError(RangeError, "ERR_OUT_OF_RANGE", `${what} buffer is out of bounds`);
}

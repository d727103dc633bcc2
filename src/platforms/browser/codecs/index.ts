/**
 * What a tab lends to guests of compression (kernel/codecs) beyond what they do themselves: brotli, and
 * zstd's decoder, by libraries that are fetched when a program first needs one. Each works in a worker of
 * its own. https://nodejs.org/docs/latest-v22.x/api/zlib.html
 */
import {
  type CodecAnswer,
  type CodecMemory,
  CodecOperation,
  Errno,
  type HostCodec,
  type HostCodecs,
  KernelError,
} from "../../../../kernel/index.ts";
import { parameterValue } from "../../codec-parameters.ts";
import { refused } from "./engine.ts";
import { type LibraryStream, LibraryWorker } from "./library-worker.ts";

type Parameters = readonly number[];

interface Kind {
  memory(parameters: Parameters): CodecMemory;
  /** The last of its flush values. */
  readonly flushes: number;
  readonly quality?: (parameters: Parameters) => number | undefined;
  /** What of these cannot be had. */
  refusal(parameters: Parameters, dictionary: Uint8Array): string | undefined;
}

const MEBIBYTE = 1 << 20;
const BROTLI_PARAM_QUALITY = 1;
const BROTLI_DECODER_PARAM_LARGE_WINDOW = 1;
const ZSTD_D_WINDOW_LOG_MAX = 100;
const BROTLI_FLUSHES = 3;
const ZSTD_FLUSHES = 2;

const KINDS: Readonly<Record<string, Kind>> = {
  // No name of Object.prototype's is a codec.
  __proto__: null as never,
  brotli: {
    memory: (parameters) => encoderMemory(quality(parameters) ?? 11),
    flushes: BROTLI_FLUSHES,
    quality,
    refusal: () => undefined,
  },
  "brotli-decode": {
    memory: () => ({ little: 2 * MEBIBYTE, most: 18 * MEBIBYTE }),
    flushes: BROTLI_FLUSHES,
    refusal: (parameters) =>
      parameterValue(parameters, BROTLI_DECODER_PARAM_LARGE_WINDOW)
        ? "brotli has no large windows"
        : undefined,
  },
  "zstd-decode": {
    // Windows of 2^27 at most, which is Node's limit as well.
    memory: () => ({ little: 2 * MEBIBYTE, most: 132 * MEBIBYTE }),
    flushes: ZSTD_FLUSHES,
    refusal([, ...parameters], dictionary) {
      if (dictionary.length > 0) return "zstd has no dictionaries";
      const hasLimit = parameterValue(parameters, ZSTD_D_WINDOW_LOG_MAX);
      return hasLimit ? "zstd has no ZSTD_d_windowLogMax" : undefined;
    },
  },
};

/** `base` is the address of the folder that holds what dist/browser holds. */
export function tabCodecs(base: string): HostCodecs {
  const workers = new Map<string, LibraryWorker>();
  const workerOf = (name: string) => {
    let worker = workers.get(name);
    if (!worker || worker.isDead) {
      worker = new LibraryWorker(base, name);
      workers.set(name, worker);
    }
    return worker;
  };
  return {
    memory: (name, parameters) => KINDS[name]?.memory(parameters),
    open(name, parameters, dictionary) {
      const kind = KINDS[name];
      if (!kind) throw new KernelError(Errno.EOPNOTSUPP);
      const refusal = kind.refusal(parameters, dictionary);
      if (refusal) return new Refusal(refusal);
      return new TabCodec(kind, workerOf(name).open(name, kind.quality?.(parameters)));
    },
  };
}

class TabCodec implements HostCodec {
  readonly #kind: Kind;
  readonly #stream: LibraryStream;

  constructor(kind: Kind, stream: LibraryStream) {
    this.#kind = kind;
    this.#stream = stream;
  }

  step(operation: number, data: Uint8Array, room: number): Promise<CodecAnswer> {
    if (operation === CodecOperation.Reset) return this.#stream.reset();
    if (operation <= this.#kind.flushes) return this.#stream.step(operation, data, room);
    throw new KernelError(Errno.EINVAL);
  }

  close(): void {
    this.#stream.close();
  }
}

/** It is there, to say what it cannot do in a place where programs read it. */
class Refusal implements HostCodec {
  readonly #answer: CodecAnswer;

  constructor(what: string) {
    this.#answer = refused(what);
  }

  step(): CodecAnswer {
    return this.#answer;
  }

  close(): void {}
}

function quality(parameters: Parameters): number | undefined {
  return parameterValue(parameters, BROTLI_PARAM_QUALITY);
}

/** Measured, of brotli-wasm with windows of 2^22. */
function encoderMemory(quality: number): CodecMemory {
  const [little, most] = quality >>> 0 < 2 ? [2, 8] : quality >>> 0 < 9 ? [12, 50] : [50, 76];
  return { little: little * MEBIBYTE, most: most * MEBIBYTE };
}

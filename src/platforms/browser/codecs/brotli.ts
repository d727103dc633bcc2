/** Streams of brotli-wasm, with the answers and errors of Node's. https://github.com/httptoolkit/brotli-wasm */
import type { BrotliWasmType } from "brotli-wasm";
import type { CodecAnswer } from "../../../../kernel/index.ts";
import { type Engine, failed, refused } from "./engine.ts";

/** The package's module for the web, before it has its wasm. */
export interface BrotliModule extends BrotliWasmType {
  default(options: BufferSource | URL | WebAssembly.Module): Promise<unknown>;
}

type CompressStream = InstanceType<BrotliWasmType["CompressStream"]>;
type DecompressStream = InstanceType<BrotliWasmType["DecompressStream"]>;
type Result = ReturnType<DecompressStream["decompress"]>;

/** BROTLI_OPERATION_PROCESS, FINISH, and what a stream says of itself (BrotliStreamResultCode). */
const PROCESS = 0;
const FINISH = 2;
const SUCCESS = 1;
const NEEDS_INPUT = 2;
const QUALITY_MAX = 11;

/** Of its parameters the library takes the quality; the others change size and speed alone. */
export class BrotliEncoder implements Engine {
  readonly #stream: CompressStream;
  #isOver = false;

  constructor({ CompressStream }: BrotliWasmType, quality = QUALITY_MAX) {
    this.#stream = new CompressStream(Math.min(quality >>> 0, QUALITY_MAX));
  }

  write(flush: number, data: Uint8Array, room: number): CodecAnswer {
    if (flush !== PROCESS && flush !== FINISH) return refused("brotli cannot be flushed midway");
    const pieces = new Pieces(room);
    while (!this.#isOver && pieces.left > 0) {
      const isLast = pieces.consumed === data.length && flush === FINISH;
      const rest = isLast ? undefined : data.subarray(pieces.consumed);
      let code: number;
      try {
        code = pieces.add(this.#stream.compress(rest, pieces.left));
      } catch (reason) {
        throwFault(reason);
        return failed(-1, "Compression failed", "ERR_BROTLI_COMPRESSION_FAILED");
      }
      this.#isOver = isLast && code === SUCCESS;
      if (flush !== FINISH && pieces.consumed === data.length) break;
    }
    return pieces.answer();
  }

  close(): void {
    this.#stream.free();
  }
}

export class BrotliDecoder implements Engine {
  readonly #stream: DecompressStream;
  #isOver = false;

  constructor({ DecompressStream }: BrotliWasmType) {
    this.#stream = new DecompressStream();
  }

  write(flush: number, data: Uint8Array, room: number): CodecAnswer {
    const pieces = new Pieces(room);
    while (!this.#isOver && pieces.left > 0) {
      let code: number;
      try {
        code = pieces.add(this.#stream.decompress(data.subarray(pieces.consumed), pieces.left));
      } catch (reason) {
        return failureOf(reason);
      }
      this.#isOver = code === SUCCESS;
      if (code !== NEEDS_INPUT || pieces.consumed < data.length) continue;
      // The library does not say so by itself.
      if (flush !== PROCESS) return failed(-5, "unexpected end of file", "Z_BUF_ERROR");
      break;
    }
    return pieces.answer();
  }

  close(): void {
    this.#stream.free();
  }
}

/** What calls for one answer consumed and made. */
class Pieces {
  readonly #made: Uint8Array;
  #filled = 0;
  consumed = 0;

  constructor(room: number) {
    this.#made = new Uint8Array(room);
  }

  get left(): number {
    return this.#made.length - this.#filled;
  }

  add(result: Result): number {
    const { code, buf, input_offset } = result;
    result.free();
    this.consumed += input_offset;
    this.#made.set(buf, this.#filled);
    this.#filled += buf.length;
    return code;
  }

  answer(): CodecAnswer {
    return { error: 0, consumed: this.consumed, made: this.#made.slice(0, this.#filled) };
  }
}

/** Its errors carry the number that the C library has. */
function failureOf(reason: unknown): CodecAnswer {
  throwFault(reason);
  const number = /Error code (-\d+)/.exec(String(reason))?.[1] ?? "-31";
  const code = `ERR_${ERRORS[number] ?? `_ERROR_${number}`}`;
  return failed(Number(number), "Decompression failed", code);
}

/** After a trap the library is in no known state. */
function throwFault(reason: unknown): void {
  if (reason instanceof WebAssembly.RuntimeError) throw reason;
}

/** BrotliDecoderErrorString, https://github.com/google/brotli/blob/master/c/include/brotli/decode.h */
const ERRORS: Readonly<Record<string, string>> = {
  "-1": "_ERROR_FORMAT_EXUBERANT_NIBBLE",
  "-2": "_ERROR_FORMAT_RESERVED",
  "-3": "_ERROR_FORMAT_EXUBERANT_META_NIBBLE",
  "-4": "_ERROR_FORMAT_SIMPLE_HUFFMAN_ALPHABET",
  "-5": "_ERROR_FORMAT_SIMPLE_HUFFMAN_SAME",
  "-6": "_ERROR_FORMAT_CL_SPACE",
  "-7": "_ERROR_FORMAT_HUFFMAN_SPACE",
  "-8": "_ERROR_FORMAT_CONTEXT_MAP_REPEAT",
  "-9": "_ERROR_FORMAT_BLOCK_LENGTH_1",
  "-10": "_ERROR_FORMAT_BLOCK_LENGTH_2",
  "-11": "_ERROR_FORMAT_TRANSFORM",
  "-12": "_ERROR_FORMAT_DICTIONARY",
  "-13": "_ERROR_FORMAT_WINDOW_BITS",
  "-14": "_ERROR_FORMAT_PADDING_1",
  "-15": "_ERROR_FORMAT_PADDING_2",
  "-16": "_ERROR_FORMAT_DISTANCE",
  "-21": "_ERROR_ALLOC_CONTEXT_MODES",
  "-22": "_ERROR_ALLOC_TREE_GROUPS",
  "-25": "_ERROR_ALLOC_CONTEXT_MAP",
  "-26": "_ERROR_ALLOC_RING_BUFFER_1",
  "-27": "_ERROR_ALLOC_RING_BUFFER_2",
  "-30": "_ERROR_ALLOC_BLOCK_TYPE_TREES",
  "-31": "_ERROR_UNREACHABLE",
};

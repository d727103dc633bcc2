/**
 * zstd's own decoder, the wasm of zstddec: that package's functions cannot tell what they consumed nor be
 * fed bit by bit, the C functions that its wasm exports can. https://facebook.github.io/zstd/zstd_manual.html
 */
import type { CodecAnswer } from "../../../../kernel/index.ts";
import { type Engine, failed } from "./engine.ts";

/** Pointers and sizes are numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  malloc(size: number): number;
  free(pointer: number): void;
  ZSTD_createDCtx(): number;
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

/** ZSTD_e_end. */
const END = 2;
/** A ZSTD_inBuffer or ZSTD_outBuffer: where, how much, how far. */
const BUFFER_BYTES = 12;
/** The largest ZSTD_ErrorCode; an error is returned as a negative size. */
const ERROR_MAX = 120;

/** An instance for each stream: its memory goes with it. */
export class ZstdDecoder implements Engine {
  readonly #exports: Exports;
  readonly #context: number;
  readonly #buffers: number;
  #isOver = false;

  constructor(module: WebAssembly.Module) {
    const env = { emscripten_notify_memory_growth: () => {} };
    this.#exports = new WebAssembly.Instance(module, { env }).exports as unknown as Exports;
    this.#context = this.#exports.ZSTD_createDCtx();
    this.#buffers = this.#allocate(2 * BUFFER_BYTES);
  }

  write(flush: number, data: Uint8Array, room: number): CodecAnswer {
    // What follows a frame is left to whoever reads on.
    if (this.#isOver || room === 0) return { error: 0, consumed: 0, made: new Uint8Array() };
    const { memory, free, ZSTD_decompressStream } = this.#exports;
    const source = this.#allocate(data.length);
    const target = this.#allocate(room);
    new Uint8Array(memory.buffer).set(data, source);
    const input = this.#buffers;
    const output = input + BUFFER_BYTES;
    const before = new DataView(memory.buffer);
    for (const [at, where, size] of [
      [input, source, data.length],
      [output, target, room],
    ] as const) {
      before.setUint32(at, where, true);
      before.setUint32(at + 4, size, true);
      before.setUint32(at + 8, 0, true);
    }
    const left = ZSTD_decompressStream(this.#context, output, input);
    // It may have grown.
    const after = new DataView(memory.buffer);
    const consumed = after.getUint32(input + 8, true);
    const made = new Uint8Array(memory.buffer, target, after.getUint32(output + 8, true)).slice();
    free(source);
    free(target);
    if (left < 0 && left >= -ERROR_MAX) return failureOf(-left);
    this.#isOver = left === 0;
    if (flush === END && !this.#isOver && consumed === data.length && made.length < room) {
      return failed(-5, "unexpected end of file", "Z_BUF_ERROR");
    }
    return { error: 0, consumed, made };
  }

  close(): void {}

  #allocate(bytes: number): number {
    // Memory of no bytes may be nowhere.
    const pointer = this.#exports.malloc(Math.max(bytes, 1));
    if (pointer === 0) throw new Error("zstd has no memory left");
    return pointer;
  }
}

function failureOf(error: number): CodecAnswer {
  const [name, message] = ERRORS[error] ?? ["GENERIC", "Error (generic)"];
  return failed(error, message, `ZSTD_error_${name}`);
}

/** ZSTD_ErrorCode and ZSTD_getErrorString of what a decoder may meet. */
const ERRORS: Readonly<Record<number, readonly [name: string, message: string]>> = {
  10: ["prefix_unknown", "Unknown frame descriptor"],
  12: ["version_unsupported", "Version not supported"],
  14: ["frameParameter_unsupported", "Unsupported frame parameter"],
  16: ["frameParameter_windowTooLarge", "Frame requires too much memory for decoding"],
  20: ["corruption_detected", "Data corruption detected"],
  22: ["checksum_wrong", "Restored data doesn't match checksum"],
  24: ["literals_headerWrong", "Header of Literals' block doesn't respect format specification"],
  30: ["dictionary_corrupted", "Dictionary is corrupted"],
  32: ["dictionary_wrong", "Dictionary mismatch"],
  64: ["memory_allocation", "Allocation error : not enough memory"],
  70: ["dstSize_tooSmall", "Destination buffer is too small"],
  72: ["srcSize_wrong", "Src size is incorrect"],
  80: [
    "noForwardProgress_destFull",
    "Operation made no progress over multiple calls, due to output buffer being full",
  ],
  82: [
    "noForwardProgress_inputEmpty",
    "Operation made no progress over multiple calls, due to input being empty",
  ],
};

/**
 * zlib in JavaScript, for hosts without one and machines that have used up theirs. The rules around the
 * library (several members, dictionaries, what is an error) are those of src/node_zlib.cc.
 */
import {
  ZStream,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateReset,
  zlibDeflateSetDictionary,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
  zlibInflateSetDictionary,
} from "pako";
import {
  type CompressionEngine,
  type Failure,
  Mode,
  type Progress,
  type ZlibParameters,
} from "./engine.ts";

const Z_FINISH = 4;
const Z_BLOCK = 5;
const Z_OK = 0;
const Z_STREAM_END = 1;
const Z_NEED_DICT = 2;
const Z_STREAM_ERROR = -2;
const Z_DATA_ERROR = -3;
const Z_BUF_ERROR = -5;
const Z_DEFLATED = 8;
const GZIP_MAGIC = [0x1f, 0x8b] as const;
/** Added to windowBits: a gzip wrapper, or whichever comes. */
const GZIP_WRAPPER = 16;
const ANY_WRAPPER = 32;

const CODES: Readonly<Record<number, string>> = {
  [Z_OK]: "Z_OK",
  [Z_STREAM_END]: "Z_STREAM_END",
  [Z_NEED_DICT]: "Z_NEED_DICT",
  [-1]: "Z_ERRNO",
  [Z_STREAM_ERROR]: "Z_STREAM_ERROR",
  [Z_DATA_ERROR]: "Z_DATA_ERROR",
  [-4]: "Z_MEM_ERROR",
  [Z_BUF_ERROR]: "Z_BUF_ERROR",
  [-6]: "Z_VERSION_ERROR",
};

export class PakoEngine implements CompressionEngine {
  readonly #stream = new ZStream();
  readonly #parameters: ZlibParameters;
  readonly #deflates: boolean;
  #mode: number;
  #error = Z_OK;
  #started = false;
  /** Bytes of a gzip header that were seen, while it is open what comes. */
  #magicSeen = 0;

  constructor(parameters: ZlibParameters) {
    this.#parameters = parameters;
    this.#mode = parameters.mode;
    const { mode } = parameters;
    this.#deflates = mode === Mode.Deflate || mode === Mode.Gzip || mode === Mode.DeflateRaw;
  }

  write(flush: number, input: Uint8Array, output: Uint8Array): Progress {
    const failure = this.#start();
    if (failure) return { consumed: 0, made: 0, failure };
    const stream = this.#stream;
    stream.input = input;
    stream.next_in = 0;
    stream.avail_in = input.length;
    stream.output = output as Uint8Array<ArrayBuffer>;
    stream.next_out = 0;
    stream.avail_out = output.length;
    if (this.#deflates) this.#error = zlibDeflate(stream, flush as never);
    else this.#inflate(flush);
    return {
      consumed: input.length - stream.avail_in,
      made: output.length - stream.avail_out,
      failure: this.#failure(flush),
    };
  }

  reset(): Failure | undefined {
    const failure = this.#start();
    if (failure) return failure;
    this.#error = this.#resetStream();
    return this.#error === Z_OK ? this.#useDictionary() : this.#named("Failed to reset stream");
  }

  params(level: number, strategy: number): Failure | undefined {
    const failure = this.#start();
    if (failure || !this.#deflates) return failure;
    this.#error = this.#setParams(level, strategy);
    const isFine = this.#error === Z_OK || this.#error === Z_BUF_ERROR;
    return isFine ? undefined : this.#named("Failed to set parameters");
  }

  close(): void {
    this.#stream.input = EMPTY;
    this.#stream.output = EMPTY;
    this.#stream.state = null;
  }

  /** The stream is set up at its first use, as in Node. */
  #start(): Failure | undefined {
    if (this.#started) return undefined;
    this.#started = true;
    const { level, memLevel, strategy } = this.#parameters;
    this.#error = this.#deflates
      ? zlibDeflateInit2(
          this.#stream,
          level,
          Z_DEFLATED,
          this.#windowBits(),
          memLevel,
          strategy as never,
        )
      : zlibInflateInit2(this.#stream, this.#windowBits());
    return this.#error === Z_OK ? this.#useDictionary() : this.#named("Init error");
  }

  #windowBits(): number {
    const { mode, windowBits } = this.#parameters;
    if (mode === Mode.Gzip || mode === Mode.Gunzip) return windowBits + GZIP_WRAPPER;
    if (mode === Mode.Unzip) return windowBits + ANY_WRAPPER;
    return mode === Mode.DeflateRaw || mode === Mode.InflateRaw ? -windowBits : windowBits;
  }

  #useDictionary(): Failure | undefined {
    const { mode, dictionary } = this.#parameters;
    if (dictionary.length === 0) return undefined;
    if (mode === Mode.Deflate || mode === Mode.DeflateRaw) {
      this.#error = zlibDeflateSetDictionary(this.#stream, dictionary);
    } else if (mode === Mode.InflateRaw) {
      this.#error = zlibInflateSetDictionary(this.#stream, dictionary);
    }
    return this.#error === Z_OK ? undefined : this.#named("Failed to set dictionary");
  }

  #inflate(flush: number): void {
    const stream = this.#stream;
    if (this.#mode === Mode.Unzip) this.#lookAtMagic();
    this.#error = zlibInflate(stream, flush as never);
    const { mode, dictionary } = this.#parameters;
    if (mode !== Mode.InflateRaw && this.#error === Z_NEED_DICT && dictionary.length > 0) {
      this.#error = zlibInflateSetDictionary(stream, dictionary);
      if (this.#error === Z_OK) this.#error = zlibInflate(stream, flush as never);
      else if (this.#error === Z_DATA_ERROR) this.#error = Z_NEED_DICT;
    }
    // Another member may follow; zeros are padding.
    while (
      stream.avail_in > 0 &&
      this.#mode === Mode.Gunzip &&
      this.#error === Z_STREAM_END &&
      stream.input[stream.next_in] !== 0
    ) {
      this.#resetStream();
      this.#error = zlibInflate(stream, flush as never);
    }
  }

  /** Whether it is gzip that comes shows in the first two bytes, which may come one by one. */
  #lookAtMagic(): void {
    const { input, avail_in: length } = this.#stream;
    for (let i = 0; i < length && this.#mode === Mode.Unzip; i++) {
      if (input[i] !== GZIP_MAGIC[this.#magicSeen]) this.#mode = Mode.Inflate;
      else if (++this.#magicSeen === GZIP_MAGIC.length) this.#mode = Mode.Gunzip;
    }
  }

  #resetStream(): number {
    this.#stream.msg = "";
    return this.#deflates ? zlibDeflateReset(this.#stream) : zlibInflateReset(this.#stream);
  }

  /** deflateParams, which the library lacks: its state is zlib's, and so is the way. */
  #setParams(level: number, strategy: number): number {
    const stream = this.#stream;
    const { state } = stream;
    const like = new ZStream();
    const { memLevel } = this.#parameters;
    const made = zlibDeflateInit2(
      like,
      level,
      Z_DEFLATED,
      this.#windowBits(),
      memLevel,
      strategy as never,
    );
    if (made !== Z_OK) return made;
    const wasUsed = stream.total_in > 0 || state.lookahead > 0;
    if (wasUsed && (state.level !== like.state.level || state.strategy !== strategy)) {
      stream.input = EMPTY;
      stream.next_in = 0;
      stream.avail_in = 0;
      const room = new Uint8Array(state.pending_buf_size + state.w_size);
      stream.output = room;
      stream.next_out = 0;
      stream.avail_out = room.length;
      const flushed = zlibDeflate(stream, Z_BLOCK as never);
      if (flushed === Z_STREAM_ERROR) return flushed;
      if (stream.next_out > 0) return Z_BUF_ERROR;
    }
    for (const field of [
      ...["level", "strategy", "max_lazy_match", "good_match", "nice_match", "max_chain_length"],
    ]) {
      state[field] = like.state[field];
    }
    return Z_OK;
  }

  #failure(flush: number): Failure | undefined {
    switch (this.#error) {
      case Z_OK:
      case Z_BUF_ERROR: {
        const isCut = flush === Z_FINISH && this.#stream.avail_out !== 0;
        return isCut ? this.#named("unexpected end of file") : undefined;
      }
      case Z_STREAM_END:
        return undefined;
      case Z_NEED_DICT: {
        const hasOne = this.#parameters.dictionary.length > 0;
        return this.#named(hasOne ? "Bad dictionary" : "Missing dictionary");
      }
      default:
        return this.#named("Zlib error");
    }
  }

  #named(message: string): Failure {
    const said = this.#error === Z_BUF_ERROR ? "" : this.#stream.msg;
    const code = CODES[this.#error] ?? "Z_ERRNO";
    return { message: said || message, errno: this.#error, code };
  }
}

const EMPTY = new Uint8Array();

/**
 * A stream whose work the host does. A piece of input or output is what one system call carries; and a
 * compressor is let run ahead of the small pieces in which lib/zlib.js fetches what it made.
 */
import { CodecOperation } from "../../../kernel/abi.ts";
import { type HostCodec, STEP_MAX } from "../host-codecs.ts";
import type { CompressionEngine, Failure, Progress } from "./engine.ts";

/** Every library's number for "more will come". */
const NO_FLUSH = 0;
const AHEAD = 262_144;
const PIECE_MIN = 8192;
const NOTHING = new Uint8Array();

export class HostEngine implements CompressionEngine {
  readonly #codec: HostCodec;
  readonly #runsAhead: boolean;
  /** Made already, and not fetched. */
  #ready: Uint8Array = NOTHING;
  /** Bytes of input for the next step: about what it will consume, as the rest would come in vain. */
  #piece: number;

  constructor(codec: HostCodec, runsAhead: boolean) {
    this.#codec = codec;
    this.#runsAhead = runsAhead;
    this.#piece = runsAhead ? STEP_MAX : PIECE_MIN;
  }

  write(flush: number, input: Uint8Array, output: Uint8Array): Progress {
    const progress: Progress = { consumed: 0, made: this.#fetch(output), failure: undefined };
    while (progress.made < output.length) {
      const from = progress.consumed;
      const piece = input.subarray(from, Math.min(input.length, from + this.#piece));
      const isLast = from + piece.length === input.length;
      const room = output.length - progress.made;
      const wanted = this.#runsAhead && input.length > PIECE_MIN ? Math.max(room, AHEAD) : room;
      const step = this.#codec.step(
        isLast ? flush : NO_FLUSH,
        piece,
        Math.min(wanted, STEP_MAX / 2),
      );
      if (step.failure) {
        progress.failure = step.failure;
        return progress;
      }
      progress.consumed += step.consumed;
      const fits = Math.min(room, step.made.length);
      output.set(step.made.subarray(0, fits), progress.made);
      progress.made += fits;
      if (fits < step.made.length) this.#ready = step.made.slice(fits);
      const isFull = step.made.length >= Math.min(wanted, STEP_MAX / 2);
      if (!this.#runsAhead) {
        this.#piece = Math.min(STEP_MAX, Math.max(PIECE_MIN, 2 * step.consumed));
      }
      if (!isFull && (isLast || step.consumed < piece.length)) break;
    }
    return progress;
  }

  reset(): Failure | undefined {
    this.#ready = NOTHING;
    return this.#codec.step(CodecOperation.Reset, NOTHING, 0).failure;
  }

  params(level: number, strategy: number): Failure | undefined {
    const numbers = new Uint8Array(new Int32Array([level, strategy]).buffer);
    return this.#codec.step(CodecOperation.Params, numbers, 0).failure;
  }

  close(): void {
    this.#ready = NOTHING;
    this.#codec.close();
  }

  #fetch(output: Uint8Array): number {
    const count = Math.min(output.length, this.#ready.length);
    if (count === 0) return 0;
    output.set(this.#ready.subarray(0, count));
    this.#ready = this.#ready.subarray(count);
    return count;
  }
}

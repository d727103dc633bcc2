/** An answer's body on its way to the API: as much at once as is there. */
import { joined } from "../../../kernel/index.ts";
import { type ByteSource, isThere, NO_BYTES } from "../../http/byte-stream.ts";

/** What one call takes at most, or little more. */
const MOST = 256 << 10;

export class AnswerBody {
  readonly #source: ByteSource;
  /** A read that has not been waited for. */
  #reading: Promise<Uint8Array | undefined> | undefined;
  #waiting: Uint8Array[] = [];
  #hasEnded = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Gathers what is there. True: that was all. */
  async look(): Promise<boolean> {
    let size = this.#waiting.reduce((sum, { length }) => sum + length, 0);
    while (size < MOST && !this.#hasEnded) {
      this.#reading ??= this.#source.read();
      if (!(await isThere(this.#reading))) break;
      size += (await this.#next())?.length ?? 0;
    }
    return this.#hasEnded;
  }

  /** What is there, or comes next; nothing at the end. */
  async take(): Promise<Uint8Array> {
    if (this.#waiting.length === 0 && !this.#hasEnded) await this.#next();
    await this.look();
    return this.taken();
  }

  /** What was gathered. */
  taken(): Uint8Array {
    const pieces = this.#waiting;
    this.#waiting = [];
    return pieces.length === 0 ? NO_BYTES : joined(pieces);
  }

  async #next(): Promise<Uint8Array | undefined> {
    const reading = this.#reading ?? this.#source.read();
    this.#reading = reading;
    const piece = await reading;
    this.#reading = undefined;
    if (piece) this.#waiting.push(piece);
    else this.#hasEnded = true;
    return piece;
  }
}

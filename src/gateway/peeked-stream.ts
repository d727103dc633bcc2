/** A stream whose first bytes can be looked at before anybody takes them. */
import { joined } from "../../kernel/index.ts";
import { type ByteStream, NO_BYTES } from "../http/byte-stream.ts";

const READ_BYTES = 64 << 10;

export class PeekedStream implements ByteStream {
  readonly #source: ByteStream;
  #held: Uint8Array = NO_BYTES;
  #isOver = false;
  #reading: Promise<void> | undefined;

  constructor(source: ByteStream) {
    this.#source = source;
  }

  /** What is there to be read. */
  get held(): Uint8Array {
    return this.#held;
  }

  /** Nothing more will come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when more is held than before, or the end is reached. */
  more(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    this.#reading ??= this.#source.read(READ_BYTES).then(
      (bytes) => {
        this.#reading = undefined;
        if (bytes) this.#held = joined([this.#held, bytes]);
        else this.#isOver = true;
      },
      (reason) => {
        this.#reading = undefined;
        throw reason;
      },
    );
    return this.#reading;
  }

  async read(most: number): Promise<Uint8Array | undefined> {
    if (this.#held.length === 0) {
      if (!this.#reading && !this.#isOver) return this.#source.read(most);
      await this.more();
      if (this.#held.length === 0) return undefined;
    }
    const bytes = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(bytes.length);
    return bytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#source.write(bytes);
  }

  end(): Promise<void> {
    return this.#source.end();
  }

  abort(reason?: unknown): void {
    this.#source.abort(reason);
  }
}

/**
 * One end of a connection as the gateway sees it, whoever is behind it: a guest's socket, a socket of the
 * host's, TLS over either. One reader and one writer at a time.
 */
export interface ByteStream {
  /**
   * The next bytes, the caller's to keep until the next read; undefined at the end. Rejects with a
   * KernelError: ECONNRESET where the other side broke off.
   */
  read(): Promise<Uint8Array | undefined>;
  /** Resolves when more may be written and `bytes` may be used again. */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing more will be written. */
  end(): Promise<void>;
  /** Gives the connection up at once. With `reset` the other side is told that it broke off. */
  close(reset?: boolean): void;
}

/** A stream whose first bytes can be looked at before anybody takes them. */
export class PeekedStream implements ByteStream {
  readonly #source: ByteStream;
  #held: Uint8Array = new Uint8Array(0);
  #isOver = false;
  #reading: Promise<void> | undefined;

  constructor(source: ByteStream) {
    this.#source = source;
  }

  /** What is held so far. */
  get held(): Uint8Array {
    return this.#held;
  }

  /** True where nothing more will be added to what is held. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when there is more to see than before, or the end is reached. One look at a time is under way. */
  more(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    this.#reading ??= this.#source.read().then(
      (bytes) => {
        this.#reading = undefined;
        if (bytes) this.#held = joined(this.#held, bytes);
        else this.#isOver = true;
      },
      (reason) => {
        this.#reading = undefined;
        throw reason;
      },
    );
    return this.#reading;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#held.length === 0 && !this.#reading && !this.#isOver) return this.#source.read();
    if (this.#held.length === 0) await this.more();
    if (this.#held.length === 0) return undefined;
    const bytes = this.#held;
    this.#held = new Uint8Array(0);
    return bytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#source.write(bytes);
  }

  end(): Promise<void> {
    return this.#source.end();
  }

  close(reset?: boolean): void {
    this.#source.close(reset);
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

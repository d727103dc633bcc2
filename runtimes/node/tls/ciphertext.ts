/**
 * What a TLS stream sends to the stream below, one write at a time: what comes meanwhile goes as one
 * write behind it.
 */
import { joined } from "../../../kernel/abi.ts";
import { StreamRequest } from "../bindings/stream_wrap/requests.ts";
import { kLastWriteWasAsync, type StreamBase } from "../bindings/stream_wrap/stream-base.ts";
import type { Environment } from "../environment.ts";

export class Ciphertext {
  readonly #env: Environment;
  readonly #below: StreamBase;
  readonly #taken: (status: number) => void;
  /** Whoever had the stream below before still writes to it. */
  #waits: boolean;
  #queue: Uint8Array[] = [];
  /** Bytes that the stream below has not taken yet. */
  #sending = 0;

  /** `taken` hears of each write below, or that there was nothing to write. */
  constructor(
    env: Environment,
    below: StreamBase,
    waits: boolean,
    taken: (status: number) => void,
  ) {
    this.#env = env;
    this.#below = below;
    this.#waits = waits;
    this.#taken = taken;
  }

  get length(): number {
    return this.#queue.reduce((sum, { length }) => sum + length, this.#sending);
  }

  get isSent(): boolean {
    return this.#sending === 0 && this.#queue.length === 0;
  }

  waitNoMore(): void {
    this.#waits = false;
    this.#flush();
  }

  send(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    this.#flush();
  }

  #flush(): void {
    if (this.#waits || this.#sending > 0) return;
    while (this.#queue.length > 0 && this.#sending === 0) {
      this.#sendBelow(joined(this.#queue.splice(0)));
    }
    if (this.#sending === 0) this.#taken(0);
  }

  #sendBelow(bytes: Uint8Array): void {
    const request = new StreamRequest(this.#env, "WRITEWRAP") as StreamRequest & {
      oncomplete?: (status: number) => void;
    };
    request.oncomplete = (status) => {
      this.#sending = 0;
      this.#taken(status);
      this.#flush();
    };
    const status = this.#below.writeBuffer(request, bytes);
    const { streamBaseState } = this.#env.internalBinding<{ streamBaseState: Int32Array }>(
      "stream_wrap",
    );
    if (status !== 0) this.#taken(status);
    else if (streamBaseState[kLastWriteWasAsync] === 1) this.#sending = bytes.length;
  }
}

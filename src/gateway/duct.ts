/** Two streams that are each other's ends, in memory: who writes waits until somebody reads. */
import { Errno, KernelError } from "../../kernel/index.ts";
import type { ByteStream } from "../http/byte-stream.ts";

export function ductPair(): [ByteStream, ByteStream] {
  const there = new Direction();
  const back = new Direction();
  return [end(back, there), end(there, back)];
}

function end(from: Direction, to: Direction): ByteStream {
  return {
    read: (most) => from.read(most),
    write: (bytes) => to.write(bytes),
    async end() {
      to.end();
    },
    abort() {
      from.break();
      to.break();
    },
  };
}

class Direction {
  #bytes: Uint8Array | undefined;
  #isEnded = false;
  #isBroken = false;
  #changed: (() => void)[] = [];

  async read(most: number): Promise<Uint8Array | undefined> {
    while (!this.#bytes && !this.#isEnded && !this.#isBroken) await this.#change();
    if (this.#isBroken) throw new KernelError(Errno.ECONNRESET);
    const bytes = this.#bytes?.subarray(0, most);
    if (!bytes || !this.#bytes) return undefined;
    this.#bytes = bytes.length < this.#bytes.length ? this.#bytes.subarray(most) : undefined;
    this.#wake();
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isBroken || this.#isEnded) throw new KernelError(Errno.EPIPE);
    if (bytes.length === 0) return;
    // The writer may use its bytes again.
    this.#bytes = bytes.slice();
    this.#wake();
    while (this.#bytes && !this.#isBroken) await this.#change();
    if (this.#isBroken) throw new KernelError(Errno.EPIPE);
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  break(): void {
    this.#isBroken = true;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #wake(): void {
    for (const changed of this.#changed.splice(0)) changed();
  }
}

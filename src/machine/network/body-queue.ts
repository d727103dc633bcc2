/** A request's body on its way from the API: each piece is asked for when the last one has gone out. */
import type { ByteSource } from "../../http/byte-stream.ts";

export class BodyQueue implements ByteSource {
  #piece: Uint8Array | undefined;
  #state: "open" | "ended" | "unwanted" = "open";
  #changed = Promise.withResolvers<void>();

  /** Resolves when it was taken; false where nobody wants it. */
  async push(bytes: Uint8Array): Promise<boolean> {
    if (bytes.length === 0) return this.#state === "open";
    while (this.#piece && this.#state === "open") await this.#changed.promise;
    if (this.#state !== "open") return false;
    this.#piece = bytes;
    this.#wake();
    while (this.#piece === bytes && this.#state === "open") await this.#changed.promise;
    return this.#state === "open";
  }

  end(): void {
    if (this.#state === "open") this.#state = "ended";
    this.#wake();
  }

  async read(): Promise<Uint8Array | undefined> {
    while (!this.#piece && this.#state === "open") await this.#changed.promise;
    const piece = this.#piece;
    this.#piece = undefined;
    this.#wake();
    return piece;
  }

  cancel(): void {
    this.#state = "unwanted";
    this.#piece = undefined;
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/**
 * One direction of a connection: bytes on their way to the socket that owns it, or messages where it
 * keeps them apart (SOCK_SEQPACKET), with the descriptors that travel along.
 */
import { ByteRing } from "../pipes/byte-ring.ts";
import type { Rights } from "./rights.ts";
import type { SocketBudget } from "./socket-budget.ts";

export class StreamHalf {
  /** Nothing more will come. */
  ended = false;
  /** Its reader has said that it wants no more (SHUT_RD). */
  unwanted = false;
  readonly #bytes: ByteRing;
  readonly #budget: SocketBudget;
  /** Bytes that ever went in and out: the positions by which descriptors are kept. */
  #in = 0;
  #out = 0;
  #rights: { readonly at: number; readonly end: number; readonly rights: Rights }[] = [];
  /** Lengths of the messages; undefined for a plain stream. */
  readonly #lengths: number[] | undefined;

  constructor(budget: SocketBudget, keepsMessages: boolean) {
    this.#budget = budget;
    this.#bytes = new ByteRing(budget.takeStream());
    this.#lengths = keepsMessages ? [] : undefined;
  }

  get length(): number {
    return this.#lengths ? (this.#lengths[0] ?? 0) : this.#bytes.length;
  }

  /** Something can be read, and be it an empty message. */
  get hasData(): boolean {
    return this.#lengths ? this.#lengths.length > 0 : this.#bytes.length > 0;
  }

  get capacity(): number {
    return this.#bytes.capacity;
  }

  get room(): number {
    return this.#bytes.room;
  }

  /** So much room that it pays to wake a writer. */
  get isWritable(): boolean {
    return this.#bytes.room >= this.#bytes.capacity >> 2;
  }

  /** Takes as much of `source` as there is room for; a message whole or not at all. */
  put(source: Uint8Array, from: number, rights: Rights | undefined): number {
    if (this.#lengths && (source.length > this.room || this.#lengths.length >= MESSAGES_MAX))
      return 0;
    const at = this.#in;
    const count = this.#bytes.put(source, from);
    this.#in += count;
    if (rights) this.#rights.push({ at, end: this.#in, rights });
    this.#lengths?.push(count);
    return count;
  }

  /**
   * Moves bytes out, with `peek` a copy of them. Bytes that came with descriptors come alone, so that
   * nobody takes descriptors for those of other bytes.
   */
  take(target: Uint8Array, peek: boolean): { count: number; length: number; rights?: Rights } {
    const [next] = this.#rights;
    const rights = next?.at === this.#out ? next.rights : undefined;
    const message = this.#lengths?.[0];
    const bound = rights ? next?.end : next?.at;
    const most = message ?? (bound === undefined ? this.#bytes.length : bound - this.#out);
    const count = peek ? this.#bytes.peek(target, most) : this.#bytes.take(target, most);
    if (!peek) {
      if (rights) this.#rights.shift();
      this.#out += count;
      if (message !== undefined) this.#dropMessage(message - count);
    }
    const taken = { count, length: message ?? count };
    return rights ? { ...taken, rights } : taken;
  }

  /** Its reader is gone. */
  dispose(): void {
    this.#budget.giveMemory(this.#bytes.capacity);
    for (const { rights } of this.#rights.splice(0)) rights.drop();
    this.#bytes.clear();
  }

  /** The rest of a message that a short buffer had no room for. */
  #dropMessage(rest: number): void {
    this.#lengths?.shift();
    if (rest > 0) this.#out += this.#bytes.take(new Uint8Array(rest));
  }
}

/** Messages that wait at most, empty ones too. */
const MESSAGES_MAX = 1024;

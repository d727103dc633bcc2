/** The text that a pager shows: read as far as it is needed, kept as lines. */
import { decodeUtf8, type Sys } from "../../../kernel/index.ts";

const CHUNK = 1 << 16;
const NEWLINE = 10;

export class Document {
  readonly lines: string[] = [];
  ended = false;
  readonly #sys: Sys;
  readonly #fd: number;
  /** Bytes of a line whose end has not come yet. */
  #rest = new Uint8Array(0);

  constructor(sys: Sys, fd: number) {
    this.#sys = sys;
    this.#fd = fd;
  }

  /** Reads until line `count - 1` is there, or the end. EINTR passes through. */
  async have(count: number): Promise<boolean> {
    while (this.lines.length < count && !this.ended) await this.#readMore();
    return this.lines.length >= count;
  }

  async #readMore(): Promise<void> {
    const buffer = new Uint8Array(CHUNK);
    const count = await this.#sys.read(this.#fd, buffer);
    await this.#sys.checkpoint();
    if (count === 0) {
      this.ended = true;
      if (this.#rest.length > 0) this.lines.push(decodeUtf8(this.#rest));
      this.#rest = new Uint8Array(0);
      return;
    }
    const bytes = new Uint8Array(this.#rest.length + count);
    bytes.set(this.#rest);
    bytes.set(buffer.subarray(0, count), this.#rest.length);
    let start = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, start)) {
      this.lines.push(decodeUtf8(bytes, start, at));
      start = at + 1;
    }
    this.#rest = bytes.slice(start);
  }
}

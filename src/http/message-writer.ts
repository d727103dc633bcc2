/** Messages as bytes. A head waits for the first piece of its body, so that small messages are one write. */
import { joined } from "../../kernel/bytes.ts";
import { type ByteStream, NO_BYTES } from "./byte-stream.ts";
import { type Framing, type Header, HttpError } from "./message.ts";
import { checkWritten } from "./strict.ts";

const encoder = new TextEncoder();
const LAST_CHUNK = encoder.encode("0\r\n\r\n");
const CRLF = encoder.encode("\r\n");

export class MessageWriter {
  readonly #stream: ByteStream;
  #head: Uint8Array = NO_BYTES;
  #framing: Framing = { kind: "none" };
  #left = 0;
  #begun = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Something of the message under way has been written. */
  get begun(): boolean {
    return this.#begun;
  }

  /** `headers` without those that frame the body: they follow from `framing`. */
  request(method: string, target: string, headers: readonly Header[], framing: Framing): void {
    checkWritten([method, target], headers);
    this.#start(`${method} ${target} HTTP/1.1`, headers, framing);
  }

  response(status: number, reason: string, headers: readonly Header[], framing: Framing): void {
    checkWritten([reason], headers);
    this.#start(`HTTP/1.1 ${status} ${reason}`, headers, framing);
  }

  /** Sends a head that waits for its body. */
  async flush(): Promise<void> {
    if (this.#head.length > 0) await this.#send(NO_BYTES);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { kind } = this.#framing;
    if (bytes.length === 0) return;
    if (kind === "none") throw new HttpError("ERR_HTTP_BODY", "this message has no body");
    if (kind === "length" && bytes.length > this.#left) {
      throw new HttpError("ERR_HTTP_BODY", "the body is longer than it was said to be");
    }
    this.#left -= bytes.length;
    if (kind !== "chunked") return this.#send(bytes);
    const size = encoder.encode(`${bytes.length.toString(16)}\r\n`);
    await this.#send(joined([size, bytes, CRLF]));
  }

  /** The message is over. */
  async end(trailers: readonly Header[] = []): Promise<void> {
    const { kind } = this.#framing;
    if (kind === "length" && this.#left > 0) {
      throw new HttpError("ERR_HTTP_BODY", "the body is shorter than it was said to be");
    }
    if (kind === "chunked") {
      checkWritten([""], trailers);
      await this.#send(trailers.length === 0 ? LAST_CHUNK : lastChunk(trailers));
    } else await this.flush();
  }

  #start(firstLine: string, headers: readonly Header[], framing: Framing): void {
    this.#framing = framing;
    this.#left = framing.kind === "length" ? framing.length : 0;
    this.#begun = false;
    let text = `${firstLine}\r\n`;
    for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
    if (framing.kind === "length") text += `Content-Length: ${framing.length}\r\n`;
    if (framing.kind === "chunked") text += "Transfer-Encoding: chunked\r\n";
    this.#head = latin1Bytes(`${text}\r\n`);
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const head = this.#head;
    this.#head = NO_BYTES;
    this.#begun = true;
    await this.#stream.write(head.length === 0 ? bytes : joined([head, bytes]));
  }
}

function lastChunk(trailers: readonly Header[]): Uint8Array {
  const lines = trailers.map(([name, value]) => `${name}: ${value}\r\n`);
  return latin1Bytes(`0\r\n${lines.join("")}\r\n`);
}

function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/**
 * Messages out of a stream of bytes, one after the other: heads as a whole, bodies in pieces. Reads no
 * further than it must, so that whoever reads slowly slows the sender, and gives back what lies behind a
 * message that ends HTTP on its connection.
 */
import { ALL_METHODS, REQUEST, RESPONSE } from "../../runtimes/node/http/constants.ts";
import { Llhttp } from "../../runtimes/node/http/llhttp.ts";
import { type ByteStream, NO_BYTES } from "./byte-stream.ts";
import {
  type Header,
  HTTP_LIMITS,
  HttpError,
  type HttpLimits,
  type RequestHead,
  type ResponseHead,
} from "./message.ts";
import { checkRequest, checkResponse } from "./strict.ts";

const READ_BYTES = 64 << 10;
const EXTENSION_BYTES_MAX = 16 << 10;

/** A head with what the first line says besides. */
export interface Received<Head> {
  readonly head: Head;
  /** Of HTTP/1.x. */
  readonly minor: number;
  /** It asks to leave HTTP, or does: CONNECT, `Upgrade`, 101. */
  readonly upgrade: boolean;
}

export class MessageReader {
  /** Headers behind the body, once that is read. */
  readonly trailers: Header[] = [];
  readonly #stream: ByteStream;
  readonly #limits: HttpLimits;
  readonly #isRequest: boolean;
  readonly #parser: Llhttp;
  /** What was read and not parsed. */
  #rest: Uint8Array = NO_BYTES;
  #ended = false;
  // Of the message that is being read.
  #text = "";
  #headers: Header[] = [];
  #name = "";
  #value: string | undefined;
  /** What was read while there was no head, and what of it was text of a head or trailers. */
  #headBytes = 0;
  #headSize = 0;
  #extensionBytes = 0;
  #hasHead = false;
  #complete = true;
  #body: Uint8Array[] = [];
  #skipBody: (status: number) => boolean = () => false;

  constructor(stream: ByteStream, kind: "request" | "response", limits: Partial<HttpLimits> = {}) {
    this.#stream = stream;
    this.#limits = { ...HTTP_LIMITS, ...limits };
    this.#isRequest = kind === "request";
    this.#parser = this.#newParser();
  }

  /** The next request; undefined where the stream ended instead. */
  async readRequest(): Promise<Received<RequestHead> | undefined> {
    if (!(await this.#readHead())) return undefined;
    const parser = this.#parser;
    const method = ALL_METHODS[parser.method] as string;
    const head = { method, target: this.#text, headers: this.#headers };
    this.#requireVersion();
    checkRequest(head, parser.minor);
    return { head, minor: parser.minor, upgrade: parser.upgrade };
  }

  /** The next response; `skipBody` says for which status none follows, whatever it says of itself. */
  async readResponse(
    skipBody: (status: number) => boolean,
  ): Promise<Received<ResponseHead> | undefined> {
    this.#skipBody = skipBody;
    if (!(await this.#readHead())) return undefined;
    const parser = this.#parser;
    const head = { status: parser.statusCode, reason: this.#text, headers: this.#headers };
    this.#requireVersion();
    checkResponse(head, parser.minor);
    return { head, minor: parser.minor, upgrade: parser.upgrade };
  }

  /** A piece of the body; undefined at its end. */
  async readBody(): Promise<Uint8Array | undefined> {
    while (this.#body.length === 0) {
      if (this.#complete) return undefined;
      if (!(await this.#more())) throw cutShort();
    }
    return this.#body.shift();
  }

  /** The message is read to its end, but for pieces of its body that wait. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** The message is complete and nothing of its body waits. */
  get isDrained(): boolean {
    return this.#complete && this.#body.length === 0;
  }

  /** What the last message, complete, says of another one after it. */
  get keepsAlive(): boolean {
    return !this.#ended && this.#parser.shouldKeepAlive;
  }

  /** True where something came behind the last message. */
  get hasRest(): boolean {
    return this.#rest.length > 0;
  }

  /** What was read behind the last message, which ended HTTP here. */
  takeRest(): Uint8Array {
    const rest = this.#rest;
    this.#rest = NO_BYTES;
    return rest;
  }

  async #readHead(): Promise<boolean> {
    this.#begin();
    while (!this.#hasHead) {
      if (await this.#more()) continue;
      if (this.#headBytes === 0) return false;
      throw cutShort();
    }
    return true;
  }

  #begin(): void {
    this.#text = "";
    this.#headers = [];
    this.trailers.length = 0;
    this.#name = "";
    this.#value = undefined;
    this.#headBytes = 0;
    this.#extensionBytes = 0;
    this.#hasHead = false;
    this.#complete = false;
    this.#body = [];
    this.#parser.resume();
  }

  /** Parses what is there, or comes next; false at the end. */
  async #more(): Promise<boolean> {
    let bytes = this.#rest;
    if (bytes.length === 0) {
      const read = this.#ended ? undefined : await this.#stream.read(READ_BYTES);
      if (!read) return this.#end();
      bytes = read;
    }
    const wasHead = !this.#hasHead;
    this.#parser.execute(bytes);
    const { code, position } = this.#parser;
    // Where it stops at the end of a message, the rest is the next one's.
    this.#rest = code === "" ? NO_BYTES : bytes.subarray(position);
    if (code !== "" && code !== "HPE_PAUSED") throw this.#failure();
    if (wasHead) {
      this.#headBytes += this.#hasHead ? 1 : bytes.length;
      if (this.#headBytes > this.#limits.headBytes * 2) throw this.#tooLarge();
    }
    return true;
  }

  #end(): boolean {
    this.#ended = true;
    if (this.#complete || this.#headBytes === 0) return false;
    if (!this.#parser.finish()) throw cutShort();
    return this.#complete;
  }

  #newParser(): Llhttp {
    const text = (part: string) => {
      this.#text += part;
      return this.#count(part);
    };
    const parser = new Llhttp({
      onMessageBegin: () => false,
      onUrl: text,
      onStatus: text,
      onHeaderField: (part) => {
        if (this.#value !== undefined) this.#header();
        this.#name += part;
        return this.#count(part);
      },
      onHeaderValue: (part) => {
        this.#value = (this.#value ?? "") + part;
        return this.#count(part);
      },
      onHeadersComplete: () => {
        if (this.#value !== undefined) this.#header();
        this.#hasHead = true;
        this.#headSize = 0;
        if (this.#isRequest) return 0;
        // What follows the answer to CONNECT is not HTTP, nor a body.
        return this.#skipBody(parser.statusCode) ? 1 : 0;
      },
      onBody: (bytes) => {
        this.#body.push(bytes);
        return false;
      },
      onMessageComplete: () => {
        if (this.#value !== undefined) this.#header();
        this.#complete = true;
        this.#headSize = 0;
        parser.pause();
        return false;
      },
      onChunkHeader: () => {},
      onChunkExtension: (length) => {
        this.#extensionBytes += length;
        if (this.#extensionBytes <= EXTENSION_BYTES_MAX) return false;
        return parser.fail("HPE_CHUNK_EXTENSIONS_OVERFLOW", "Chunk extensions are too long");
      },
      onChunkComplete: () => {},
    });
    parser.reset(this.#isRequest ? REQUEST : RESPONSE, 0);
    return parser;
  }

  #header(): void {
    const header: Header = [this.#name, (this.#value as string).trimEnd()];
    this.#name = "";
    this.#value = undefined;
    if (this.#hasHead) this.trailers.push(header);
    else this.#headers.push(header);
    if (this.#headers.length + this.trailers.length <= this.#limits.headers) return;
    this.#parser.fail("HPE_HEADER_OVERFLOW", "too many headers");
  }

  #count(part: string): boolean {
    this.#headSize += part.length + 2;
    if (this.#headSize <= this.#limits.headBytes) return false;
    return this.#parser.fail("HPE_HEADER_OVERFLOW", "the head is too large");
  }

  #requireVersion(): void {
    const { major, minor } = this.#parser;
    if (major === 1 && minor <= 1) return;
    throw new HttpError("ERR_HTTP_VERSION", `HTTP/${major}.${minor} is not spoken here`, 505);
  }

  #failure(): HttpError {
    const { code, reason } = this.#parser;
    const status = code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
    return new HttpError(code, reason, status);
  }

  #tooLarge(): HttpError {
    return new HttpError("HPE_HEADER_OVERFLOW", "the head is too large", 431);
  }
}

/** As Node words it. */
function cutShort(): HttpError {
  return new HttpError("ECONNRESET", "the connection ended in the middle of a message");
}

/** The server's side of a connection: requests in turn, each answered before the next is read. */
import { type ByteSource, type ByteStream, isThere } from "./byte-stream.ts";
import {
  type Framing,
  type Header,
  HttpError,
  type HttpLimits,
  headerOf,
  isBodiless,
  type RequestHead,
} from "./message.ts";
import { MessageReader } from "./message-reader.ts";
import { MessageWriter } from "./message-writer.ts";
import { prefixed } from "./prefixed.ts";

/** Of a body that nobody wanted, what is read so that the connection can go on. */
const DRAIN_BYTES = 256 << 10;
/** After a refusal, what is read and dropped before the connection is let go, so that the answer arrives. */
const LINGER_BYTES = 1 << 20;

export interface ServerRequest extends RequestHead {
  /** Of HTTP/1.x. */
  readonly minor: number;
  /** It asks to go on with another protocol, or is CONNECT. */
  readonly wantsUpgrade: boolean;
  /** Undefined: it has none. */
  readonly body: ByteSource | undefined;
  /** Of the body, where the client said it. */
  readonly length: number | undefined;
  /** Complete once the body is read. */
  readonly trailers: readonly Header[];
}

export interface ServerResponse {
  readonly status: number;
  readonly reason?: string;
  /** Without those that frame the body. */
  readonly headers: readonly Header[];
  readonly body?: ByteSource | undefined;
  /** Of the body; undefined: it goes out in chunks. To HEAD it is said without a body. */
  readonly length?: number | undefined;
  readonly trailers?: () => readonly Header[];
  /** The last one on this connection. */
  readonly close?: boolean;
}

export class ServerConnection {
  readonly #stream: ByteStream;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  #current: ServerRequest | undefined;
  #owesContinue = false;
  #answered = false;
  /** Of the body: what is being read, and whether anybody may. */
  #reading: Promise<unknown> | undefined;
  #isBodyClosed = false;
  #isOver = false;

  constructor(stream: ByteStream, limits?: Partial<HttpLimits>) {
    this.#stream = stream;
    this.#reader = new MessageReader(stream, "request", limits);
    this.#writer = new MessageWriter(stream);
  }

  /** The next request, once the last one is answered; undefined where none will come. Bad ones are refused here, and reject. */
  async next(): Promise<ServerRequest | undefined> {
    if (this.#isOver) return undefined;
    try {
      const received = await this.#reader.readRequest();
      if (!received) return this.#finish();
      const { head, minor, upgrade } = received;
      const length = headerOf(head.headers, "content-length");
      const hasBody = !this.#reader.isDrained;
      this.#owesContinue =
        hasBody && minor > 0 && headerOf(head.headers, "expect")?.toLowerCase() === "100-continue";
      this.#answered = false;
      this.#isBodyClosed = false;
      this.#reading = undefined;
      this.#current = {
        ...head,
        minor,
        wantsUpgrade: upgrade,
        body: hasBody ? { read: () => this.#readBody(), cancel: () => {} } : undefined,
        length: length === undefined ? undefined : Number(length),
        trailers: this.#reader.trailers,
      };
      return this.#current;
    } catch (reason) {
      if (reason instanceof HttpError && reason.code !== "ECONNRESET") await this.#refuse(reason);
      this.abort(reason);
      throw reason;
    }
  }

  /** Answers the request under way; resolves when the answer is written. */
  async respond(response: ServerResponse): Promise<void> {
    const request = this.#current;
    if (!request || this.#answered) throw new Error("there is no request to answer");
    this.#answered = true;
    this.#owesContinue = false;
    try {
      await this.#write(request, response);
    } catch (reason) {
      response.body?.cancel(reason);
      this.abort(reason);
      throw reason;
    }
  }

  /** Sends 1xx before the answer. */
  async inform(status: number, reason: string, headers: readonly Header[]): Promise<void> {
    if (this.#current?.minor === 0) return;
    this.#writer.response(status, reason, headers, { kind: "none" });
    await this.#writer.flush();
  }

  /** Answers with 101, or 2xx to CONNECT, and hands the connection over. */
  async upgrade(status: number, reason: string, headers: readonly Header[]): Promise<ByteStream> {
    this.#answered = true;
    this.#isOver = true;
    this.#writer.response(status, reason, headers, { kind: "none" });
    await this.#writer.flush();
    return prefixed(this.#stream, this.#reader.takeRest());
  }

  abort(reason?: unknown): void {
    this.#isOver = true;
    this.#stream.abort(reason);
  }

  async #readBody(): Promise<Uint8Array | undefined> {
    if (this.#isBodyClosed) return undefined;
    if (this.#owesContinue) {
      this.#owesContinue = false;
      await this.inform(100, "Continue", []);
    }
    const reading = this.#reader.readBody();
    this.#reading = reading;
    return reading;
  }

  async #write(request: ServerRequest, response: ServerResponse): Promise<void> {
    const { status, reason = reasonOf(status), headers, body, length, close = false } = response;
    // A client that still waits to send a body cannot be told apart from one that sends.
    const refusesBody = !this.#reader.isComplete && this.#asked(request);
    const framing = framingOf(request, response);
    const goesOn = !close && !refusesBody && this.#wantsMore(request) && framing.kind !== "close";
    const connection: Header[] = goesOn
      ? request.minor === 0
        ? [["Connection", "keep-alive"]]
        : []
      : [["Connection", "close"]];
    const ofHead: Header[] =
      request.method === "HEAD" && length !== undefined ? [["Content-Length", `${length}`]] : [];
    this.#writer.response(status, reason, [...headers, ...ofHead, ...connection], framing);
    if (body && framing.kind !== "none") await this.#copy(body);
    else body?.cancel();
    await this.#writer.end(framing.kind === "chunked" ? response.trailers?.() : undefined);
    if (!goesOn || !(await this.#drain(DRAIN_BYTES))) await this.#close();
  }

  async #copy(body: ByteSource): Promise<void> {
    // Events of a server come one by one, and long after its head.
    const first = body.read();
    if (!(await isThere(first))) await this.#writer.flush();
    for (let piece = await first; piece; piece = await body.read()) await this.#writer.write(piece);
  }

  #asked(request: ServerRequest): boolean {
    return headerOf(request.headers, "expect") !== undefined;
  }

  #wantsMore({ headers, minor }: ServerRequest): boolean {
    const options = (headerOf(headers, "connection") ?? "").toLowerCase().split(",");
    const has = (name: string) => options.some((option) => option.trim() === name);
    return minor === 0 ? has("keep-alive") : !has("close");
  }

  /** Reads what is left of the request; false where it is too much. */
  async #drain(most: number): Promise<boolean> {
    // Whoever still reads the body has no use for it any more.
    this.#isBodyClosed = true;
    await this.#reading;
    for (let total = 0; !this.#reader.isDrained; ) {
      const piece = await this.#reader.readBody();
      total += piece?.length ?? 0;
      if (total > most) return false;
    }
    return true;
  }

  async #refuse({ status, message }: HttpError): Promise<void> {
    const text = new TextEncoder().encode(`${message}\n`);
    const headers: Header[] = [
      ["Content-Type", "text/plain; charset=utf-8"],
      ["Connection", "close"],
    ];
    try {
      this.#writer.response(status, reasonOf(status), headers, {
        kind: "length",
        length: text.length,
      });
      await this.#writer.write(text);
      await this.#close();
    } catch {
      // It is gone already.
    }
  }

  /** Nobody answers any more: our end is closed first, theirs when they have heard it. */
  async #close(): Promise<void> {
    this.#isOver = true;
    await this.#stream.end();
    for (let total = 0; total < LINGER_BYTES; ) {
      const piece = await this.#stream.read(LINGER_BYTES).catch(() => undefined);
      if (!piece) break;
      total += piece.length;
    }
    this.#stream.abort();
  }

  async #finish(): Promise<undefined> {
    this.#isOver = true;
    await this.#stream.end().catch(() => {});
    this.#stream.abort();
    return undefined;
  }
}

function framingOf({ method, minor }: ServerRequest, response: ServerResponse): Framing {
  const { status, body, length } = response;
  if (isBodiless(status, method)) return { kind: "none" };
  if (!body) return { kind: "length", length: 0 };
  if (length !== undefined) return { kind: "length", length };
  return minor === 0 ? { kind: "close" } : { kind: "chunked" };
}

const REASONS: Readonly<Record<number, string>> = {
  100: "Continue",
  101: "Switching Protocols",
  200: "OK",
  204: "No Content",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

export function reasonOf(status: number): string {
  return REASONS[status] ?? "";
}

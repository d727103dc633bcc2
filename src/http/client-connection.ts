/** The client's side of a connection: one request after the other, each answered before the next. */
import { type ByteSource, type ByteStream, isThere } from "./byte-stream.ts";
import {
  type Framing,
  type Header,
  HttpError,
  type HttpLimits,
  headerOf,
  isBodiless,
  type RequestHead,
  type ResponseHead,
} from "./message.ts";
import { MessageReader } from "./message-reader.ts";
import { MessageWriter } from "./message-writer.ts";
import { prefixed } from "./prefixed.ts";

/** How long a server may take to say whether it wants a body that it is asked about. */
const CONTINUE_MS = 1_000;

export interface ClientRequest extends RequestHead {
  /** Without those that frame the body. */
  readonly headers: readonly Header[];
  readonly body?: ByteSource | undefined;
  /** Of the body; undefined: it is sent in chunks. */
  readonly length?: number | undefined;
}

export interface ClientResponse extends ResponseHead {
  readonly body: ByteSource;
  /** Complete once the body is read. */
  readonly trailers: readonly Header[];
  /** Of the body, where the server said it. */
  readonly length: number | undefined;
  /** After 101, or the answer to CONNECT: the connection, which is HTTP's no more. */
  readonly upgraded: ByteStream | undefined;
}

export interface ClientOptions {
  readonly limits?: Partial<HttpLimits>;
  /** 1xx answers before the final one. */
  readonly onInformation?: (head: ResponseHead) => void;
}

export class ClientConnection {
  readonly #stream: ByteStream;
  readonly #options: ClientOptions;
  readonly #reader: MessageReader;
  readonly #writer: MessageWriter;
  #method = "";
  #isBusy = false;
  #isSending = false;
  #isOver = false;
  #answered = false;
  /** Why the request's body could not be sent. */
  #sendFailure: unknown;
  #onFree: (() => void) | undefined;

  constructor(stream: ByteStream, options: ClientOptions = {}) {
    this.#stream = stream;
    this.#options = options;
    this.#reader = new MessageReader(stream, "response", options.limits);
    this.#writer = new MessageWriter(stream);
  }

  /** Another request may follow. */
  get isFree(): boolean {
    return !this.#isBusy && !this.#isOver;
  }

  /** Bytes of an answer have come: the request may have been acted upon. */
  get hasAnswered(): boolean {
    return this.#answered;
  }

  /**
   * Resolves with the head of the answer; its body is to be read or cancelled. `onFree` is called when
   * the connection can take another request, and never where it cannot.
   */
  async request(request: ClientRequest, onFree?: () => void): Promise<ClientResponse> {
    if (this.#isBusy || this.#isOver) throw new Error("the connection is not free");
    this.#isBusy = true;
    this.#answered = false;
    this.#onFree = onFree;
    this.#method = request.method;
    try {
      this.#writer.request(request.method, request.target, request.headers, framingOf(request));
      const asked = headerOf(request.headers, "expect")?.toLowerCase() === "100-continue";
      const goOn = Promise.withResolvers<void>();
      this.#isSending = true;
      void this.#send(request, asked ? goOn.promise : undefined);
      return await this.#answer(request, goOn.resolve);
    } catch (reason) {
      this.abort(reason);
      throw reason;
    }
  }

  abort(reason?: unknown): void {
    this.#isOver = true;
    this.#stream.abort(reason);
  }

  async #send({ body }: ClientRequest, mayGoOn: Promise<void> | undefined): Promise<void> {
    const writer = this.#writer;
    try {
      if (mayGoOn) {
        await writer.flush();
        await within(mayGoOn, CONTINUE_MS);
      }
      while (body && !this.#isOver) {
        const piece = await this.#piece(body);
        if (!piece) break;
        await writer.write(piece);
      }
      if (this.#isOver) return body?.cancel();
      await writer.end();
      this.#isSending = false;
    } catch (reason) {
      // The server may have answered before it closed its end: that counts for more.
      this.#sendFailure = reason;
      body?.cancel(reason);
      if (reason instanceof BodyFailure || reason instanceof HttpError) this.abort(reason);
    }
  }

  async #piece(body: ByteSource): Promise<Uint8Array | undefined> {
    const reading = body.read().catch((cause) => {
      throw new BodyFailure("the body could not be read", { cause });
    });
    // A head does not wait for a body that is yet to be made.
    if (!this.#writer.begun && !(await isThere(reading))) await this.#writer.flush();
    return reading;
  }

  async #answer(request: ClientRequest, goOn: () => void): Promise<ClientResponse> {
    for (;;) {
      const received = await this.#read(request.method);
      if (!received) throw this.#whySent() ?? cutOff();
      const { head, upgrade } = received;
      this.#answered = true;
      goOn();
      if (head.status < 200 && head.status !== 101) {
        this.#options.onInformation?.(head);
        continue;
      }
      const isTunnel = request.method === "CONNECT" && head.status < 300;
      const wasAsked = headerOf(request.headers, "upgrade") !== undefined;
      if (isTunnel || (head.status === 101 && upgrade && wasAsked)) return this.#leave(head);
      if (head.status === 101) {
        throw new HttpError("ERR_HTTP_UPGRADE", "the answer is 101, and not to what was asked");
      }
      const length = headerOf(head.headers, "content-length");
      this.#settle();
      return {
        ...head,
        body: { read: () => this.#readBody(), cancel: (reason) => this.#cancel(reason) },
        trailers: this.#reader.trailers,
        length: length === undefined ? undefined : Number(length),
        upgraded: undefined,
      };
    }
  }

  #whySent(): unknown {
    const failure = this.#sendFailure;
    return failure instanceof BodyFailure ? failure.cause : failure;
  }

  async #read(method: string) {
    try {
      return await this.#reader.readResponse(
        (status) => isBodiless(status, method) || (method === "CONNECT" && status < 300),
      );
    } catch (reason) {
      throw this.#whySent() ?? reason;
    }
  }

  async #readBody(): Promise<Uint8Array | undefined> {
    try {
      const piece = await this.#reader.readBody();
      this.#settle();
      return piece;
    } catch (reason) {
      this.abort(reason);
      throw reason;
    }
  }

  #cancel(reason: unknown): void {
    if (this.#isBusy && !this.#isOver) this.abort(reason);
  }

  /** The exchange may be over. */
  #settle(): void {
    if (!this.#isBusy || this.#isOver || !this.#reader.isDrained) return;
    this.#isBusy = false;
    if (this.#isSending || !this.#reader.keepsAlive || this.#reader.hasRest) {
      // What was not sent is not wanted; nor is an answer to nothing.
      this.abort();
      return;
    }
    this.#onFree?.();
  }

  #leave(head: ResponseHead): ClientResponse {
    this.#isOver = true;
    const rest = this.#reader.takeRest();
    return {
      ...head,
      body: { read: async () => undefined, cancel: () => {} },
      trailers: [],
      length: undefined,
      upgraded: prefixed(this.#stream, rest),
    };
  }
}

function framingOf({ method, body, length }: ClientRequest): Framing {
  if (body) return length === undefined ? { kind: "chunked" } : { kind: "length", length };
  const expectsOne = method === "POST" || method === "PUT" || method === "PATCH";
  return expectsOne ? { kind: "length", length: 0 } : { kind: "none" };
}

/** What made the body failed, not the connection. */
class BodyFailure extends Error {}

async function within(promise: Promise<void>, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

function cutOff(): HttpError {
  return new HttpError("ECONNRESET", "the connection was closed before an answer came");
}

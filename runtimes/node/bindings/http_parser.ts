/** internalBinding("http_parser"): HTTP/1 messages for lib/_http_common, from buffers or from a stream. */
import { AsyncWrap } from "../async-wrap.ts";
import { bufferOf } from "../buffers.ts";
import type { BindingFactory, Environment } from "../environment.ts";
import { ALL_METHODS, HTTP_METHODS, Lenient, REQUEST, RESPONSE } from "../http/constants.ts";
import { Llhttp } from "../http/llhttp.ts";
import type { Listener } from "../http/parser-core.ts";
import type { StreamBase, StreamListener } from "./stream_wrap/stream-base.ts";

const kOnMessageBegin = 0;
const kOnHeaders = 1;
const kOnHeadersComplete = 2;
const kOnBody = 3;
const kOnMessageComplete = 4;
const kOnExecute = 5;
const kOnTimeout = 6;

/** Headers that are kept before JavaScript is called, and bytes of a message's chunk extensions. */
const HEADERS_MAX = 32;
const CHUNK_EXTENSIONS_MAX = 16_384;

type ParserMethods = Record<number, unknown>;

export const httpParser: BindingFactory = (env) => {
  /** Nanoseconds of the monotonic clock, to the millisecond, for messages are many; 0 is no time. */
  const now = () => {
    env.loop.refreshTime();
    return env.loop.now * 1e6;
  };

  let headerSize: number | undefined;
  const defaultSize = () => (headerSize ??= defaultHeaderSize(env));

  class ConnectionsList {
    readonly #all = new Set<HTTPParser>();
    readonly #active = new Set<HTTPParser>();

    all(): HTTPParser[] {
      return [...this.#all].sort((a, b) => startOf(a) - startOf(b));
    }

    idle(): HTTPParser[] {
      return [...this.#all].filter((parser) => startOf(parser) === 0);
    }

    active(): HTTPParser[] {
      return [...this.#active].sort((a, b) => startOf(a) - startOf(b));
    }

    /** Those whose headers, or whole request, take longer than so many milliseconds; 0: for ever. */
    expired(headersTimeout: number, requestTimeout: number): HTTPParser[] {
      let [headers, request] = [headersTimeout * 1e6, requestTimeout * 1e6];
      if (headers === 0 && request === 0) return [];
      if (request > 0 && headers > request) [headers, request] = [request, headers];
      const time = now();
      const deadline = (limit: number) => (limit > 0 && time > limit ? time - limit : 0);
      const [headersDeadline, requestDeadline] = [deadline(headers), deadline(request)];
      if (headersDeadline === 0 && requestDeadline === 0) return [];
      const late = this.active().filter((parser) => {
        const start = startOf(parser);
        const slowHeaders = !hasHeaders(parser) && headersDeadline > 0 && start < headersDeadline;
        return slowHeaders || (requestDeadline > 0 && start < requestDeadline);
      });
      for (const parser of late) this.#active.delete(parser);
      return late;
    }

    static change(list: ConnectionsList, parser: HTTPParser, all: boolean, active: boolean): void {
      if (all) list.#all.add(parser);
      else list.#all.delete(parser);
      if (active) list.#active.add(parser);
      else list.#active.delete(parser);
    }
  }

  class HTTPParser extends AsyncWrap {
    readonly #parser = new Llhttp(this.#listener());
    readonly #streamListener: StreamListener = {
      onRead: (status, bytes) => this.#onStreamRead(status, bytes),
      onStreamClosed: () => {
        this.#stream = undefined;
      },
    };
    #stream: StreamBase | undefined;
    #connections: ConnectionsList | undefined;
    #maxHeaderSize = 0;
    #start = 0;
    #headersCompleted = false;
    // The message that is being read.
    #url = "";
    #status = "";
    #fields: string[] = [];
    #values: string[] = [];
    #isInField = false;
    #hasFlushed = false;
    #headerBytes = 0;
    #chunkExtensionBytes = 0;
    // The bytes that are being read, and what happened meanwhile.
    #current: Uint8Array | undefined;
    #depth = 0;
    #pendingPause = false;
    #threw = false;
    #thrown: { readonly reason: unknown } | undefined;

    constructor() {
      super(env, "HTTPINCOMINGMESSAGE", false);
    }

    static startOf(parser: HTTPParser): number {
      return parser.#start;
    }

    static hasHeaders(parser: HTTPParser): boolean {
      return parser.#headersCompleted;
    }

    initialize(
      type: typeof REQUEST | typeof RESPONSE,
      resource: object,
      maxHeaderSize = 0,
      lenient = 0,
      connections?: ConnectionsList,
    ): void {
      this.setProvider(type === REQUEST ? "HTTPINCOMINGMESSAGE" : "HTTPCLIENTREQUEST");
      this.asyncReset(resource);
      this.#parser.reset(type, lenient);
      this.#maxHeaderSize = maxHeaderSize > 0 ? maxHeaderSize : defaultSize();
      this.#url = "";
      this.#status = "";
      this.#fields = [];
      this.#values = [];
      this.#isInField = false;
      this.#hasFlushed = false;
      this.#threw = false;
      this.#headersCompleted = false;
      this.#headerBytes = 0;
      this.#chunkExtensionBytes = 0;
      this.#start = 0;
      this.#connections = undefined;
      if (!(connections instanceof ConnectionsList)) return;
      this.#connections = connections;
      // Who connects and says nothing is late, too.
      this.#start = now();
      ConnectionsList.change(connections, this, true, true);
    }

    close(): void {
      this.remove();
      this.unconsume();
    }

    free(): void {
      this.emitDestroy();
    }

    remove(): void {
      if (this.#connections) ConnectionsList.change(this.#connections, this, false, false);
    }

    execute(buffer: Uint8Array): unknown {
      return this.#execute(buffer);
    }

    finish(): unknown {
      return this.#execute(undefined);
    }

    pause(): void {
      if (this.#depth > 0) this.#pendingPause = true;
      else this.#parser.pause();
    }

    resume(): void {
      if (this.#depth > 0) this.#pendingPause = false;
      else this.#parser.resume();
    }

    consume(stream: StreamBase): void {
      this.#stream = stream;
      stream.pushListener(this.#streamListener);
    }

    unconsume(): void {
      this.#stream?.removeListener(this.#streamListener);
      this.#stream = undefined;
    }

    getCurrentBuffer(): Uint8Array {
      return bufferOf(env, (this.#current ?? EMPTY).slice());
    }

    duration(): number {
      return this.#start === 0 ? 0 : (now() - this.#start) / 1e6;
    }

    headersCompleted(): boolean {
      return this.#headersCompleted;
    }

    /** Bytes that were read; an Error; undefined where JavaScript threw, or at the end of all bytes. */
    #execute(bytes: Uint8Array | undefined): unknown {
      const parser = this.#parser;
      this.#current = bytes;
      this.#threw = false;
      this.#depth++;
      const before = parser.code;
      if (bytes) parser.execute(bytes);
      else parser.finish();
      this.#depth--;
      const { code, reason } = parser;
      const count = code === "" ? (bytes?.length ?? 0) : parser.position;
      if (code === "HPE_PAUSED_UPGRADE") parser.resumeAfterUpgrade();
      if (this.#pendingPause) {
        this.#pendingPause = false;
        parser.pause();
      }
      this.#current = undefined;
      const thrown = this.#thrown;
      this.#thrown = undefined;
      if (thrown) throw thrown.reason;
      if (this.#threw) return undefined;
      // The end of all bytes is no error where there was one before.
      const isNew = bytes !== undefined || before === "";
      const failed = isNew && code !== "" && code !== "HPE_PAUSED_UPGRADE";
      if (failed && !parser.upgrade) {
        return Object.assign(new Error("Parse Error"), { bytesParsed: count, code, reason });
      }
      return bytes ? count : undefined;
    }

    #onStreamRead(status: number, bytes: Uint8Array | undefined): void {
      if (!bytes) {
        this.#stream?.passRead(this.#streamListener, status);
        return;
      }
      if (bytes.length === 0) return;
      const result = this.#execute(bytes);
      if (result === undefined) return;
      const callback = (this as unknown as ParserMethods)[kOnExecute];
      if (typeof callback !== "function") return;
      this.#current = bytes;
      env.makeCallback(this, callback as never, [result]);
      this.#current = undefined;
    }

    #listener(): Listener {
      return {
        onMessageBegin: () => this.#onMessageBegin(),
        onUrl: (text) => {
          this.#url += text;
          return this.#track(text.length);
        },
        onStatus: (text) => {
          this.#status += text;
          return false;
        },
        onHeaderField: (text) => this.#onHeaderField(text),
        onHeaderValue: (text) => this.#onHeaderValue(text),
        onHeadersComplete: () => this.#onHeadersComplete(),
        onBody: (bytes) => this.#call(kOnBody, [bufferOf(env, bytes.slice())]),
        onMessageComplete: () => this.#onMessageComplete(),
        onChunkHeader: () => {
          this.#headerBytes = 0;
          this.#chunkExtensionBytes = 0;
        },
        onChunkExtension: (length) => {
          this.#chunkExtensionBytes += length;
          if (this.#chunkExtensionBytes <= CHUNK_EXTENSIONS_MAX) return false;
          return this.#parser.fail("HPE_CHUNK_EXTENSIONS_OVERFLOW", "Chunk extensions overflow");
        },
        onChunkComplete: () => {
          this.#headerBytes = 0;
        },
      };
    }

    #onMessageBegin(): boolean {
      this.#fields = [];
      this.#values = [];
      this.#isInField = false;
      this.#headersCompleted = false;
      this.#chunkExtensionBytes = 0;
      this.#start = now();
      this.#url = "";
      this.#status = "";
      if (this.#connections) ConnectionsList.change(this.#connections, this, true, true);
      return this.#call(kOnMessageBegin, [], true);
    }

    #onHeaderField(text: string): boolean {
      if (this.#track(text.length)) return true;
      if (!this.#isInField) {
        if (this.#fields.length === HEADERS_MAX - 1) this.#flush();
        this.#fields.push("");
        this.#isInField = true;
      }
      this.#fields[this.#fields.length - 1] += text;
      return this.#threw;
    }

    #onHeaderValue(text: string): boolean {
      if (this.#track(text.length)) return true;
      if (this.#isInField) {
        this.#values.push("");
        this.#isInField = false;
      }
      this.#values[this.#values.length - 1] += text;
      return false;
    }

    #onHeadersComplete(): number {
      this.#headersCompleted = true;
      this.#headerBytes = 0;
      const callback = (this as unknown as ParserMethods)[kOnHeadersComplete];
      if (typeof callback !== "function") return 0;
      const { type, major, minor, method, statusCode, upgrade, shouldKeepAlive } = this.#parser;
      const isRequest = type === REQUEST;
      let headers: string[] | undefined;
      let url: string | undefined;
      if (this.#hasFlushed) this.#flush();
      else {
        headers = this.#takeHeaders();
        if (isRequest) url = this.#url;
      }
      this.#fields = [];
      this.#values = [];
      const answer = this.#invoke(
        callback,
        [
          major,
          minor,
          headers,
          isRequest ? method : undefined,
          url,
          isRequest ? undefined : statusCode,
          isRequest ? undefined : this.#status,
          upgrade,
          shouldKeepAlive,
        ],
        true,
      );
      return this.#threw ? -1 : Number(answer) | 0;
    }

    #onMessageComplete(): boolean {
      if (this.#connections) {
        this.#start = 0;
        ConnectionsList.change(this.#connections, this, true, false);
      }
      this.#start = 0;
      if (this.#fields.length > 0) this.#flush();
      return this.#call(kOnMessageComplete, [], true) || this.#threw;
    }

    /** Hands over what there is of headers, for they are too many, or come behind the body. */
    #flush(): void {
      const callback = (this as unknown as ParserMethods)[kOnHeaders];
      const headers = this.#takeHeaders();
      if (typeof callback === "function") this.#invoke(callback, [headers, this.#url]);
      this.#url = "";
      this.#hasFlushed = true;
    }

    /** Name, value, name, value ... */
    #takeHeaders(): string[] {
      const headers: string[] = [];
      for (let i = 0; i < this.#values.length; i++) {
        headers.push(this.#fields[i] as string, trimmedEnd(this.#values[i] as string));
      }
      this.#fields = [];
      this.#values = [];
      this.#isInField = false;
      return headers;
    }

    #track(bytes: number): boolean {
      this.#headerBytes += bytes;
      if (this.#headerBytes < this.#maxHeaderSize) return false;
      return this.#parser.fail("HPE_HEADER_OVERFLOW", "Header overflow");
    }

    /** Calls one of JavaScript's callbacks; true where it threw. */
    #call(index: number, args: readonly unknown[], skipsTicks = false): boolean {
      const callback = (this as unknown as ParserMethods)[index];
      if (typeof callback !== "function") return false;
      this.#invoke(callback, args, skipsTicks);
      return this.#threw;
    }

    /** What is thrown ends the parse first, and is thrown on when the parser has let go. */
    #invoke(callback: unknown, args: readonly unknown[], skipsTicks = false): unknown {
      let returned = false;
      const call = (...values: readonly unknown[]): unknown => {
        const answer = Reflect.apply(callback as () => unknown, this, values);
        returned = true;
        return answer;
      };
      let answer: unknown;
      try {
        answer = env.makeCallback(this, call as never, args, skipsTicks);
      } catch (reason) {
        this.#thrown = { reason };
      }
      if (!returned) {
        this.#threw = true;
        this.#parser.fail("HPE_USER", "JS Exception");
      }
      return answer;
    }
  }

  const { startOf, hasHeaders } = HTTPParser;
  const constants = {
    REQUEST,
    RESPONSE,
    kOnMessageBegin,
    kOnHeaders,
    kOnHeadersComplete,
    kOnBody,
    kOnMessageComplete,
    kOnExecute,
    kOnTimeout,
    kLenientNone: 0,
    ...Object.fromEntries(Object.entries(Lenient).map(([name, bit]) => [`kLenient${name}`, bit])),
    kLenientAll: Object.values(Lenient).reduce((sum, bit) => sum | bit, 0),
  };
  Object.assign(HTTPParser, constants);
  return { HTTPParser, ConnectionsList, methods: HTTP_METHODS, allMethods: ALL_METHODS };
};

/** What --max-http-header-size is at first. */
const HEADER_SIZE = 16_384;
const EMPTY = new Uint8Array(0);

function defaultHeaderSize(env: Environment): number {
  const { getOptionValue } = env.requireBuiltin<{ getOptionValue(name: string): unknown }>(
    "internal/options",
  );
  return Number(getOptionValue("--max-http-header-size")) || HEADER_SIZE;
}

/** Without the spaces and tabs at its end. */
function trimmedEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  return end === text.length ? text : text.slice(0, end);
}

/**
 * HTTP/1 messages from bytes, in pieces of any size: a parser that takes, refuses and reports what llhttp 9
 * does, at the same byte and with the same code and reason. It is written in JavaScript because a bare
 * engine may have no WebAssembly, and a call out for each header would cost more than it saves.
 */
import {
  ALL_METHODS,
  HEADER_CHAR,
  hexValue,
  isDigit,
  Lenient,
  METHOD_CONNECT,
  METHOD_FLUSH,
  METHOD_GET,
  METHOD_OPTIONS,
  METHOD_POST,
  METHOD_PRI,
  METHOD_SOURCE,
  QUOTED,
  REQUEST,
  RESPONSE,
  TOKEN,
} from "./constants.ts";
import { connectionFlags, endsChunked, Flag, Header, headerOf } from "./header-values.ts";
import { mayEnd, nextUrlState, UrlState } from "./url-states.ts";

/** What a message is made of, as it is found. What answers true ends the parse: see `fail`. */
export interface Listener {
  onMessageBegin(): boolean;
  onUrl(text: string): boolean;
  onStatus(text: string): boolean;
  onHeaderField(text: string): boolean;
  onHeaderValue(text: string): boolean;
  /** 0: goes on; 1: no body follows; 2: no message follows; -1: ends the parse. */
  onHeadersComplete(): number;
  onBody(bytes: Uint8Array): boolean;
  onMessageComplete(): boolean;
  onChunkHeader(): void;
  onChunkExtension(length: number): boolean;
  onChunkComplete(): void;
}

const S = {
  Start: 0,
  Method: 1,
  MethodSpace: 2,
  UrlSpaces: 3,
  Url: 4,
  UrlLf: 5,
  Protocol: 6,
  Major: 7,
  Dot: 8,
  Minor: 9,
  RequestEnd: 10,
  RequestLf: 11,
  VersionSpace: 12,
  StatusCode: 13,
  StatusCodeEnd: 14,
  Status: 15,
  StatusLf: 16,
  HeadersStart: 17,
  FieldStart: 18,
  Field: 19,
  FieldSpaces: 20,
  ValueSpaces: 21,
  EmptyValueLf: 22,
  EmptyValueEnd: 23,
  Value: 24,
  LengthSpaces: 25,
  ValueLf: 26,
  ValueEnd: 27,
  HeadersLf: 28,
  BodyLength: 29,
  BodyEof: 30,
  ChunkSizeStart: 31,
  ChunkSize: 32,
  ChunkSizeLf: 33,
  ChunkExtensions: 34,
  ChunkExtensionName: 35,
  ChunkExtensionValue: 36,
  ChunkQuoted: 37,
  ChunkQuotedPair: 38,
  ChunkQuotedEnd: 39,
  ChunkData: 40,
  ChunkDataCr: 41,
  ChunkDataLf: 42,
  Restart: 43,
  Closed: 44,
  Preface: 45,
  ValueStart: 46,
  ChunkSizeSpaces: 47,
} as const;

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const FORM_FEED = 12;
const QUOTE = 34;
const COMMA = 44;
const DOT = 46;
const COLON = 58;
const SEMICOLON = 59;
const EQUALS = 61;
const BACKSLASH = 92;

const PROTOCOLS = ["HTTP/", "RTSP/", "ICE/"];
const PREFACE = "\r\nSM\r\n\r\n";
const OVERFLOW = 2 ** 64;
/** Digits of a chunk's size, leading zeros left out. */
const HEX_DIGITS = 16;

export class Llhttp {
  type: typeof REQUEST | typeof RESPONSE = REQUEST;
  lenient = 0;
  major = 0;
  minor = 0;
  method = 0;
  statusCode = 0;
  upgrade = false;
  // Why it stopped: empty where it goes on. Position is in the bytes of the last `execute`.
  code = "";
  reason = "";
  position = 0;

  #listener: Listener;
  #state: number = S.Start;
  /** What it was when the `execute` under way began. */
  #entryState: number = S.Start;
  #isExecuting = false;
  #flags = 0;
  #finish: "safe" | "safe-with-callback" | "unsafe" = "safe";
  /** Text of a method, protocol or header that is not whole yet. */
  #text = "";
  #urlState: number = UrlState.Start;
  #header: number = Header.General;
  /** Of the body, or of the chunk, how much is left. */
  #left = 0;
  #digits = 0;
  // The span that is being read: where in these bytes it began, or -1.
  #bytes: Uint8Array = EMPTY;
  #spanStart = -1;
  #spanKind: SpanKind = "url";

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  reset(type: typeof REQUEST | typeof RESPONSE, lenient: number): void {
    this.type = type;
    this.lenient = lenient;
    this.major = 0;
    this.minor = 0;
    this.method = 0;
    this.statusCode = 0;
    this.upgrade = false;
    this.code = "";
    this.reason = "";
    this.#state = S.Start;
    this.#flags = 0;
    this.#finish = "safe";
    this.#text = "";
    this.#spanStart = -1;
  }

  get shouldKeepAlive(): boolean {
    const flags = this.#flags;
    if (this.major > 0 && this.minor > 0) {
      if ((flags & Flag.ConnectionClose) !== 0) return false;
    } else if ((flags & Flag.ConnectionKeepAlive) === 0) return false;
    return !this.#needsEof();
  }

  /** Ends the parse at this byte, as a listener may. */
  fail(code: string, reason: string): boolean {
    this.code = code;
    this.reason = reason;
    return true;
  }

  pause(): void {
    if (this.code === "") this.fail("HPE_PAUSED", "Paused");
  }

  resume(): void {
    if (this.code === "HPE_PAUSED") this.code = "";
  }

  /** After a message that ends HTTP on this connection. */
  resumeAfterUpgrade(): void {
    if (this.code === "HPE_PAUSED_UPGRADE") this.code = "";
  }

  /** The bytes end: true where that is no error. */
  finish(): boolean {
    if (this.code !== "") return true;
    this.position = 0;
    if (this.#finish === "safe-with-callback") return !this.#listener.onMessageComplete();
    if (this.#finish === "safe") return true;
    this.fail("HPE_INVALID_EOF_STATE", "Invalid EOF state");
    return false;
  }

  /**
   * Reads `bytes`; `code` and `position` say how far it came. A listener may call it again: the inner call
   * begins where the outer one began, and the outer one goes on where it was.
   */
  execute(bytes: Uint8Array): void {
    if (this.code !== "") return;
    const outer = { bytes: this.#bytes, state: this.#state, spanStart: this.#spanStart };
    const isInner = this.#isExecuting;
    if (isInner) this.#state = this.#entryState;
    else this.#entryState = this.#state;
    this.#isExecuting = true;
    this.#bytes = bytes;
    this.#spanStart = !isInner && outer.spanStart >= 0 ? 0 : -1;
    this.position = this.#readAll(bytes);
    this.#entryState = this.#state;
    this.#isExecuting = isInner;
    this.#bytes = isInner ? outer.bytes : EMPTY;
    if (!isInner) return;
    this.#state = outer.state;
    this.#spanStart = outer.spanStart;
  }

  #readAll(bytes: Uint8Array): number {
    const { length } = bytes;
    for (let at = 0; at < length; ) {
      at = this.#step(at, bytes[at] as number);
      if (this.code !== "") return at;
    }
    // What is left of a span is handed on now: nobody keeps the bytes.
    if (this.#spanStart >= 0) {
      this.#emitSpan(length);
      this.#spanStart = 0;
    }
    return length;
  }

  /** One byte, or a run of them, from `at`: the position behind, or of the error. */
  #step(at: number, c: number): number {
    switch (this.#state) {
      case S.Start:
        return this.#start(at, c);
      case S.Method:
        return this.#readMethod(at, c);
      case S.MethodSpace:
        if (c !== SPACE)
          return this.#error(at, "HPE_INVALID_METHOD", "Expected space after method");
        this.#state = S.UrlSpaces;
        return at + 1;
      case S.UrlSpaces:
        if (c === SPACE) return at + 1;
        this.#urlState = this.method === METHOD_CONNECT ? UrlState.StartConnect : UrlState.Start;
        this.#beginSpan("url", at);
        this.#state = S.Url;
        return at;
      case S.Url:
        return this.#readUrl(at);
      case S.UrlLf:
        if (c !== LF) return this.#error(at, "HPE_INVALID_URL", "Expected CRLF");
        return this.#http09(at + 1);
      case S.Protocol:
        return this.#readProtocol(at, c);
      case S.Major:
        if (!isDigit(c)) return this.#error(at, "HPE_INVALID_VERSION", "Invalid major version");
        this.major = c - 48;
        this.#state = S.Dot;
        return at + 1;
      case S.Dot:
        if (c !== DOT) return this.#error(at, "HPE_INVALID_VERSION", "Expected dot");
        this.#state = S.Minor;
        return at + 1;
      case S.Minor:
        return this.#readMinor(at, c);
      case S.RequestEnd:
        return this.#endRequestLine(at, c);
      case S.RequestLf:
        if (c !== LF && !this.#allows(Lenient.OptionalLFAfterCR))
          return this.#error(at, "HPE_STRICT", "Expected CRLF after version");
        this.#state = S.HeadersStart;
        return c === LF ? at + 1 : at;
      case S.VersionSpace:
        if (c !== SPACE)
          return this.#error(at, "HPE_INVALID_VERSION", "Expected space after version");
        this.#state = S.StatusCode;
        this.#digits = 0;
        this.statusCode = 0;
        return at + 1;
      case S.StatusCode:
        if (!isDigit(c)) return this.#error(at, "HPE_INVALID_STATUS", "Invalid status code");
        this.statusCode = this.statusCode * 10 + c - 48;
        if (++this.#digits === 3) this.#state = S.StatusCodeEnd;
        return at + 1;
      case S.StatusCodeEnd:
        return this.#endStatusCode(at, c);
      case S.Status:
        return this.#readStatus(at);
      case S.StatusLf:
        if (c !== LF && !this.#allows(Lenient.OptionalLFAfterCR))
          return this.#error(at, "HPE_STRICT", "Expected LF after CR");
        this.#state = S.HeadersStart;
        return c === LF ? at + 1 : at;
      case S.HeadersStart:
        if (c === SPACE)
          return this.#error(at + 1, "HPE_UNEXPECTED_SPACE", "Unexpected space after start line");
        this.#state = S.FieldStart;
        return at;
      case S.FieldStart:
        return this.#startField(at, c);
      case S.Field:
        return this.#readField(at);
      case S.FieldSpaces:
        if (c === SPACE) return at + 1;
        if (c !== COLON) return this.#error(at, "HPE_INVALID_HEADER_TOKEN", "Invalid header token");
        this.#state = S.ValueSpaces;
        return this.#endField(at + 1);
      case S.ValueSpaces:
        return this.#skipValueSpaces(at, c);
      case S.EmptyValueLf:
        if (c !== LF && !this.#allows(Lenient.OptionalLFAfterCR))
          return this.#error(at, "HPE_STRICT", "Expected LF after CR");
        this.#state = S.EmptyValueEnd;
        return c === LF ? at + 1 : at;
      case S.EmptyValueEnd:
        return this.#endEmptyValue(at, c);
      case S.ValueStart:
        return this.#startValue(at, c);
      case S.Value:
        return this.#header === Header.ContentLength
          ? this.#readLength(at, c)
          : this.#readValue(at);
      case S.LengthSpaces:
        if (c === SPACE) return at + 1;
        if (c === CR) return this.#endOfValueLine(at);
        if (c === LF) return this.#bareLfInValue(at);
        return this.#error(at, "HPE_INVALID_CONTENT_LENGTH", "Invalid character in Content-Length");
      case S.ValueLf:
        if (c !== LF)
          return this.#error(at, "HPE_LF_EXPECTED", "Missing expected LF after header value");
        this.#state = S.ValueEnd;
        return at + 1;
      case S.ValueEnd:
        return this.#endValue(at, c);
      case S.HeadersLf:
        if (c !== LF && !this.#allows(Lenient.OptionalLFAfterCR))
          return this.#error(at, "HPE_STRICT", "Expected LF after headers");
        return this.#headersDone(c === LF ? at + 1 : at);
      case S.BodyLength:
      case S.ChunkData:
        return this.#readBody(at);
      case S.BodyEof:
        this.#listener.onBody(this.#bytes.subarray(at));
        return this.#bytes.length;
      case S.Restart:
        this.#restart();
        return at;
      case S.Closed:
        if (c === CR || c === LF || this.#allows(Lenient.DataAfterClose)) return at + 1;
        return this.#error(at + 1, "HPE_CLOSED_CONNECTION", "Data after `Connection: close`");
      case S.Preface:
        return this.#readPreface(at, c);
      default:
        return this.#stepChunk(at, c);
    }
  }

  #stepChunk(at: number, c: number): number {
    switch (this.#state) {
      case S.ChunkSizeStart:
        if (hexValue(c) < 0) return this.#badChunkSize(at);
        this.#left = 0;
        this.#digits = 0;
        this.#state = S.ChunkSize;
        return at;
      case S.ChunkSize:
        return this.#readChunkSize(at, c);
      case S.ChunkSizeSpaces:
        if (c === SPACE || c === TAB) return at + 1;
        if (c !== CR && c !== SEMICOLON && c !== LF) return this.#badChunkSize(at);
        this.#state = S.ChunkSize;
        return at;
      case S.ChunkSizeLf:
        if (c !== LF && !this.#allows(Lenient.OptionalLFAfterCR))
          return this.#error(at, "HPE_STRICT", "Expected LF after chunk size");
        return this.#startChunk(c === LF ? at + 1 : at);
      case S.ChunkExtensions:
        if (c === SPACE || c === CR)
          return this.#error(at + 1, "HPE_STRICT", "Invalid character in chunk extensions");
        this.#beginSpan("extension", at);
        this.#state = S.ChunkExtensionName;
        return at;
      case S.ChunkExtensionName:
        if (TOKEN[c] === 1) return at + 1;
        if (c === EQUALS) {
          this.#state = S.ChunkExtensionValue;
          return this.#restartSpan(at);
        }
        return this.#endExtension(at, c, "name");
      case S.ChunkExtensionValue:
        if (TOKEN[c] === 1) return at + 1;
        if (c === QUOTE) {
          this.#state = S.ChunkQuoted;
          return at + 1;
        }
        return this.#endExtension(at, c, "value");
      case S.ChunkQuoted:
        if (c === QUOTE) this.#state = S.ChunkQuotedEnd;
        else if (c === BACKSLASH) this.#state = S.ChunkQuotedPair;
        else if (QUOTED[c] !== 1)
          return this.#error(
            at + 1,
            "HPE_STRICT",
            "Invalid character in chunk extensions quoted value",
          );
        return at + 1;
      case S.ChunkQuotedPair:
        if (HEADER_CHAR[c] !== 1)
          return this.#error(
            at + 1,
            "HPE_STRICT",
            "Invalid quoted-pair in chunk extensions quoted value",
          );
        this.#state = S.ChunkQuoted;
        return at + 1;
      case S.ChunkQuotedEnd:
        if (c === CR || c === LF || c === SEMICOLON) return this.#endExtension(at, c, "value");
        return this.#error(at, "HPE_STRICT", "Invalid character in chunk extensions quote value");
      case S.ChunkDataCr:
        if (c === CR) {
          this.#state = S.ChunkDataLf;
          return at + 1;
        }
        if (c === LF) return this.#afterBareLf(at + 1, "chunk data", S.ChunkSizeStart);
        if (!this.#allows(Lenient.OptionalCRLFAfterChunk))
          return this.#error(at, "HPE_STRICT", "Expected LF after chunk data");
        this.#endChunk();
        return at;
      default:
        if (c !== LF && !this.#allows(Lenient.OptionalLFAfterCR))
          return this.#error(at, "HPE_STRICT", "Expected LF after chunk data");
        this.#endChunk();
        return c === LF ? at + 1 : at;
    }
  }

  // The start line

  #start(at: number, c: number): number {
    if (c === CR || c === LF) return at + 1;
    this.#finish = "unsafe";
    this.#flags = 0;
    this.#text = "";
    this.#left = 0;
    this.#state = this.type === REQUEST ? S.Method : S.Protocol;
    this.#listener.onMessageBegin();
    return at;
  }

  #readMethod(at: number, c: number): number {
    const longer = this.#text + String.fromCharCode(c);
    if (ALL_METHODS.some((method) => method.startsWith(longer))) {
      this.#text = longer;
      return at + 1;
    }
    const method = ALL_METHODS.indexOf(this.#text);
    if (method < 0) return this.#error(at, "HPE_INVALID_METHOD", "Invalid method encountered");
    this.method = method;
    this.#text = "";
    this.#state = S.MethodSpace;
    return at;
  }

  #readUrl(from: number): number {
    const bytes = this.#bytes;
    for (let at = from; at < bytes.length; at++) {
      const c = bytes[at] as number;
      if (c === SPACE || c === CR || c === LF) {
        if (mayEnd(this.#urlState)) return this.#endUrl(at, c);
        if (this.#urlState === UrlState.SchemaSlash)
          return this.#spanError(at, "HPE_INVALID_URL", "Unexpected char in url schema");
        return this.#spanError(at + 1, "HPE_INVALID_URL", "Invalid characters in url");
      }
      if (c === TAB || c === FORM_FEED)
        return this.#spanError(at + 1, "HPE_INVALID_URL", "Invalid characters in url");
      const next = nextUrlState(this.#urlState, c);
      if (typeof next === "string") {
        const isConsumed = next === "Double @ in url";
        return this.#spanError(isConsumed ? at + 1 : at, "HPE_INVALID_URL", next);
      }
      this.#urlState = next;
    }
    return bytes.length;
  }

  #endUrl(at: number, c: number): number {
    if (this.#endSpan(at)) return at;
    if (c === LF) return this.#http09(at + 1);
    this.#state = c === SPACE ? S.Protocol : S.UrlLf;
    return at + 1;
  }

  #http09(at: number): number {
    this.major = 0;
    this.minor = 9;
    this.#state = S.HeadersStart;
    return at;
  }

  #readProtocol(at: number, c: number): number {
    if (this.#text === "" && this.type === REQUEST) {
      if (c === SPACE) return at + 1;
      if (c === TAB || c === FORM_FEED)
        return this.#error(at + 1, "HPE_INVALID_URL", "Invalid characters in url");
    }
    const longer = this.#text + String.fromCharCode(c);
    if (!PROTOCOLS.some((protocol) => protocol.startsWith(longer)))
      return this.#error(at, "HPE_INVALID_CONSTANT", "Expected HTTP/, RTSP/ or ICE/");
    this.#text = longer;
    if (!longer.endsWith("/")) return at + 1;
    this.#text = "";
    this.#state = S.Major;
    const reason = this.type === REQUEST ? this.#wrongMethod(longer) : undefined;
    if (reason) return this.#error(at, "HPE_INVALID_CONSTANT", reason);
    return at + 1;
  }

  #wrongMethod(protocol: string): string | undefined {
    const { method } = this;
    const isHttp = method <= METHOD_PRI || method > METHOD_FLUSH;
    if (protocol === "HTTP/") return isHttp ? undefined : "Invalid method for HTTP/x.x request";
    if (protocol === "ICE/")
      return method === METHOD_SOURCE ? undefined : "Expected SOURCE method for ICE/x.x request";
    const isRtsp = method > METHOD_PRI && method <= METHOD_FLUSH;
    const isBoth = method === METHOD_GET || method === METHOD_POST || method === METHOD_OPTIONS;
    return isRtsp || isBoth ? undefined : "Invalid method for RTSP/x.x request";
  }

  #readMinor(at: number, c: number): number {
    if (!isDigit(c)) return this.#error(at, "HPE_INVALID_VERSION", "Invalid minor version");
    this.minor = c - 48;
    const version = this.major * 10 + this.minor;
    const isKnown = version === 9 || version === 10 || version === 11 || version === 20;
    if (!isKnown && !this.#allows(Lenient.Version))
      return this.#error(at + 1, "HPE_INVALID_VERSION", "Invalid HTTP version");
    this.#state = this.type === REQUEST ? S.RequestEnd : S.VersionSpace;
    if (this.type === REQUEST && this.method === METHOD_PRI) this.#state = S.Preface;
    return at + 1;
  }

  #endRequestLine(at: number, c: number): number {
    if (c === CR) this.#state = S.RequestLf;
    else if (c === LF && this.#allows(Lenient.OptionalCRBeforeLF)) this.#state = S.HeadersStart;
    else {
      const position = c === LF ? at + 1 : at;
      return this.#error(position, "HPE_INVALID_VERSION", "Expected CRLF after version");
    }
    return at + 1;
  }

  /** PRI * HTTP/2.0: HTTP/2 begins here, for those who speak it. */
  #readPreface(at: number, c: number): number {
    if (PREFACE.charCodeAt(this.#text.length) !== c || PREFACE.length < this.#text.length)
      return this.#preface(at, c);
    this.#text += String.fromCharCode(c);
    return this.#text === PREFACE ? this.#h2(at + 1) : at + 1;
  }

  #preface(at: number, c: number): number {
    // The rest of the preface follows an empty line.
    const rest = `\r\n${PREFACE}`;
    if (rest.startsWith(this.#text + String.fromCharCode(c))) {
      this.#text += String.fromCharCode(c);
      return this.#text === rest ? this.#h2(at + 1) : at + 1;
    }
    return this.#error(at, "HPE_INVALID_CONSTANT", "Expected HTTP/2 Connection Preface");
  }

  #h2(at: number): number {
    return this.#error(at, "HPE_PAUSED_H2_UPGRADE", "Pause on PRI/Upgrade");
  }

  #endStatusCode(at: number, c: number): number {
    if (c === SPACE) {
      this.#state = S.Status;
      this.#beginSpan("status", at + 1);
    } else if (c === CR) {
      this.#state = S.StatusLf;
    } else if (c === LF && this.#allows(Lenient.OptionalCRBeforeLF)) {
      this.#state = S.HeadersStart;
    } else {
      const position = c === LF ? at + 1 : at;
      return this.#error(position, "HPE_INVALID_STATUS", "Invalid response status");
    }
    return at + 1;
  }

  #readStatus(from: number): number {
    const bytes = this.#bytes;
    for (let at = from; at < bytes.length; at++) {
      const c = bytes[at];
      if (c !== CR && c !== LF) continue;
      if (this.#endSpan(at)) return at;
      if (c === LF) return this.#afterBareLf(at + 1, "response line", S.HeadersStart);
      this.#state = S.StatusLf;
      return at + 1;
    }
    return bytes.length;
  }

  // Headers

  #startField(at: number, c: number): number {
    if (c === CR) {
      this.#state = S.HeadersLf;
      return at + 1;
    }
    if (c === LF) {
      if (this.#allows(Lenient.OptionalCRBeforeLF)) return this.#headersDone(at + 1);
      return this.#error(at + 1, "HPE_INVALID_HEADER_TOKEN", "Invalid header field char");
    }
    if (c === COLON) return this.#error(at, "HPE_INVALID_HEADER_TOKEN", "Invalid header token");
    this.#text = "";
    this.#beginSpan("field", at);
    this.#state = S.Field;
    return at;
  }

  #readField(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    while (at < bytes.length && TOKEN[bytes[at] as number] === 1) at++;
    if (at === bytes.length) return at;
    const c = bytes[at];
    const isSpace = c === SPACE && this.#allows(Lenient.Headers);
    if (c === SPACE && !isSpace && this.#isKnownField(at))
      return this.#spanError(at + 1, "HPE_INVALID_HEADER_TOKEN", "Invalid header field char");
    if (c !== COLON && !isSpace)
      return this.#spanError(at, "HPE_INVALID_HEADER_TOKEN", "Invalid header token");
    if (this.#endSpan(at)) return at;
    this.#header = headerOf(this.#text);
    this.#text = "";
    this.#state = isSpace ? S.FieldSpaces : S.ValueSpaces;
    return isSpace ? at + 1 : this.#endField(at + 1);
  }

  #isKnownField(at: number): boolean {
    return headerOf(this.#valueUpTo(at)) !== Header.General;
  }

  /** Two headers that each say how long a body is do not go together. */
  #endField(at: number): number {
    const isRelaxed = this.#allows(Lenient.ChunkedLength);
    const flags = this.#flags;
    if (this.#header === Header.ContentLength) {
      if ((flags & Flag.TransferEncoding) !== 0 && !isRelaxed)
        return this.#error(
          at,
          "HPE_INVALID_CONTENT_LENGTH",
          "Content-Length can't be present with Transfer-Encoding",
        );
    } else if (this.#header === Header.TransferEncoding) {
      if ((flags & Flag.ContentLength) !== 0 && !isRelaxed)
        return this.#error(
          at,
          "HPE_INVALID_TRANSFER_ENCODING",
          "Transfer-Encoding can't be present with Content-Length",
        );
    }
    return at;
  }

  #skipValueSpaces(at: number, c: number): number {
    if (c === SPACE || c === TAB) return at + 1;
    if (c === CR) {
      this.#state = S.EmptyValueLf;
      return at + 1;
    }
    if (c === LF) {
      if (!this.#allows(Lenient.OptionalCRBeforeLF))
        return this.#error(at + 1, "HPE_INVALID_HEADER_TOKEN", "Invalid header value char");
      this.#state = S.EmptyValueEnd;
      return at + 1;
    }
    this.#state = S.ValueStart;
    return at;
  }

  #endEmptyValue(at: number, c: number): number {
    if (c === SPACE || c === TAB) {
      if (!this.#allows(Lenient.Headers))
        return this.#error(at + 1, "HPE_INVALID_HEADER_TOKEN", "Invalid header value char");
      this.#state = S.ValueSpaces;
      return at + 1;
    }
    if (this.#header === Header.ContentLength)
      return this.#error(at, "HPE_INVALID_CONTENT_LENGTH", "Empty Content-Length");
    if (this.#header === Header.TransferEncoding)
      return this.#error(at, "HPE_INVALID_TRANSFER_ENCODING", "Empty Transfer-Encoding");
    if (this.#header === Header.Upgrade) this.#flags |= Flag.Upgrade;
    this.#listener.onHeaderValue("");
    this.#state = S.FieldStart;
    return at;
  }

  #startValue(at: number, c: number): number {
    this.#state = S.Value;
    switch (this.#header) {
      case Header.Upgrade:
        this.#flags |= Flag.Upgrade;
        break;
      case Header.ContentLength:
        if ((this.#flags & Flag.ContentLength) !== 0)
          return this.#error(at, "HPE_UNEXPECTED_CONTENT_LENGTH", "Duplicate Content-Length");
        if (!isDigit(c))
          return this.#error(
            at,
            "HPE_INVALID_CONTENT_LENGTH",
            "Invalid character in Content-Length",
          );
        this.#left = 0;
        break;
      case Header.TransferEncoding:
        if ((this.#flags & Flag.Chunked) !== 0 && this.#refusesAfterChunked)
          return this.#codingAfterChunked(at + 1);
        this.#flags = (this.#flags | Flag.TransferEncoding) & ~Flag.Chunked;
        break;
    }
    this.#beginSpan("value", at);
    return at;
  }

  /** A request whose body is chunked cannot be coded further. */
  get #refusesAfterChunked(): boolean {
    return this.type === REQUEST && !this.#allows(Lenient.TransferEncoding);
  }

  #codingAfterChunked(position: number): number {
    return this.#spanError(
      position,
      "HPE_INVALID_TRANSFER_ENCODING",
      "Invalid `Transfer-Encoding` header value",
    );
  }

  #readLength(at: number, c: number): number {
    if (isDigit(c)) {
      this.#left = this.#left * 10 + c - 48;
      if (this.#left >= OVERFLOW)
        return this.#spanError(at + 1, "HPE_INVALID_CONTENT_LENGTH", "Content-Length overflow");
      return at + 1;
    }
    if (c === CR) return this.#endOfValueLine(at);
    if (c === SPACE) {
      this.#state = S.LengthSpaces;
      return at + 1;
    }
    if (c === LF) return this.#bareLfInValue(at);
    return this.#spanError(at, "HPE_INVALID_CONTENT_LENGTH", "Invalid character in Content-Length");
  }

  #readValue(from: number): number {
    const bytes = this.#bytes;
    const isCoding = this.#header === Header.TransferEncoding;
    let at = from;
    for (; at < bytes.length; at++) {
      const c = bytes[at] as number;
      if (HEADER_CHAR[c] !== 1) break;
      const isSeparator = isCoding && c === COMMA;
      if (isSeparator && this.#refusesAfterChunked && endsChunked(this.#valueUpTo(at)))
        return this.#codingAfterChunked(at + 1);
    }
    if (at === bytes.length) return at;
    const c = bytes[at];
    if (c === CR) return this.#endOfValueLine(at);
    if (c === LF) return this.#bareLfInValue(at);
    if (this.#allows(Lenient.Headers)) return at + 1;
    return this.#spanError(at, "HPE_INVALID_HEADER_TOKEN", "Invalid header value char");
  }

  /** The value so far, for those that the parser reads itself. */
  #valueUpTo(at: number): string {
    return this.#text + latin1(this.#bytes, this.#spanStart, at);
  }

  #endOfValueLine(at: number): number {
    if (this.#endSpan(at)) return at;
    this.#state = S.ValueLf;
    return at + 1;
  }

  #bareLfInValue(at: number): number {
    if (this.#endSpan(at)) return at;
    return this.#allows(Lenient.OptionalCRBeforeLF)
      ? this.#goOn(at + 1, S.ValueEnd)
      : this.#error(at, "HPE_CR_EXPECTED", "Missing expected CR after header value");
  }

  #endValue(at: number, c: number): number {
    if (c === SPACE || c === TAB) {
      if (!this.#allows(Lenient.Headers))
        return this.#error(
          at,
          "HPE_INVALID_HEADER_TOKEN",
          "Unexpected whitespace after header value",
        );
      this.#beginSpan("value", at);
      this.#state = S.Value;
      return at;
    }
    if (this.#header === Header.Connection) this.#flags |= connectionFlags(this.#text);
    else if (this.#header === Header.ContentLength) this.#flags |= Flag.ContentLength;
    else if (this.#header === Header.TransferEncoding && endsChunked(this.#text))
      this.#flags |= Flag.Chunked;
    this.#state = S.FieldStart;
    return at;
  }

  #headersDone(at: number): number {
    if ((this.#flags & Flag.Trailing) !== 0) {
      this.#listener.onChunkComplete();
      return this.#messageDone(at);
    }
    const flags = this.#flags;
    const asksUpgrade = (flags & Flag.Upgrade) !== 0 && (flags & Flag.ConnectionUpgrade) !== 0;
    this.upgrade = asksUpgrade
      ? this.type === REQUEST || this.statusCode === 101
      : this.type === REQUEST && this.method === METHOD_CONNECT;
    const answer = this.#listener.onHeadersComplete();
    if (answer === 2) this.upgrade = true;
    if (answer === 1 || answer === 2) this.#flags |= Flag.SkipBody;
    if (this.code !== "") return at;
    if (answer < 0) return this.#error(at, "HPE_CB_HEADERS_COMPLETE", "User callback error");
    return this.#startBody(at);
  }

  #startBody(at: number): number {
    const flags = this.#flags;
    const length = (flags & Flag.ContentLength) !== 0 ? this.#left : 0;
    const hasBody = (flags & Flag.Chunked) !== 0 || length > 0;
    const skips = (flags & Flag.SkipBody) !== 0;
    const isConnect = this.type === REQUEST && this.method === METHOD_CONNECT;
    if (this.upgrade && (isConnect || skips || !hasBody)) return this.#messageDone(at, true);
    if (this.type === RESPONSE && this.statusCode === 101) return this.#messageDone(at, true);
    if (skips || this.#isBodiless()) return this.#messageDone(at);
    if ((flags & Flag.Chunked) !== 0) return this.#goOn(at, S.ChunkSizeStart);
    if ((flags & Flag.TransferEncoding) !== 0) {
      const relaxed = Lenient.ChunkedLength | Lenient.TransferEncoding;
      if (this.type === REQUEST && !this.#allows(relaxed))
        return this.#error(
          at,
          "HPE_INVALID_TRANSFER_ENCODING",
          "Request has invalid `Transfer-Encoding`",
        );
      return this.#untilEof(at);
    }
    if ((flags & Flag.ContentLength) === 0) {
      return this.#needsEof() ? this.#untilEof(at) : this.#messageDone(at);
    }
    return length === 0 ? this.#messageDone(at) : this.#goOn(at, S.BodyLength);
  }

  #untilEof(at: number): number {
    this.#finish = "safe-with-callback";
    return this.#goOn(at, S.BodyEof);
  }

  // Bodies

  #readBody(at: number): number {
    const end = Math.min(this.#bytes.length, at + this.#left);
    if (end > at) this.#listener.onBody(this.#bytes.subarray(at, end));
    this.#left -= end - at;
    if (this.code !== "" || this.#left > 0) return end;
    if (this.#state === S.BodyLength) return this.#messageDone(end);
    return this.#goOn(end, S.ChunkDataCr);
  }

  #readChunkSize(at: number, c: number): number {
    const digit = hexValue(c);
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit;
      if (this.#left > 0 && ++this.#digits > HEX_DIGITS)
        return this.#error(at + 1, "HPE_INVALID_CHUNK_SIZE", "Chunk size overflow");
      return at + 1;
    }
    if (c === CR) return this.#goOn(at + 1, S.ChunkSizeLf);
    if (c === SEMICOLON) return this.#goOn(at + 1, S.ChunkExtensions);
    if (c === LF) {
      if (this.#allows(Lenient.OptionalCRBeforeLF)) return this.#startChunk(at + 1);
      return this.#error(at + 1, "HPE_CR_EXPECTED", "Missing expected CR after chunk size");
    }
    if (c !== SPACE && c !== TAB) return this.#badChunkSize(at);
    if (!this.#allows(Lenient.SpacesAfterChunkSize)) return this.#badChunkSize(at + 1);
    return this.#goOn(at + 1, S.ChunkSizeSpaces);
  }

  #badChunkSize(position: number): number {
    return this.#error(position, "HPE_INVALID_CHUNK_SIZE", "Invalid character in chunk size");
  }

  #endExtension(at: number, c: number, what: string): number {
    if (c === CR || c === SEMICOLON) {
      if (this.#endSpan(at)) return at;
      return this.#goOn(at + 1, c === CR ? S.ChunkSizeLf : S.ChunkExtensions);
    }
    if (c === LF) {
      if (this.#endSpan(at)) return at;
      if (this.#allows(Lenient.OptionalCRBeforeLF)) return this.#startChunk(at + 1);
      return this.#error(
        at,
        "HPE_CR_EXPECTED",
        `Missing expected CR after chunk extension ${what}`,
      );
    }
    return this.#spanError(at + 1, "HPE_STRICT", `Invalid character in chunk extensions ${what}`);
  }

  #startChunk(at: number): number {
    this.#listener.onChunkHeader();
    if (this.#left > 0) return this.#goOn(at, S.ChunkData);
    this.#flags |= Flag.Trailing;
    return this.#goOn(at, S.FieldStart);
  }

  #endChunk(): void {
    this.#listener.onChunkComplete();
    this.#state = S.ChunkSizeStart;
  }

  /** `isLast`: what follows is not HTTP. */
  #messageDone(at: number, isLast = this.upgrade): number {
    this.#state = S.Restart;
    if (this.#listener.onMessageComplete() || this.code !== "") return at;
    if (isLast) return this.#error(at, "HPE_PAUSED_UPGRADE", "Pause on CONNECT/Upgrade");
    this.#restart();
    return at;
  }

  #restart(): void {
    const goesOn = this.shouldKeepAlive || this.#allows(Lenient.KeepAlive);
    this.#finish = "safe";
    this.#flags = 0;
    this.#state = goesOn ? S.Start : S.Closed;
  }

  /** A response that never has a body. */
  #isBodiless(): boolean {
    const { type, statusCode } = this;
    if (type === REQUEST) return false;
    return (statusCode >= 100 && statusCode < 200) || statusCode === 204 || statusCode === 304;
  }

  #needsEof(): boolean {
    const flags = this.#flags;
    if (this.type === REQUEST || this.#isBodiless()) return false;
    if ((flags & Flag.SkipBody) !== 0) return false;
    if ((flags & Flag.TransferEncoding) !== 0 && (flags & Flag.Chunked) === 0) return true;
    return (flags & (Flag.Chunked | Flag.ContentLength)) === 0;
  }

  // Spans and errors

  #allows(lenient: number): boolean {
    return (this.lenient & lenient) !== 0;
  }

  #goOn(at: number, state: number): number {
    this.#state = state;
    return at;
  }

  #afterBareLf(at: number, what: string, state: number): number {
    if (!this.#allows(Lenient.OptionalCRBeforeLF))
      return this.#error(at, "HPE_CR_EXPECTED", `Missing expected CR after ${what}`);
    if (state === S.ChunkSizeStart) this.#endChunk();
    else this.#state = state;
    return at;
  }

  #beginSpan(kind: SpanKind, at: number): void {
    this.#spanKind = kind;
    this.#spanStart = at;
  }

  #restartSpan(at: number): number {
    if (this.#endSpan(at)) return at;
    this.#beginSpan("extension", at + 1);
    return at + 1;
  }

  /** True where the listener ends the parse. */
  #endSpan(end: number): boolean {
    const isOver = this.#emitSpan(end);
    this.#spanStart = -1;
    return isOver;
  }

  /** What was read of a span is reported before the error in it. */
  #spanError(position: number, code: string, reason: string): number {
    this.#spanStart = -1;
    return this.#error(position, code, reason);
  }

  #emitSpan(end: number): boolean {
    const start = this.#spanStart;
    if (start < 0) return false;
    const kind = this.#spanKind;
    if (kind === "extension") return this.#listener.onChunkExtension(end - start);
    if (end === start && kind !== "value") return false;
    const text = latin1(this.#bytes, start, end);
    switch (kind) {
      case "url":
        return this.#listener.onUrl(text);
      case "status":
        return this.#listener.onStatus(text);
      case "field":
        this.#text += text;
        return this.#listener.onHeaderField(text);
      default:
        if (this.#header === Header.Connection || this.#header === Header.TransferEncoding)
          this.#text += text;
        return this.#listener.onHeaderValue(text);
    }
  }

  #error(position: number, code: string, reason: string): number {
    this.fail(code, reason);
    return position;
  }
}

type SpanKind = "url" | "status" | "field" | "value" | "extension";

const EMPTY = new Uint8Array(0);
/** Bytes that one call may have as arguments. */
const PIECE = 4096;

function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= PIECE) {
    return String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[]);
  }
  let text = "";
  for (let at = start; at < end; at += PIECE) text += latin1(bytes, at, Math.min(end, at + PIECE));
  return text;
}

/**
 * What all parts of the HTTP parser share: where it is, what it knows of the message, the text that it is
 * reading, and why it stopped.
 */
import { Lenient, REQUEST, type RESPONSE } from "./constants.ts";
import { Flag, Header } from "./header-values.ts";
import { S } from "./states.ts";
import { UrlState } from "./url-states.ts";

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

export abstract class ParserCore {
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

  protected listener: Listener;
  protected state: number = S.Start;
  /** What it was when the `execute` under way began. */
  protected entryState: number = S.Start;
  protected isExecuting = false;
  protected flags = 0;
  protected ending: "safe" | "safe-with-callback" | "unsafe" = "safe";
  /** Text of a method, protocol or header that is not whole yet. */
  protected text = "";
  protected urlState: number = UrlState.Start;
  protected header: number = Header.General;
  /** Of the body, or of the chunk, how much is left. */
  protected left = 0;
  protected digits = 0;
  // The span that is being read: where in these bytes it began, or -1.
  protected bytes: Uint8Array = EMPTY;
  /** Their text, where there are few. */
  protected whole: string | undefined;
  protected spanStart = -1;
  protected spanKind: SpanKind = "url";

  constructor(listener: Listener) {
    this.listener = listener;
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
    this.state = S.Start;
    this.flags = 0;
    this.ending = "safe";
    this.text = "";
    this.spanStart = -1;
  }

  get shouldKeepAlive(): boolean {
    const flags = this.flags;
    if (this.major > 0 && this.minor > 0) {
      if ((flags & Flag.ConnectionClose) !== 0) return false;
    } else if ((flags & Flag.ConnectionKeepAlive) === 0) return false;
    return !this.needsEof();
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
    if (this.ending === "safe-with-callback") return !this.listener.onMessageComplete();
    if (this.ending === "safe") return true;
    this.fail("HPE_INVALID_EOF_STATE", "Invalid EOF state");
    return false;
  }

  /**
   * Reads `bytes`; `code` and `position` say how far it came. A listener may call it again: the inner call
   * begins where the outer one began, and the outer one goes on where it was.
   */
  execute(bytes: Uint8Array): void {
    if (this.code !== "") return;
    const outer = { bytes: this.bytes, state: this.state, spanStart: this.spanStart };
    const isInner = this.isExecuting;
    if (isInner) this.state = this.entryState;
    else this.entryState = this.state;
    this.isExecuting = true;
    this.bytes = bytes;
    this.whole = undefined;
    this.spanStart = !isInner && outer.spanStart >= 0 ? 0 : -1;
    this.position = this.readAll(bytes);
    this.entryState = this.state;
    this.isExecuting = isInner;
    this.bytes = isInner ? outer.bytes : EMPTY;
    this.whole = undefined;
    if (!isInner) return;
    this.state = outer.state;
    this.spanStart = outer.spanStart;
  }

  protected readAll(bytes: Uint8Array): number {
    const { length } = bytes;
    for (let at = 0; at < length; ) {
      at = this.step(at, bytes[at] as number);
      if (this.code !== "") return at;
    }
    // What is left of a span is handed on now: nobody keeps the bytes.
    if (this.spanStart >= 0) {
      this.emitSpan(length);
      this.spanStart = 0;
    }
    return length;
  }

  protected abstract endChunk(): void;
  /** One byte, or a run of them, from `at`: the position behind, or of the error. */
  protected abstract step(at: number, c: number): number;
  /** A response that never has a body. */
  protected isBodiless(): boolean {
    const { type, statusCode } = this;
    if (type === REQUEST) return false;
    return (statusCode >= 100 && statusCode < 200) || statusCode === 204 || statusCode === 304;
  }

  protected needsEof(): boolean {
    const flags = this.flags;
    if (this.type === REQUEST || this.isBodiless()) return false;
    if ((flags & Flag.SkipBody) !== 0) return false;
    if ((flags & Flag.TransferEncoding) !== 0 && (flags & Flag.Chunked) === 0) return true;
    return (flags & (Flag.Chunked | Flag.ContentLength)) === 0;
  }

  // Spans and errors

  protected allows(lenient: number): boolean {
    return (this.lenient & lenient) !== 0;
  }

  protected goOn(at: number, state: number): number {
    this.state = state;
    return at;
  }

  protected afterBareLf(at: number, what: string, state: number): number {
    if (!this.allows(Lenient.OptionalCRBeforeLF))
      return this.error(at, "HPE_CR_EXPECTED", `Missing expected CR after ${what}`);
    if (state === S.ChunkSizeStart) this.endChunk();
    else this.state = state;
    return at;
  }

  protected beginSpan(kind: SpanKind, at: number): void {
    this.spanKind = kind;
    this.spanStart = at;
  }

  protected restartSpan(at: number): number {
    if (this.endSpan(at)) return at;
    this.beginSpan("extension", at + 1);
    return at + 1;
  }

  /** True where the listener ends the parse. */
  protected endSpan(end: number): boolean {
    const isOver = this.emitSpan(end);
    this.spanStart = -1;
    return isOver;
  }

  /** What was read of a span is reported before the error in it. */
  protected spanError(position: number, code: string, reason: string): number {
    this.spanStart = -1;
    return this.error(position, code, reason);
  }

  protected emitSpan(end: number): boolean {
    const start = this.spanStart;
    if (start < 0) return false;
    const kind = this.spanKind;
    if (kind === "extension") return this.listener.onChunkExtension(end - start);
    if (end === start && kind !== "value") return false;
    const text = this.textOf(start, end);
    switch (kind) {
      case "url":
        return this.listener.onUrl(text);
      case "status":
        return this.listener.onStatus(text);
      case "field":
        this.text += text;
        return this.listener.onHeaderField(text);
      default:
        if (this.header === Header.Connection || this.header === Header.TransferEncoding)
          this.text += text;
        return this.listener.onHeaderValue(text);
    }
  }

  /** Of few bytes all become text at once, of which spans are parts. */
  protected textOf(start: number, end: number): string {
    const { bytes } = this;
    if (bytes.length > WHOLE_MAX) return latin1(bytes, start, end);
    this.whole ??= latin1(bytes, 0, bytes.length);
    return this.whole.slice(start, end);
  }

  protected error(position: number, code: string, reason: string): number {
    this.fail(code, reason);
    return position;
  }
}

type SpanKind = "url" | "status" | "field" | "value" | "extension";

const EMPTY = new Uint8Array(0);
/** Bytes that a part of their text may keep alive. */
const WHOLE_MAX = 1024;
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

/**
 * HTTP/1 messages from bytes, in pieces of any size: a parser that takes, refuses and reports what llhttp 9
 * does, at the same byte and with the same code and reason. It is written in JavaScript because a bare
 * engine may have no WebAssembly, and a call out for each header would cost more than it saves.
 */
import {
  HEADER_CHAR,
  hexValue,
  Lenient,
  METHOD_CONNECT,
  QUOTED,
  REQUEST,
  RESPONSE,
  TOKEN,
} from "./constants.ts";
import { HeaderParser } from "./header-lines.ts";
import { Flag } from "./header-values.ts";
import {
  BACKSLASH,
  CR,
  EQUALS,
  FIRST_OF_BODY,
  FIRST_OF_HEADERS,
  LF,
  QUOTE,
  S,
  SEMICOLON,
  SPACE,
  TAB,
} from "./states.ts";

/** Digits of a chunk's size, leading zeros left out. */
const HEX_DIGITS = 16;

export class Llhttp extends HeaderParser {
  protected override step(at: number, c: number): number {
    if (this.state < FIRST_OF_HEADERS) return this.stepStartLine(at, c);
    if (this.state < FIRST_OF_BODY) return this.stepHeaders(at, c);
    switch (this.state) {
      case S.BodyLength:
      case S.ChunkData:
        return this.readBody(at);
      case S.BodyEof:
        this.listener.onBody(this.bytes.subarray(at));
        return this.bytes.length;
      case S.Restart:
        this.restart();
        return at;
      case S.Closed:
        if (c === CR || c === LF || this.allows(Lenient.DataAfterClose)) return at + 1;
        return this.error(at + 1, "HPE_CLOSED_CONNECTION", "Data after `Connection: close`");
      default:
        return this.stepChunk(at, c);
    }
  }

  protected stepChunk(at: number, c: number): number {
    switch (this.state) {
      case S.ChunkSizeStart:
        if (hexValue(c) < 0) return this.badChunkSize(at);
        this.left = 0;
        this.digits = 0;
        this.state = S.ChunkSize;
        return at;
      case S.ChunkSize:
        return this.readChunkSize(at, c);
      case S.ChunkSizeSpaces:
        if (c === SPACE || c === TAB) return at + 1;
        if (c !== CR && c !== SEMICOLON && c !== LF) return this.badChunkSize(at);
        this.state = S.ChunkSize;
        return at;
      case S.ChunkSizeLf:
        if (c !== LF && !this.allows(Lenient.OptionalLFAfterCR))
          return this.error(at, "HPE_STRICT", "Expected LF after chunk size");
        return this.startChunk(c === LF ? at + 1 : at);
      case S.ChunkExtensions:
        if (c === SPACE || c === CR)
          return this.error(at + 1, "HPE_STRICT", "Invalid character in chunk extensions");
        this.beginSpan("extension", at);
        this.state = S.ChunkExtensionName;
        return at;
      case S.ChunkExtensionName:
        if (TOKEN[c] === 1) return at + 1;
        if (c === EQUALS) {
          this.state = S.ChunkExtensionValue;
          return this.restartSpan(at);
        }
        return this.endExtension(at, c, "name");
      case S.ChunkExtensionValue:
        if (TOKEN[c] === 1) return at + 1;
        if (c === QUOTE) {
          this.state = S.ChunkQuoted;
          return at + 1;
        }
        return this.endExtension(at, c, "value");
      case S.ChunkQuoted:
        if (c === QUOTE) this.state = S.ChunkQuotedEnd;
        else if (c === BACKSLASH) this.state = S.ChunkQuotedPair;
        else if (QUOTED[c] !== 1)
          return this.error(
            at + 1,
            "HPE_STRICT",
            "Invalid character in chunk extensions quoted value",
          );
        return at + 1;
      case S.ChunkQuotedPair:
        if (HEADER_CHAR[c] !== 1)
          return this.error(
            at + 1,
            "HPE_STRICT",
            "Invalid quoted-pair in chunk extensions quoted value",
          );
        this.state = S.ChunkQuoted;
        return at + 1;
      case S.ChunkQuotedEnd:
        if (c === CR || c === LF || c === SEMICOLON) return this.endExtension(at, c, "value");
        return this.error(at, "HPE_STRICT", "Invalid character in chunk extensions quote value");
      case S.ChunkDataCr:
        if (c === CR) {
          this.state = S.ChunkDataLf;
          return at + 1;
        }
        if (c === LF) return this.afterBareLf(at + 1, "chunk data", S.ChunkSizeStart);
        if (!this.allows(Lenient.OptionalCRLFAfterChunk))
          return this.error(at, "HPE_STRICT", "Expected LF after chunk data");
        this.endChunk();
        return at;
      default:
        if (c !== LF && !this.allows(Lenient.OptionalLFAfterCR))
          return this.error(at, "HPE_STRICT", "Expected LF after chunk data");
        this.endChunk();
        return c === LF ? at + 1 : at;
    }
  }

  // Bodies

  protected readBody(at: number): number {
    const end = Math.min(this.bytes.length, at + this.left);
    if (end > at) this.listener.onBody(this.bytes.subarray(at, end));
    this.left -= end - at;
    if (this.code !== "" || this.left > 0) return end;
    if (this.state === S.BodyLength) return this.messageDone(end);
    return this.goOn(end, S.ChunkDataCr);
  }

  protected readChunkSize(at: number, c: number): number {
    const digit = hexValue(c);
    if (digit >= 0) {
      this.left = this.left * 16 + digit;
      if (this.left > 0 && ++this.digits > HEX_DIGITS)
        return this.error(at + 1, "HPE_INVALID_CHUNK_SIZE", "Chunk size overflow");
      return at + 1;
    }
    if (c === CR) return this.goOn(at + 1, S.ChunkSizeLf);
    if (c === SEMICOLON) return this.goOn(at + 1, S.ChunkExtensions);
    if (c === LF) {
      if (this.allows(Lenient.OptionalCRBeforeLF)) return this.startChunk(at + 1);
      return this.error(at + 1, "HPE_CR_EXPECTED", "Missing expected CR after chunk size");
    }
    if (c !== SPACE && c !== TAB) return this.badChunkSize(at);
    if (!this.allows(Lenient.SpacesAfterChunkSize)) return this.badChunkSize(at + 1);
    return this.goOn(at + 1, S.ChunkSizeSpaces);
  }

  protected badChunkSize(position: number): number {
    return this.error(position, "HPE_INVALID_CHUNK_SIZE", "Invalid character in chunk size");
  }

  protected endExtension(at: number, c: number, what: string): number {
    if (c === CR || c === SEMICOLON) {
      if (this.endSpan(at)) return at;
      return this.goOn(at + 1, c === CR ? S.ChunkSizeLf : S.ChunkExtensions);
    }
    if (c === LF) {
      if (this.endSpan(at)) return at;
      if (this.allows(Lenient.OptionalCRBeforeLF)) return this.startChunk(at + 1);
      return this.error(at, "HPE_CR_EXPECTED", `Missing expected CR after chunk extension ${what}`);
    }
    return this.spanError(at + 1, "HPE_STRICT", `Invalid character in chunk extensions ${what}`);
  }

  protected startChunk(at: number): number {
    this.listener.onChunkHeader();
    if (this.left > 0) return this.goOn(at, S.ChunkData);
    this.flags |= Flag.Trailing;
    return this.goOn(at, S.FieldStart);
  }

  protected override endChunk(): void {
    this.listener.onChunkComplete();
    this.state = S.ChunkSizeStart;
  }

  /** `isLast`: what follows is not HTTP. */
  protected override messageDone(at: number, isLast = this.upgrade): number {
    this.state = S.Restart;
    if (this.listener.onMessageComplete() || this.code !== "") return at;
    if (isLast) return this.error(at, "HPE_PAUSED_UPGRADE", "Pause on CONNECT/Upgrade");
    this.restart();
    return at;
  }

  protected restart(): void {
    const goesOn = this.shouldKeepAlive || this.allows(Lenient.KeepAlive);
    this.ending = "safe";
    this.flags = 0;
    this.state = goesOn ? S.Start : S.Closed;
  }

  protected override startBody(at: number): number {
    const flags = this.flags;
    const length = (flags & Flag.ContentLength) !== 0 ? this.left : 0;
    const hasBody = (flags & Flag.Chunked) !== 0 || length > 0;
    const skips = (flags & Flag.SkipBody) !== 0;
    const isConnect = this.type === REQUEST && this.method === METHOD_CONNECT;
    if (this.upgrade && (isConnect || skips || !hasBody)) return this.messageDone(at, true);
    if (this.type === RESPONSE && this.statusCode === 101) return this.messageDone(at, true);
    if (skips || this.isBodiless()) return this.messageDone(at);
    if ((flags & Flag.Chunked) !== 0) return this.goOn(at, S.ChunkSizeStart);
    if ((flags & Flag.TransferEncoding) !== 0) {
      const relaxed = Lenient.ChunkedLength | Lenient.TransferEncoding;
      if (this.type === REQUEST && !this.allows(relaxed))
        return this.error(
          at,
          "HPE_INVALID_TRANSFER_ENCODING",
          "Request has invalid `Transfer-Encoding`",
        );
      return this.untilEof(at);
    }
    if ((flags & Flag.ContentLength) === 0) {
      return this.needsEof() ? this.untilEof(at) : this.messageDone(at);
    }
    return length === 0 ? this.messageDone(at) : this.goOn(at, S.BodyLength);
  }

  protected untilEof(at: number): number {
    this.ending = "safe-with-callback";
    return this.goOn(at, S.BodyEof);
  }
}

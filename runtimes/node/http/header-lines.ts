/** Header and trailer lines, and what those say that the parser acts on. */
import { HEADER_CHAR, isDigit, Lenient, METHOD_CONNECT, REQUEST, TOKEN } from "./constants.ts";
import { connectionFlags, endsChunked, Flag, Header, headerOf } from "./header-values.ts";
import { StartLineParser } from "./start-line.ts";
import { COLON, COMMA, CR, LF, S, SPACE, TAB } from "./states.ts";

const OVERFLOW = 2 ** 64;

export abstract class HeaderParser extends StartLineParser {
  /** The headers are over: what follows them? */
  protected abstract startBody(at: number): number;
  /** `isLast`: what follows is not HTTP. */
  protected abstract messageDone(at: number, isLast?: boolean): number;

  protected stepHeaders(at: number, c: number): number {
    switch (this.state) {
      case S.HeadersStart:
        if (c === SPACE)
          return this.error(at + 1, "HPE_UNEXPECTED_SPACE", "Unexpected space after start line");
        this.state = S.FieldStart;
        return at;
      case S.FieldStart:
        return this.startField(at, c);
      case S.Field:
        return this.readField(at);
      case S.FieldSpaces:
        if (c === SPACE) return at + 1;
        if (c !== COLON) return this.error(at, "HPE_INVALID_HEADER_TOKEN", "Invalid header token");
        this.state = S.ValueSpaces;
        return this.endField(at + 1);
      case S.ValueSpaces:
        return this.skipValueSpaces(at, c);
      case S.EmptyValueLf:
        if (c !== LF && !this.allows(Lenient.OptionalLFAfterCR))
          return this.error(at, "HPE_STRICT", "Expected LF after CR");
        this.state = S.EmptyValueEnd;
        return c === LF ? at + 1 : at;
      case S.EmptyValueEnd:
        return this.endEmptyValue(at, c);
      case S.ValueStart:
        return this.startValue(at, c);
      case S.Value:
        return this.header === Header.ContentLength ? this.readLength(at, c) : this.readValue(at);
      case S.LengthSpaces:
        if (c === SPACE) return at + 1;
        if (c === CR) return this.endOfValueLine(at);
        if (c === LF) return this.bareLfInValue(at);
        return this.error(at, "HPE_INVALID_CONTENT_LENGTH", "Invalid character in Content-Length");
      case S.ValueLf:
        if (c !== LF)
          return this.error(at, "HPE_LF_EXPECTED", "Missing expected LF after header value");
        this.state = S.ValueEnd;
        return at + 1;
      case S.ValueEnd:
        return this.endValue(at, c);
      case S.HeadersLf:
        if (c !== LF && !this.allows(Lenient.OptionalLFAfterCR))
          return this.error(at, "HPE_STRICT", "Expected LF after headers");
        return this.headersDone(c === LF ? at + 1 : at);
      default:
        return at;
    }
  }

  // Headers

  protected startField(at: number, c: number): number {
    if (c === CR) {
      this.state = S.HeadersLf;
      return at + 1;
    }
    if (c === LF) {
      if (this.allows(Lenient.OptionalCRBeforeLF)) return this.headersDone(at + 1);
      return this.error(at + 1, "HPE_INVALID_HEADER_TOKEN", "Invalid header field char");
    }
    if (c === COLON) return this.error(at, "HPE_INVALID_HEADER_TOKEN", "Invalid header token");
    this.text = "";
    this.beginSpan("field", at);
    this.state = S.Field;
    return at;
  }

  protected readField(from: number): number {
    const bytes = this.bytes;
    let at = from;
    while (at < bytes.length && TOKEN[bytes[at] as number] === 1) at++;
    if (at === bytes.length) return at;
    const c = bytes[at];
    const isSpace = c === SPACE && this.allows(Lenient.Headers);
    if (c === SPACE && !isSpace && this.isKnownField(at))
      return this.spanError(at + 1, "HPE_INVALID_HEADER_TOKEN", "Invalid header field char");
    if (c !== COLON && !isSpace)
      return this.spanError(at, "HPE_INVALID_HEADER_TOKEN", "Invalid header token");
    if (this.endSpan(at)) return at;
    this.header = headerOf(this.text);
    this.text = "";
    this.state = isSpace ? S.FieldSpaces : S.ValueSpaces;
    return isSpace ? at + 1 : this.endField(at + 1);
  }

  protected isKnownField(at: number): boolean {
    return headerOf(this.valueUpTo(at)) !== Header.General;
  }

  /** Two headers that each say how long a body is do not go together. */
  protected endField(at: number): number {
    const isRelaxed = this.allows(Lenient.ChunkedLength);
    const flags = this.flags;
    if (this.header === Header.ContentLength) {
      if ((flags & Flag.TransferEncoding) !== 0 && !isRelaxed)
        return this.error(
          at,
          "HPE_INVALID_CONTENT_LENGTH",
          "Content-Length can't be present with Transfer-Encoding",
        );
    } else if (this.header === Header.TransferEncoding) {
      if ((flags & Flag.ContentLength) !== 0 && !isRelaxed)
        return this.error(
          at,
          "HPE_INVALID_TRANSFER_ENCODING",
          "Transfer-Encoding can't be present with Content-Length",
        );
    }
    return at;
  }

  protected skipValueSpaces(at: number, c: number): number {
    if (c === SPACE || c === TAB) return at + 1;
    if (c === CR) {
      this.state = S.EmptyValueLf;
      return at + 1;
    }
    if (c === LF) {
      if (!this.allows(Lenient.OptionalCRBeforeLF))
        return this.error(at + 1, "HPE_INVALID_HEADER_TOKEN", "Invalid header value char");
      this.state = S.EmptyValueEnd;
      return at + 1;
    }
    this.state = S.ValueStart;
    return at;
  }

  protected endEmptyValue(at: number, c: number): number {
    if (c === SPACE || c === TAB) {
      if (!this.allows(Lenient.Headers))
        return this.error(at + 1, "HPE_INVALID_HEADER_TOKEN", "Invalid header value char");
      this.state = S.ValueSpaces;
      return at + 1;
    }
    if (this.header === Header.ContentLength)
      return this.error(at, "HPE_INVALID_CONTENT_LENGTH", "Empty Content-Length");
    if (this.header === Header.TransferEncoding)
      return this.error(at, "HPE_INVALID_TRANSFER_ENCODING", "Empty Transfer-Encoding");
    if (this.header === Header.Upgrade) this.flags |= Flag.Upgrade;
    this.listener.onHeaderValue("");
    this.state = S.FieldStart;
    return at;
  }

  protected startValue(at: number, c: number): number {
    this.state = S.Value;
    switch (this.header) {
      case Header.Upgrade:
        this.flags |= Flag.Upgrade;
        break;
      case Header.ContentLength:
        if ((this.flags & Flag.ContentLength) !== 0)
          return this.error(at, "HPE_UNEXPECTED_CONTENT_LENGTH", "Duplicate Content-Length");
        if (!isDigit(c))
          return this.error(
            at,
            "HPE_INVALID_CONTENT_LENGTH",
            "Invalid character in Content-Length",
          );
        this.left = 0;
        break;
      case Header.TransferEncoding:
        if ((this.flags & Flag.Chunked) !== 0 && this.refusesAfterChunked)
          return this.codingAfterChunked(at + 1);
        this.flags = (this.flags | Flag.TransferEncoding) & ~Flag.Chunked;
        break;
    }
    this.beginSpan("value", at);
    return at;
  }

  /** A request whose body is chunked cannot be coded further. */
  protected get refusesAfterChunked(): boolean {
    return this.type === REQUEST && !this.allows(Lenient.TransferEncoding);
  }

  protected codingAfterChunked(position: number): number {
    return this.spanError(
      position,
      "HPE_INVALID_TRANSFER_ENCODING",
      "Invalid `Transfer-Encoding` header value",
    );
  }

  protected readLength(at: number, c: number): number {
    if (isDigit(c)) {
      this.left = this.left * 10 + c - 48;
      if (this.left >= OVERFLOW)
        return this.spanError(at + 1, "HPE_INVALID_CONTENT_LENGTH", "Content-Length overflow");
      return at + 1;
    }
    if (c === CR) return this.endOfValueLine(at);
    if (c === SPACE) {
      this.state = S.LengthSpaces;
      return at + 1;
    }
    if (c === LF) return this.bareLfInValue(at);
    return this.spanError(at, "HPE_INVALID_CONTENT_LENGTH", "Invalid character in Content-Length");
  }

  protected readValue(from: number): number {
    const bytes = this.bytes;
    const isCoding = this.header === Header.TransferEncoding;
    let at = from;
    for (; at < bytes.length; at++) {
      const c = bytes[at] as number;
      if (HEADER_CHAR[c] !== 1) break;
      const isSeparator = isCoding && c === COMMA;
      if (isSeparator && this.refusesAfterChunked && endsChunked(this.valueUpTo(at)))
        return this.codingAfterChunked(at + 1);
    }
    if (at === bytes.length) return at;
    const c = bytes[at];
    if (c === CR) return this.endOfValueLine(at);
    if (c === LF) return this.bareLfInValue(at);
    if (this.allows(Lenient.Headers)) return at + 1;
    return this.spanError(at, "HPE_INVALID_HEADER_TOKEN", "Invalid header value char");
  }

  /** The value so far, for those that the parser reads itself. */
  protected valueUpTo(at: number): string {
    return this.text + this.textOf(this.spanStart, at);
  }

  protected endOfValueLine(at: number): number {
    if (this.endSpan(at)) return at;
    this.state = S.ValueLf;
    return at + 1;
  }

  protected bareLfInValue(at: number): number {
    if (this.endSpan(at)) return at;
    return this.allows(Lenient.OptionalCRBeforeLF)
      ? this.goOn(at + 1, S.ValueEnd)
      : this.error(at, "HPE_CR_EXPECTED", "Missing expected CR after header value");
  }

  protected endValue(at: number, c: number): number {
    if (c === SPACE || c === TAB) {
      if (!this.allows(Lenient.Headers))
        return this.error(
          at,
          "HPE_INVALID_HEADER_TOKEN",
          "Unexpected whitespace after header value",
        );
      this.beginSpan("value", at);
      this.state = S.Value;
      return at;
    }
    if (this.header === Header.Connection) this.flags |= connectionFlags(this.text);
    else if (this.header === Header.ContentLength) this.flags |= Flag.ContentLength;
    else if (this.header === Header.TransferEncoding && endsChunked(this.text))
      this.flags |= Flag.Chunked;
    this.state = S.FieldStart;
    return at;
  }

  protected headersDone(at: number): number {
    if ((this.flags & Flag.Trailing) !== 0) {
      this.listener.onChunkComplete();
      return this.messageDone(at);
    }
    const flags = this.flags;
    const asksUpgrade = (flags & Flag.Upgrade) !== 0 && (flags & Flag.ConnectionUpgrade) !== 0;
    this.upgrade = asksUpgrade
      ? this.type === REQUEST || this.statusCode === 101
      : this.type === REQUEST && this.method === METHOD_CONNECT;
    const answer = this.listener.onHeadersComplete();
    if (answer === 2) this.upgrade = true;
    if (answer === 1 || answer === 2) this.flags |= Flag.SkipBody;
    if (this.code !== "") return at;
    if (answer < 0) return this.error(at, "HPE_CB_HEADERS_COMPLETE", "User callback error");
    return this.startBody(at);
  }
}

/** The first line of a request or response, and what leads up to it. */
import {
  ALL_METHODS,
  isDigit,
  Lenient,
  METHOD_CONNECT,
  METHOD_FLUSH,
  METHOD_GET,
  METHOD_OPTIONS,
  METHOD_POST,
  METHOD_PRI,
  METHOD_SOURCE,
  REQUEST,
} from "./constants.ts";
import { ParserCore } from "./parser-core.ts";
import { CR, DOT, FORM_FEED, LF, S, SPACE, TAB } from "./states.ts";
import { mayEnd, nextUrlState, UrlState } from "./url-states.ts";

const PROTOCOLS = ["HTTP/", "RTSP/", "ICE/"];
const PREFACE = "\r\nSM\r\n\r\n";

export abstract class StartLineParser extends ParserCore {
  protected stepStartLine(at: number, c: number): number {
    switch (this.state) {
      case S.Start:
        return this.start(at, c);
      case S.Method:
        return this.readMethod(at, c);
      case S.MethodSpace:
        if (c !== SPACE) return this.error(at, "HPE_INVALID_METHOD", "Expected space after method");
        this.state = S.UrlSpaces;
        return at + 1;
      case S.UrlSpaces:
        if (c === SPACE) return at + 1;
        this.urlState = this.method === METHOD_CONNECT ? UrlState.StartConnect : UrlState.Start;
        this.beginSpan("url", at);
        this.state = S.Url;
        return at;
      case S.Url:
        return this.readUrl(at);
      case S.UrlLf:
        if (c !== LF) return this.error(at, "HPE_INVALID_URL", "Expected CRLF");
        return this.http09(at + 1);
      case S.Protocol:
        return this.readProtocol(at, c);
      case S.Major:
        if (!isDigit(c)) return this.error(at, "HPE_INVALID_VERSION", "Invalid major version");
        this.major = c - 48;
        this.state = S.Dot;
        return at + 1;
      case S.Dot:
        if (c !== DOT) return this.error(at, "HPE_INVALID_VERSION", "Expected dot");
        this.state = S.Minor;
        return at + 1;
      case S.Minor:
        return this.readMinor(at, c);
      case S.RequestEnd:
        return this.endRequestLine(at, c);
      case S.RequestLf:
        if (c !== LF && !this.allows(Lenient.OptionalLFAfterCR))
          return this.error(at, "HPE_STRICT", "Expected CRLF after version");
        this.state = S.HeadersStart;
        return c === LF ? at + 1 : at;
      case S.VersionSpace:
        if (c !== SPACE)
          return this.error(at, "HPE_INVALID_VERSION", "Expected space after version");
        this.state = S.StatusCode;
        this.digits = 0;
        this.statusCode = 0;
        return at + 1;
      case S.StatusCode:
        if (!isDigit(c)) return this.error(at, "HPE_INVALID_STATUS", "Invalid status code");
        this.statusCode = this.statusCode * 10 + c - 48;
        if (++this.digits === 3) this.state = S.StatusCodeEnd;
        return at + 1;
      case S.StatusCodeEnd:
        return this.endStatusCode(at, c);
      case S.Status:
        return this.readStatus(at);
      case S.StatusLf:
        if (c !== LF && !this.allows(Lenient.OptionalLFAfterCR))
          return this.error(at, "HPE_STRICT", "Expected LF after CR");
        this.state = S.HeadersStart;
        return c === LF ? at + 1 : at;
      case S.Preface:
        return this.readPreface(at, c);
      default:
        return at;
    }
  }

  // The start line

  protected start(at: number, c: number): number {
    if (c === CR || c === LF) return at + 1;
    this.ending = "unsafe";
    this.flags = 0;
    this.text = "";
    this.left = 0;
    this.state = this.type === REQUEST ? S.Method : S.Protocol;
    this.listener.onMessageBegin();
    return at;
  }

  protected readMethod(at: number, c: number): number {
    const longer = this.text + String.fromCharCode(c);
    if (ALL_METHODS.some((method) => method.startsWith(longer))) {
      this.text = longer;
      return at + 1;
    }
    const method = ALL_METHODS.indexOf(this.text);
    if (method < 0) return this.error(at, "HPE_INVALID_METHOD", "Invalid method encountered");
    this.method = method;
    this.text = "";
    this.state = S.MethodSpace;
    return at;
  }

  protected readUrl(from: number): number {
    const bytes = this.bytes;
    for (let at = from; at < bytes.length; at++) {
      const c = bytes[at] as number;
      if (c === SPACE || c === CR || c === LF) {
        if (mayEnd(this.urlState)) return this.endUrl(at, c);
        if (this.urlState === UrlState.SchemaSlash)
          return this.spanError(at, "HPE_INVALID_URL", "Unexpected char in url schema");
        return this.spanError(at + 1, "HPE_INVALID_URL", "Invalid characters in url");
      }
      if (c === TAB || c === FORM_FEED)
        return this.spanError(at + 1, "HPE_INVALID_URL", "Invalid characters in url");
      const next = nextUrlState(this.urlState, c);
      if (typeof next === "string") {
        const isConsumed = next === "Double @ in url";
        return this.spanError(isConsumed ? at + 1 : at, "HPE_INVALID_URL", next);
      }
      this.urlState = next;
    }
    return bytes.length;
  }

  protected endUrl(at: number, c: number): number {
    if (this.endSpan(at)) return at;
    if (c === LF) return this.http09(at + 1);
    this.state = c === SPACE ? S.Protocol : S.UrlLf;
    return at + 1;
  }

  protected http09(at: number): number {
    this.major = 0;
    this.minor = 9;
    this.state = S.HeadersStart;
    return at;
  }

  protected readProtocol(at: number, c: number): number {
    if (this.text === "" && this.type === REQUEST) {
      if (c === SPACE) return at + 1;
      if (c === TAB || c === FORM_FEED)
        return this.error(at + 1, "HPE_INVALID_URL", "Invalid characters in url");
    }
    const longer = this.text + String.fromCharCode(c);
    if (!PROTOCOLS.some((protocol) => protocol.startsWith(longer)))
      return this.error(at, "HPE_INVALID_CONSTANT", "Expected HTTP/, RTSP/ or ICE/");
    this.text = longer;
    if (!longer.endsWith("/")) return at + 1;
    this.text = "";
    this.state = S.Major;
    const reason = this.type === REQUEST ? this.wrongMethod(longer) : undefined;
    if (reason) return this.error(at, "HPE_INVALID_CONSTANT", reason);
    return at + 1;
  }

  protected wrongMethod(protocol: string): string | undefined {
    const { method } = this;
    const isHttp = method <= METHOD_PRI || method > METHOD_FLUSH;
    if (protocol === "HTTP/") return isHttp ? undefined : "Invalid method for HTTP/x.x request";
    if (protocol === "ICE/")
      return method === METHOD_SOURCE ? undefined : "Expected SOURCE method for ICE/x.x request";
    const isRtsp = method > METHOD_PRI && method <= METHOD_FLUSH;
    const isBoth = method === METHOD_GET || method === METHOD_POST || method === METHOD_OPTIONS;
    return isRtsp || isBoth ? undefined : "Invalid method for RTSP/x.x request";
  }

  protected readMinor(at: number, c: number): number {
    if (!isDigit(c)) return this.error(at, "HPE_INVALID_VERSION", "Invalid minor version");
    this.minor = c - 48;
    const version = this.major * 10 + this.minor;
    const isKnown = version === 9 || version === 10 || version === 11 || version === 20;
    if (!isKnown && !this.allows(Lenient.Version))
      return this.error(at + 1, "HPE_INVALID_VERSION", "Invalid HTTP version");
    this.state = this.type === REQUEST ? S.RequestEnd : S.VersionSpace;
    if (this.type === REQUEST && this.method === METHOD_PRI) this.state = S.Preface;
    return at + 1;
  }

  protected endRequestLine(at: number, c: number): number {
    if (c === CR) this.state = S.RequestLf;
    else if (c === LF && this.allows(Lenient.OptionalCRBeforeLF)) this.state = S.HeadersStart;
    else {
      const position = c === LF ? at + 1 : at;
      return this.error(position, "HPE_INVALID_VERSION", "Expected CRLF after version");
    }
    return at + 1;
  }

  /** PRI * HTTP/2.0: HTTP/2 begins here, for those who speak it. */
  protected readPreface(at: number, c: number): number {
    if (PREFACE.charCodeAt(this.text.length) !== c || PREFACE.length < this.text.length)
      return this.preface(at, c);
    this.text += String.fromCharCode(c);
    return this.text === PREFACE ? this.h2(at + 1) : at + 1;
  }

  protected preface(at: number, c: number): number {
    // The rest of the preface follows an empty line.
    const rest = `\r\n${PREFACE}`;
    if (rest.startsWith(this.text + String.fromCharCode(c))) {
      this.text += String.fromCharCode(c);
      return this.text === rest ? this.h2(at + 1) : at + 1;
    }
    return this.error(at, "HPE_INVALID_CONSTANT", "Expected HTTP/2 Connection Preface");
  }

  protected h2(at: number): number {
    return this.error(at, "HPE_PAUSED_H2_UPGRADE", "Pause on PRI/Upgrade");
  }

  protected endStatusCode(at: number, c: number): number {
    if (c === SPACE) {
      this.state = S.Status;
      this.beginSpan("status", at + 1);
    } else if (c === CR) {
      this.state = S.StatusLf;
    } else if (c === LF && this.allows(Lenient.OptionalCRBeforeLF)) {
      this.state = S.HeadersStart;
    } else {
      const position = c === LF ? at + 1 : at;
      return this.error(position, "HPE_INVALID_STATUS", "Invalid response status");
    }
    return at + 1;
  }

  protected readStatus(from: number): number {
    const bytes = this.bytes;
    for (let at = from; at < bytes.length; at++) {
      const c = bytes[at];
      if (c !== CR && c !== LF) continue;
      if (this.endSpan(at)) return at;
      if (c === LF) return this.afterBareLf(at + 1, "response line", S.HeadersStart);
      this.state = S.StatusLf;
      return at + 1;
    }
    return bytes.length;
  }
}

/** What HTTP/1.1 messages consist of (RFC 9110, RFC 9112), the same for both sides of a connection. */

/** Name and value; in the order and the case in which they came. A value's characters are its bytes. */
export type Header = readonly [name: string, value: string];

export interface RequestHead {
  readonly method: string;
  /** As in the request line: a path with its query, a whole URL, `*`, or for CONNECT host and port. */
  readonly target: string;
  readonly headers: readonly Header[];
}

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
}

/** How far a body goes. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  /** A response's, until its connection ends. */
  | { readonly kind: "close" };

/** What a message may cost its reader. */
export interface HttpLimits {
  /** Bytes of a first line and its headers, and of trailers. Default: 64 KiB. */
  readonly headBytes: number;
  /** Default: 512. */
  readonly headers: number;
}

export const HTTP_LIMITS: HttpLimits = { headBytes: 64 << 10, headers: 512 };

/** The other side does not speak HTTP as it has to be spoken; nothing can be said on this connection any more. */
export class HttpError extends Error {
  /** llhttp's, or one of ours: HPE_..., ERR_HTTP_.... */
  readonly code: string;
  /** What a server answers it with. */
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = "HttpError";
    this.code = code;
    this.status = status;
  }
}

/** The first value of that name, which is in lower case. */
export function headerOf(headers: readonly Header[], name: string): string | undefined {
  return headers.find(([known]) => known.toLowerCase() === name)?.[1];
}

export function headersOf(headers: readonly Header[], name: string): string[] {
  return headers.filter(([known]) => known.toLowerCase() === name).map(([, value]) => value);
}

/** The members of all lists of that name, in lower case. */
export function listOf(headers: readonly Header[], name: string): string[] {
  return headersOf(headers, name)
    .flatMap((value) => value.split(","))
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== "");
}

export function without(headers: readonly Header[], names: ReadonlySet<string>): Header[] {
  return headers.filter(([name]) => !names.has(name.toLowerCase()));
}

/** Those that are about one connection, and what frames a body: whoever passes a message on says them anew. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What of a message's headers may be passed on; `Connection` names more that may not. */
export function endToEnd(headers: readonly Header[]): Header[] {
  const named = listOf(headers, "connection").filter((name) => !KEPT.has(name));
  return without(headers, named.length > 0 ? new Set([...HOP_BY_HOP, ...named]) : HOP_BY_HOP);
}

/** Nobody can have these taken away by naming them in `Connection`. */
const KEPT: ReadonlySet<string> = new Set(["host", "authorization", "cookie", "origin"]);

/** True for the responses that never have a body. */
export function isBodiless(status: number, method: string): boolean {
  return method === "HEAD" || status < 200 || status === 204 || status === 304;
}

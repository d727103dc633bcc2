/** One request of a guest's, made by the host's `fetch`. */
import { sourceOf } from "../http/byte-stream.ts";
import type { Header } from "../http/message.ts";
import type { ServerRequest, ServerResponse } from "../http/server-connection.ts";
import { readableOf, sourceFrom } from "../http/web-streams.ts";

export interface FetchHost {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Said with every request, such as `{ credentials: "omit" }`. */
  readonly init?: RequestInit;
  /** It sends bodies while they are made; else they are gathered first. */
  readonly streamsBodies: boolean;
  /** What it most likely means where fetch fails without saying why. */
  readonly failure: string;
  readonly onFault?: (reason: unknown) => void;
}

/** Bytes of a body that is gathered. */
const BODY_MAX = 64 << 20;
/** Of one connection, and so not the other's affair (RFC 9110, 7.6.1); the rest fetch decides. */
const OWN_HEADERS = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export async function answerByFetch(
  origin: string,
  request: ServerRequest,
  host: FetchHost,
  signal: AbortSignal,
): Promise<ServerResponse> {
  const { method, target } = request;
  if (request.wantsUpgrade) return told(501, "a host with fetch alone has no upgrades");
  if (!target.startsWith("/")) return told(400, "the request's target must be a path");
  const body = await bodyOf(request, host);
  if (body === "too large") {
    return told(413, `this host gathers bodies, and takes ${BODY_MAX} bytes at most`);
  }
  try {
    const response = await host.fetch(`${origin}${target}`, {
      ...host.init,
      method,
      headers: passed(request.headers),
      ...(body !== undefined && { body, duplex: "half" }),
      // Where it leads is for the guest, and the rules, to see.
      redirect: "manual",
      signal,
    });
    return answer(origin, response);
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason);
    return told(502, `${method} ${origin}${target}: ${message}. ${host.failure}`);
  }
}

function answer(origin: string, response: Response): ServerResponse {
  if (response.type === "opaqueredirect") {
    return told(502, `${origin} redirects, and a page cannot see where to: ask for that instead`);
  }
  // The body was decoded by fetch.
  const isDecoded = response.headers.has("content-encoding");
  const headers = passed([...response.headers]).filter(
    ([name]) => name.toLowerCase() !== "content-encoding",
  );
  const length = response.headers.get("content-length");
  return {
    status: response.status,
    reason: response.statusText,
    headers,
    body: response.body ? sourceFrom(response.body) : undefined,
    length: isDecoded || length === null ? undefined : Number(length),
  };
}

function passed(headers: readonly Header[]): [string, string][] {
  return headers
    .filter(([name]) => !OWN_HEADERS.has(name.toLowerCase()))
    .map(([name, value]) => [name, value]);
}

async function bodyOf(
  { body, method }: ServerRequest,
  { streamsBodies }: FetchHost,
): Promise<NonNullable<RequestInit["body"]> | "too large" | undefined> {
  if (!body || method === "GET" || method === "HEAD") return undefined;
  if (streamsBodies) return readableOf(body);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (let piece = await body.read(); piece; piece = await body.read()) {
    length += piece.length;
    if (length > BODY_MAX) return "too large";
    pieces.push(piece.slice());
  }
  return new Blob(pieces);
}

function told(status: number, message: string): ServerResponse {
  const text = new TextEncoder().encode(`isopod: ${message}\n`);
  return {
    status,
    headers: [["Content-Type", "text/plain; charset=utf-8"]],
    body: sourceOf(text),
    length: text.length,
  };
}

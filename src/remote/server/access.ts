/** Who may use a server: a token, and no web page that its owner did not name. */
import { RemoteError } from "../errors.ts";
import { PORT_PROTOCOL_HEADER, TOKEN_PROTOCOL_PREFIX } from "../protocol.ts";

const ALLOWED_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
const ALLOWED_HEADERS = "authorization, content-type, accept";
const EXPOSED_HEADERS = "isopod-exit-code, isopod-signal, isopod-type, isopod-mode";
const PREFLIGHT_SECONDS = "600";

export interface AccessRules {
  /** Undefined: whoever reaches the server may use it, as behind an authenticating proxy. */
  readonly token: string | undefined;
  /** Web origins whose pages may use it: `https://example.com`, or "*" for all. */
  readonly origins: readonly string[];
}

/** Throws where the request may not be served. */
export async function checkAccess(request: Request, rules: AccessRules): Promise<void> {
  const origin = request.headers.get("origin");
  if (origin !== null && !allowsOrigin(origin, rules)) {
    const message = `pages of ${origin} may not use this server; allow it with --allow-origin`;
    throw new RemoteError(403, "ERR_ORIGIN_REFUSED", message);
  }
  if (rules.token === undefined) return;
  const given = tokenOf(request);
  if (given !== undefined && (await sameText(given, rules.token))) return;
  const what = given === undefined ? "a token is needed" : "the token is wrong";
  throw new RemoteError(401, "ERR_UNAUTHORIZED", `${what}: send "Authorization: Bearer TOKEN"`);
}

/** The answer to a page that asks whether it may; undefined for other requests. */
export function preflight(request: Request, rules: AccessRules): Response | undefined {
  if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) {
    return undefined;
  }
  const origin = request.headers.get("origin") ?? "";
  if (!allowsOrigin(origin, rules)) return new Response(null, { status: 403 });
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": ALLOWED_METHODS,
      "access-control-allow-headers": ALLOWED_HEADERS,
      "access-control-max-age": PREFLIGHT_SECONDS,
    },
  });
}

/** Lets the page that asked read the answer. */
export function withAccessHeaders(request: Request, response: Response, rules: AccessRules): void {
  const origin = request.headers.get("origin");
  if (origin === null || !allowsOrigin(origin, rules)) return;
  response.headers.set("access-control-allow-origin", origin);
  response.headers.set("access-control-expose-headers", EXPOSED_HEADERS);
  response.headers.append("vary", "origin");
}

/** Of the subprotocols that a client offers, those that are not its token. */
export function offeredProtocols(request: Request): string[] {
  return offeredBy(request)
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith(TOKEN_PROTOCOL_PREFIX));
}

function allowsOrigin(origin: string, { origins }: AccessRules): boolean {
  return origins.includes("*") || origins.includes(origin);
}

/** What the request offers as its token. */
function offeredBy({ headers }: Request): string {
  return headers.get("sec-websocket-protocol") ?? headers.get(PORT_PROTOCOL_HEADER) ?? "";
}

export function tokenOf(request: Request): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "");
  if (bearer) return bearer[1];
  const entry = offeredBy(request)
    .split(",")
    .find((name) => name.trim().startsWith(TOKEN_PROTOCOL_PREFIX));
  return entry?.trim().slice(TOKEN_PROTOCOL_PREFIX.length);
}

/** In a time that tells nothing of where they differ: digests are compared, and all of them. */
export async function sameText(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([digest(a), digest(b)]);
  return left.reduce((difference, byte, i) => difference | (byte ^ (right[i] as number)), 0) === 0;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

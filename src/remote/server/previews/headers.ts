/**
 * Headers on their way between a browser and a guest's server. The guest sees nothing of what opened the
 * preview; the browser is told nothing that would reach beyond the preview's own origin.
 */
import { endToEnd, type Header, without } from "../../../http/message.ts";

/** Of the cookie, and of the parameter of a link, that open a preview. */
export const PREVIEW_KEY = "isopod-preview";
/** Browsers let no other origin set it. */
export const SECURE_COOKIE = `__Host-${PREVIEW_KEY}`;

/** A page with an origin that is nobody's: no cookies, no storage, nothing of the server's. */
const SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";

/** Said anew, or by no client. */
const TO_GUEST = new Set([
  "host",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-real-ip",
]);
/** About more than one origin, or about the connection to us. */
const TO_BROWSER = new Set(["strict-transport-security", "alt-svc", "nel", "report-to"]);
/** Of an origin that it has to share with others. */
const TO_SANDBOX = new Set(["set-cookie", "clear-site-data", "service-worker-allowed"]);

export interface Origin {
  /** As browsers know it. */
  readonly origin: URL;
  readonly port: number;
  /** The preview shares its origin with others: see the path form. */
  readonly isShared: boolean;
}

export function toGuest(
  given: readonly Header[],
  { origin, port, isShared }: Origin,
  hidesAuthorization: boolean,
): Header[] {
  const headers: Header[] = [["host", `localhost:${port}`]];
  for (const [name, value] of without(endToEnd(given), TO_GUEST)) {
    const lower = name.toLowerCase();
    if (lower === "authorization" && hidesAuthorization) continue;
    if (lower !== "cookie") headers.push([name, value]);
    else if (!isShared) {
      const rest = withoutKey(value);
      if (rest !== "") headers.push([name, rest]);
    }
  }
  return [
    ...headers,
    ["x-forwarded-host", origin.host],
    ["x-forwarded-proto", origin.protocol.slice(0, -1)],
  ];
}

export function toBrowser(given: readonly Header[], at: Origin): Header[] {
  const dropped = at.isShared ? new Set([...TO_BROWSER, ...TO_SANDBOX]) : TO_BROWSER;
  const headers: Header[] = [];
  for (const [name, value] of without(endToEnd(given), dropped)) {
    const lower = name.toLowerCase();
    if (lower === "set-cookie") headers.push(...hostOnly(value));
    else if (lower === "location") headers.push([name, located(value, at)]);
    else headers.push([name, value]);
  }
  if (!at.isShared) return headers;
  const own = without(headers, new Set(["access-control-allow-origin"]));
  return [
    ...own,
    ["content-security-policy", SANDBOX],
    ["access-control-allow-origin", "*"],
    ["referrer-policy", "no-referrer"],
  ];
}

/** What of a preview's cookies opens it. */
export function keysIn(cookie: string | null): string[] {
  return (cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter(isKey)
    .map((pair) => pair.slice(pair.indexOf("=") + 1));
}

function withoutKey(cookie: string): string {
  return cookie
    .split(";")
    .filter((pair) => !isKey(pair.trim()))
    .join(";")
    .trim();
}

function isKey(pair: string): boolean {
  const name = pair.split("=", 1)[0]?.trim();
  return name === PREVIEW_KEY || name === SECURE_COOKIE;
}

/** A cookie of the guest's is its own origin's, and not the one that opens the preview. */
function hostOnly(cookie: string): Header[] {
  const [pair = "", ...attributes] = cookie.split(";");
  if (isKey(pair.trim())) return [];
  const kept = attributes.filter((attribute) => !/^\s*domain\s*(=|$)/i.test(attribute));
  return [["set-cookie", [pair, ...kept].join(";")]];
}

/** What leads to the guest's own server leads to its preview. */
function located(location: string, { origin, port, isShared }: Origin): string {
  const url = URL.parse(location);
  const isOwn = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url?.hostname ?? "");
  if (!url || !isOwn || url.protocol !== "http:" || Number(url.port || 80) !== port) {
    // A path stands for one below the preview's own.
    return isShared && /^\/(?!\/)/.test(location) ? origin.pathname + location : location;
  }
  const base = isShared ? origin.href : origin.origin;
  return `${base}${url.pathname}${url.search}${url.hash}`;
}

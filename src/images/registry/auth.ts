/**
 * Answers a registry's demand to say who one is: Basic, or a token from the service that the demand
 * names. Requests go on with the last answer until it is refused.
 *
 * Specification: https://distribution.github.io/distribution/spec/auth/token/
 */
import { IsopodError } from "../../errors.ts";
import { type FetchLike, readBounded } from "../http-blobs.ts";
import type { Credentials } from "./credentials.ts";

interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN_BYTES_MAX = 1 << 20;

/**
 * Puts `Authorization` on requests to one repository of the registry at `origin`. Where that one leads
 * elsewhere, nobody there is told or asks who one is.
 */
export function authorizedFetch(
  fetch: FetchLike,
  origin: string,
  scope: string,
  findCredentials: () => Promise<Credentials | undefined>,
): FetchLike {
  let authorization: string | undefined;
  return async (url, init) => {
    if (new URL(url).origin !== origin) return fetch(url, init);
    const send = (header: string | undefined) => {
      const headers = new Headers(init.headers);
      if (header !== undefined) headers.set("authorization", header);
      return fetch(url, { ...init, headers });
    };
    const response = await send(authorization);
    // A body that is a stream can be sent but once; whoever sends one has made a request before.
    if (response.status !== 401 || init.body instanceof ReadableStream) return response;
    // The demand of a server that the registry has redirected to is not the registry's.
    if (response.url !== "" && new URL(response.url).origin !== origin) return response;
    const challenges = parseChallenges(response.headers.get("www-authenticate") ?? "");
    await response.body?.cancel().catch(() => {});
    authorization = await answer(url, challenges, scope, fetch, await findCredentials());
    return send(authorization);
  };
}

async function answer(
  url: string,
  challenges: readonly Challenge[],
  scope: string,
  fetch: FetchLike,
  credentials: Credentials | undefined,
): Promise<string> {
  const { origin, host } = new URL(url);
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer) return `Bearer ${await fetchToken(url, bearer, scope, fetch, credentials)}`;
  if (!challenges.some(({ scheme }) => scheme === "basic")) {
    throw refused(`${origin} wants to know who you are in a way that is not understood`);
  }
  if (!credentials || !("user" in credentials)) {
    throw refused(`${host} wants a user and a password: log in with docker login ${host}`);
  }
  return basic(credentials);
}

async function fetchToken(
  url: string,
  { parameters }: Challenge,
  wanted: string,
  fetch: FetchLike,
  credentials: Credentials | undefined,
): Promise<string> {
  const { realm = "", service = "", scope = wanted } = parameters;
  const address = tokenAddress(url, realm);
  const identity = credentials && "identityToken" in credentials ? credentials.identityToken : "";
  const response = identity
    ? await fetch(address.href, {
        method: "POST",
        // A redirect that keeps the method would take the token along, to anybody.
        redirect: "manual",
        body: new URLSearchParams({
          grant_type: "refresh_token",
          service,
          scope,
          client_id: "isopod",
          refresh_token: identity,
        }),
      })
    : await fetch(withQuery(address, { service, scope }), {
        headers: credentials && "user" in credentials ? { authorization: basic(credentials) } : {},
      });
  if (!response.ok) {
    await response.body?.cancel().catch(() => {});
    throw refused(`${address.origin} gives no token for ${scope}: it answered ${response.status}`);
  }
  const bytes = await readBounded(address.origin, response, TOKEN_BYTES_MAX);
  const { token, access_token } = parseToken(new TextDecoder().decode(bytes));
  const given = token ?? access_token;
  if (typeof given === "string" && given !== "") return given;
  throw refused(`${address.origin} answered without a token`);
}

function parseToken(text: string): { token?: unknown; access_token?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    // As good as none.
  }
  return {};
}

/** A password may not leave by plain HTTP because a registry on HTTPS says so. */
function tokenAddress(url: string, realm: string): URL {
  if (!URL.canParse(realm)) throw refused(`${url} names no token service`);
  const address = new URL(realm);
  const safe = address.protocol === "https:" || new URL(url).protocol === "http:";
  if (safe && (address.protocol === "https:" || address.protocol === "http:")) return address;
  throw refused(`${url} names the token service ${realm}, which is not on HTTPS`);
}

function withQuery(address: URL, query: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) {
    if (value !== "") url.searchParams.set(name, value);
  }
  return url.href;
}

/** `Bearer realm="https://...",service="...", Basic realm="..."`. */
function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const PART = /([A-Za-z][\w-]*)(?:\s*=\s*(?:"([^"]*)"|([^\s,"]+)))?/g;
  for (const [, name = "", quoted, plain] of header.matchAll(PART)) {
    const value = quoted ?? plain;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} });
    else {
      const last = challenges.at(-1);
      if (last) last.parameters[name.toLowerCase()] = value;
    }
  }
  return challenges;
}

function basic({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function refused(message: string): IsopodError {
  return new IsopodError("ERR_REGISTRY_AUTH", message);
}

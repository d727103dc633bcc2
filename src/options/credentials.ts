/** `network.credentials`, checked. Errors name places and never show a value. */
import type { Embedding } from "../embedding.ts";
import { IsopodError } from "../errors.ts";
import type { CredentialRequest, CredentialRule } from "../gateway/http/credentials.ts";
import { type Header, HOP_BY_HOP } from "../http/message.ts";
import type { NetworkRule } from "../permissions/data.ts";
import { checkOptions, flag, refuse } from "./check.ts";
import { parseNetworkRule } from "./network-rules.ts";

/** What a function is told of a request that it may add headers to. */
export interface CredentialedRequest {
  readonly method: string;
  readonly url: string;
}

export type CredentialHeaders = Readonly<Record<string, string>>;

export interface Credential {
  /**
   * Requests that it is for, in the form of network rules: `https://api.example.com/v1/**`,
   * `GET https://api.example.com`. They must be granted by `permissions.network` besides.
   */
  match: string | readonly string[];
  /** Added, in place of what the guest sends under those names; a function is asked for each request. */
  headers:
    | CredentialHeaders
    | ((request: CredentialedRequest) => CredentialHeaders | Promise<CredentialHeaders>);
  /** Send them also without TLS, to whoever answers. Default: false. */
  insecure?: boolean;
}

const KNOWN = ["match", "headers", "insecure"];
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export function normalizeCredentials(
  where: string,
  credentials: readonly Credential[],
  embedding: Pick<Embedding, "credentialSources">,
): CredentialRule[] {
  if (!Array.isArray(credentials)) wrong(where, "network.credentials", "must be an array");
  return credentials.map((credential: Credential, i) => {
    const place = `network.credentials[${i}]`;
    checkOptions(`${where}: ${place}`, credential, KNOWN);
    const { headers, insecure = false } = credential;
    flag({ where, name: `${place}.insecure` }, insecure);
    const rules = rulesOf(where, place, credential.match, insecure);
    if (typeof headers !== "function") {
      return { place, rules, insecure, headers: headersOf(where, `${place}.headers`, headers) };
    }
    embedding.credentialSources.set(place, async (request) =>
      headersOf(where, `${place}.headers`, await headers(toldOf(request))),
    );
    return { place, rules, insecure, headers: undefined };
  });
}

function rulesOf(
  where: string,
  place: string,
  match: Credential["match"],
  insecure: boolean,
): NetworkRule[] {
  const patterns = Array.isArray(match) ? match : [match];
  return patterns.map((pattern: unknown) => {
    const name = `${place}.match`;
    if (typeof pattern !== "string" || pattern === "") {
      refuse({ where, name }, pattern, 'a URL, such as "https://api.example.com/**"');
    }
    const [, scheme] = /^(?:[A-Za-z,]+ +)?([a-z]+):\/\//.exec(pattern) ?? [];
    if (scheme !== "https" && !(insecure && scheme === "http")) {
      const remedy = insecure ? "" : "Plain HTTP needs `insecure: true`.";
      refuse({ where, name }, pattern, "a URL that begins with https://", remedy);
    }
    const parsed = parseNetworkRule({ where, name }, pattern);
    if (parsed.host.type === "any") {
      refuse({ where, name }, pattern, "for hosts that are named: any host would get the secret");
    }
    // Without a path it is for all of them; but for HTTP alone.
    const http = { scheme: scheme as "http" | "https", methods: undefined, paths: undefined };
    const requests = parsed.requests ?? http;
    return { ...parsed, requests, effect: "allow" as const, place };
  });
}

function headersOf(where: string, name: string, headers: unknown): Header[] {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    return wrong(where, name, "must be an object of strings, or a function that gives one");
  }
  return Object.entries(headers).map(([header, value]) => {
    if (!TOKEN.test(header)) wrong(where, name, "has a name that no header can have");
    if (HOP_BY_HOP.has(header.toLowerCase()) || header.toLowerCase() === "host") {
      wrong(where, name, `has ${header}, which is about the connection`);
    }
    if (typeof value !== "string" || !VALUE.test(value)) {
      wrong(where, name, `must have a string for ${header}, without line breaks`);
    }
    return [header, value];
  });
}

function toldOf({ protocol, host, port, method, path }: CredentialRequest): CredentialedRequest {
  const shown = host.includes(":") ? `[${host}]` : host;
  return { method, url: new URL(path, `${protocol}://${shown}:${port}`).href };
}

function wrong(where: string, name: string, what: string): never {
  throw new IsopodError("ERR_INVALID_OPTION", `${where}: ${name} ${what}`);
}

/** The setters of URL objects. https://url.spec.whatwg.org/#api */
import type { DomainToAscii } from "./host.ts";
import { parseInto, parseUrl, State } from "./parser.ts";
import { EncodeSet, percentEncode } from "./percent.ts";
import type { UrlRecord } from "./record.ts";

/** lib/internal/url.js's numbers. */
export const Action = {
  kProtocol: 0,
  kHost: 1,
  kHostname: 2,
  kPort: 3,
  kUsername: 4,
  kPassword: 5,
  kPathname: 6,
  kSearch: 7,
  kHash: 8,
  kHref: 9,
} as const;

/** The URL after a setter; undefined where the setter does nothing, as Ada tells it. */
export function updateUrl(
  url: UrlRecord,
  action: number,
  value: string,
  toAscii: DomainToAscii,
): UrlRecord | undefined {
  const copy: UrlRecord = {
    ...url,
    path: typeof url.path === "string" ? url.path : [...url.path],
  };
  // What the parser changed before it failed stays changed.
  const into = (state: State, input = value): UrlRecord => {
    parseInto(input, copy, state, toAscii);
    return copy;
  };
  const isOpaque = typeof url.path === "string";
  switch (action) {
    case Action.kHref:
      return parseUrl(value, undefined, toAscii);
    case Action.kProtocol:
      return into(State.schemeStart, `${value}:`);
    case Action.kUsername:
    case Action.kPassword: {
      if (cannotHaveLogin(url)) return undefined;
      const name = action === Action.kUsername ? "username" : "password";
      copy[name] = percentEncode(value, EncodeSet.userinfo);
      return copy;
    }
    case Action.kHost:
      return isOpaque ? undefined : into(State.host);
    case Action.kHostname:
      return isOpaque ? undefined : into(State.hostname);
    case Action.kPort:
      if (cannotHaveLogin(url)) return undefined;
      if (value === "") copy.port = null;
      return value === "" ? copy : into(State.port);
    case Action.kPathname:
      if (isOpaque) return undefined;
      copy.path = [];
      return into(State.pathStart);
    case Action.kSearch:
      return updateTail(copy, "query", value.replace(/^\?/, ""), value === "", into);
    case Action.kHash:
      return updateTail(copy, "fragment", value.replace(/^#/, ""), value === "", into);
  }
  return undefined;
}

function updateTail(
  url: UrlRecord,
  part: "query" | "fragment",
  input: string,
  isRemoved: boolean,
  into: (state: State, input: string) => UrlRecord,
): UrlRecord | undefined {
  if (!isRemoved) {
    url[part] = "";
    return into(State[part], input);
  }
  url[part] = null;
  if (typeof url.path === "string" && url.fragment === null && url.query === null) {
    url.path = url.path.replace(/ +$/, "");
  }
  return url;
}

function cannotHaveLogin({ host, scheme }: UrlRecord): boolean {
  return host === null || host === "" || scheme === "file";
}

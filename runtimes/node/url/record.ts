/** A URL as the standard keeps it while it works on one. https://url.spec.whatwg.org/#concept-url */
export interface UrlRecord {
  /** Without the colon. */
  scheme: string;
  username: string;
  password: string;
  /** As it is written; null where there is none. */
  host: string | null;
  /** Null for the scheme's own. */
  port: number | null;
  /** Segments, or one string: an opaque path. */
  path: string[] | string;
  query: string | null;
  fragment: string | null;
}

/** Default ports; file has none. */
const SPECIAL = new Map<string, number | null>([
  ["ftp", 21],
  ["file", null],
  ["http", 80],
  ["https", 443],
  ["ws", 80],
  ["wss", 443],
]);

export function isSpecial(scheme: string): boolean {
  return SPECIAL.has(scheme);
}

export function defaultPort(scheme: string): number | null | undefined {
  return SPECIAL.get(scheme);
}

/** What Ada calls url_components: where the parts of an href are. */
export const Component = {
  protocolEnd: 0,
  usernameEnd: 1,
  hostStart: 2,
  hostEnd: 3,
  port: 4,
  pathnameStart: 5,
  searchStart: 6,
  hashStart: 7,
  schemeType: 8,
} as const;

/** Stands for what an href has not. */
export const OMITTED = 0xffffffff;

const SCHEME_TYPES = ["http", "", "https", "ws", "ftp", "wss", "file"];
const NOT_SPECIAL = 1;

export function schemeType(scheme: string): number {
  const found = SCHEME_TYPES.indexOf(scheme);
  return found < 0 ? NOT_SPECIAL : found;
}

export interface SerializeOptions {
  readonly auth?: boolean;
  readonly search?: boolean;
  readonly fragment?: boolean;
}

/** The href; where its parts are goes to `components`. */
export function serializeUrl(
  url: UrlRecord,
  components?: Uint32Array,
  options: SerializeOptions = {},
): string {
  const { auth = true, search = true, fragment = true } = options;
  let href = `${url.scheme}:`;
  const protocolEnd = href.length;
  let usernameEnd = protocolEnd;
  let hostStart = protocolEnd;
  let hostEnd = protocolEnd;
  if (url.host !== null) {
    href += "//";
    if (auth) href += url.username;
    usernameEnd = href.length;
    if (auth && url.password !== "") href += `:${url.password}`;
    hostStart = href.length;
    if (auth && (url.username !== "" || url.password !== "")) href += "@";
    href += url.host;
    hostEnd = href.length;
    if (url.port !== null) href += `:${url.port}`;
  } else if (typeof url.path !== "string" && url.path.length > 1 && url.path[0] === "") {
    href += "/.";
  }
  const pathnameStart = href.length;
  href += pathOf(url);
  const searchStart = href.length;
  if (search && url.query !== null) href += `?${url.query}`;
  const hashStart = href.length;
  if (fragment && url.fragment !== null) href += `#${url.fragment}`;
  if (components) {
    components[Component.protocolEnd] = protocolEnd;
    components[Component.usernameEnd] = usernameEnd;
    components[Component.hostStart] = hostStart;
    components[Component.hostEnd] = hostEnd;
    components[Component.port] = url.port ?? OMITTED;
    components[Component.pathnameStart] = pathnameStart;
    components[Component.searchStart] = url.query === null ? OMITTED : searchStart;
    components[Component.hashStart] = url.fragment === null ? OMITTED : hashStart;
    components[Component.schemeType] = schemeType(url.scheme);
  }
  return href;
}

function pathOf({ path }: UrlRecord): string {
  if (typeof path === "string") return path;
  return path.length === 0 ? "" : `/${path.join("/")}`;
}

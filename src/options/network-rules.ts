/** The rules of `permissions.network` and `permissions.dns`: from what people write to data. */
import type { HostPattern, NetworkRule, PortRange, RequestPattern } from "../permissions/data.ts";
import { normalizeHost } from "../permissions/hosts.ts";
import { parseAddress } from "../permissions/special-addresses.ts";
import { type Place, refuse } from "./check.ts";
import { checkMethods, checkPath, parsePorts } from "./request-rules.ts";

/** What a rule has beside its host; texts in the rule itself say the same. */
export interface RuleParts {
  readonly methods?: unknown;
  readonly ports?: unknown;
  readonly paths?: unknown;
}

/** One target of one rule: `[METHODS ][scheme://]host[:ports][/path]`. */
export function parseNetworkRule(
  place: Place,
  text: string,
  parts: RuleParts = {},
): Omit<NetworkRule, "effect" | "place"> {
  const [, methods, target = ""] = /^(?:([A-Za-z]+(?:,[A-Za-z]+)*) +)?(\S+)$/.exec(text) ?? [];
  if (target === "") refuse(place, text, EXPECTED, EXAMPLES);
  const [, scheme, rest = ""] = /^(?:([a-z]+):\/\/)?(.*)$/.exec(target) ?? [];
  const known = scheme === undefined ? undefined : SCHEMES.get(scheme);
  if (scheme !== undefined && !known) {
    refuse(place, text, `a rule with one of the schemes ${[...SCHEMES.keys()].join(", ")}`);
  }
  const { host, ports, path } = split(place, text, rest);
  const requests = requestPattern(place, text, {
    scheme: known?.http,
    isRaw: known !== undefined && !known.http,
    hasPort: ports !== undefined || parts.ports !== undefined,
    methods: merge(place, text, "methods", methods?.split(","), parts.methods),
    paths: merge(place, text, "paths", path === undefined ? undefined : [path], parts.paths),
  });
  const own = merge(place, text, "ports", ports, parts.ports);
  return {
    text,
    host: hostPattern(place, text, host),
    ports: own === undefined ? defaultPorts(known, requests) : parsePorts(place, text, own),
    transport: known?.transport ?? (requests ? "tcp" : "any"),
    requests,
  };
}

interface Scheme {
  readonly transport: "tcp" | "udp";
  readonly port?: number;
  readonly http?: "http" | "https";
}

const SCHEMES = new Map<string, Scheme>([
  ["http", { transport: "tcp", port: 80, http: "http" }],
  ["https", { transport: "tcp", port: 443, http: "https" }],
  ["ws", { transport: "tcp", port: 80, http: "http" }],
  ["wss", { transport: "tcp", port: 443, http: "https" }],
  ["tcp", { transport: "tcp" }],
  ["udp", { transport: "udp" }],
]);

const EXPECTED = "a host, a range of addresses, or a URL's beginning";
const EXAMPLES =
  'Such as "api.example.com", "*.example.com:443", "10.0.0.0/8:5432" or "GET https://api.example.com/v1/**".';

interface Target {
  readonly host: string;
  readonly ports: string | undefined;
  readonly path: string | undefined;
}

const RANGE =
  /^(\[[0-9a-f:.]+\]\/\d+|\[[0-9a-f:.]+\/\d+\]|[0-9a-f:]*::?[0-9a-f:.]*\/\d+|[\d.]+\/\d+)(?::([^/]+))?$/i;
const BARE_V6 = /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*$/i;

function split(place: Place, text: string, rest: string): Target {
  const range = RANGE.exec(rest);
  if (range) {
    return { host: (range[1] as string).replace(/[[\]]/g, ""), ports: range[2], path: undefined };
  }
  if (BARE_V6.test(rest)) return { host: rest, ports: undefined, path: undefined };
  const match = /^(\[[^\]]*\]|[^:/?#[\]]*)(?::([^/?#]*))?(\/[^?#]*)?$/.exec(rest);
  const [, host = "", ports, path] = match ?? [];
  if (host === "") {
    const remedy = /[?#]/.test(rest) ? "Rules do not see queries: leave it out." : EXAMPLES;
    refuse(place, text, EXPECTED, remedy);
  }
  return { host, ports, path };
}

function hostPattern(place: Place, text: string, host: string): HostPattern {
  if (host === "*") return { type: "any" };
  if (/^[^*]+\/\d+$/.test(host)) return rangePattern(place, text, host);
  const isBelow = host.startsWith("*.");
  const name = isBelow ? host.slice(2) : host;
  if (name.includes("*")) {
    refuse(
      place,
      text,
      'a host whose star stands for whole labels at its front, as in "*.example.com"',
    );
  }
  const normal = normalizeHost(name) ?? refuse(place, text, EXPECTED, EXAMPLES);
  const { address } = normal;
  if (address) {
    if (!isBelow && parseAddress(host))
      return { type: "address", bytes: address, prefix: 8 * address.length };
    refuse(place, text, "an address in its usual form", `Write it as ${normal.text}.`);
  }
  if (normal.text === "localhost" || normal.text.endsWith(".localhost")) {
    const remedy =
      "It is the machine itself; the host's own services are granted as 127.0.0.1:PORT.";
    refuse(place, text, "a host outside of the machine", remedy);
  }
  return { type: isBelow ? "below" : "name", name: normal.text };
}

function rangePattern(place: Place, text: string, range: string): HostPattern {
  const slash = range.lastIndexOf("/");
  const written = range.slice(0, slash);
  const bytes = parseAddress(written) ?? refuse(place, text, "a range of addresses", EXAMPLES);
  // A mapped IPv6 range is one of IPv4.
  const inner = written.includes(":") && bytes.length === 4 ? 96 : 0;
  const prefix = Number(range.slice(slash + 1)) - inner;
  if (prefix < 0 || prefix > 8 * bytes.length) {
    refuse(place, text, `a range whose prefix is between ${inner} and ${inner + 8 * bytes.length}`);
  }
  const start = bytes.map(
    (byte, i) => byte & (0xff << Math.max(0, 8 - Math.max(0, prefix - 8 * i))),
  );
  if (start.some((byte, i) => byte !== bytes[i])) {
    const shown = normalizeHost(bytes.length === 4 ? start.join(".") : formatStart(start))?.text;
    refuse(
      place,
      text,
      "a range whose address has no bits behind its prefix",
      `Its first is ${shown}.`,
    );
  }
  return { type: "address", bytes, prefix };
}

function formatStart(bytes: Uint8Array): string {
  const words: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    words.push((((bytes[i] as number) << 8) | (bytes[i + 1] as number)).toString(16));
  }
  return words.join(":");
}

function requestPattern(
  place: Place,
  text: string,
  parts: {
    scheme: "http" | "https" | undefined;
    isRaw: boolean;
    hasPort: boolean;
    methods: unknown;
    paths: unknown;
  },
): RequestPattern | undefined {
  const { scheme, isRaw, hasPort, methods, paths } = parts;
  if (methods === undefined && paths === undefined) return undefined;
  if (isRaw || (scheme === undefined && hasPort)) {
    const remedy = "Begin its host with https:// or http://.";
    refuse(place, text, "HTTP where it has methods or paths: nobody sees them elsewhere", remedy);
  }
  if (scheme === undefined && paths !== undefined) {
    refuse(place, text, "a URL where it has a path", "Begin its host with https:// or http://.");
  }
  const checked =
    paths === undefined ? undefined : list(paths).map((path) => checkPath(place, text, path));
  return {
    scheme: scheme ?? "any",
    methods: methods === undefined ? undefined : checkMethods(place, text, list(methods)),
    paths: checked?.includes("/**") ? undefined : checked,
  };
}

function defaultPorts(
  scheme: Scheme | undefined,
  requests: RequestPattern | undefined,
): PortRange[] | undefined {
  if (scheme?.port !== undefined) return [[scheme.port, scheme.port]];
  if (!requests) return undefined;
  return [
    [80, 80],
    [443, 443],
  ];
}

/** Said once, in the text or beside it. */
function merge(
  place: Place,
  text: string,
  name: string,
  inText: unknown,
  beside: unknown,
): unknown {
  if (inText !== undefined && beside !== undefined) {
    refuse(place, text, `without ${name} of its own where \`${name}\` says them too`);
  }
  return inText ?? beside;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

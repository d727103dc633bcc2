/** What rules about the network say of crossings; each denial beside what is allowed. */
import { expect, test } from "vitest";
import type { Crossing, Verdict } from "../../../kernel/policy.ts";
import { normalizePermissions, type Permissions } from "../../../src/options/permissions.ts";
import { MachinePolicy } from "../../../src/permissions/policy.ts";
import { SessionMemory } from "../../../src/permissions/questions.ts";

const ASKER = { pid: 7, command: "curl" };

/** A policy that asks nobody. */
function decide(network: Permissions["network"], crossing: Crossing): Verdict {
  const { set } = normalizePermissions("createVm", network === undefined ? {} : { network });
  const policy = new MachinePolicy({
    sets: [set],
    embedder: undefined,
    memory: new SessionMemory(),
    witness: () => {},
    refusals: () => [],
  });
  return policy.decide(crossing, ASKER) as Verdict;
}

/** `host`, `host:port`, `udp://host:port`, or `GET https://host:port/path`. */
function crossing(text: string, inspected = false): Crossing {
  const [, method, scheme, authority = "", path = "/"] =
    /^(?:([A-Z]+) )?(?:(\w+):\/\/)?([^/]*)(\/.*)?$/s.exec(text) ?? [];
  const [, bracketed, name, given] =
    /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(authority) ?? [];
  const host = bracketed ?? name ?? "";
  const port = Number(given ?? (scheme === "http" ? 80 : 443));
  if (method !== undefined) {
    return {
      kind: "request",
      protocol: scheme === "http" ? "http" : "https",
      host,
      port,
      method,
      path,
    };
  }
  const protocol = scheme === "udp" ? "udp" : "tcp";
  return { kind: "connect", protocol, host, port, ...(inspected && { inspected }) };
}

const allowed = (network: Permissions["network"], text: string, inspected = false) =>
  decide(network, crossing(text, inspected)).allowed;

test("nothing is granted by default", () => {
  const { allowed, reason } = decide(undefined, crossing("api.example.com:443"));
  expect(allowed).toBe(false);
  expect(reason).toBe("permissions.network allows nothing, so api.example.com:443 is out of reach");
  expect(decide("deny", crossing("api.example.com:443")).allowed).toBe(false);
  expect(decide("allow", crossing("api.example.com:443")).allowed).toBe(true);
});

test.each([
  // rule, what it allows, what it does not
  [
    "api.example.com",
    [
      "api.example.com:443",
      "api.example.com:22",
      "udp://api.example.com:53",
      "GET https://api.example.com/x",
    ],
    [
      "example.com:443",
      "x.api.example.com:443",
      "api.example.com.evil.com:443",
      "xapi.example.com:443",
    ],
  ],
  [
    "*.example.com:443",
    ["a.example.com:443", "a.b.example.com:443"],
    ["example.com:443", "a.example.com:80", "evilexample.com:443", "a.example.com.evil.net:443"],
  ],
  [
    "*",
    ["a.example.com:443", "93.184.216.34:443", "[2606:2800:220:1::1]:443"],
    [
      "127.0.0.1:443",
      "10.1.2.3:443",
      "169.254.169.254:80",
      "[::1]:443",
      "[fd00::1]:443",
      "168.63.129.16:80",
    ],
  ],
  [
    "10.0.0.0/8:5432",
    ["10.1.2.3:5432", "[::ffff:10.1.2.3]:5432", "[64:ff9b::10.1.2.3]:5432"],
    ["10.1.2.3:80", "11.0.0.1:5432", "[::10.1.2.3]:5432"],
  ],
  ["0.0.0.0/0", ["93.184.216.34:443"], ["10.1.2.3:443", "169.254.169.254:80", "127.0.0.1:80"]],
  ["169.254.169.254", ["169.254.169.254:80"], ["169.254.169.253:80"]],
  ["[fd00::]/8:443", ["[fd12::1]:443"], ["[fe80::1]:443", "[fd12::1]:80"]],
  ["fd00::/8", ["[fd12::1]:80"], ["[fe80::1]:80"]],
  ["2001:db8::1", ["[2001:0db8:0:0::1]:80"], ["[2001:db8::2]:80"]],
  [
    "https://api.example.com",
    ["api.example.com:443", "POST https://api.example.com/x"],
    ["api.example.com:80", "udp://api.example.com:443"],
  ],
  ["https://api.example.com:8443", ["api.example.com:8443"], ["api.example.com:443"]],
  ["tcp://db.example.com:5432", ["db.example.com:5432"], ["udp://db.example.com:5432"]],
  ["udp://dns.example.com:53", ["udp://dns.example.com:53"], ["dns.example.com:53"]],
  [
    "api.example.com:80,8000-8999",
    ["api.example.com:80", "api.example.com:8999"],
    ["api.example.com:443", "api.example.com:9000"],
  ],
  ["bücher.example", ["xn--bcher-kva.example:443", "bücher.example:443"], ["bucher.example:443"]],
  ["EXAMPLE.com.", ["example.com:443", "example.COM.:443"], ["example.org:443"]],
])("%s", (rule, yes, no) => {
  for (const target of yes) expect([target, allowed([rule], target)]).toEqual([target, true]);
  for (const target of no) expect([target, allowed([rule], target)]).toEqual([target, false]);
});

test("methods and paths hold for requests, and grant no connection that nobody looks into", () => {
  const rules = ["GET,HEAD https://api.example.com/v1/**"];
  expect(allowed(rules, "GET https://api.example.com/v1/items?x=1")).toBe(true);
  expect(allowed(rules, "HEAD https://api.example.com/v1")).toBe(true);
  expect(allowed(rules, "POST https://api.example.com/v1/items")).toBe(false);
  expect(allowed(rules, "GET https://api.example.com/v2/items")).toBe(false);
  expect(allowed(rules, "GET http://api.example.com:443/v1/items")).toBe(false);
  expect(allowed(rules, "api.example.com:443", true)).toBe(true);
  expect(allowed(rules, "api.example.com:443")).toBe(false);
  expect(allowed(rules, "api.example.com:80", true)).toBe(false);
});

test("what denies single requests denies connections that nobody looks into", () => {
  const rules = ["api.example.com", { deny: "DELETE https://api.example.com" }];
  expect(allowed(rules, "DELETE https://api.example.com/x")).toBe(false);
  expect(allowed(rules, "GET https://api.example.com/x")).toBe(true);
  expect(allowed(rules, "api.example.com:443", true)).toBe(true);
  expect(allowed(rules, "api.example.com:443")).toBe(false);
  expect(allowed(rules, "api.example.com:22")).toBe(true);
});

test.each([
  "/v1/../admin",
  "/v1/%2e%2e/admin",
  "/v1/..%2fadmin",
  "/v1/%252e%252e%252fadmin",
  "/v1/..\\admin",
  "/v1/.%2e/admin",
  "/v1//../admin",
  "/v1/x/../../admin",
  "/v1/..;/admin",
  "/v1/..%3bx=y/admin",
])("a grant of /v1/** is none of %s", (path) => {
  const rules = ["https://api.example.com/v1/**"];
  expect(allowed(rules, `GET https://api.example.com${path}`)).toBe(false);
  expect(allowed(rules, `GET https://api.example.com/v1${path.replaceAll("..", "a")}`)).toBe(true);
});

test.each([
  "/admin/x",
  "/./admin/x",
  "//admin/x",
  "/%61dmin/x",
  "/x/../admin/",
  "/admin%2fx",
  "/%2561dmin/x",
])("a refusal of /admin/** is one of %s", (path) => {
  const rules = ["https://api.example.com", { deny: "https://api.example.com/admin/**" }];
  expect(allowed(rules, `GET https://api.example.com${path}`)).toBe(false);
  expect(allowed(rules, `GET https://api.example.com${path.replaceAll("dmin", "ble")}`)).toBe(true);
});

test("whom CONNECT names is no path of the server's", () => {
  const connects = (rule: string) => {
    const request = crossing("CONNECT http://api.example.com/") as Crossing & { kind: "request" };
    return decide([rule], { ...request, path: "other.example:443" }).allowed;
  };
  const paths = "http://api.example.com/*";
  expect(allowed([paths], "GET http://api.example.com/")).toBe(true);
  expect(connects(paths)).toBe(false);
  expect(connects("api.example.com")).toBe(true);
});

test.each([
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f000001",
  "0x7f.1",
  "0177.0.0.1",
  "017700000001",
  "127.0.0.1.",
  "１２７.0.0.1",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[0:0:0:0:0:ffff:7f00:0001]",
  "[64:ff9b::7f00:1]",
  "%31%32%37.0.0.1",
])("%s does not slip past the refusal of private addresses", (spelling) => {
  expect(allowed("allow", `${spelling}:80`)).toBe(false);
  expect(allowed(["*"], `${spelling}:80`)).toBe(false);
  expect(allowed(["*", "127.0.0.1"], `${spelling}:80`)).toBe(true);
});

test.each([
  "EVIL.example",
  "evil.example.",
  "ｅvil.example",
  "%65vil.example",
  "evil\u00ad.example",
])("%s does not slip past the refusal of a name", (spelling) => {
  expect(allowed(["*", { deny: "evil.example" }], `${spelling}:443`)).toBe(false);
  expect(allowed(["*", { deny: "other.example" }], `${spelling}:443`)).toBe(true);
});

test.each(["a b", "a/b", "a@b", "a#b", "", "::1", "a..b", "a\nb", "x".repeat(2000), "[1:2"])(
  "%j is no host and is refused whatever is granted",
  (host) => {
    const target: Crossing = { kind: "connect", protocol: "tcp", host, port: 80 };
    expect(decide(["*"], target).allowed).toBe(false);
    expect(decide(["*"], { ...target, host: "plain.example" }).allowed).toBe(true);
  },
);

test("the last rule that matches decides, and says so", () => {
  const rules = ["*.example.com", { deny: "*.internal.example.com" }, "ok.internal.example.com"];
  expect(decide(rules, crossing("a.example.com:443"))).toEqual({
    allowed: true,
    reason: "permissions.network[0] allows *.example.com",
  });
  expect(decide(rules, crossing("a.internal.example.com:443"))).toEqual({
    allowed: false,
    reason: "permissions.network[1] denies *.internal.example.com",
  });
  expect(decide(rules, crossing("ok.internal.example.com:443")).allowed).toBe(true);
  expect(decide(rules, crossing("other.org:443")).reason).toBe(
    "permissions.network has no rule that allows other.org:443",
  );
});

test("names may be looked up that could be connected to", () => {
  const rules = [
    "GET https://api.example.com/v1/**",
    { deny: "x.example.com" },
    "*.cdn.example:443",
  ];
  const resolves = (host: string) => decide(rules, { kind: "resolve", host }).allowed;
  expect(resolves("api.example.com")).toBe(true);
  expect(resolves("a.cdn.example")).toBe(true);
  expect(resolves("x.example.com")).toBe(false);
  expect(resolves("secret.evil.com")).toBe(false);
});

test("the address behind a name has to be public, or granted itself", () => {
  const connect = { kind: "connect", protocol: "tcp", host: "rebind.example", port: 80 } as const;
  const at = (network: Permissions["network"], address: string) =>
    decide(network, { ...connect, address }).allowed;
  expect(at(["rebind.example"], "93.184.216.34")).toBe(true);
  expect(at(["rebind.example"], "10.0.0.5")).toBe(false);
  expect(at("allow", "169.254.169.254")).toBe(false);
  expect(at(["rebind.example", "10.0.0.0/8:80"], "10.0.0.5")).toBe(true);
  expect(at(["rebind.example", "10.0.0.0/8:81"], "10.0.0.5")).toBe(false);
  expect(at(["rebind.example", { deny: "93.184.0.0/16" }], "93.184.216.34")).toBe(false);
  expect(at(["rebind.example"], "not an address")).toBe(false);
});

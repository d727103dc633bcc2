/** Permissions that contradict themselves or say nothing throw, show the rule and say what to do. */
import { expect, test } from "vitest";
import { normalizePermissions } from "../../../src/options/permissions.ts";

const made = (permissions: unknown) => () => normalizePermissions("createVm", permissions as never);

test.each([
  [
    { net: "allow" },
    "createVm: permissions: there is no option net. It can be one of: network, dns, listen, processes, mounts, tools, env, fs, ask.",
  ],
  [{ Network: "allow" }, /Did you mean network\?/],
  [{ network: [5] }, /permissions\.network\[0\] must be/],
  [
    { network: [null] },
    /permissions\.network\[0\] must be a text, or an object with allow, deny or ask/,
  ],
  [
    { network: [{}] },
    /permissions\.network\[0\] must be a rule with exactly one of allow, deny and ask, but it is \{\}/,
  ],
  [{ network: [{ allow: "a.com", deny: "b.com" }] }, /exactly one of allow, deny and ask/],
  [{ network: [{ allow: [] }] }, /a rule that says what it is about/],
  [
    { network: [{ allow: "a.com", method: ["GET"] }] },
    /permissions\.network\[0\]: there is no option method\. It can be one of: allow, deny, ask, methods, ports, paths/,
  ],
  [{ network: [{ ask: "a.com" }] }, /permissions\.network\[0\].*give permissions\.ask a function/],
  [{ ask: true }, /permissions\.ask must be a function/],
  [
    { network: ["10.0.0.0/33"] },
    /a range whose prefix is between 0 and 32, but it is '10\.0\.0\.0\/33'/,
  ],
  [{ network: ["10.0.0.1/8"] }, /no bits behind its prefix.*Its first is 10\.0\.0\.0\./],
  [{ network: ["fd00::1/8"] }, /no bits behind its prefix.*Its first is fd00::\./],
  [{ network: ["300.0.0.1"] }, /permissions\.network\[0\] must be a host/],
  [{ network: ["0x7f.1"] }, /an address in its usual form.*Write it as 127\.0\.0\.1/],
  [{ network: ["localhost:3000"] }, /a host outside of the machine.*127\.0\.0\.1:PORT/],
  [{ network: ["a*.example.com"] }, /star stands for whole labels at its front/],
  [{ network: ["*.*"] }, /star stands for whole labels/],
  [{ network: ["a.com:0"] }, /ports between 1 and 65535, unlike "0"/],
  [{ network: ["a.com:70000"] }, /ports between 1 and 65535/],
  [{ network: ["a.com:90-80"] }, /ports between 1 and 65535, unlike "90-80"/],
  [{ network: ["a.com/v1/**"] }, /a URL where it has a path.*Begin its host with https/],
  [{ network: ["https://a.com/"] }, /Leave the slash out for the whole host/],
  [{ network: ["https://a.com/v1?x=1"] }, /Rules do not see queries/],
  [{ network: ["https://a.com/%61"] }, /without escapes/],
  [{ network: ["https://a.com/a/../b"] }, /without `\.`/],
  [
    { network: ["GET tcp://db.example.com:5432"] },
    /HTTP where it has methods or paths.*https:\/\//,
  ],
  [
    { network: [{ allow: "db.example.com:5432", methods: ["GET"] }] },
    /HTTP where it has methods or paths/,
  ],
  [{ network: ["FETCH https://a.com"] }, /HTTP methods, unlike "FETCH"/],
  [{ network: ["get https://a.com"] }, /HTTP methods, unlike "get".*Write it as GET/],
  [
    { network: ["GET https://a.com", { allow: "https://b.com", methods: [] }] },
    /a method at least/,
  ],
  [{ network: ["ftp://a.com"] }, /one of the schemes http, https, ws, wss, tcp, udp/],
  [{ network: ["GET  "] }, /permissions\.network\[0\] must be/],
  [{ network: ["a.com b.com"] }, /permissions\.network\[0\] must be/],
  [
    { network: [{ deny: "a.com" }, "*"] },
    /permissions\.network\[0\] must be a rule that can match: permissions\.network\[1\] \(allow \*\) comes later/,
  ],
  [{ network: [{ deny: "a.b.com" }, "*.b.com"] }, /comes later and matches all of it/],
  [{ network: ["10.1.0.0/16", { deny: "10.0.0.0/8" }] }, /comes later and matches all of it/],
  [
    { network: ["POST https://a.com", { deny: "https://a.com" }] },
    /comes later and matches all of it/,
  ],
  [{ dns: ["a.com:53"] }, /a host alone/],
  [{ listen: ["http"] }, /permissions\.listen\[0\] must be ports/],
  [{ listen: [0] }, /ports between 1 and 65535/],
  [{ processes: ["./x"] }, /an absolute path, or a name/],
  [{ processes: ["/usr/../bin/x"] }, /without `\.`/],
  [{ processes: [{ deny: "curl" }, "*"] }, /comes later and matches all of it/],
  [{ tools: ["a b"] }, /a tool's name/],
  [{ mounts: ["work"] }, /an absolute path of the host's/],
  [
    { mounts: [{ allow: "/work", mode: "rw" }] },
    /permissions\.mounts\[0\]\.mode must be one of "read", "write"/,
  ],
  [{ env: "LANG" }, /permissions\.env must be a list of names/],
  [{ env: ["A=B"] }, /permissions\.env\[0\] must be a variable's name.*option env/],
  [{ fs: [{ path: "etc", access: "read" }] }, /permissions\.fs\[0\] must be an absolute path/],
  [
    { fs: [{ path: "/etc", access: "ro" }] },
    /permissions\.fs\[0\]\.access must be one of "read", "none", "write"/,
  ],
  [
    {
      fs: [
        { path: "/etc", access: "read" },
        { path: "/etc/", access: "none" },
      ],
    },
    /permissions\.fs\[1\] must be the only one to say what \/etc is.*permissions\.fs\[0\] says read/,
  ],
  [{ fs: { path: "/etc" } }, /permissions\.fs must be a list of rules/],
])("%j", (permissions, message) => {
  expect(made(permissions)).toThrow(message);
});

test.each([
  { network: ["*", { deny: "10.0.0.0/8" }, "*.example.com"] },
  { network: [{ deny: "10.0.0.0/8" }, "*"] },
  { network: ["a.com", "a.com", "*"] },
  { network: { deny: "a.com" } },
  { network: () => "allow" },
  { network: [{ ask: "a.com", ports: [443, "8000-8999"] }], ask: () => "deny" },
  {
    network: [
      { allow: ["https://a.com", "http://b.com"], methods: ["GET"], paths: ["/", "/x/**"] },
    ],
  },
  { listen: [8080, "3000-3999", { deny: "udp:*" }] },
  { processes: [{ deny: ["curl", "/opt/**"] }], tools: ["db-*"], env: ["LANG", "MY_*"] },
  {
    fs: [
      { path: ["/etc", "/usr"], access: "read" },
      { path: "/etc/shadow", access: "none" },
    ],
  },
  { mounts: [{ allow: "/srv/data", mode: "write" }, "/srv"] },
  {},
])("%j is fine, and can travel", (permissions) => {
  expect(structuredClone(made(permissions)().set)).toBeDefined();
});

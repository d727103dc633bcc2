/**
 * Every route by which a program could leave a machine: closed without a permission, at once and without
 * anybody outside hearing of it, and open with one.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm, type VmOptions } from "../../src/index.ts";
import { type Outside, openOutside, SAYS } from "../support/outside.ts";

let outside: Outside;
/** The same names lead to the same servers in both. */
let denied: Vm;
let granted: Vm;
/** A repository that git fetches file by file. */
const repository = new Map<string, Uint8Array>();

beforeAll(async () => {
  outside = await openOutside((request, response) => {
    const file = repository.get(new URL(request.url ?? "", "http://host").pathname);
    if (file) response.end(file);
    else if (request.url?.startsWith("/repository.git/")) response.writeHead(404).end();
    else return false;
    return true;
  });
  const { ports, ca } = outside;
  const network: VmOptions["network"] = {
    ca,
    hosts: {
      "plain.test:80": `127.0.0.1:${ports.http}`,
      "secure.test:443": `127.0.0.1:${ports.https}`,
      "tls.test": `127.0.0.1:${ports.tls}`,
      "host.test": "127.0.0.1",
    },
  };
  const hosts = ["plain.test:80", "secure.test:443", "tls.test", "host.test", "127.0.0.1"];
  [denied, granted] = await Promise.all([
    createVm({ network }),
    createVm({ network, permissions: { network: hosts } }),
  ]);
  await makeRepository(granted);
});

afterAll(async () => {
  await Promise.all([denied?.dispose(), granted?.dispose()]);
  await outside?.[Symbol.asyncDispose]();
});

const node = (code: string) => `node -e '${code}'`;

/** Each prints what the outside says. */
const ROUTES: Record<string, () => string> = {
  fetch: () => node(`fetch("http://plain.test/").then((r) => r.text()).then(console.log)`),
  http: () => node(`require("http").get("http://plain.test/", (r) => r.pipe(process.stdout))`),
  https: () => node(`require("https").get("https://secure.test/", (r) => r.pipe(process.stdout))`),
  net: () => node(`require("net").connect(${outside.ports.tcp}, "host.test").pipe(process.stdout)`),
  "net, by address": () =>
    node(`require("net").connect(${outside.ports.tcp}, "127.0.0.1").pipe(process.stdout)`),
  tls: () =>
    node(
      `require("tls").connect({ port: 443, host: "tls.test", servername: "tls.test" }).pipe(process.stdout)`,
    ),
  dgram: () =>
    node(
      `const s = require("dgram").createSocket("udp4"); s.on("message", (m) => { console.log(String(m)); s.close(); }); s.send("?", ${outside.ports.udp}, "host.test", (e) => { if (e) throw e; })`,
    ),
  dns: () =>
    node(
      `require("dns").promises.resolve4("host.test").then((a) => console.log(a[0].startsWith("198.") && "${SAYS}"))`,
    ),
  WebSocket: () =>
    node(
      `const s = new WebSocket("ws://plain.test/"); s.onmessage = (e) => { console.log(e.data); s.close(); }; s.onerror = (e) => { console.error(e.error ?? e.message); process.exitCode = 1; }`,
    ),
  curl: () => "curl -sS https://secure.test/",
  wget: () => "wget -O - http://plain.test/",
  git: () => "rm -rf copy; git clone https://secure.test/repository.git copy && cat copy/says",
  "bash /dev/tcp": () => `cat < /dev/tcp/host.test/${outside.ports.tcp}`,
  "bash /dev/udp": () =>
    `exec 3<>/dev/udp/host.test/${outside.ports.udp}; echo '?' >&3 && head -c ${SAYS.length} <&3`,
};

// The first Node program of a checkout makes its snapshot.
describe.each(Object.entries(ROUTES))("%s", { timeout: 90_000 }, (_name, line) => {
  test("does not lead out of a machine without permissions", async () => {
    const before = outside.heard.length;
    const result = await denied.exec(line(), { timeout: 60_000 });
    expect(result.stdout).not.toContain(SAYS);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).not.toBe("");
    expect(outside.heard.slice(before)).toEqual([]);
  });

  test("leads to where a rule allows it", async () => {
    const result = await granted.exec(line(), { timeout: 60_000 });
    expect(result.stdout + result.stderr).toContain(SAYS);
    expect(result.exitCode).toBe(0);
  });
});

test("a refusal says which rule it was, and takes no time", async () => {
  const { stdout, stderr, refusals } = await denied.exec(
    "exec 3<>/dev/tcp/93.184.215.14/80; echo $?",
  );
  expect(stdout).toBe("1\n");
  expect(stderr).toContain("Permission denied");
  expect(refusals).toEqual([expect.stringContaining("permissions.network")]);
});

test("a name that was granted does not grant another one by its certificate's name", async () => {
  const fronted = "curl -sSk --connect-to other.test:443:secure.test:443 https://other.test/";
  const { exitCode, stdout, refusals } = await granted.exec(fronted);
  expect(exitCode).not.toBe(0);
  expect(stdout).toBe("");
  expect(refusals.join()).toContain("other.test");
});

test("a program that verifies refuses servers of unknown authorities", async () => {
  const { ports } = outside;
  await using vm = await createVm({
    permissions: { network: ["secure.test"] },
    network: { hosts: { "secure.test": `127.0.0.1:${ports.https}` } },
  });
  const curl = await vm.exec("curl -sS https://secure.test/");
  expect(curl.exitCode).toBe(60);
  const line = `require("https").get("https://secure.test/").on("error", (e) => console.log(e.code))`;
  const { stdout } = await vm.exec(node(line));
  expect(stdout).toMatch(/^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/);
});

/** Made with the machine's own git; what the host's would do is not needed. */
async function makeRepository(vm: Vm): Promise<void> {
  const lines = [
    "mkdir made && cd made && git init -q",
    `echo ${SAYS} > says && git add says`,
    "git -c user.name=n -c user.email=e@test commit -q -m one",
    "git update-server-info",
    "find .git -type f",
  ];
  const { stdout, stderr, exitCode } = await vm.exec(lines.join(" && "));
  if (exitCode !== 0) throw new Error(stderr);
  for (const path of stdout.trim().split("\n")) {
    const bytes = (await vm.fs.readFile(`/home/user/made/${path}`)) as Uint8Array;
    repository.set(path.replace(".git", "/repository.git"), bytes);
  }
}

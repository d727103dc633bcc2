/** TLS that programs speak themselves, looked into by an authority of the machine's own. */
import { X509Certificate } from "node:crypto";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { createVm, type Vm } from "../../src/index.ts";
import { Authority } from "../../src/platforms/node/inspect/authority.ts";
import { type OutsideServers, outsideServers } from "./https-servers.ts";

let outside: OutsideServers;
/** Rules by path, looked into and not. */
let inspected: Vm;
let blind: Vm;

const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
const RULES = ["GET https://api.test/ok/**", "other.test"];

beforeAll(async () => {
  outside = await outsideServers();
  const hosts = outside.hosts("api.test", "other.test");
  const common = { permissions: { network: RULES } };
  [inspected, blind] = await Promise.all([
    createVm({ ...common, network: { hosts, ca: outside.ca, inspect: true } }),
    createVm({ ...common, network: { hosts, ca: outside.ca } }),
  ]);
});
afterAll(async () => {
  await Promise.all([inspected?.dispose(), blind?.dispose()]);
  await outside?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  outside.seen.length = 0;
});

const run = (vm: Vm, command: string) => vm.exec(command, { reject: false });

describe("rules by path", () => {
  const programs: Record<string, (url: string) => string> = {
    curl: (url) => `curl -sS -m 100 ${url}`,
    wget: (url) => `wget -T 20 -t 1 -qO- --content-on-error ${url}`,
    node: (url) => `node -e 'fetch("${url}").then((r) => r.text()).then(console.log)'`,
  };
  for (const [name, command] of Object.entries(programs)) {
    test(`hold for ${name}`, async () => {
      const granted = await run(inspected, command("https://api.test/ok/1"));
      expect(granted.stdout.trim()).toBe("GET /ok/1");
      const refused = await run(inspected, command("https://api.test/no/1"));
      expect(refused.stdout).toContain(
        "isopod: refused: permissions.network has no rule that allows GET https://api.test:443/no/1",
      );
      expect(outside.seen.map(({ url }) => url)).toEqual(["/ok/1"]);
    });
  }

  test("hold for git, which says so", async () => {
    const refused = await run(inspected, "git ls-remote https://api.test/no/repository.git");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain("403");
    expect(outside.seen).toEqual([]);
    await run(inspected, "git ls-remote https://api.test/ok/repository.git");
    expect(outside.seen[0]?.url).toContain("/ok/repository.git/info/refs");
  });

  test("hold for each request of a connection", async () => {
    const { stdout } = await run(
      inspected,
      "curl -sS https://api.test/ok/1 https://api.test/no https://api.test/ok/2",
    );
    expect(stdout).toMatch(/^GET \/ok\/1 isopod: refused: .*\nGET \/ok\/2 $/);
  });

  test("let nothing pass that cannot be looked into", async () => {
    const { exitCode } = await run(blind, "curl -sS -m 100 https://api.test/ok/1");
    expect(exitCode).not.toBe(0);
    const whole = await run(blind, "curl -sS -m 100 https://other.test/any");
    expect(whole.stdout).toBe("GET /any ");
    expect(outside.seen.map(({ headers }) => headers.host)).toEqual(["other.test"]);
  });

  test("hold where the name in TLS is granted and that of the request is another", async () => {
    const command = "curl -sS -m 100 -H 'Host: api.test' https://other.test/no";
    expect((await run(inspected, command)).stdout).toContain("names are granted one by one");
    expect(outside.seen).toEqual([]);
  });
});

describe("the machine's authority", () => {
  test("is trusted by its programs, and is another in each machine", async () => {
    const last = async (vm: Vm) => lastIssuer(await vm.fs.readFile(BUNDLE, "utf8"));
    const one = await last(inspected);
    expect(one).toMatch(/^CN=Isopod machine [0-9a-f]+ O=Isopod inspection$/);
    expect((await run(inspected, "curl -sS https://api.test/ok/1")).exitCode).toBe(0);
    await using other = await createVm({
      permissions: { network: RULES },
      network: { inspect: true },
    });
    expect(await last(other)).toMatch(/^CN=Isopod machine/);
    expect(await last(other)).not.toBe(one);
    expect(await last(blind)).toBe(lastIssuer(outside.ca));
  });

  test("does not leave its key in the machine", async () => {
    const bundle = await inspected.fs.readFile(BUNDLE, "utf8");
    expect(bundle).toContain("BEGIN CERTIFICATE");
    expect(bundle).not.toContain("PRIVATE");
    const { stdout } = await inspected.exec("grep -rl 'PRIVATE KEY' /etc /tmp /home /run; true");
    expect(stdout).toBe("");
  });

  test("signs for servers alone, and for one name each", async () => {
    const authority = await Authority.make();
    const own = new X509Certificate(authority.certificate);
    expect(own.ca).toBe(true);
    for (const name of ["a.test", "127.0.0.1", "::1", `${"a".repeat(60)}.example.test`]) {
      const leaf = leafOf(authority, name);
      expect(leaf.verify(own.publicKey)).toBe(true);
      expect(leaf.ca).toBe(false);
      const matches = /^[\d.:]+$/.test(name) ? leaf.checkIP(name) : leaf.checkHost(name);
      expect(matches).toBeDefined();
      expect(leaf.checkHost("b.test")).toBeUndefined();
    }
    expect(authority.contextFor("a.test")).toBe(authority.contextFor("a.test"));
  });

  test("changes nothing of whom the host trusts", async () => {
    await using strange = await outsideServers();
    await using vm = await createVm({
      permissions: { network: RULES },
      network: { hosts: strange.hosts("api.test"), inspect: true },
    });
    for (const flags of ["", "-k"]) {
      const { stdout } = await run(vm, `curl -sS ${flags} https://api.test/ok/1`);
      expect(stdout).toMatch(
        /^isopod: api.test is not trusted: its certificate is refused: \w+\n$/,
      );
    }
    expect(strange.seen).toEqual([]);
  });
});

describe("TLS that is not HTTP", () => {
  test("passes where the host is granted, and not where requests are", async () => {
    const authority = await Authority.make();
    const server = createTlsServer(
      { SNICallback: (name, done) => done(null, authority.contextFor(name)) },
      (socket) => {
        socket.on("error", () => {});
        socket.on("data", (data) => socket.end(`echo ${data}`));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const to = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using vm = await createVm({
      permissions: { network: ["raw.test:443", "GET https://web.test/**"] },
      network: {
        hosts: { "raw.test": to, "web.test": to },
        ca: authority.certificate,
        inspect: true,
      },
    });
    // gopher: what follows the type is what curl sends.
    const ask = (name: string) => run(vm, `curl -sS -m 100 gophers://${name}:443/1hello`);
    expect((await ask("raw.test")).stdout).toContain("echo hello");
    expect((await ask("web.test")).stdout).toBe("");
    server.close();
  });
});

test("WebSockets of Node's pass where their request does, credentials and all", async () => {
  const authority = await Authority.make();
  const asked: unknown[] = [];
  const server = createHttpsServer({
    SNICallback: (name, done) => done(null, authority.contextFor(name)),
  });
  new WebSocketServer({ server }).on("connection", (socket, request) => {
    asked.push([request.url, request.headers.authorization]);
    socket.on("message", (data) => socket.send(`echo ${data}`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await using vm = await createVm({
    permissions: { network: ["GET wss://socket.test/ok/**"] },
    network: {
      hosts: { "socket.test": `127.0.0.1:${(server.address() as AddressInfo).port}` },
      ca: authority.certificate,
      credentials: [{ match: "https://socket.test", headers: { authorization: "Bearer x" } }],
    },
  });
  const talk = (path: string) => `node -e '
    const socket = new WebSocket("wss://socket.test${path}");
    socket.onopen = () => socket.send("hello");
    socket.onmessage = ({ data }) => { console.log(data); socket.close(); };
    socket.onerror = () => console.log("refused");'`;
  expect((await run(vm, talk("/ok/a"))).stdout).toBe("echo hello\n");
  expect((await run(vm, talk("/no"))).stdout).toBe("refused\n");
  expect(asked).toEqual([["/ok/a", "Bearer x"]]);
  server.closeAllConnections();
  server.close();
});

function lastIssuer(bundle: string): string {
  const all = bundle.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return new X509Certificate(all.at(-1) as string).issuer.replaceAll("\n", " ");
}

function leafOf(authority: Authority, name: string): X509Certificate {
  const { context } = authority.contextFor(name) as unknown as {
    context: { getCertificate(): Buffer };
  };
  return new X509Certificate(context.getCertificate());
}

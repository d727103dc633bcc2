/** Credentials that the gateway adds: who gets them, and that the guest never sees one. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createVm, type Vm, type VmOptions } from "../../src/index.ts";
import { type OutsideServers, outsideServers } from "./https-servers.ts";

const SECRET = "s3cret-of-the-host";
const TOLD = "s3cret-of-a-function";
let outside: OutsideServers;
let vm: Vm;
const asked: { method: string; url: string }[] = [];
const audit: unknown[] = [];

beforeAll(async () => {
  outside = await outsideServers((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://host");
    const to = searchParams.get("to");
    if (pathname === "/v1/away" && to) return response.writeHead(302, { location: to }).end();
    if (pathname === "/v1/break") return request.socket.destroy();
    return response.end(`${request.method} ${pathname}`);
  });
  const network: VmOptions["network"] = {
    hosts: outside.hosts("api.test", "other.test", "plain.test", "told.test", "lost.test"),
    ca: outside.ca,
    inspect: true,
    credentials: [
      { match: "https://api.test/v1/**", headers: { authorization: `Bearer ${SECRET}` } },
      {
        match: "http://plain.test/**",
        insecure: true,
        headers: { "x-key": SECRET },
      },
      {
        match: ["GET https://told.test/a/**", "https://told.test/b/**"],
        headers: async (request) => {
          asked.push(request);
          return { "X-Key": TOLD, Authorization: `Basic ${TOLD}` };
        },
      },
      {
        match: "https://lost.test",
        headers: () => {
          throw new Error(`the vault with ${SECRET} is closed`);
        },
      },
    ],
  };
  const names = ["api.test", "other.test", "plain.test", "told.test", "lost.test"];
  vm = await createVm({ network, permissions: { network: names } });
  await vm.audit((event) => void audit.push(event));
});
afterAll(async () => {
  await vm?.dispose();
  await outside?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  outside.seen.length = 0;
});

const curl = async (args: string) =>
  (await vm.exec(`curl -sS -m 100 ${args}`, { reject: false })).stdout;
const node = async (code: string) => {
  const { stdout, stderr } = await vm.exec("node -", { stdin: code, reject: false });
  return stdout + stderr;
};
const ofHeaders = (name: string) => outside.seen.map(({ headers }) => headers[name]);

describe("who gets them", () => {
  test("curl, wget and Node, over TLS that they or the gateway speak", async () => {
    expect(await curl("https://api.test/v1/a")).toBe("GET /v1/a");
    await vm.exec("wget -qO- https://api.test/v1/b");
    expect(
      await node("fetch('https://api.test/v1/c').then((r) => r.text()).then(console.log)"),
    ).toBe("GET /v1/c\n");
    expect(ofHeaders("authorization")).toEqual(Array(3).fill(`Bearer ${SECRET}`));
  });

  test("no other path, host or scheme", async () => {
    await curl("https://api.test/v2/a https://api.test/v1/../v2 --path-as-is");
    await curl("https://other.test/v1/a http://api.test/v1/a");
    expect(outside.seen.length).toBeGreaterThanOrEqual(4);
    expect(ofHeaders("authorization").filter(Boolean)).toEqual([]);
  });

  test("plain HTTP where that was allowed", async () => {
    await curl("http://plain.test/a");
    expect(ofHeaders("x-key")).toEqual([SECRET]);
  });

  test("what the guest sends under those names is replaced, however it writes them", async () => {
    await curl("-H 'AUTHORIZATION: mine' -H 'Authorization: too' https://api.test/v1/a");
    await curl("-H 'Connection: authorization' https://api.test/v1/a");
    expect(ofHeaders("authorization")).toEqual(Array(2).fill(`Bearer ${SECRET}`));
    expect(
      outside.seen[0]?.rawHeaders.filter((text) => /^authorization$/i.test(text)),
    ).toHaveLength(1);
    await curl("-H 'Authorization: mine' https://api.test/v2/a");
    expect(ofHeaders("authorization").at(-1)).toBe("mine");
  });

  test("a function is asked request by request", async () => {
    await curl("https://told.test/a/1?x=y");
    await curl("-X POST https://told.test/a/2");
    await curl("-X POST https://told.test/b/3");
    expect(ofHeaders("x-key")).toEqual([TOLD, undefined, TOLD]);
    expect(asked).toEqual([
      { method: "GET", url: "https://told.test/a/1?x=y" },
      { method: "POST", url: "https://told.test/b/3" },
    ]);
  });

  test("a fork has them too", async () => {
    await using fork = await vm.fork();
    await fork.exec("curl -sS https://api.test/v1/fork");
    expect(ofHeaders("authorization")).toEqual([`Bearer ${SECRET}`]);
  });
});

describe("a server that only the guest trusts gets none", () => {
  const get = (options: string) =>
    node(`require("https").get({ host: "api.test", path: "/v1/a", ${options} }, (response) => {
      response.resume();
      response.on("end", () => console.log("done"));
    }).on("error", (error) => console.log(error.code));`);

  test("by an authority of its own", async () => {
    const pem = JSON.stringify(outside.ca);
    expect(await get(`ca: ${pem}`)).toBe("done\n");
    expect(await get("")).toBe("done\n");
    expect(ofHeaders("authorization")).toEqual([undefined, `Bearer ${SECRET}`]);
  });

  test("by another name", async () => {
    expect(await get('servername: "other.test", checkServerIdentity() {}')).toBe("done\n");
    expect(ofHeaders("authorization")).toEqual([undefined]);
  });

  test("without looking", async () => {
    await using strange = await outsideServers();
    await using careless = await createVm({
      permissions: { network: ["api.test"] },
      network: {
        hosts: strange.hosts("api.test"),
        inspect: true,
        credentials: [{ match: "https://api.test", headers: { authorization: SECRET } }],
      },
    });
    const code = `require("https").get({ host: "api.test", rejectUnauthorized: false }, (r) => {
      r.pipe(process.stdout);
    })`;
    expect((await careless.exec("node -", { stdin: code })).stdout).toContain("GET /");
    const { stdout } = await careless.exec("curl -sSk https://api.test/");
    expect(stdout).toMatch(/^isopod: api.test is not trusted: its certificate is refused/);
    expect(strange.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});

describe("the guest never sees them", () => {
  test("in what it is told", async () => {
    const said = [
      await curl("-v https://api.test/v1/a 2>&1"),
      await curl("-v -X TRACE https://api.test/v1/a 2>&1"),
      await curl("-v https://api.test/v1/break 2>&1"),
      await curl("-v https://lost.test/ 2>&1"),
      await node("fetch('https://api.test/v1/break').catch((e) => console.log(e, e.cause))"),
    ].join("");
    expect(said).toContain("GET /v1/a");
    expect(said).toContain("TRACE is not passed on where there are credentials");
    expect(said).toContain("isopod: the function of network.credentials[3] failed");
    expect(said).not.toContain(SECRET);
    expect(outside.seen.some(({ method }) => method === "TRACE")).toBe(false);
    expect(outside.seen.some(({ headers }) => headers.host === "lost.test")).toBe(false);
  });

  test("when a redirect leads elsewhere", async () => {
    const to = encodeURIComponent("https://other.test/v1/there");
    expect(await curl(`-L 'https://api.test/v1/away?to=${to}'`)).toBe("GET /v1/there");
    expect(ofHeaders("authorization")).toEqual([`Bearer ${SECRET}`, undefined]);
  });

  test("in its files, environment and processes, nor does the audit log have them", async () => {
    await vm.exec("env > /tmp/all; cat /proc/*/environ /proc/*/cmdline >> /tmp/all 2>/dev/null");
    const { stdout } = await vm.exec(
      "cat /tmp/all; cat /proc/refusals; grep -rl s3cret /etc /tmp /home",
    );
    expect(stdout).toContain("HOME=/home/user");
    expect(stdout).not.toContain("s3cret");
    await expect.poll(() => JSON.stringify(audit)).toContain("/v1/a");
    expect(JSON.stringify(audit)).not.toContain("s3cret");
  });
});

describe("options", () => {
  const make = (credential: object) =>
    createVm({ network: { credentials: [credential as never] } }).then((made) => made.dispose());
  const headers = { authorization: SECRET };
  const rows: Record<string, [object, string]> = {
    "plain HTTP": [{ match: "http://api.test", headers }, "insecure: true"],
    "no scheme": [{ match: "api.test", headers }, "https://"],
    "any host": [{ match: "https://*", headers }, "any host would get the secret"],
    "a line break": [
      { match: "https://api.test", headers: { authorization: `${SECRET}\r\nX: y` } },
      "without line breaks",
    ],
    "a header of the connection": [
      { match: "https://api.test", headers: { "Transfer-Encoding": SECRET } },
      "which is about the connection",
    ],
    "no headers": [{ match: "https://api.test", headers: SECRET }, "an object of strings"],
    "an unknown name": [{ match: "https://api.test", headers, secret: SECRET }, "no option secret"],
  };
  for (const [what, [credential, said]] of Object.entries(rows)) {
    test(`${what}: refused, without saying the secret`, async () => {
      const failure = await make(credential).catch((reason: Error) => reason);
      expect(String(failure)).toContain(said);
      expect(String(failure)).not.toContain(SECRET);
    });
  }
});

/**
 * No request reaches another machine, by whatever it calls it: each has a Durable Object of its own, and
 * a token that opens it alone.
 */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EdgeClient, TOKEN } from "./client.ts";
import { EdgeServer } from "./server.ts";

const SECRET = "only in the machine named victim";

let server: EdgeServer;
let owner: EdgeClient;
let attacker: EdgeClient;

beforeAll(async () => {
  server = await EdgeServer.start({ vars: { ISOPOD_TOKEN: TOKEN } });
  owner = new EdgeClient(server);
  const victim = await owner.create("victim");
  await owner.as(victim.token).output("victim", `echo '${SECRET}' > /home/user/secret`);
  const { token } = await owner.create("attacker");
  attacker = owner.as(token);
  await attacker.output("attacker", "echo mine > /home/user/secret");
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test("each machine's token opens that machine", async () => {
  expect(await attacker.output("attacker", "cat /home/user/secret")).toBe("mine\n");
  expect(await owner.output("victim", "cat /home/user/secret")).toBe(`${SECRET}\n`);
});

describe("another machine's token is refused", () => {
  test.each([
    ["GET", "/vms/victim"],
    ["DELETE", "/vms/victim"],
    ["POST", "/vms/victim/exec"],
    ["GET", "/vms/victim/files/home/user/secret"],
    ["PUT", "/vms/victim/files/home/user/secret"],
    ["GET", "/vms/victim/terminal"],
    ["GET", "/vms/victim/rpc"],
    ["POST", "/vms"],
    ["GET", "/vms"],
  ])("%s %s", async (method, path) => {
    const response = await attacker.fetch(path, { method });
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain(SECRET);
  });

  test("over a WebSocket", async () => {
    await expect(attacker.open("/vms/victim/terminal")).rejects.toThrow("refused");
    (await attacker.open("/vms/attacker/terminal")).close();
  });
});

test("forks belong to the machine that they began as, and to nobody whose name looks alike", async () => {
  const status = async (client: EdgeClient, name: string) =>
    (await client.fetch(`/vms/${name}`)).status;
  expect(await status(attacker, "attacker.fork.none")).toBe(404);
  for (const name of [
    "victim.fork.none",
    "attackers.fork.x",
    "attacker.x",
    "victim.fork.attacker",
  ]) {
    expect([name, await status(attacker, name)]).toEqual([name, 401]);
  }
  expect(await status(attacker, "x.fork.attacker.fork.y")).toBe(401);
  expect(await status(owner, "victim.fork.none")).toBe(404);
});

describe("no token, or one that is nearly right", () => {
  test.each(["", "wrong", `${TOKEN}x`, TOKEN.slice(1), TOKEN.toUpperCase()])(
    "%j",
    async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${server.url}/vms/victim`, { headers });
      expect(response.status).toBe(401);
    },
  );

  test("without a header", async () => {
    expect((await fetch(`${server.url}/vms/victim`)).status).toBe(401);
  });
});

/** Sent as they stand: fetch() would put some of them right. */
const PATHS = [
  "/vms/attacker/../victim/files/home/user/secret",
  "/vms/attacker/files/../../victim/files/home/user/secret",
  "/vms/attacker%2f..%2fvictim/files/home/user/secret",
  "/vms/attacker%2F%2E%2E%2Fvictim/files/home/user/secret",
  "/vms/attacker/%2e%2e/victim/files/home/user/secret",
  "/vms/attacker/files/%2e%2e/%2e%2e/victim/files/home/user/secret",
  "/vms//victim/files/home/user/secret",
  "//vms/victim/files/home/user/secret",
  "/vms/./victim/files/home/user/secret",
  "/vms/victim%00/files/home/user/secret",
  "/vms/%76ictim/files/home/user/secret",
  "/vms/VICTIM/files/home/user/secret",
  "/vms/victim./files/home/user/secret",
  "/vms/attacker\\..\\victim/files/home/user/secret",
  "/vms/attacker;victim/files/home/user/secret",
  "/vms/attacker?/vms/victim/files/home/user/secret",
  "/vms/attacker#/../victim/files/home/user/secret",
  "http://other/vms/victim/files/home/user/secret",
];

describe("paths that are spelled to confuse", () => {
  test.each(PATHS)("%s", async (path) => {
    const answer = await rawGet(server.url, path, await tokenOf("attacker"));
    expect(answer).toMatch(/^HTTP\/1\.1 \d{3}/);
    expect(answer).not.toContain(SECRET);
  });

  test("the plain path with the right token, asked the same way", async () => {
    const path = "/vms/victim/files/home/user/secret";
    expect(await rawGet(server.url, path, await tokenOf("victim"))).toContain(SECRET);
  });

  test("what is no name is refused before any machine hears of it", async () => {
    for (const name of ["a%2fb", "..", ".x", "-x", "a b", "é", "x".repeat(129)]) {
      const response = await owner.fetch(`/vms/${name}/exec`, { method: "POST" });
      expect([400, 404]).toContain(response.status);
    }
  });
});

describe("a server that is open to all", () => {
  let open: EdgeServer;
  let anybody: EdgeClient;

  beforeAll(async () => {
    open = await EdgeServer.start({ vars: { ISOPOD_ACCESS: "open" } });
    anybody = new EdgeClient(open, "none");
  });

  afterAll(async () => {
    await open[Symbol.asyncDispose]();
  });

  test("chooses names that nobody can guess, and each is a key", async () => {
    const { name, token } = await anybody.create();
    expect(name).toMatch(/^[a-z2-7]{26}$/);
    expect(token).toBeUndefined();
    expect(await anybody.output(name, "echo in")).toBe("in\n");
    expect((await anybody.create()).name).not.toBe(name);
  });

  test("makes no machine under a name of the client's", async () => {
    await expect(anybody.create("mine")).rejects.toThrow("ERR_NAME_REFUSED");
    expect((await anybody.fetch("/vms/mine")).status).toBe(403);
    expect((await anybody.fetch(`/vms/${"a".repeat(26)}`)).status).toBe(404);
  });
});

test("pages of origins that are not named are refused, with a token too", async () => {
  const good = "https://good.example";
  await using server = await EdgeServer.start({
    vars: { ISOPOD_TOKEN: TOKEN, ISOPOD_ORIGINS: `${good} https://other.example` },
  });
  const client = new EdgeClient(server);
  const asked = async (origin: string, method = "GET") => {
    const headers = { origin, "access-control-request-method": "POST" };
    const response = await client.fetch("/vms/none", { method, headers });
    return [response.status, response.headers.get("access-control-allow-origin")];
  };
  expect(await asked(good, "OPTIONS")).toEqual([204, good]);
  expect(await asked("https://evil.example", "OPTIONS")).toEqual([403, null]);
  expect(await asked(good)).toEqual([404, good]);
  expect(await asked("https://evil.example")).toEqual([403, null]);
});

test("a server without any setting serves nobody, and says what to set", async () => {
  await using bare = await EdgeServer.start();
  const response = await fetch(`${bare.url}/vms`, { method: "POST" });
  expect(response.status).toBe(503);
  expect(await response.text()).toContain("ISOPOD_TOKEN");
});

async function tokenOf(name: string): Promise<string> {
  const { machineToken } = await import("../../src/platforms/edge/access.ts");
  return machineToken(TOKEN, name);
}

/** A request whose target is sent byte for byte. */
function rawGet(url: string, path: string, token: string): Promise<string> {
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  const head = ["Host: edge", `Authorization: Bearer ${token}`, "Connection: close"];
  socket.write(`GET ${path} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n`);
  let answer = "";
  return new Promise((resolve, reject) => {
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

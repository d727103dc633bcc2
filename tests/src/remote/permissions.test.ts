/** What a machine may reach is its server's to say: a client grants itself nothing. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { normalizePermissions, passing } from "../../../src/options/permissions.ts";
import { startServer, type TestServer } from "./server.ts";

let plain: TestServer;
let granting: TestServer;
beforeAll(async () => {
  vi.stubEnv("SERVER_GREETING", "hello");
  plain = await startServer();
  const permissions = { processes: [{ deny: "jq" }], env: ["SERVER_*"] };
  const { set, env } = normalizePermissions("test", permissions);
  const granted = { permissions: [set], hostEnv: passing(env, process.env) };
  granting = await startServer({}, undefined, undefined, granted);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await plain[Symbol.asyncDispose]();
  await granting[Symbol.asyncDispose]();
});

test("the server's own permissions hold for every machine and its forks", async () => {
  await using vm = await granting.host.createVm({ name: "ruled" });
  const run = async (machine: typeof vm) => machine.exec("echo $SERVER_GREETING; jq -n 1");
  const { stdout, stderr, refusals } = await run(vm);
  expect(stdout).toBe("hello\n");
  expect(stderr).toContain("(permissions.processes[0] denies jq)");
  expect(refusals).toEqual(["bash: permissions.processes[0] denies jq"]);
  await using fork = await vm.fork();
  expect((await run(fork)).stderr).toContain("denies jq");
  await using free = await plain.host.createVm();
  expect((await run(free)).stdout).toBe("\n1\n");
});

test.each(["permissions", "network", "hostEnv", "tools"])(
  "a request with %s is refused",
  async (name) => {
    const body = JSON.stringify({ [name]: { network: "allow" } });
    const headers = { "content-type": "application/json" };
    const refused = await plain.fetch("/vms", { method: "POST", body, headers });
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining(name)]);
    const made = await plain.fetch("/vms", { method: "POST", body: "{}", headers });
    expect(made.status).toBe(201);
  },
);

test("the client says so before it asks, and a fork takes no permissions along", async () => {
  for (const name of ["permissions", "network"]) {
    const asked = plain.host.createVm({ [name]: {} });
    await expect(asked).rejects.toMatchObject({ code: "ERR_NOT_ON_THIS_HOST" });
  }
  await using vm = await plain.host.createVm();
  const fork = vm.fork({ permissions: { network: "allow" } });
  await expect(fork).rejects.toThrow(/permissions/);
  await expect(vm.audit(() => {})).rejects.toMatchObject({ code: "ERR_NOT_ON_THIS_HOST" });
});

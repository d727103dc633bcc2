/** Tools of a Durable Object's class: as commands, over MCP and in Node programs, where eval is forbidden. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/remote/client/connect.ts";
import { TOKEN } from "./client.ts";
import { EdgeServer } from "./server.ts";

let server: EdgeServer;

beforeAll(async () => {
  const entry = "../tests/edge/with-tools.ts";
  server = await EdgeServer.start({ vars: { ISOPOD_TOKEN: TOKEN }, entry });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test("a tool is a command, an MCP server's and a module's", async () => {
  await using vm = await connect(server.url, { token: TOKEN }).createVm({ name: "tools" });
  const run = async (line: string, stdin?: string) => {
    const { stdout, stderr, exitCode } = await vm.exec(line, { ...(stdin && { stdin }) });
    return { stdout, stderr, exitCode };
  };
  expect(await run("weather Paris --days 2")).toEqual({
    ...{ stdout: '{"city":"Paris","days":2,"degrees":21}\n', stderr: "", exitCode: 0 },
  });
  expect(await run("weather Paris --days 9")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("--days: 9 is greater than 7"),
  });
  expect((await run("count")).stdout).toBe('{"i":0}\n{"i":1}\n{"i":2}\n');
  expect(await run("machine")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("no vm"),
  });
  const params = { name: "weather", arguments: { city: "Oslo" } };
  const messages = [
    {
      ...{ jsonrpc: "2.0", id: 0, method: "initialize" },
      params: {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "test", version: "1" },
      },
    },
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", id: 1, method: "tools/call", params },
  ];
  const lines = messages.map((message) => `${JSON.stringify(message)}\n`).join("");
  const mcp = await run("mcp-tools", lines);
  expect(mcp.stderr).toBe("");
  expect(JSON.parse(mcp.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
    result: { structuredContent: { city: "Oslo", degrees: 21 } },
  });
  const response = await vm.fetch(6270, "http://127.0.0.1:6270/mcp", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify(messages[0]),
  });
  expect(await response.text()).toContain("isopod-tools");
  const script = 'require("isopod:tools").weather({ city: "Rome" }).then(console.log)';
  expect((await run(`node -e '${script}'`)).stdout).toBe(
    "{ city: 'Rome', days: 1, degrees: 21 }\n",
  );
  expect(server.complaints).toBe("");
});

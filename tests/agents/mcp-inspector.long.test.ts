/** The MCP Inspector's command line, from npm, lists and calls a tool in a machine: over stdio and HTTP. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { createVm, tool } from "../../src/index.ts";
import { installPackages } from "../packages/install.ts";

const INSTALLING_MS = 10 * 60_000;
const CALLING_MS = 120_000;
const SERVER = join(import.meta.dirname, "mcp-server.ts");
let inspector = "";

beforeAll(async () => {
  const modules = await installPackages(join(import.meta.dirname, "installed"));
  inspector = join(modules, "@modelcontextprotocol/inspector/clients/launcher/build/index.js");
}, INSTALLING_MS);

async function inspect(...args: string[]): Promise<{ [name: string]: never }> {
  const { stdout } = await promisify(execFile)(process.execPath, [inspector, "--cli", ...args]);
  return JSON.parse(stdout);
}

test("over standard input and output", { timeout: CALLING_MS }, async () => {
  const server = [process.execPath, SERVER];
  const listed = await inspect(...server, "--method", "tools/list");
  expect(listed["tools"]).toMatchObject([
    { name: "weather", inputSchema: { required: ["city"] }, outputSchema: { type: "object" } },
  ]);
  const call = ["--method", "tools/call", "--tool-name", "weather"];
  const called = await inspect(...server, ...call, "--tool-arg", "city=Paris", "days=2");
  expect(called).toMatchObject({ structuredContent: { city: "Paris", degrees: [20, 21] } });
});

test("over Streamable HTTP, through a port of the host's", { timeout: CALLING_MS }, async () => {
  await using vm = await createVm({
    tools: {
      add: tool({
        description: "Adds two numbers.",
        input: {
          type: "object",
          properties: { a: { type: "number" }, b: { type: "number" } },
          required: ["a", "b"],
        },
        run: ({ a, b }) => ({ sum: a + b }),
      }),
    },
  });
  const { mcpServers } = JSON.parse(await vm.fs.readFile("/usr/local/lib/isopod/mcp.json", "utf8"));
  const port = Number(new URL(mcpServers["tools-over-http"].url).port);
  await using forward = createServer(async (socket) => {
    const inside = Duplex.fromWeb((await vm.connect(port)) as never);
    socket.on("error", () => inside.destroy()).on("close", () => inside.destroy());
    inside.on("error", () => socket.destroy());
    socket.pipe(inside).pipe(socket);
  });
  forward.listen(0, "127.0.0.1");
  await once(forward, "listening");
  const url = `http://127.0.0.1:${(forward.address() as AddressInfo).port}/mcp`;
  const listed = await inspect(url, "--transport", "http", "--method", "tools/list");
  expect(listed["tools"]).toMatchObject([{ name: "add" }]);
  const call = ["--transport", "http", "--method", "tools/call", "--tool-name", "add"];
  const called = await inspect(url, ...call, "--tool-arg", "a=2", "b=40");
  expect(called).toMatchObject({ structuredContent: { sum: 42 } });
});

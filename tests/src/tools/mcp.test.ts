/** The machine's tools over MCP, message by message: standard input and output, and HTTP on its loopback. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, tool, type Vm } from "../../../src/index.ts";

let vm: Vm;
let aborted = 0;
let started = Promise.withResolvers<void>();

beforeAll(async () => {
  vm = await createVm({
    tools: {
      weather: tool({
        description: "The weather in a city.",
        input: {
          type: "object",
          properties: { city: { type: "string" }, days: { type: "integer", default: 1 } },
          required: ["city"],
        },
        output: {
          type: "object",
          properties: { degrees: { type: "number" } },
          required: ["degrees"],
        },
        run: ({ days }) => ({ degrees: 20 + days }),
      }),
      text: tool({ description: "Text", run: () => "some text" }),
      bytes: tool({ description: "Bytes", run: () => Uint8Array.of(255, 0) }),
      count: tool({
        description: "Counts",
        async *run(_, { progress }) {
          progress({ progress: 1, total: 3, message: "begun" });
          for (let i = 0; i < 2; i++) yield { i };
        },
      }),
      patient: tool({
        description: "Waits",
        run: (_, { signal }) =>
          new Promise((_, reject) => {
            started.resolve();
            signal.addEventListener("abort", () => {
              aborted++;
              reject(signal.reason);
            });
          }),
      }),
      whose: tool({
        description: "Of whom it is called",
        run: (_, { asker: { pid, command }, cwd }) => ({ pid, command, cwd }),
      }),
      group: { member: tool({ description: "Of a group", run: () => [1, 2] }) },
    },
  });
});

afterAll(() => vm.dispose());

const clientInfo = { name: "test", version: "1" };
const HELLO = {
  ...{ jsonrpc: "2.0", id: 0, method: "initialize" },
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo },
};
const READY = { jsonrpc: "2.0", method: "notifications/initialized" };
const request = (id: number, method: string, params?: object) => ({
  ...{ jsonrpc: "2.0", id, method },
  ...(params && { params }),
});
const call = (id: number, name: string, args: object = {}, progressToken?: string) =>
  request(id, "tools/call", {
    ...{ name, arguments: args },
    ...(progressToken && { _meta: { progressToken } }),
  });

// biome-ignore lint/suspicious/noExplicitAny: messages as they come
type Message = any;

describe("mcp-tools", () => {
  async function talk(...messages: object[]): Promise<Message[]> {
    const stdin = [HELLO, READY, ...messages].map((message) => JSON.stringify(message)).join("\n");
    const { stdout, stderr, exitCode } = await vm.exec("mcp-tools", { stdin: `${stdin}\n` });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .slice(1);
  }

  test("lists tools with their schemas, those of groups too", async () => {
    const [{ result }] = await talk(request(1, "tools/list"));
    expect(result.tools.map(({ name }: Message) => name)).toEqual([
      ...["bytes", "count", "group_member", "patient", "text", "weather", "whose"],
    ]);
    expect(result.tools.at(-2)).toMatchObject({
      description: "The weather in a city.",
      inputSchema: { type: "object", required: ["city"] },
      outputSchema: { type: "object", required: ["degrees"] },
    });
  });

  test("calls them: structured data, text, bytes", async () => {
    const answers = await talk(
      ...[call(1, "weather", { city: "Paris" }), call(2, "text"), call(3, "bytes")],
      call(4, "group_member"),
    );
    const results = answers.toSorted((a, b) => a.id - b.id).map(({ result }) => result);
    expect(results).toEqual([
      { content: [{ type: "text", text: '{"degrees":21}' }], structuredContent: { degrees: 21 } },
      { content: [{ type: "text", text: "some text" }] },
      {
        content: [
          {
            type: "resource",
            resource: { uri: "tool:///bytes", mimeType: "application/octet-stream", blob: "/wA=" },
          },
        ],
      },
      { content: [{ type: "text", text: "[1,2]" }] },
    ]);
  });

  test("says what is wrong with an input, and that there is no such tool", async () => {
    const [wrong, unknown] = (
      await talk(call(1, "weather", { days: "x" }), call(2, "nope"))
    ).toSorted((a, b) => a.id - b.id);
    expect(wrong.result).toMatchObject({ isError: true });
    expect(wrong.result.content[0].text).toMatch(/the input does not fit:\n.*city/);
    expect(unknown.result).toMatchObject({ isError: true });
    expect(unknown.result.content[0].text).toMatch(/there is no tool "nope"; there are: bytes/);
  });

  test("tells progress to those who ask", async () => {
    const messages = await talk(call(1, "count", {}, "token"));
    expect(messages.map(({ params, result }) => params ?? result)).toEqual([
      { progressToken: "token", progress: 1, total: 3, message: "begun" },
      { progressToken: "token", progress: 1, message: '{"i":0}' },
      { progressToken: "token", progress: 2, message: '{"i":1}' },
      { content: [{ type: "text", text: '{"i":0}\n{"i":1}' }] },
    ]);
  });

  test("ends a call that is cancelled", async () => {
    const before = aborted;
    const cancel = { requestId: 1, reason: "enough" };
    const messages = await talk(call(1, "patient"), {
      ...{ jsonrpc: "2.0", method: "notifications/cancelled", params: cancel },
    });
    expect(messages).toEqual([]);
    await expect.poll(() => aborted).toBe(before + 1);
  });

  test("ends its calls when it is killed", async () => {
    const before = aborted;
    started = Promise.withResolvers();
    const server = await vm.spawn(["mcp-tools"]);
    const input = server.stdin.getWriter();
    const lines = [HELLO, READY, call(1, "patient")].map(
      (message) => `${JSON.stringify(message)}\n`,
    );
    await input.write(lines.join(""));
    await started.promise;
    await server.kill("SIGTERM");
    expect(await server.exit).toMatchObject({ signal: "SIGTERM" });
    await expect.poll(() => aborted).toBe(before + 1);
  });

  test("answers what is no JSON with an error, and goes on", async () => {
    const stdin = `{\n${JSON.stringify(HELLO)}\n`;
    const { stdout } = await vm.exec("mcp-tools", { stdin });
    const [error, hello] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(error).toMatchObject({ error: { code: -32700 } });
    expect(hello).toMatchObject({ id: 0, result: { serverInfo: { name: "isopod-tools" } } });
  });
});

describe("Streamable HTTP", () => {
  const ACCEPT = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };

  async function post(message: object, headers: Record<string, string> = {}): Promise<Response> {
    return vm.fetch(
      6270,
      new Request("http://127.0.0.1:6270/mcp", {
        method: "POST",
        headers: { ...ACCEPT, ...headers },
        body: JSON.stringify(message),
      }),
    );
  }

  async function messages(response: Response): Promise<Message[]> {
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const text = await response.text();
    return [...text.matchAll(/^data: (.+)$/gm)].map(([, data = ""]) => JSON.parse(data));
  }

  async function session(): Promise<Record<string, string>> {
    const hello = await post(HELLO);
    const id = hello.headers.get("mcp-session-id") ?? "";
    await hello.text();
    const headers = { "mcp-session-id": id, "mcp-protocol-version": "2025-06-18" };
    expect((await post(READY, headers)).status).toBe(202);
    return headers;
  }

  test("lists and calls within a session, progress included", async () => {
    const headers = await session();
    const [list] = await messages(await post(request(1, "tools/list"), headers));
    expect(list.result.tools).toHaveLength(7);
    const answered = await messages(await post(call(2, "count", {}, "t"), headers));
    expect(answered.map(({ method }) => method)).toEqual([
      ...["notifications/progress", "notifications/progress", "notifications/progress", undefined],
    ]);
  });

  test("cancels by a notification", async () => {
    const before = aborted;
    started = Promise.withResolvers();
    const headers = await session();
    const waiting = await post(call(1, "patient"), headers);
    await started.promise;
    const cancel = { requestId: 1 };
    const notification = { jsonrpc: "2.0", method: "notifications/cancelled", params: cancel };
    expect((await post(notification, headers)).status).toBe(202);
    await expect.poll(() => aborted).toBe(before + 1);
    await waiting.body?.cancel();
  });

  test("refuses other hosts, origins, paths and sessions", async () => {
    const list = request(1, "tools/list");
    expect((await post(list, { host: "evil.example" })).status).toBe(403);
    expect((await post(list, { origin: "https://evil.example" })).status).toBe(403);
    expect((await post(list, { "mcp-session-id": "none" })).status).toBe(404);
    expect((await vm.fetch(6270, "http://127.0.0.1:6270/other")).status).toBe(404);
    const { status, body } = await post(list, { origin: "http://localhost:3000" });
    expect(status).toBe(200);
    await body?.cancel();
  });

  test("knows whose request it is", async () => {
    const { stdout } = await vm.exec(`cd /tmp; node -e '
      const headers = ${JSON.stringify(ACCEPT)};
      const body = JSON.stringify(${JSON.stringify(call(1, "whose"))});
      fetch("http://127.0.0.1:6270/mcp", { method: "POST", headers, body })
        .then((response) => response.text())
        .then((text) => console.log(process.pid, /"structuredContent":({.*?})/.exec(text)[1]));'`);
    const [, pid, json] = /^(\d+) (.*)\n$/.exec(stdout) ?? [];
    expect(JSON.parse(json ?? "")).toEqual({ pid: Number(pid), command: "node", cwd: "/tmp" });
  });

  test("programs of the machine find it by a file", async () => {
    const { stdout } = await vm.exec(`node --input-type=module -e '
      import { readFileSync } from "node:fs";
      const { mcpServers } = JSON.parse(readFileSync("/usr/local/lib/isopod/mcp.json", "utf8"));
      const { url } = mcpServers["tools-over-http"];
      const response = await fetch(url, {
        method: "POST",
        headers: ${JSON.stringify(ACCEPT)},
        body: JSON.stringify(${JSON.stringify(HELLO)}),
      });
      console.log(response.status, (await response.text()).includes("isopod-tools"));'`);
    expect(stdout).toBe("200 true\n");
  });
});

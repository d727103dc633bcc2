/** Functions of a page's that programs of its machines call: commands, MCP, Node programs. */
import { expect, test } from "vitest";
import { testBrowser } from "./tab.ts";

const tabs = testBrowser();

test("a page's functions are commands, an MCP server's tools and a module's", async () => {
  await using tab = await tabs.open();
  const result = await tab.page.evaluate(async () => {
    const { createVm, tool } = isopod;
    const vm = await createVm({
      tools: {
        title: tool({
          description: "The page's title.",
          input: { type: "object", properties: { suffix: { type: "string", default: "!" } } },
          run: ({ suffix }) => ({ title: `${typeof document}${suffix}` }),
        }),
        count: tool({
          description: "Counts",
          async *run() {
            for (let i = 0; i < 3; i++) yield `${i}\n`;
          },
        }),
      },
    });
    const hello = {
      ...{ jsonrpc: "2.0", id: 0, method: "initialize" },
      params: {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "test", version: "1" },
      },
    };
    const module = 'require("isopod:tools").title({ suffix: "?" }).then(console.log)';
    const outputs: string[] = [];
    for (const [line, stdin] of [
      ["title"],
      ["title --suffix '.' --output text"],
      ["title --sufix x"],
      ["count | tail -n 1"],
      ["mcp-tools", `${JSON.stringify(hello)}\n`],
      [`node -e '${module}'`],
    ] as const) {
      const { stdout, stderr } = await vm.exec(line, { ...(stdin && { stdin }) });
      outputs.push(stdout + stderr);
    }
    await vm.dispose();
    return outputs;
  });
  expect(result).toEqual([
    '{"title":"object!"}\n',
    "title: object.\n",
    expect.stringContaining("did you mean --suffix?"),
    "2\n",
    expect.stringContaining('"isopod-tools"'),
    "{ title: 'object?' }\n",
  ]);
  expect(tab.complaints).toEqual([]);
});

/** A model of the AI SDK has a machine as its bash: bash-tool's sandbox, and a model that follows a script. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { bashToolSandbox } from "../../src/bash-tool.ts";
import { createVm, tool } from "../../src/index.ts";
import { installPackages } from "../packages/install.ts";

const INSTALLING_MS = 10 * 60_000;

// biome-ignore lint/suspicious/noExplicitAny: packages of a cache, which the type check does not see
type Package = any;
let ai: Package;
let mocks: Package;
let bashTool: Package;

beforeAll(async () => {
  const modules = await installPackages(join(import.meta.dirname, "installed"));
  const load = (path: string) => import(pathToFileURL(join(modules, path)).href);
  ai = await load("ai/dist/index.js");
  mocks = await load("ai/dist/test/index.js");
  bashTool = await load("bash-tool/dist/index.js");
}, INSTALLING_MS);

/** Calls these tools in turn, then says the last result's standard output. */
function scriptedModel(script: readonly { tool: string; input: object }[]): Package {
  let step = 0;
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  };
  return new mocks.MockLanguageModelV4({
    doGenerate: async ({ prompt }: Package) => {
      const next = script[step++];
      if (next) {
        const call = { toolCallId: `call-${step}`, toolName: next.tool };
        return {
          content: [{ type: "tool-call", ...call, input: JSON.stringify(next.input) }],
          finishReason: { unified: "tool-calls", raw: undefined },
          usage,
          warnings: [],
        };
      }
      const output = prompt.at(-1).content[0].output.value;
      return {
        content: [{ type: "text", text: `It says: ${output.stdout}` }],
        finishReason: { unified: "stop", raw: undefined },
        usage,
        warnings: [],
      };
    },
  });
}

test("a scripted model writes a file, runs it and calls a tool of the embedder's", async () => {
  await using vm = await createVm({
    tools: {
      weather: tool({
        description: "The weather in a city.",
        input: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        run: ({ city }) => ({ city, degrees: 21 }),
      }),
    },
  });
  const { tools } = await bashTool.createBashTool({
    sandbox: bashToolSandbox(vm),
    destination: "/home/user/work",
    files: { "notes.txt": "Paris\n" },
  });
  const { text, steps } = await ai.generateText({
    model: scriptedModel([
      { tool: "bash", input: { command: "weather --help && cat notes.txt" } },
      {
        tool: "writeFile",
        input: { path: "ask.sh", content: 'weather "$(cat notes.txt)" | jq .degrees\n' },
      },
      { tool: "readFile", input: { path: "ask.sh" } },
      { tool: "bash", input: { command: "bash ask.sh" } },
    ]),
    tools,
    stopWhen: ai.stepCountIs(8),
    prompt: "How warm is it there?",
  });
  const results = steps.flatMap((step: Package) =>
    step.toolResults.map((one: Package) => one.output),
  );
  expect(results[0]).toMatchObject({ exitCode: 0, stderr: "" });
  expect(results[0].stdout).toMatch(/Usage: weather CITY[\s\S]*Paris\n$/);
  expect(results[2]).toEqual({ content: 'weather "$(cat notes.txt)" | jq .degrees\n' });
  expect(text).toBe("It says: 21\n");
});

test("a command that takes too long is a result that says so", async () => {
  await using vm = await createVm();
  const { tools } = await bashTool.createBashTool({
    sandbox: bashToolSandbox(vm, { timeout: 3000 }),
    destination: "/home/user",
  });
  const { text, steps } = await ai.generateText({
    model: scriptedModel([{ tool: "bash", input: { command: "echo begun; sleep 60" } }]),
    tools,
    stopWhen: ai.stepCountIs(4),
    prompt: "Wait.",
  });
  const [{ output }] = steps[0].toolResults;
  expect(output).toMatchObject({ exitCode: 124, stdout: "begun\n" });
  expect(output.stderr).toMatch(/took longer than/);
  expect(text).toBe("It says: begun\n");
});

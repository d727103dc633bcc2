/** `isopod:tools` in Node programs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, tool, type Vm } from "../../../src/index.ts";

let vm: Vm;
let aborted = 0;
const started = Promise.withResolvers<void>();

beforeAll(async () => {
  vm = await createVm({
    tools: {
      weather: tool({
        description: "The weather",
        input: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
        run: ({ city }) => ({ city, degrees: 21 }),
      }),
      text: tool({ description: "Text", run: () => "text" }),
      bytes: tool({ description: "Bytes", run: () => Uint8Array.of(255, 0) }),
      nothing: tool({ description: "Nothing", run: () => {} }),
      count: tool({
        description: "Counts",
        async *run() {
          for (let i = 0; i < 3; i++) yield { i };
        },
      }),
      lines: tool({
        description: "Text in pieces",
        async *run() {
          yield "gr";
          yield Uint8Array.of(0xc3);
          yield Uint8Array.of(0xbc);
        },
      }),
      upper: tool({
        description: "Reads",
        async *run(_, { stdin }) {
          const decoder = new TextDecoder();
          for await (const piece of stdin ?? []) yield decoder.decode(piece).toUpperCase();
        },
      }),
      fails: tool({
        description: "Throws",
        run: () => {
          throw new Error("closed");
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
      begun: tool({ description: "Waits until the other waits", run: () => started.promise }),
      group: { member: tool({ description: "Member", run: () => [1] }) },
    },
  });
});

afterAll(() => vm.dispose());

async function node(script: string, type = "module"): Promise<string> {
  const { stdout, stderr } = await vm.exec(`node --input-type=${type} -`, { stdin: script });
  expect(stderr).toBe("");
  return stdout;
}

test("import: calls give back what tools give", async () => {
  const script = `
    import tools, { weather } from "isopod:tools";
    console.log(await weather({ city: "Paris" }), await tools.text(), await tools.bytes());
    console.log(await tools.nothing(), await tools.count(), await tools.lines());
    console.log(await tools.group.member(), await tools.upper({}, { stdin: "abc" }));
    console.log((await import("isopod:tools")).default === tools);
    console.log(import.meta.resolve("isopod:tools"));`;
  expect(await node(script)).toBe(`{ city: 'Paris', degrees: 21 } text Uint8Array(2) [ 255, 0 ]
undefined [ { i: 0 }, { i: 1 }, { i: 2 } ] grü
[ 1 ] ABC
true
node:isopod:tools
`);
});

test("require, and streams", async () => {
  const script = `
    const tools = require("isopod:tools");
    (async () => {
      for await (const item of tools.count.stream()) console.log(item);
      for await (const piece of tools.lines.stream()) console.log(JSON.stringify(piece));
      for await (const item of tools.count.stream()) break;
      console.log(require("module").isBuiltin("isopod:tools"));
    })();`;
  expect(await node(script, "commonjs")).toBe('{ i: 0 }\n{ i: 1 }\n{ i: 2 }\n"gr"\n"ü"\ntrue\n');
});

test("errors have the text that tells what to fix", async () => {
  const script = `
    import tools from "isopod:tools";
    for (const call of [() => tools.weather({}), () => tools.fails(), () => tools.weather({ city: 1n })]) {
      try { await call(); } catch ({ name, code, message }) { console.log([name, code, message].join("|")); }
    }`;
  expect(await node(script)).toBe(`ToolError|ERR_TOOL_INVALID|weather: the input does not fit:
  Instance does not have required property "city".
ToolError|ERR_TOOL_FAILED|fails: closed
TypeError||Do not know how to serialize a BigInt
`);
});

test("an AbortSignal ends the call on both sides", async () => {
  const script = `
    import tools from "isopod:tools";
    const controller = new AbortController();
    const waiting = tools.patient({}, { signal: controller.signal });
    await tools.begun({});
    controller.abort();
    try { await waiting; } catch ({ name }) { console.log(name); }`;
  expect(await node(script)).toBe("AbortError\n");
  await expect.poll(() => aborted).toBe(1);
});

test("a machine without tools has an empty module, and Node's own list is Node's", async () => {
  await using bare = await createVm();
  const { stdout } = await bare.exec(`node -p '
    [Object.keys(require("isopod:tools")).length, require("module").builtinModules.includes("isopod:tools")]'`);
  expect(stdout).toBe("[ 0, false ]\n");
});

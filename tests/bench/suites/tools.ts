/** What a call of the embedder's function costs beside what the function takes. */
import { createVm, tool, type Vm } from "../../../src/index.ts";
import { atMost, type Report, time } from "../harness.ts";

const CALLS = 200;
const TURNS = 15;
const MEGABYTES = 64;

export default async function tools(report: Report): Promise<void> {
  const vm = await createVm({
    tools: {
      weather: tool({
        description: "The weather",
        input: {
          type: "object",
          properties: { city: { type: "string" }, days: { type: "integer", default: 3 } },
          required: ["city"],
        },
        run: ({ city, days }) => ({ city, days, degrees: 21 }),
      }),
      flood: tool({
        description: "Many bytes",
        async *run() {
          const piece = new Uint8Array(64 << 10);
          for (let i = 0; i < MEGABYTES * 16; i++) yield piece;
        },
      }),
    },
  });
  const loop = (line: string) => `for ((i = 0; i < ${CALLS}; i++)); do ${line}; done > /dev/null`;
  const each = async (line: string) => {
    const samples = await time(TURNS, () => vm.exec(loop(line)));
    return samples.map((ms) => ms / CALLS);
  };
  // What the shell takes to start any small program is not the tool's.
  report.add("a call from the shell", "ms", await each("weather Paris --days 2"), {
    bar: atMost(3),
  });
  report.add("the same, JSON", "ms", await each(`weather --json '{"city":"Paris"}'`));
  report.add("for comparison: /usr/bin/tty", "ms", await each("tty"));
  const alone = await time(60, () => vm.exec("weather Paris"));
  report.add("vm.exec of one call", "ms", alone);
  const streamed = await time(5, () => vm.exec("flood > /dev/null"));
  const rates = streamed.map((ms) => MEGABYTES / (ms / 1000));
  report.add("streamed output", "MB/s", rates);
  report.add("a call from Node, isopod:tools", "ms", await fromNode(vm));
  await vm.dispose();
}

async function fromNode(vm: Vm): Promise<number[]> {
  const script = `
    const tools = require("isopod:tools");
    (async () => {
      for (let turn = 0; turn < ${TURNS + 3}; turn++) {
        const start = performance.now();
        for (let i = 0; i < 50; i++) await tools.weather({ city: "Paris" });
        console.log((performance.now() - start) / 50);
      }
    })();`;
  const { stdout } = await vm.exec("node -", { stdin: script });
  return stdout.trim().split("\n").slice(3).map(Number);
}

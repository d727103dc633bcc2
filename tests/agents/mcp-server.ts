/** A machine with tools whose `mcp-tools` speaks on this process's standard input and output. */
import { createVm, tool } from "../../src/index.ts";

const vm = await createVm({
  tools: {
    weather: tool({
      description: "The weather of the coming days in a city.",
      input: {
        type: "object",
        properties: {
          city: { type: "string", description: "Its name" },
          days: { type: "integer", minimum: 1, maximum: 7, default: 1 },
        },
        required: ["city"],
      },
      output: {
        type: "object",
        properties: {
          city: { type: "string" },
          degrees: { type: "array", items: { type: "number" } },
        },
        required: ["city", "degrees"],
      },
      run: ({ city, days }) => ({ city, degrees: Array.from({ length: days }, (_, i) => 20 + i) }),
    }),
  },
});
const server = await vm.spawn(["mcp-tools"]);
const input = server.stdin.getWriter();
process.stdin.on("data", (bytes: Buffer) => void input.write(bytes));
process.stdin.on("end", () => void input.close());
for await (const bytes of server.stdout) process.stdout.write(bytes);
await server.exit;
await vm.dispose();

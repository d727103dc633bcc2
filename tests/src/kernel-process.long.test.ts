/** What machines do in the process's Worker they do in a process of their own: the same suites, once more. */
import { describe, vi } from "vitest";
import type { VmOptions } from "../../src/index.ts";

/** Every machine has a process, but for those that the option is refused for: their store is in memory. */
vi.mock(import("../../src/create-vm.ts"), async (original) => {
  const library = await original();
  const createVm = (options: VmOptions = {}) => {
    const isInMemory = options.store?.type === "memory";
    return library.createVm(isInMemory ? options : { kernel: "process", ...options });
  };
  return { ...library, createVm };
});

/** By what they are about. */
const SUITES: Readonly<Record<string, () => Promise<unknown>>> = {
  exec: () => import("./exec.test.ts"),
  evaluate: () => import("./evaluate.test.ts"),
  fetch: () => import("./guest-fetch.test.ts"),
  connections: () => import("./guest-connection.test.ts"),
  watch: () => import("./fs/watch.test.ts"),
  tools: () => import("./tools/tools.test.ts"),
  MCP: () => import("./tools/mcp.test.ts"),
};

for (const [name, load] of Object.entries(SUITES)) {
  describe(name, async () => {
    await load();
  });
}

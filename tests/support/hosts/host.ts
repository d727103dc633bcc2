/** The hosts that machines run on, each as a place that a test in Node can make machines at. */
import type { Vm, VmOptions } from "../../../src/index.ts";

export interface TestHost extends AsyncDisposable {
  /** As `createVm` does, there. */
  createVm(options?: VmOptions): Promise<Vm>;
  /** What the host had to say of faults that are its own; a test expects nothing. */
  readonly faults: readonly string[];
}

export type HostName = "node" | "tab" | "edge";

export const HOST_NAMES: readonly HostName[] = ["node", "tab", "edge"];

export async function openHost(name: HostName): Promise<TestHost> {
  switch (name) {
    case "node":
      return (await import("./node.ts")).openNode();
    case "tab":
      return (await import("./tab.ts")).openTab();
    case "edge":
      return (await import("./edge.ts")).openEdge();
  }
}

/** The host that ISOPOD_HOST names, for suites that are run by hand on each; default: node. */
export function hostFromEnvironment(): HostName {
  const name = process.env["ISOPOD_HOST"] ?? "node";
  const known = HOST_NAMES.find((each) => each === name);
  if (known) return known;
  throw new Error(`ISOPOD_HOST is ${JSON.stringify(name)}; expected ${HOST_NAMES.join(", ")}`);
}

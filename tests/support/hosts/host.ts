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

/**
 * Modules that change what the kernels of a host have in them: one that Node loads beside its own, for
 * machines in its own thread; one that is the kernel's worker of a tab; one that is the edge's Worker.
 */
export type HostModules = Readonly<Record<HostName, string>>;

export async function openHost(name: HostName, modules?: HostModules): Promise<TestHost> {
  switch (name) {
    case "node":
      return (await import("./node.ts")).openNode(modules?.node);
    case "tab":
      return (await import("./tab.ts")).openTab(modules?.tab);
    case "edge":
      return (await import("./edge.ts")).openEdge(modules?.edge);
  }
}

/** The host that ISOPOD_HOST names, for suites that are run by hand on each; default: node. */
export function hostFromEnvironment(): HostName {
  const name = process.env["ISOPOD_HOST"] ?? "node";
  const known = HOST_NAMES.find((each) => each === name);
  if (known) return known;
  throw new Error(`ISOPOD_HOST is ${JSON.stringify(name)}; expected ${HOST_NAMES.join(", ")}`);
}

/** Machines of this process. */
import { pathToFileURL } from "node:url";
import { createVm } from "../../../src/index.ts";
import type { TestHost } from "./host.ts";

export async function openNode(module?: string): Promise<TestHost> {
  if (module !== undefined) await import(pathToFileURL(module).href);
  return { createVm, faults: [], async [Symbol.asyncDispose]() {} };
}

/** Machines of this process. */
import { createVm } from "../../../src/index.ts";
import type { TestHost } from "./host.ts";

export async function openNode(): Promise<TestHost> {
  return { createVm, faults: [], async [Symbol.asyncDispose]() {} };
}

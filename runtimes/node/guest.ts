/**
 * The entry of the script that a Node guest's snapshot is made of. The engine's entry (runtimes/engines)
 * hands over what it can do and lib/'s text; what it gets back starts one process.
 */
export type { CompiledModule, Library } from "./environment.ts";
export { NodeRuntime, type ProcessJob } from "./runtime.ts";

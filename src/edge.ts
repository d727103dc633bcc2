/**
 * Isopod on Cloudflare Workers: a Durable Object class, one object for each machine, and the handler
 * that leads requests to them.
 */
export type { EdgeEnv } from "./platforms/edge/env.ts";
export { handle } from "./platforms/edge/handle.ts";
export { IsopodMachine } from "./platforms/edge/machine-object.ts";
export { type CopySnapshotOptions, copySnapshot } from "./stores/copy-snapshot.ts";
export { openDurableObjectStore } from "./stores/durable-object.ts";
export { openKvStore } from "./stores/kv.ts";
export { openR2Store } from "./stores/r2.ts";
export * from "./tools/exports.ts";

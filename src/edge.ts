/**
 * Isopod on Cloudflare Workers: a Durable Object class, one object for each machine, and the handler
 * that leads requests to them.
 */
export type { EdgeEnv } from "./platforms/edge/env.ts";
export { handle } from "./platforms/edge/handle.ts";
export { IsopodMachine } from "./platforms/edge/machine-object.ts";

/** What we use of workerd's own module; its published types come with globals of their own. */
declare module "cloudflare:workers" {
  import type { DurableObjectState } from "@cloudflare/workers-types";

  export abstract class DurableObject<Env = unknown> {
    protected readonly ctx: DurableObjectState;
    protected readonly env: Env;
    constructor(ctx: DurableObjectState, env: Env);
  }

  /** Passed to another Worker, it stays here, and its methods are called from there. */
  export abstract class RpcTarget {}
}

/** What is asked of a stream and answered later: WriteWrap and ShutdownWrap, as lib/ makes them. */
import { Id } from "../../async-hooks.ts";
import { type AsyncWrap, ReqWrap } from "../../async-wrap.ts";
import type { Environment } from "../../environment.ts";

/**
 * A request that lib/ makes before anything is asked: it gets its async ids when it is dispatched, and
 * loses them when it is done.
 */
export class StreamRequest extends ReqWrap {
  constructor(env: Environment, provider: string) {
    super(env, provider, false);
  }

  /** Calls `oncomplete(status, ...args)`, after which the request is over. */
  done(status: number | string, ...args: readonly unknown[]): void {
    this.makeCallback("oncomplete", [status, ...args]);
    this.emitDestroy();
  }
}

/** Runs `act` so that resources it makes count as triggered by `wrap`. */
export function triggeredBy<T>(env: Environment, wrap: AsyncWrap, act: () => T): T {
  const { ids } = env.asyncHooks;
  const before = ids[Id.kDefaultTriggerAsyncId] as number;
  ids[Id.kDefaultTriggerAsyncId] = wrap.asyncId;
  try {
    return act();
  } finally {
    ids[Id.kDefaultTriggerAsyncId] = before;
  }
}

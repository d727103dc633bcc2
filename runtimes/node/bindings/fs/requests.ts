/**
 * The three forms of every call of the `fs` binding: at once (no request: it throws), with a request
 * whose `oncomplete` is called, with a promise (kUsePromises). What differs stands here, once.
 */
import { KernelError } from "../../../../kernel/abi.ts";
import { ReqWrap } from "../../async-wrap.ts";
import type { Environment } from "../../environment.ts";
import { uvException } from "../../errors.ts";

/** What an operation is called in errors, and the paths that it was given. */
export interface Naming {
  readonly syscall: string;
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
}

export interface Requests {
  readonly FSReqCallback: new (bigint?: boolean) => ReqWrap;
  readonly kUsePromises: symbol;
  /**
   * Does `work` in the form that `request` stands for. A thrown error's stack begins with the frame that
   * called `caller`.
   */
  run(caller: Caller, request: unknown, naming: Naming, work: () => unknown): unknown;
  /** For requests whose work may have to wait: it calls `done`, now or later. */
  start(request: unknown, naming: Naming, work: (done: Done) => void): unknown;
}

/** Ends a request: by an error (a system call's or JavaScript's), or by its value. */
export type Done = (error: unknown, value?: unknown) => void;
export type Caller = (...args: never[]) => unknown;

/** What a callback gets that was made with `new FSReqPromise`, and what settles it. */
interface Settled extends ReqWrap {
  settle(error: unknown, value: unknown): void;
}

export function createRequests(env: Environment): Requests {
  const { fs_use_promises_symbol: kUsePromises } = env.symbols;

  /** Its argument says whether numbers shall be BigInts, which the call itself is told too. */
  class FSReqCallback extends ReqWrap {
    constructor(_bigint?: boolean) {
      super(env, "FSREQCALLBACK");
    }
  }

  class FSReqPromise extends ReqWrap implements Settled {
    readonly promise: Promise<unknown>;
    readonly #resolve: (value: unknown) => void;
    readonly #reject: (error: unknown) => void;

    constructor() {
      super(env, "FSREQPROMISE");
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      this.promise = promise;
      this.#resolve = resolve;
      this.#reject = reject;
    }

    settle(error: unknown, value: unknown): void {
      if (error !== undefined) env.makeCallback(this, this.#reject as never, [error]);
      else env.makeCallback(this, this.#resolve as never, [value]);
    }
  }

  function complete(request: ReqWrap, error: unknown, value: unknown): void {
    if (error !== undefined) request.makeCallback("oncomplete", [error]);
    else if (value === undefined) request.makeCallback("oncomplete", [null]);
    else request.makeCallback("oncomplete", [null, value]);
  }

  function start(request: unknown, naming: Naming, work: (done: Done) => void): unknown {
    const promised = request === kUsePromises ? new FSReqPromise() : undefined;
    const wrap = promised ?? (request as ReqWrap);
    const active = activeRequests(env);
    active.add(wrap);
    const done: Done = (reason, value) => {
      active.delete(wrap);
      const error = reason === undefined ? undefined : asError(reason, naming);
      if (promised) promised.settle(error, value);
      else complete(wrap, error, value);
      wrap.emitDestroy();
    };
    env.loop.request(() => work(done));
    return promised?.promise;
  }

  return {
    FSReqCallback,
    kUsePromises,
    start,
    run(caller, request, naming, work) {
      if (request === undefined) {
        try {
          return work();
        } catch (reason) {
          throw fsError(reason, naming, caller);
        }
      }
      return start(request, naming, (done) => settle(work, done));
    },
  };
}

/** Requests that have not ended, for process._getActiveRequests. */
export function activeRequests(env: Environment): Set<ReqWrap> {
  return env.internalBinding<{ requests: Set<ReqWrap> }>("isopod_handles").requests;
}

/** Ends a request by what `work` returns or throws. The end of the process is neither. */
export function settle(work: () => unknown, done: Done): void {
  let value: unknown;
  try {
    value = work();
  } catch (reason) {
    if (!(reason instanceof KernelError) && !(reason instanceof Error)) throw reason;
    done(reason);
    return;
  }
  done(undefined, value);
}

/** What a call that failed throws. The stack begins with the frame that called `caller`. */
export function fsError(reason: unknown, naming: Naming, caller: Caller): unknown {
  if (!(reason instanceof KernelError)) return reason;
  const error = asError(reason, naming) as Error;
  Error.captureStackTrace(error, caller);
  return error;
}

/** A system call's error as `lib/` knows it, without a stack: nothing of the program was running. */
function asError(reason: unknown, { syscall, path, dest }: Naming): unknown {
  if (!(reason instanceof KernelError)) return reason;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return uvException(-reason.errno, syscall, path, dest);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

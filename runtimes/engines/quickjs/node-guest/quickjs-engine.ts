/** QuickJS as the Node layer's engine: the language, and a host that runs its jobs and knows its promises. */
import type {
  CompiledScript,
  CompileOptions,
  Engine,
  EngineContext,
  PromiseRejectCallback,
} from "../../../node/engine.ts";
import { PlainEngine } from "../../plain-engine/engine.ts";
import { type AskHost, Host } from "../node-questions.ts";
import { headStack } from "./language.ts";

const NOT_A_PROMISE = -1;
/** As Host.Compile has them. */
const [FIRST, ANY] = [-1, -1];

export class QuickJsEngine extends PlainEngine {
  readonly name = "quickjs";
  readonly #host: AskHost;
  readonly #contexts = new WeakMap<EngineContext, number>();
  #onReject: PromiseRejectCallback = () => {};

  constructor(host: AskHost) {
    super();
    this.#host = host;
  }

  /** Rejections are told of here: what runs in the middle of the guest's code may not call it. */
  runMicrotasks(): void {
    const host = this.#host;
    for (let count = host(Host.RunJobs) as number; count > 0; count--) {
      const kind = host(Host.TakeRejection, 0) as number;
      const promise = host(Host.TakeRejection, 1) as object;
      this.#onReject(kind, promise, host(Host.TakeRejection, 2));
    }
  }

  enqueueMicrotask(callback: () => void): void {
    void Promise.resolve().then(callback);
  }

  compileFunction(
    source: string,
    filename: string,
    parameters: readonly string[],
  ): (...args: never[]) => unknown {
    const code = `(function (${parameters.join(", ")}) {${source}\n})`;
    return this.evaluate(code, filename) as (...args: never[]) => unknown;
  }

  override compileScript(
    source: string,
    filename: string,
    options: CompileOptions = {},
  ): CompiledScript {
    super.compileScript(source, filename, options);
    return {
      run: (timeout, context) =>
        this.#run(source, filename, context && this.#contexts.get(context), timeout),
    };
  }

  /** Values of one context are values in the others. */
  createContext(): EngineContext {
    const index = this.#host(Host.NewContext) as number;
    const context: EngineContext = {
      isOpen: false,
      recognize() {},
      runScript: (source, filename) => this.#run(source, filename, index),
    };
    this.#contexts.set(context, index);
    return context;
  }

  override isPromise(value: object): boolean {
    return this.#host(Host.PromiseState, value) !== NOT_A_PROMISE;
  }

  override promiseDetails(promise: object): ReturnType<Engine["promiseDetails"]> {
    const state = this.#host(Host.PromiseState, promise) as 0 | 1 | 2;
    return state === 0 ? [state] : [state, this.#host(Host.PromiseResult, promise)];
  }

  override setPromiseRejectCallback(callback: PromiseRejectCallback): void {
    this.#onReject = callback;
  }

  /** The host has unwound the guest by then. */
  terminate(): never {
    for (;;);
  }

  protected evaluate(source: string, filename: string): unknown {
    return this.#run(source, filename);
  }

  #run(source: string, filename: string, context = FIRST, timeout = ANY): unknown {
    try {
      return this.#host(Host.Compile, source, filename, context, timeout);
    } catch (error) {
      headStack(error);
      throw error;
    }
  }
}

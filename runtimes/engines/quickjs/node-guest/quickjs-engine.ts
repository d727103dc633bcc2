/** QuickJS as the Node layer's engine: the language, and a host that runs its jobs. */
import { PlainEngine } from "../../plain-engine/engine.ts";
import { headStack } from "./language.ts";

export class QuickJsEngine extends PlainEngine {
  readonly name = "quickjs";
  readonly #runJobs: () => void;
  readonly #evaluate: (source: string, filename: string) => unknown;

  constructor(runJobs: () => void, evaluate: (source: string, filename: string) => unknown) {
    super();
    this.#runJobs = runJobs;
    this.#evaluate = evaluate;
  }

  runMicrotasks(): void {
    this.#runJobs();
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

  /** The host has unwound the guest by then. */
  terminate(): never {
    for (;;);
  }

  protected evaluate(source: string, filename: string): unknown {
    try {
      return this.#evaluate(source, filename);
    } catch (error) {
      headStack(error);
      throw error;
    }
  }
}

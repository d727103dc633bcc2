/** QuickJS as the Node layer's engine: the language, and a host that runs its jobs. */

import type {
  CompiledScript,
  CompileOptions,
  Engine,
  HeapStatistics,
  PromiseHook,
  PromiseRejectCallback,
  SourcePosition,
} from "../../../node/engine.ts";
import {
  isGenerator,
  isPromise,
  iteratorKind,
  noteProxies,
  proxyDetails,
} from "../../plain-engine/brands.ts";
import { hiddenSymbol } from "../../plain-engine/hidden-properties.ts";
import { watchPromises } from "../../plain-engine/promises.ts";
import { headStack } from "./language.ts";

export class QuickJsEngine implements Engine {
  readonly name = "quickjs";
  readonly #promises = watchPromises();
  readonly continuationData = this.#promises.continuation;
  readonly runMicrotasks: () => void;
  readonly #evaluate: (source: string, filename: string) => unknown;

  constructor(runJobs: () => void, evaluate: (source: string, filename: string) => unknown) {
    this.runMicrotasks = runJobs;
    this.#evaluate = (source, filename) => {
      try {
        return evaluate(source, filename);
      } catch (error) {
        headStack(error);
        throw error;
      }
    };
    noteProxies();
  }

  enqueueMicrotask(callback: () => void): void {
    void Promise.resolve().then(callback);
  }

  privateSymbol(name: string): symbol {
    if (name !== "node:entry_point_promise_private_symbol") return hiddenSymbol(name);
    return hiddenSymbol(name, (promise) => this.#promises.watch(promise as object));
  }

  runScript(source: string, filename: string): unknown {
    return this.#evaluate(source, filename);
  }

  compileScript(source: string, filename: string): CompiledScript {
    new Function(source.startsWith("#!") ? `//${source}` : source);
    return { run: () => this.#evaluate(source, filename) };
  }

  checkModule(): void {}

  remember(_kind: string, _source: string, make: () => string): string {
    return make();
  }

  compileFunction(
    source: string,
    filename: string,
    parameters: readonly string[],
    _options: CompileOptions = {},
  ): (...args: never[]) => unknown {
    const code = `(function (${parameters.join(", ")}) {${source}\n})`;
    return this.#evaluate(code, filename) as (...args: never[]) => unknown;
  }

  syntaxErrorPosition(_error: object): SourcePosition | undefined {
    return undefined;
  }

  promiseDetails(promise: object): ReturnType<Engine["promiseDetails"]> {
    return this.#promises.details(promise);
  }

  proxyDetails(value: object): ReturnType<Engine["proxyDetails"]> {
    return proxyDetails(value);
  }

  isPromise(value: object): boolean {
    return isPromise(value);
  }

  isGenerator(value: object): boolean {
    return isGenerator(value);
  }

  iteratorKind(value: object): "map" | "set" | undefined {
    return iteratorKind(value);
  }

  previewIterator(): undefined {
    return undefined;
  }

  setPromiseRejectCallback(_callback: PromiseRejectCallback): void {}

  setPromiseHooks(..._hooks: readonly (PromiseHook | undefined)[]): void {}

  heapStatistics(): HeapStatistics {
    return {};
  }

  /** The host has unwound the guest by then. */
  terminate(): never {
    for (;;);
  }
}

/**
 * What engines without natives have in common: the language itself is asked, and where it does not tell,
 * the answer is that nothing is known. How code is compiled and jobs are run is each engine's own.
 */
import type {
  CompiledScript,
  CompileOptions,
  Engine,
  HeapStatistics,
  PromiseHook,
  PromiseRejectCallback,
  SourcePosition,
} from "../../node/engine.ts";
import { isGenerator, isPromise, iteratorKind, noteProxies, proxyDetails } from "./brands.ts";
import { hiddenSymbol } from "./hidden-properties.ts";
import { watchPromises } from "./promises.ts";

export abstract class PlainEngine implements Engine {
  abstract readonly name: Engine["name"];
  protected readonly promises = watchPromises();
  readonly continuationData = this.promises.continuation;

  /** Made before lib/ boots. */
  constructor() {
    noteProxies();
  }

  abstract runMicrotasks(): void;
  abstract enqueueMicrotask(callback: () => void): void;
  abstract compileFunction(
    source: string,
    filename: string,
    parameters: readonly string[],
    options?: CompileOptions,
  ): (...args: never[]) => unknown;
  abstract terminate(): never;

  /** Runs `source` in the global scope; its completion value. */
  protected abstract evaluate(source: string, filename: string, options: CompileOptions): unknown;

  privateSymbol(name: string): symbol {
    if (name !== "node:entry_point_promise_private_symbol") return hiddenSymbol(name);
    // Whether it ever settles decides the exit code. It never rejects.
    return hiddenSymbol(name, (promise) => this.promises.watch(promise as object));
  }

  runScript(source: string, filename: string, options: CompileOptions = {}): unknown {
    return this.evaluate(source, filename, options);
  }

  compileScript(source: string, filename: string, options: CompileOptions = {}): CompiledScript {
    // Throws where it is none; nothing of it runs.
    new Function(source.startsWith("#!") ? `//${source}` : source);
    return {
      run: (_timeout, context) =>
        context
          ? context.runScript(source, filename, options)
          : this.evaluate(source, filename, options),
    };
  }

  /** The parser that the linker uses tells. */
  checkModule(): void {}

  remember(_kind: string, _source: string, make: () => string): string {
    return make();
  }

  syntaxErrorPosition(_error: object): SourcePosition | undefined {
    return undefined;
  }

  promiseDetails(promise: object): ReturnType<Engine["promiseDetails"]> {
    return this.promises.details(promise);
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
}

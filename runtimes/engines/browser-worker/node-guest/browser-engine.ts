/** A browser's JavaScript as the Node layer's engine: no natives, the language and the worker's events. */
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
import { correctStackTraces, type Offsets } from "./stack-traces.ts";

declare const self: DedicatedWorkerGlobalScope;

/** V8's PromiseRejectEvent. */
const REJECTED_WITHOUT_HANDLER = 0;
const HANDLER_ADDED = 1;

// biome-ignore lint/security/noGlobalEval: this is how a guest's worker compiles the guest's code
const indirectEval = eval;

export class BrowserEngine implements Engine {
  readonly name = "browser";
  readonly #promises = watchPromises();
  readonly continuationData = this.#promises.continuation;
  readonly enqueueMicrotask = self.queueMicrotask.bind(self);
  readonly #offsets: Offsets = new Map();
  #onReject: PromiseRejectCallback = () => {};

  /** Made before the worker's globals go. */
  constructor() {
    noteProxies();
    self.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      this.#promises.rejected(event.promise, event.reason);
      this.#onReject(REJECTED_WITHOUT_HANDLER, event.promise, event.reason);
    });
    self.addEventListener("rejectionhandled", ({ promise }) => {
      this.#onReject(HANDLER_ADDED, promise, undefined);
    });
  }

  /** lib/ is there. */
  booted(): void {
    correctStackTraces(this.#offsets);
  }

  /** A task of the worker's begins. */
  beginTask(): void {
    this.#promises.reset();
  }

  /** The worker runs them when the guest's script gives way: see guest.ts. */
  runMicrotasks(): void {}

  privateSymbol(name: string): symbol {
    if (name !== "node:entry_point_promise_private_symbol") return hiddenSymbol(name);
    // Whether it ever settles decides the exit code. It never rejects.
    return hiddenSymbol(name, (promise) => this.#promises.watch(promise as object));
  }

  runScript(source: string, filename: string, options: CompileOptions = {}): unknown {
    return this.#evaluate(source, filename, options);
  }

  compileScript(source: string, filename: string, options: CompileOptions = {}): CompiledScript {
    // Throws where it is none; nothing of it runs.
    new Function(source.startsWith("#!") ? `//${source}` : source);
    return { run: () => this.#evaluate(source, filename, options) };
  }

  /** The parser that the linker uses tells. */
  checkModule(): void {}

  remember(_kind: string, _source: string, make: () => string): string {
    return make();
  }

  compileFunction(
    source: string,
    filename: string,
    parameters: readonly string[],
    options: CompileOptions = {},
  ): (...args: never[]) => unknown {
    const head = `(function (${parameters.join(", ")}) {`;
    const { lineOffset, columnOffset = 0 } = options;
    return this.#evaluate(`${head}${source}\n})`, filename, {
      ...(lineOffset !== undefined && { lineOffset }),
      columnOffset: columnOffset - head.length,
    }) as (...args: never[]) => unknown;
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

  setPromiseRejectCallback(callback: PromiseRejectCallback): void {
    this.#onReject = callback;
  }

  setPromiseHooks(..._hooks: readonly (PromiseHook | undefined)[]): void {}

  heapStatistics(): HeapStatistics {
    return {};
  }

  /** The kernel ends the worker; until then nothing of the program may run. */
  terminate(): never {
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (;;) Atomics.wait(never, 0, 0);
  }

  #evaluate(source: string, filename: string, options: CompileOptions): unknown {
    const { lineOffset: line = 0, columnOffset: column = 0 } = options;
    if (line !== 0 || column !== 0) this.#offsets.set(filename, { line, column });
    else this.#offsets.delete(filename);
    return indirectEval(`${source}\n//# sourceURL=${filename}`);
  }
}

/** A browser's JavaScript as the Node layer's engine: no natives, the language and the worker's events. */
import type {
  CompiledScript,
  CompileOptions,
  EngineContext,
  PromiseRejectCallback,
} from "../../../node/engine.ts";
import { PlainEngine } from "../../plain-engine/engine.ts";
import { ScopeContext } from "./scope-context.ts";
import { type ParseScript, withVariables } from "./scope-script.ts";
import { correctStackTraces, type Offsets } from "./stack-traces.ts";

declare const self: DedicatedWorkerGlobalScope;

/** V8's PromiseRejectEvent. */
const REJECTED_WITHOUT_HANDLER = 0;
const HANDLER_ADDED = 1;

// biome-ignore lint/security/noGlobalEval: this is how a guest's worker compiles the guest's code
const indirectEval = eval;

export class BrowserEngine extends PlainEngine {
  readonly name = "browser";
  readonly enqueueMicrotask = self.queueMicrotask.bind(self);
  readonly #offsets: Offsets = new Map();
  readonly cannotStop = "a tab lets nothing stop a script but the end of its thread";
  readonly #parse: ParseScript;
  #onReject: PromiseRejectCallback = () => {};

  /** Made before the worker's globals go. */
  constructor(parse: ParseScript) {
    super();
    this.#parse = parse;
    self.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      this.promises.rejected(event.promise, event.reason);
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
    this.promises.reset();
  }

  /** The worker runs them when the guest's script gives way: see guest.ts. */
  runMicrotasks(): void {}

  compileFunction(
    source: string,
    filename: string,
    parameters: readonly string[],
    options: CompileOptions = {},
  ): (...args: never[]) => unknown {
    const head = `(function (${parameters.join(", ")}) {`;
    const { lineOffset, columnOffset = 0 } = options;
    return this.evaluate(`${head}${source}\n})`, filename, {
      ...(lineOffset !== undefined && { lineOffset }),
      columnOffset: columnOffset - head.length,
    }) as (...args: never[]) => unknown;
  }

  override runScript(source: string, filename: string, options: CompileOptions = {}): unknown {
    return this.evaluate(withVariables(source, this.#parse, isFixed), filename, options);
  }

  override compileScript(
    source: string,
    filename: string,
    options: CompileOptions = {},
  ): CompiledScript {
    // In a context it is found out there what it declares.
    const { run } = super.compileScript(source, filename, options);
    return {
      run: (timeout, context) =>
        context ? run(timeout, context) : this.runScript(source, filename, options),
    };
  }

  createContext(): EngineContext {
    const context = new ScopeContext(this.#parse, indirectEval);
    return {
      isOpen: true,
      recognize() {},
      runScript: (source, filename, options = {}) => {
        this.#place(filename, options);
        return context.runScript(source, filename);
      },
    };
  }

  override setPromiseRejectCallback(callback: PromiseRejectCallback): void {
    this.#onReject = callback;
  }

  /** The kernel ends the worker; until then nothing of the program may run. */
  terminate(): never {
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (;;) Atomics.wait(never, 0, 0);
  }

  protected evaluate(source: string, filename: string, options: CompileOptions): unknown {
    this.#place(filename, options);
    return indirectEval(`${source}\n//# sourceURL=${filename}`);
  }

  #place(filename: string, { lineOffset: line = 0, columnOffset: column = 0 }: CompileOptions) {
    if (line !== 0 || column !== 0) this.#offsets.set(filename, { line, column });
    else this.#offsets.delete(filename);
  }
}

/** An assignment to this global does nothing. */
function isFixed(name: string): boolean {
  const found = Object.getOwnPropertyDescriptor(globalThis, name);
  if (!found) return false;
  return "value" in found ? !found.writable : !found.set;
}

/**
 * V8 as the Node layer's engine: natives where it has them, and for compilation the isolate's own
 * handles, which work inside of it. The handles stay in here; no program may reach them, for whoever has
 * one may hand V8 compiled code of his own making. So they are in private fields, which nobody can ask
 * for, and never an argument of a method that a program can replace; and isolated-vm, which reads options
 * and sets properties as JavaScript does, finds no prototype of the program's there.
 */
import type {
  CompiledScript,
  CompileOptions,
  Engine,
  EngineContext,
  HeapStatistics,
  PromiseHook,
  PromiseRejectCallback,
  SourcePosition,
} from "../../../node/engine.ts";
import { compactHeap } from "./compact-heap.ts";
import {
  addSamples,
  ask,
  continuationData,
  isGenerator,
  isPromise,
  iteratorKind,
  joinContext,
  nameScript,
  previewIterator,
  promiseDetails,
  proxyDetails,
  resume,
} from "./inspection.ts";
import type { Natives } from "./natives.ts";
import { forgetRelease, releaseSpare } from "./spare-context.ts";

declare const __isopodNatives: Natives;

const natives = __isopodNatives;
// biome-ignore lint/security/noGlobalEval: this is how a guest's isolate compiles the guest's code
const indirectEval = eval;

/** What of isolated-vm is used inside an isolate. */
export interface OwnIsolate {
  compileScriptSync(
    source: string,
    options: {
      readonly filename: string;
      readonly lineOffset?: number | undefined;
      readonly columnOffset?: number | undefined;
      readonly cachedData?: unknown;
      readonly produceCachedData?: boolean | undefined;
    },
  ): OwnScript;
  compileModuleSync(source: string, options: { readonly filename: string }): { release(): void };
  createContextSync(): OwnContext;
  getHeapStatisticsSync(): Record<string, number>;
}

interface OwnScript {
  readonly cachedData?: unknown;
  readonly cachedDataRejected?: boolean;
  runSync(
    context: OwnContext,
    options: { reference: true; timeout?: number | undefined },
  ): OwnReference;
  release(): void;
}

interface OwnReference {
  deref(): unknown;
  release(): void;
}

export interface OwnContext {
  release(): void;
}

/** Keeps compiled code on the kernel's side: opaque there and here. */
export interface CodeCache {
  get(key: string): unknown;
  put(key: string, data: unknown): void;
  getNote(key: string): string | undefined;
  putNote(key: string, note: string): void;
}

/** Characters of source from which on keeping compiled code pays. */
const WORTH_CACHING = 65_536;
/** Characters of source from which on it pays to ask what was found out about it. */
const WORTH_REMEMBERING = 2048;
/** Characters of source from which on its reader's garbage is collected at once. */
const WORTH_TIDYING = 262_144;
/** Bytes of heap that have to be new before garbage is collected again. */
const WORTH_COLLECTING = 8 << 20;
/** What isolated-vm adds to the message of a SyntaxError. */
const PLACE = /^([\s\S]*) \[([\s\S]*):(\d+):(\d+)\]$/;

/** V8's kPromiseRejectWithNoHandler. */
const REJECTED_WITHOUT_HANDLER = 0;

export class V8Engine implements Engine {
  readonly name = "isolated-vm";
  readonly continuationData = continuationData();
  readonly resume = resume;
  #onRejection: PromiseRejectCallback | undefined;
  #isolate: OwnIsolate | undefined;
  #context: OwnContext | undefined;
  #cache: CodeCache | undefined;
  /** Bytes of heap after the last collection of ours. */
  #usedAtLast = 0;
  readonly #positions = new WeakMap<object, SourcePosition>();

  /** Called when the process starts: before it, code is compiled by `eval`. */
  attach(isolate: OwnIsolate, context: OwnContext, cache: CodeCache): void {
    this.#isolate = isolate;
    this.#context = context;
    this.#cache = cache;
  }

  runMicrotasks(): void {
    resume(natives.microtasks());
  }

  enqueueMicrotask(callback: () => void): void {
    ask(natives.enqueueMicrotask(callback));
  }

  privateSymbol(name: string): symbol {
    return ask(natives.privateSymbol(name));
  }

  runScript(source: string, filename: string, options: CompileOptions = {}): unknown {
    const { lineOffset = 0, columnOffset = 0 } = options;
    return this.#evaluate(source, filename, lineOffset, columnOffset, "", source);
  }

  compileScript(source: string, filename: string, options: CompileOptions = {}): CompiledScript {
    const isolate = this.#isolate;
    if (!isolate) return { run: () => this.runScript(source, filename, options) };
    const { lineOffset = 0, columnOffset = 0 } = options;
    const script = this.#compile(isolate, source, filename, lineOffset, columnOffset);
    return {
      run: (timeout, context) => this.#run(script, timeout, context && ScriptContext.own(context)),
    };
  }

  createContext(): EngineContext {
    const isolate = this.#isolate;
    if (!isolate) throw new Error("no process runs yet: a context was asked for too early");
    const own = isolate.createContextSync();
    const runScript: EngineContext["runScript"] = (source, filename, options = {}) => {
      const { lineOffset = 0, columnOffset = 0 } = options;
      const script = this.#compile(isolate, source, filename, lineOffset, columnOffset);
      try {
        return this.#run(script, undefined, own);
      } finally {
        script.release();
      }
    };
    runScript(forgetRelease, "node:vm");
    const isOpen = joinContext(runScript("Object", "node:vm") as object);
    return new ScriptContext(own, isOpen, runScript);
  }

  checkModule(source: string, filename: string): void {
    try {
      const options = { __proto__: null, filename };
      this.#isolate?.compileModuleSync(source, options).release();
    } catch (error) {
      throw this.#cleaned(error);
    }
  }

  remember(kind: string, source: string, make: () => string): string {
    if (!this.#cache || source.length < WORTH_REMEMBERING) return make();
    const key = `${kind}:${keyOf(source)}`;
    const known = this.#cache.getNote(key);
    if (known !== undefined) return known;
    const made = make();
    // A reader leaves several times its source behind, by which V8 would let the heap grow.
    const isolate = this.#isolate;
    if (isolate && source.length >= WORTH_TIDYING) compactHeap(isolate, natives);
    this.#cache.putNote(key, made);
    return made;
  }

  compileFunction(
    source: string,
    filename: string,
    parameters: readonly string[],
    options: CompileOptions = {},
  ): (...args: never[]) => unknown {
    const head = `(function (${parameters.join(", ")}) {`;
    const { lineOffset = 0, columnOffset = 0 } = options;
    const code = `${head}${source}\n})`;
    const column = Math.max(columnOffset - head.length, -(2 ** 31));
    const made = this.#evaluate(code, filename, lineOffset, column, head, source);
    return made as (...args: never[]) => unknown;
  }

  /** Where a SyntaxError of the two above is: line from 1, column from 0. */
  syntaxErrorPosition(error: object): SourcePosition | undefined {
    return this.#positions.get(error);
  }

  promiseDetails(promise: object): readonly [state: 0 | 1 | 2, result?: unknown] {
    return promiseDetails(promise);
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

  previewIterator(value: object): ReturnType<Engine["previewIterator"]> {
    return previewIterator(value);
  }

  setPromiseRejectCallback(callback: PromiseRejectCallback): void {
    this.#onRejection = callback;
  }

  /** Which promise it was is not known: one that was rejected alike stands for it. */
  reportRejection(reason: unknown): void {
    const promise = Promise.reject(reason);
    promise.catch(() => {});
    this.#onRejection?.(REJECTED_WITHOUT_HANDLER, promise, reason);
  }

  setPromiseHooks(..._hooks: readonly (PromiseHook | undefined)[]): void {}

  heapStatistics(): HeapStatistics {
    return this.#isolate?.getHeapStatisticsSync() ?? {};
  }

  /** Gives memory back that nobody needs: for a process that has nothing to do, since it takes a while. */
  tidy(isolate = this.#isolate): void {
    if (!isolate) return;
    const used = isolate.getHeapStatisticsSync()["used_heap_size"] as number;
    if (used < this.#usedAtLast + WORTH_COLLECTING) return;
    releaseSpare(isolate);
    // An isolate that was compacted before its process began made texts at a third of the speed ever after.
    const collect = () =>
      isolate === this.#isolate ? compactHeap(isolate, natives) : ask(natives.collectGarbage());
    // The second one gives back the rest of what the first one emptied.
    for (let i = 0; i < 2; i++) collect();
    this.#usedAtLast = isolate.getHeapStatisticsSync()["used_heap_size"] as number;
  }

  terminate(): never {
    ask(natives.terminate(true));
    for (;;);
  }

  /** `code` is `head` with `source` and what always follows: hashing is for the source, once. */
  #evaluate(
    code: string,
    filename: string,
    lineOffset: number,
    columnOffset: number,
    head: string,
    source: string,
  ): unknown {
    const isolate = this.#isolate;
    if (!isolate) {
      const made = indirectEval(`${code}\n//# sourceURL=${filename}`);
      nameScript(made, filename);
      return made;
    }
    const isKept = code.length >= WORTH_CACHING && !mayIntercept();
    const key = isKept ? keyOf(source) + head : undefined;
    const cachedData = key === undefined ? undefined : this.#cache?.get(key);
    const produceCachedData = key !== undefined && cachedData === undefined;
    const script = this.#compile(
      isolate,
      code,
      filename,
      lineOffset,
      columnOffset,
      cachedData,
      produceCachedData,
    );
    if (produceCachedData && script.cachedData !== undefined) {
      this.#cache?.put(key as string, script.cachedData);
    }
    try {
      return this.#run(script);
    } finally {
      script.release();
    }
  }

  #run(script: OwnScript, timeout?: number, context = this.#context as OwnContext): unknown {
    const options = { __proto__: null, reference: true, timeout } as const;
    const reference = script.runSync(context, options);
    const result = reference.deref();
    reference.release();
    return result;
  }

  /** Its parameters are no object, which would have what a program's prototypes have. */
  #compile(
    isolate: OwnIsolate,
    source: string,
    filename: string,
    lineOffset: number,
    columnOffset: number,
    cachedData?: unknown,
    produceCachedData?: boolean,
  ): OwnScript {
    const own = {
      __proto__: null,
      ...{ filename, lineOffset, columnOffset, cachedData, produceCachedData },
    };
    try {
      return isolate.compileScriptSync(source, own);
    } catch (error) {
      throw this.#cleaned(error);
    }
  }

  /** The error as V8 alone would throw it; where it happened is kept beside it. */
  #cleaned(error: unknown): unknown {
    // It comes from a context of isolated-vm's own, of which no program shall have anything; in a
    // microtask from the program's.
    if (typeof error !== "object" || error === null) return error;
    const { name, message: said } = error as Error;
    const [, message = said, , line, column] = PLACE.exec(said) ?? [];
    if (name !== "SyntaxError")
      return name === "RangeError" ? new RangeError(message) : new Error(message);
    const clean = new SyntaxError(message);
    if (line !== undefined) {
      this.#positions.set(clean, { line: Number(line), column: Number(column) - 1 });
    }
    return clean;
  }
}

/** A context as the Node layer knows it; its handle is this file's alone. */
class ScriptContext implements EngineContext {
  readonly recognize = addSamples;
  readonly isOpen: boolean;
  readonly runScript: EngineContext["runScript"];
  readonly #own: OwnContext;

  constructor(own: OwnContext, isOpen: boolean, runScript: EngineContext["runScript"]) {
    this.#own = own;
    this.isOpen = isOpen;
    this.runScript = runScript;
  }

  static own(context: EngineContext): OwnContext | undefined {
    return #own in context ? context.#own : undefined;
  }
}

const { hasOwn, prototype: objectPrototype } = Object;

/** True where a setter would get compiled code, which isolated-vm sets as properties of a script's handle. */
function mayIntercept(): boolean {
  return hasOwn(objectPrototype, "cachedData") || hasOwn(objectPrototype, "cachedDataRejected");
}

/**
 * The length, which code-cache.ts reads, and two 32-bit hashes: a program that makes two sources collide
 * deceives itself alone.
 */
function keyOf(source: string): string {
  if (source === lastSource) return lastKey;
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < source.length; i++) {
    const unit = source.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b) ^ (b >>> 13);
  }
  lastSource = source;
  lastKey = `${source.length}.${a >>> 0}.${b >>> 0}`;
  return lastKey;
}

/** A large source is asked about more than once while it is loaded. */
let lastSource = "";
let lastKey = "";

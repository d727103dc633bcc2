/**
 * What a JavaScript engine does for the Node layer beyond the language: V8 natives where there are some,
 * the nearest thing elsewhere. One implementation for each engine (runtimes/engines).
 */
export interface Engine {
  readonly name: "isolated-vm" | "browser" | "quickjs";
  /** Runs all microtasks now; does nothing inside one, as V8's checkpoint does. */
  runMicrotasks(): void;
  /** A generator's `next`, where the engine has one that leaves no frame in stacks. */
  resume?<T, R>(generator: Iterator<T, R>, value?: unknown): IteratorResult<T, R>;
  enqueueMicrotask(callback: () => void): void;
  /** A symbol that no reflection shows, where the engine has such; else an ordinary one. */
  privateSymbol(name: string): symbol;
  /** Compiles and runs a script in the global scope; its completion value. */
  runScript(source: string, filename: string, options?: CompileOptions): unknown;
  /** Compiles a script, to run it any number of times. */
  compileScript(source: string, filename: string, options?: CompileOptions): CompiledScript;
  /** Not there where the engine has but one global scope. */
  createContext?(): EngineContext;
  /** Throws the engine's SyntaxError where `source` is no module, if the engine can tell. */
  checkModule(source: string, filename: string): void;
  /** What `make` finds out about `source`, kept for later processes where the engine can keep it. */
  remember(kind: string, source: string, make: () => string): string;
  /** Compiles a function with `parameters` around `source`; lines and columns are the source's own. */
  compileFunction(
    source: string,
    filename: string,
    parameters: readonly string[],
    options?: CompileOptions,
  ): (...args: never[]) => unknown;
  /** Where a SyntaxError of these is, where the engine tells. */
  syntaxErrorPosition(error: object): SourcePosition | undefined;
  /** A value that follows asynchronous calls, `await` too; undefined where the engine has none. */
  readonly continuationData:
    | { readonly get: () => unknown; readonly set: (value: unknown) => void }
    | undefined;
  /** State and result of a promise, without a trace: 0 pending, 1 fulfilled, 2 rejected. */
  promiseDetails(promise: object): readonly [state: 0 | 1 | 2, result?: unknown];
  /** Target and handler of a proxy; undefined for what is none. */
  proxyDetails(value: object): readonly [target: object | null, handler: object | null] | undefined;
  /** Brand checks that no method of the language makes without a trace. */
  isPromise(value: object): boolean;
  isGenerator(value: object): boolean;
  iteratorKind(value: object): "map" | "set" | undefined;
  /** What a Map's or Set's iterator still has, without moving it on; pairs lie flat. */
  previewIterator(value: object): readonly [entries: unknown[], isKeyValue: boolean] | undefined;
  /** Reports rejections without a handler, and handlers that come late: types of task_queue. */
  setPromiseRejectCallback(callback: PromiseRejectCallback): void;
  /** V8's promise hooks (async_wrap): each undefined where nobody listens. */
  setPromiseHooks(...hooks: readonly (PromiseHook | undefined)[]): void;
  /** Bytes of heap in use, and of what it may grow to. */
  heapStatistics(): HeapStatistics;
  /** Why a script runs on past its time; undefined where it is stopped. */
  readonly cannotStop?: string;
  /** Ends this thread's JavaScript at once; nothing of it runs any more. */
  terminate(): never;
}

export interface CompiledScript {
  /** Runs it in the global scope; its completion value. Milliseconds after which it is stopped. */
  run(timeout?: number, context?: EngineContext): unknown;
}

/** A global scope of its own, of the same isolate. */
export interface EngineContext {
  /** True where its global object may be touched from other scopes. */
  readonly isOpen: boolean;
  runScript(source: string, filename: string, options?: CompileOptions): unknown;
  /** Objects of the context that others of their class are recognised by. */
  recognize(samples: readonly object[]): void;
}

export interface CompileOptions {
  readonly lineOffset?: number;
  readonly columnOffset?: number;
}

export type PromiseRejectCallback = (type: number, promise: object, reason: unknown) => void;
export type PromiseHook = (promise: Promise<unknown>, parent?: Promise<unknown>) => void;

/** Line from 1, column from 0. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** As v8.getHeapStatistics() has them, in snake case; bytes. Nothing where the engine does not tell. */
export type HeapStatistics = Readonly<Record<string, number>>;

/**
 * The package's QuickJS as the engine uses it: its compiled module, the JavaScript that Emscripten made
 * around it, and the functions of its interface. A host injects both, because each has its own way to
 * them.
 * https://github.com/justjake/quickjs-emscripten/blob/main/c/interface.c
 */
export interface QuickJsParts {
  /** Of `@jitl/quickjs-wasmfile-release-sync/wasm`, with its table open: rejections.ts. */
  readonly module: WebAssembly.Module;
  /** Of HOOK_BYTES in rejections.ts. */
  readonly hook: WebAssembly.Module;
  /** Default export of `@jitl/quickjs-wasmfile-release-sync/emscripten-module`. */
  readonly glue: Glue;
}

export type Glue = (options: Record<string, unknown>) => Promise<unknown>;

/** Addresses of values, strings and their like are numbers; 0 is none. */
export interface QuickJsModule {
  callbacks: Callbacks;
  readonly table: WebAssembly.Table;
  readonly HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(address: number): void;
  _QTS_NewRuntime(): number;
  _QTS_RuntimeSetMaxStackSize(runtime: number, bytes: number): void;
  _QTS_RuntimeSetMemoryLimit(runtime: number, bytes: number): void;
  _QTS_RuntimeEnableInterruptHandler(runtime: number): void;
  _QTS_RuntimeEnableModuleLoader(runtime: number, ownNormalize: number): void;
  _QTS_NewContext(runtime: number, intrinsics: number): number;
  _QTS_NewFunction(
    context: number,
    name: number,
    length: number,
    isConstructor: number,
    hostRef: number,
  ): number;
  _QTS_NewFloat64(context: number, value: number): number;
  _QTS_NewString(context: number, text: number): number;
  _QTS_NewArrayBuffer(context: number, bytes: number, length: number): number;
  _QTS_NewError(context: number): number;
  _QTS_Throw(context: number, error: number): number;
  _QTS_GetFloat64(context: number, value: number): number;
  _QTS_GetString(context: number, value: number): number;
  _QTS_FreeCString(context: number, text: number): void;
  _QTS_GetArrayBuffer(context: number, value: number): number;
  _QTS_GetArrayBufferLength(context: number, value: number): number;
  _QTS_GetUndefined(): number;
  _QTS_GetGlobalObject(context: number): number;
  _QTS_DupValuePointer(context: number, value: number): number;
  _QTS_GetPropNumber(context: number, value: number, index: number): number;
  _QTS_SetProp(context: number, value: number, key: number, property: number): void;
  _QTS_ArgvGetJSValueConstPointer(argv: number, index: number): number;
  _QTS_FreeValuePointer(context: number, value: number): void;
  _QTS_ResolveException(context: number, value: number): number;
  _QTS_IsJobPending(runtime: number): number;
  _QTS_PromiseState(context: number, value: number): number;
  _QTS_PromiseResult(context: number, value: number): number;
  /** These three run guest code, which may wait: they are only called through `promising`. */
  readonly _QTS_Eval: WebAssembly.ExportedFunction;
  readonly _QTS_Call: WebAssembly.ExportedFunction;
  readonly _QTS_ExecutePendingJob: WebAssembly.ExportedFunction;
}

/** What QuickJS calls. A promise suspends it; what is thrown unwinds it. */
export interface Callbacks {
  callFunction(
    _: unknown,
    context: number,
    self: number,
    count: number,
    values: number,
    hostRef: number,
  ): number | Promise<number>;
  shouldInterrupt(_: unknown, runtime: number): number | Promise<number>;
  loadModuleSource(
    _: unknown,
    runtime: number,
    context: number,
    name: string,
  ): number | Promise<number>;
  normalizeModule(
    _: unknown,
    runtime: number,
    context: number,
    base: string,
    name: string,
  ): number | Promise<number>;
  freeHostRef(_: unknown, runtime: number, hostRef: number): void;
}

/**
 * QuickJS asks whether it should stop between steps of a program, not in its builtins: one that goes over
 * 2 ** 53 elements would keep the kernel's thread, and every machine, for ever. Where the module is metered
 * (wasm-meter.ts), so many milliseconds without a question end it.
 */
const BUSY_MAX = 10_000;
/** Of the time between two turns of the meter, so much counts: in the rest the program waited. */
const TURN_MAX = 1000;

/** Pages of 64 KiB that the module asks for from the start. */
const INITIAL_PAGES = 256;

/** An import that runs one of `Callbacks` which may wait: known by what it calls, for names are made short. */
const MAY_WAIT = /\.callbacks\.(callFunction|shouldInterrupt|loadModuleSource|normalizeModule)\(/;
const WAITING_IMPORTS = 4;

/** A fresh QuickJS in a memory of its own; `callbacks` are still to be set. */
export async function instantiateQuickJs(
  { module, glue }: QuickJsParts,
  maximumPages: number,
): Promise<QuickJsModule> {
  const wasmMemory = new WebAssembly.Memory({
    initial: INITIAL_PAGES,
    maximum: Math.max(INITIAL_PAGES, maximumPages),
  });
  let table: WebAssembly.ExportValue | undefined;
  const made = await glue({
    wasmMemory,
    print() {},
    printErr() {},
    instantiateWasm(
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => unknown,
    ) {
      const instance = new WebAssembly.Instance(module, suspending(imports));
      table = instance.exports["table"];
      return done(instance, module);
    },
  });
  return Object.assign(made as QuickJsModule, { table });
}

function suspending(imports: WebAssembly.Imports): WebAssembly.Imports {
  let found = 0;
  let busy = 0;
  let last = 0;
  const turn = () => {
    const now = Date.now();
    busy += Math.min(Math.max(now - last, 0), TURN_MAX);
    last = now;
    if (busy > BUSY_MAX) throw new Error("a builtin function took too long");
  };
  const result: WebAssembly.Imports = { isopod: { turn } };
  for (const [from, functions] of Object.entries(imports)) {
    result[from] = { ...functions };
    for (const [name, value] of Object.entries(functions)) {
      if (typeof value !== "function" || !MAY_WAIT.test(String(value))) continue;
      const call = value as (...values: number[]) => unknown;
      result[from][name] = new WebAssembly.Suspending((...values: number[]) => {
        busy = 0;
        return call(...values);
      });
      found++;
    }
  }
  if (found !== WAITING_IMPORTS) throw new Error(`QuickJS has ${found} imports that may wait`);
  return result;
}

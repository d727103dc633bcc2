/**
 * One QuickJS for one process: a context whose only way out is the function `host` that its prelude
 * gets, and modules from files. Guest code that has to wait is suspended with all of its stack.
 */
import { decodeUtf8, encodeUtf8 } from "../../../kernel/index.ts";
import { instantiateQuickJs, type QuickJsModule, type QuickJsParts } from "./module.ts";
import { PRELUDE } from "./prelude.ts";
import { restoreHeap, type SavedHeap, saveHeap } from "./saved-heap.ts";

export type HostValue = number | string | Uint8Array;
/** A text is a string as bytes of UTF-8. */
export type HostArgument = "number" | "string" | "text" | "bytes";

/** What guest code may call, by number. */
export interface HostFunction {
  readonly parameters: readonly HostArgument[];
  call(...args: never[]): HostValue | Promise<HostValue>;
}

export interface Surroundings {
  readonly functions: readonly HostFunction[];
  /** The name under which a module is known, of how `base` names it. */
  resolve(base: string, name: string): string;
  /** Its text; undefined where there is none. */
  load(name: string): string | undefined | Promise<string | undefined>;
  /** Called every few thousand steps: undefined, or a promise to wait for. What it throws unwinds. */
  checkpoint(): Promise<unknown> | undefined;
}

export interface InterpreterLimits {
  /** Bytes that its values may take. */
  readonly heapBytes: number;
  /** Bytes of QuickJS's own stack, which grows in step with the host's. */
  readonly stackBytes: number;
}

/** What the prelude leaves for us, as properties of an array. */
const Guest = { Begin: 0, Describe: 1, NextTimer: 2, FireTimers: 3 } as const;
type GuestFunction = (typeof Guest)[keyof typeof Guest];

/** Runtime, context and the guest functions live at the same addresses in every copy of the heap. */
interface Addresses {
  readonly runtime: number;
  readonly context: number;
  readonly guest: readonly number[];
}
interface Booted extends Addresses {
  readonly saved: SavedHeap;
}
/** Made by the first interpreter of a module, it makes the others cheap. */
const bootedHeaps = new WeakMap<WebAssembly.Module, Booted>();

/** What has to be freed when a call of the host is over. */
interface Copy {
  readonly address: number;
  readonly free: (address: number) => void;
}

const PAGE = 65_536;
/** Beyond its values: QuickJS's stack, its data, and what the allocator cannot use. */
const OVERHEAD_BYTES = 24 << 20;
const HOST_REF = 1;
const EVAL_MODULE = 1;
const PENDING = 0;
const REJECTED = 2;

export class GuestError extends Error {}

export class Interpreter {
  readonly #js: QuickJsModule;
  readonly #addresses: Addresses;
  readonly #around: Surroundings;
  readonly #eval: (...args: number[]) => Promise<number>;
  readonly #call: (...args: number[]) => Promise<number>;
  readonly #executeJobs: (...args: number[]) => Promise<number>;

  private constructor(js: QuickJsModule, around: Surroundings, addresses: Addresses) {
    this.#js = js;
    this.#around = around;
    this.#addresses = addresses;
    this.#eval = promising(js._QTS_Eval);
    this.#call = promising(js._QTS_Call);
    this.#executeJobs = promising(js._QTS_ExecutePendingJob);
    js.callbacks = {
      callFunction: (_, __, ___, count, values, ref) => this.#callHost(count, values, ref),
      shouldInterrupt: () => around.checkpoint()?.then(() => 0) ?? 0,
      loadModuleSource: (_, __, ___, name) => this.#load(name),
      normalizeModule: (_, __, ___, base, name) => this.#newText(around.resolve(base, name)),
      freeHostRef() {},
    };
  }

  static async open(
    parts: QuickJsParts,
    around: Surroundings,
    limits: InterpreterLimits,
  ): Promise<Interpreter> {
    const pages = Math.ceil((limits.heapBytes + OVERHEAD_BYTES) / PAGE);
    const js = await instantiateQuickJs(parts, pages);
    const known = bootedHeaps.get(parts.module);
    if (known) restoreHeap(js, known.saved);
    const booted = known ?? (await boot(js));
    bootedHeaps.set(parts.module, booted);
    const { runtime } = booted;
    js._QTS_RuntimeSetMemoryLimit(runtime, limits.heapBytes);
    js._QTS_RuntimeSetMaxStackSize(runtime, limits.stackBytes);
    return new Interpreter(js, around, booted);
  }

  /** Bytes of its memory. */
  get memoryBytes(): number {
    return this.#js.HEAPU8.length;
  }

  /** Tells the prelude what is different in each run. */
  async begin(settings: unknown): Promise<void> {
    await this.#callGuest(Guest.Begin, JSON.stringify(settings));
  }

  /** Runs a script or module to its end, its jobs and timers included; GuestError where it failed. */
  async run(code: string, name: string, kind: "script" | "module"): Promise<void> {
    const value = await this.evaluate(code, name, kind);
    await this.finish();
    const state = this.#js._QTS_PromiseState(this.#addresses.context, value);
    if (state === PENDING && kind === "module")
      throw new GuestError(`${name}: a promise at its top level never settles\n`);
    if (state !== REJECTED) return;
    throw await this.#failure(this.#js._QTS_PromiseResult(this.#addresses.context, value));
  }

  /** The value's address; jobs that it leaves have not run. */
  async evaluate(code: string, name: string, kind: "script" | "module"): Promise<number> {
    const source = encodeUtf8(code);
    const [text, file] = [this.#newBytes(source, true), this.#newText(name)];
    const flags = kind === "module" ? EVAL_MODULE : 0;
    const { context } = this.#addresses;
    const value = await this.#eval(context, text, source.length, file, 0, flags);
    for (const address of [text, file]) this.#js._free(address);
    return this.#unlessThrown(value);
  }

  /** Runs jobs and timers until none is left. */
  async finish(): Promise<void> {
    for (;;) {
      await this.#runJobs();
      const next = Number(await this.#callGuest(Guest.NextTimer, ""));
      if (next < 0) return;
      await this.#callGuest(Guest.FireTimers, "");
    }
  }

  async #runJobs(): Promise<void> {
    const js = this.#js;
    const { runtime, context } = this.#addresses;
    const lastContext = js._malloc(4);
    try {
      while (js._QTS_IsJobPending(runtime) !== 0) {
        const result = await this.#executeJobs(runtime, -1, lastContext);
        js._QTS_FreeValuePointer(context, await this.#unlessThrown(result));
      }
    } finally {
      js._free(lastContext);
    }
  }

  async #callGuest(which: GuestFunction, argument: string): Promise<string> {
    const value = this.#newString(argument);
    try {
      return await this.#callWith(which, value);
    } finally {
      this.#js._QTS_FreeValuePointer(this.#addresses.context, value);
    }
  }

  async #callWith(which: GuestFunction, value: number): Promise<string> {
    const js = this.#js;
    const { context, guest } = this.#addresses;
    const argv = js._malloc(4);
    new DataView(js.HEAPU8.buffer).setUint32(argv, value, true);
    const self = js._QTS_GetUndefined();
    const result = await this.#call(context, guest[which] as number, self, 1, argv);
    js._free(argv);
    const returned = await this.#unlessThrown(result);
    const text = this.#stringOf(returned);
    js._QTS_FreeValuePointer(context, returned);
    return text;
  }

  async #unlessThrown(value: number): Promise<number> {
    const error = this.#js._QTS_ResolveException(this.#addresses.context, value);
    if (error !== 0) throw await this.#failure(error);
    return value;
  }

  /** What the guest threw, in its own words; it ends by that, and needs no bounds any more. */
  async #failure(error: number): Promise<GuestError> {
    this.#js._QTS_RuntimeSetMemoryLimit(this.#addresses.runtime, -1);
    return new GuestError(await this.#callWith(Guest.Describe, error));
  }

  #callHost(count: number, values: number, ref: number): number | Promise<number> {
    const js = this.#js;
    const { context } = this.#addresses;
    const at = (index: number) => js._QTS_ArgvGetJSValueConstPointer(values, index);
    const which = count > 0 && ref === HOST_REF ? js._QTS_GetFloat64(context, at(0)) : -1;
    const host = this.#around.functions[which];
    if (!host || count !== host.parameters.length + 1) return this.#throw("wrong call of the host");
    const copies: Copy[] = [];
    const args = host.parameters.map((type, index) => this.#argument(type, at(index + 1), copies));
    const result = host.call(...(args as never[]));
    return result instanceof Promise
      ? result.then((value) => this.#answer(value, copies))
      : this.#answer(result, copies);
  }

  #answer(value: HostValue, copies: readonly Copy[]): number {
    for (const { address, free } of copies) free(address);
    return this.#newValue(value);
  }

  /** Texts and bytes are copies in the guest's memory, which nothing moves while it is suspended. */
  #argument(type: HostArgument, value: number, copies: Copy[]): HostValue {
    const js = this.#js;
    const { context } = this.#addresses;
    if (type === "number") return js._QTS_GetFloat64(context, value);
    if (type === "string") return this.#stringOf(value);
    if (type === "text") {
      const address = js._QTS_GetString(context, value);
      copies.push({ address, free: (text) => js._QTS_FreeCString(context, text) });
      return js.HEAPU8.subarray(address, js.HEAPU8.indexOf(0, address));
    }
    const address = js._QTS_GetArrayBuffer(context, value);
    copies.push({ address, free: (bytes) => js._free(bytes) });
    return js.HEAPU8.subarray(address, address + js._QTS_GetArrayBufferLength(context, value));
  }

  async #load(name: string): Promise<number> {
    const text = await this.#around.load(name);
    return text === undefined
      ? this.#throw(`could not load module '${name}'`)
      : this.#newBytes(encodeUtf8(text), true);
  }

  /** Throws an error in the guest; 0, as the callback has to return. */
  #throw(message: string): number {
    const js = this.#js;
    const { context } = this.#addresses;
    const error = js._QTS_NewError(context);
    const [key, text] = [this.#newString("message"), this.#newString(message)];
    js._QTS_SetProp(context, error, key, text);
    js._QTS_Throw(context, error);
    for (const value of [key, text, error]) js._QTS_FreeValuePointer(context, value);
    return 0;
  }

  #newValue(value: HostValue): number {
    const { context } = this.#addresses;
    if (typeof value === "number") return this.#js._QTS_NewFloat64(context, value);
    if (typeof value === "string") return this.#newString(value);
    return this.#js._QTS_NewArrayBuffer(context, this.#newBytes(value, false), value.length);
  }

  #newString(text: string): number {
    const address = this.#newText(text);
    const value = this.#js._QTS_NewString(this.#addresses.context, address);
    this.#js._free(address);
    return value;
  }

  #stringOf(value: number): string {
    const { context } = this.#addresses;
    const text = this.#js._QTS_GetString(context, value);
    const { HEAPU8 } = this.#js;
    const result = decodeUtf8(HEAPU8, text, HEAPU8.indexOf(0, text));
    this.#js._QTS_FreeCString(context, text);
    return result;
  }

  #newText(text: string): number {
    return this.#newBytes(encodeUtf8(text), true);
  }

  /** A copy in the guest's memory, with a NUL behind it where it is text. */
  #newBytes(bytes: Uint8Array, isText: boolean): number {
    const address = this.#js._malloc(bytes.length + (isText ? 1 : 0));
    if (address === 0) throw new GuestError("InternalError: out of memory");
    const { HEAPU8 } = this.#js;
    HEAPU8.set(bytes, address);
    if (isText) HEAPU8[address + bytes.length] = 0;
    return address;
  }
}

/** Makes the context and runs the prelude, which asks nothing of the host yet. */
async function boot(js: QuickJsModule): Promise<Booted> {
  const runtime = js._QTS_NewRuntime();
  js._QTS_RuntimeSetMaxStackSize(runtime, 128 << 10);
  const context = js._QTS_NewContext(runtime, 0);
  const text = (content: string) => {
    const bytes = encodeUtf8(`${content}\0`);
    const address = js._malloc(bytes.length);
    js.HEAPU8.set(bytes, address);
    return address;
  };
  js.callbacks = {} as never;
  const host = js._QTS_NewFunction(context, text("host"), 1, 0, HOST_REF);
  const prelude = encodeUtf8(PRELUDE).length;
  const evaluate = promising(js._QTS_Eval);
  const main = await evaluate(context, text(PRELUDE), prelude, text("<prelude>"), 0, 0);
  const argv = js._malloc(4);
  new DataView(js.HEAPU8.buffer).setUint32(argv, host, true);
  const exported = await promising(js._QTS_Call)(context, main, js._QTS_GetUndefined(), 1, argv);
  if (js._QTS_ResolveException(context, exported) !== 0) throw new Error("the prelude failed");
  const guest = Object.values(Guest).map((index) =>
    js._QTS_GetPropNumber(context, exported, index),
  );
  js._QTS_RuntimeEnableInterruptHandler(runtime);
  js._QTS_RuntimeEnableModuleLoader(runtime, 1);
  return { runtime, context, guest, saved: saveHeap(js) };
}

function promising(exported: WebAssembly.ExportedFunction): (...args: number[]) => Promise<number> {
  return WebAssembly.promising(exported) as (...args: unknown[]) => Promise<number>;
}

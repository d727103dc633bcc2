/**
 * One QuickJS for one Node process: lib/ and the Node layer are booted once, and every process begins as
 * a copy of that heap. Guest code that has to wait is suspended with all of its stack; jobs and further
 * code run on top of it, as calls of the host that end before it goes on.
 */
import { decodeUtf8, encodeUtf8 } from "../../../kernel/index.ts";
import { instantiateQuickJs, type QuickJsModule, type QuickJsParts } from "./module.ts";
import { Host } from "./node-questions.ts";
import { installHook, lendHook } from "./rejections.ts";
import { restoreHeap, type SavedHeap, saveHeap } from "./saved-heap.ts";

/** As contextify knows it. */
const TIMED_OUT = 'new Error("Script execution timed out.")';

/** V8's numbers for what is told of a promise. */
const [REJECTED_WITHOUT_HANDLER, HANDLER_ADDED] = [0, 1];

interface Rejection {
  readonly kind: number;
  readonly values: readonly number[];
}

export interface NodeSurroundings {
  /** A system call: its number and arguments, and the answer, as host-channel.ts has them. */
  call(number: number, bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Text of a module of lib/; of "" what the guest must know of all of them. */
  source(id: string): string;
  /** Called every few thousand steps: undefined, or a promise to wait for. What it throws unwinds. */
  checkpoint(): Promise<unknown> | undefined;
  /** Of a clock that never goes back. */
  milliseconds(): number;
}

export interface NodeHeapLimits {
  readonly heapBytes: number;
  readonly stackBytes: number;
}

interface Booted {
  readonly runtime: number;
  readonly context: number;
  readonly saved: SavedHeap;
}

const booted = new WeakMap<WebAssembly.Module, Booted>();
const PAGE = 65_536;
const OVERHEAD_BYTES = 24 << 20;
const BOOT_STACK = 256 << 10;
const HOST_REF = 1;

type Export = (...args: number[]) => Promise<number>;

export class NodeInterpreter {
  readonly #js: QuickJsModule;
  #around: NodeSurroundings;
  #runtime = 0;
  #context = 0;
  readonly #hook: number;
  readonly #rejections: Rejection[] = [];
  #rejection: readonly number[] = [];
  /** Global scopes beside the first one. */
  readonly #contexts: number[] = [];
  /** When the script that runs is to be stopped, by milliseconds(). */
  #deadline = Number.POSITIVE_INFINITY;
  readonly #eval: Export;
  readonly #executeJobs: Export;

  private constructor(js: QuickJsModule, hook: WebAssembly.Module, around: NodeSurroundings) {
    this.#js = js;
    this.#around = around;
    this.#hook = lendHook(js, hook, (_, promise, reason, isHandled) =>
      this.#noteRejection(promise, isHandled !== 0 ? undefined : reason),
    );
    this.#eval = promising(js._QTS_Eval);
    this.#executeJobs = promising(js._QTS_ExecutePendingJob);
    js.callbacks = {
      callFunction: (_, __, ___, count, values, ref) => this.#callHost(count, values, ref),
      shouldInterrupt: () => {
        const isLate = () => (this.#isLate ? 1 : 0);
        return isLate() || (this.#around.checkpoint()?.then(isLate) ?? 0);
      },
      loadModuleSource: () => 0,
      normalizeModule: () => 0,
      freeHostRef() {},
    };
  }

  /** `script` is node-guest's, with its prelude in front. */
  static async open(
    parts: QuickJsParts,
    around: NodeSurroundings,
    limits: NodeHeapLimits,
    script: () => string,
  ): Promise<NodeInterpreter> {
    const pages = Math.ceil((limits.heapBytes + OVERHEAD_BYTES) / PAGE);
    const js = await instantiateQuickJs(parts, pages);
    const interpreter = new NodeInterpreter(js, parts.hook, around);
    let known = booted.get(parts.module);
    if (known) restoreHeap(js, known.saved);
    else booted.set(parts.module, (known = await interpreter.#boot(script())));
    interpreter.#runtime = known.runtime;
    interpreter.#context = known.context;
    js._QTS_RuntimeSetMemoryLimit(known.runtime, limits.heapBytes);
    js._QTS_RuntimeSetMaxStackSize(known.runtime, limits.stackBytes);
    return interpreter;
  }

  get memoryBytes(): number {
    return this.#js.HEAPU8.length;
  }

  /** Runs the process to its end. */
  async run(job: { readonly argv: readonly string[]; readonly envp: readonly string[] }) {
    const argument = JSON.stringify(JSON.stringify(job));
    await this.#evaluate(`isopodStart(${argument})`, "isopod:start");
  }

  async #boot(script: string): Promise<Booted> {
    const js = this.#js;
    this.#runtime = js._QTS_NewRuntime();
    js._QTS_RuntimeSetMaxStackSize(this.#runtime, BOOT_STACK);
    this.#context = js._QTS_NewContext(this.#runtime, 0);
    const context = this.#context;
    const host = js._QTS_NewFunction(context, this.#text("host"), 1, 0, HOST_REF);
    const main = await this.#evaluate(`(function (host) {${script}\n})`, "isopod:node");
    const argv = js._malloc(4);
    new DataView(js.HEAPU8.buffer).setUint32(argv, host, true);
    const self = js._QTS_GetUndefined();
    const result = await promising(js._QTS_Call)(context, main, self, 1, argv);
    await this.#unlessThrown(result);
    await this.#runJobs();
    installHook(js, this.#runtime, this.#hook);
    return { runtime: this.#runtime, context, saved: saveHeap(js) };
  }

  async #evaluate(code: string, name: string): Promise<number> {
    return this.#unlessThrown(await this.#evaluateRaw(code, name));
  }

  async #evaluateRaw(code: string, name: string, context = this.#context): Promise<number> {
    const source = encodeUtf8(code);
    const [text, file] = [this.#bytes(source, true), this.#text(name)];
    const value = await this.#eval(context, text, source.length, file, 0, 0);
    for (const address of [text, file]) this.#js._free(address);
    return value;
  }

  async #unlessThrown(value: number): Promise<number> {
    const error = this.#js._QTS_ResolveException(this.#context, value);
    if (error === 0) return value;
    throw new Error(await this.#describe(error));
  }

  async #describe(error: number): Promise<string> {
    const js = this.#js;
    const context = this.#context;
    const describe = await this.#evaluateRaw(
      "(function (e) { return String(e) + '\\n' + (e && e.stack) })",
      "isopod:describe",
    );
    const argv = js._malloc(4);
    new DataView(js.HEAPU8.buffer).setUint32(argv, error, true);
    const result = await promising(js._QTS_Call)(
      context,
      describe,
      js._QTS_GetUndefined(),
      1,
      argv,
    );
    return this.#stringOf(result);
  }

  #callHost(count: number, values: number, ref: number): number | Promise<number> {
    const js = this.#js;
    const context = this.#context;
    if (count < 1 || ref !== HOST_REF) return 0;
    const at = (index: number) => js._QTS_ArgvGetJSValueConstPointer(values, index);
    switch (js._QTS_GetFloat64(context, at(0))) {
      case Host.Call: {
        const number = js._QTS_GetFloat64(context, at(1));
        const address = js._QTS_GetArrayBuffer(context, at(2));
        const length = js._QTS_GetArrayBufferLength(context, at(2));
        const bytes = js.HEAPU8.slice(address, address + length);
        js._free(address);
        const answer = this.#around.call(number, bytes);
        return answer instanceof Promise
          ? answer.then((found) => this.#newBuffer(found))
          : this.#newBuffer(answer);
      }
      case Host.RunJobs:
        return this.#runJobs();
      case Host.Source:
        return this.#newString(this.#around.source(this.#stringOf(at(1))));
      case Host.Compile:
        return this.#compile(this.#stringOf(at(1)), this.#stringOf(at(2)), {
          context: this.#contexts[js._QTS_GetFloat64(context, at(3))] ?? context,
          timeout: js._QTS_GetFloat64(context, at(4)),
        });
      case Host.TakeRejection:
        return this.#takeRejection(js._QTS_GetFloat64(context, at(1)));
      case Host.PromiseState:
        return js._QTS_NewFloat64(context, js._QTS_PromiseState(context, at(1)));
      case Host.PromiseResult:
        return js._QTS_PromiseResult(context, at(1));
      case Host.NewContext: {
        this.#contexts.push(js._QTS_NewContext(this.#runtime, 0));
        return js._QTS_NewFloat64(context, this.#contexts.length - 1);
      }
    }
    return 0;
  }

  /** What lasts longer than `timeout` milliseconds is stopped, unless that is less than none. */
  async #compile(
    code: string,
    name: string,
    { context, timeout }: { readonly context: number; readonly timeout: number },
  ): Promise<number> {
    const outer = this.#deadline;
    if (timeout >= 0) this.#deadline = Math.min(outer, this.#around.milliseconds() + timeout);
    const value = await this.#evaluateRaw(code, name, context);
    const error = this.#js._QTS_ResolveException(context, value);
    const isLate = error !== 0 && this.#isLate;
    this.#deadline = outer;
    if (error === 0) return value;
    // What stopped it cannot be caught, not even by whoever set the limit.
    const thrown = isLate ? await this.#evaluateRaw(TIMED_OUT, "isopod:timeout") : error;
    return this.#js._QTS_Throw(this.#context, thrown);
  }

  get #isLate(): boolean {
    return (
      this.#deadline < Number.POSITIVE_INFINITY && this.#around.milliseconds() > this.#deadline
    );
  }

  async #runJobs(): Promise<number> {
    const js = this.#js;
    const lastContext = js._malloc(4);
    while (js._QTS_IsJobPending(this.#runtime) !== 0) {
      const result = await this.#executeJobs(this.#runtime, -1, lastContext);
      js._QTS_FreeValuePointer(this.#context, result);
    }
    js._free(lastContext);
    return js._QTS_NewFloat64(this.#context, this.#rejections.length);
  }

  /** `reason` is undefined where somebody handles it after all. */
  #noteRejection(promise: bigint, reason: bigint | undefined): void {
    const kind = reason === undefined ? HANDLER_ADDED : REJECTED_WITHOUT_HANDLER;
    const values = [promise, ...(reason === undefined ? [] : [reason])];
    this.#rejections.push({ kind, values: values.map((value) => this.#kept(value)) });
  }

  #takeRejection(part: number): number {
    const js = this.#js;
    if (part > 0) return this.#rejection[part - 1] ?? js._QTS_GetUndefined();
    const next = this.#rejections.shift();
    this.#rejection = next?.values ?? [];
    return js._QTS_NewFloat64(this.#context, next?.kind ?? -1);
  }

  /** The address of a reference of our own. */
  #kept(value: bigint): number {
    const js = this.#js;
    const address = js._malloc(8);
    if (address === 0) throw new RangeError("out of memory");
    new DataView(js.HEAPU8.buffer).setBigUint64(address, BigInt.asUintN(64, value), true);
    const own = js._QTS_DupValuePointer(this.#context, address);
    js._free(address);
    return own;
  }

  #newBuffer(bytes: Uint8Array): number {
    return this.#js._QTS_NewArrayBuffer(this.#context, this.#bytes(bytes, false), bytes.length);
  }

  #newString(text: string): number {
    const address = this.#text(text);
    const value = this.#js._QTS_NewString(this.#context, address);
    this.#js._free(address);
    return value;
  }

  #stringOf(value: number): string {
    const js = this.#js;
    const text = js._QTS_GetString(this.#context, value);
    const result = decodeUtf8(js.HEAPU8, text, js.HEAPU8.indexOf(0, text));
    js._QTS_FreeCString(this.#context, text);
    return result;
  }

  #text(text: string): number {
    return this.#bytes(encodeUtf8(text), true);
  }

  #bytes(bytes: Uint8Array, isText: boolean): number {
    const address = this.#js._malloc(bytes.length + (isText ? 1 : 0));
    if (address === 0) throw new RangeError("out of memory");
    const { HEAPU8 } = this.#js;
    HEAPU8.set(bytes, address);
    if (isText) HEAPU8[address + bytes.length] = 0;
    return address;
  }
}

function promising(exported: WebAssembly.ExportedFunction): Export {
  return WebAssembly.promising(exported) as (...args: unknown[]) => Promise<number>;
}

/**
 * One Node process: boots lib/ on the bindings as node_realm.cc does, starts a program as node.cc does,
 * and runs the event loop until nothing is left. Everything of it but `start` may happen while a
 * snapshot is built.
 */
import { type BlockingSyscalls, encodeUtf8 } from "../../kernel/abi.ts";
import type { GuestKernel } from "../wasi/guest-kernel.ts";
import { AsyncHooks } from "./async-hooks.ts";
import { builtinParameters } from "./bindings/builtins.ts";
import { BINDINGS } from "./bindings/index.ts";
import type { Engine } from "./engine.ts";
import type {
  AsyncResource,
  Binding,
  Environment,
  Library,
  NodeProcess,
  SnapshotHooks,
  Ticks,
} from "./environment.ts";
import { initializeContext } from "./initialize-context.ts";
import { EventLoop } from "./loop/event-loop.ts";
import { Signals } from "./loop/signals.ts";
import { inTurns, type Steps } from "./loop/steps.ts";
import { letFunctionsImport } from "./modules/importing-functions.ts";
import { hideOwnModules } from "./modules/own-modules.ts";
import { environmentProxy, makeProcessObject } from "./process-object.ts";
import { hideOwnFrames } from "./stack-traces.ts";
import {
  type PerIsolateSymbols,
  type PrivateSymbols,
  perIsolateSymbols,
  privateSymbols,
} from "./symbols.ts";
import type { Threads } from "./threads.ts";
import { installWebAssembly } from "./web-assembly.ts";

/** What a process is started with. */
export interface ProcessJob {
  readonly kernel: GuestKernel;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  readonly threads: Threads;
}

/** Scripts of lib/ that run once, before any program (node_realm.cc, BootstrapRealm). */
const BOOTSTRAP = [
  "internal/bootstrap/node",
  "internal/bootstrap/web/exposed-wildcard",
  "internal/bootstrap/web/exposed-window-or-worker",
];
const MAIN_SWITCHES = [
  "internal/bootstrap/switches/is_main_thread",
  "internal/bootstrap/switches/does_own_process_state",
];
const WORKER_SWITCHES = [
  "internal/bootstrap/switches/is_not_main_thread",
  "internal/bootstrap/switches/does_not_own_process_state",
];
/** What command lines ask for as a rule: compiled before there is one. */
const USUAL_MAINS = [
  "internal/main/eval_string",
  "internal/main/run_main_module",
  "internal/main/eval_stdin",
];
const STDERR = 2;
const UNSETTLED_TOP_LEVEL_AWAIT = 13;

export class NodeRuntime implements Environment {
  readonly engine: Engine;
  library: Library;
  readonly loop: EventLoop;
  readonly signals: Signals;
  readonly asyncHooks = new AsyncHooks();
  readonly privateSymbols: PrivateSymbols;
  readonly symbols: PerIsolateSymbols = perIsolateSymbols();
  readonly primordials: Record<string, unknown> = Object.create(null);
  readonly ticks: Ticks = { info: new Uint8Array(2), callback() {} };
  readonly snapshot: SnapshotHooks = {
    isBuilding: new Uint8Array(1),
    serialize: undefined,
    deserialize: undefined,
  };
  readonly isWorkerThread: boolean;
  readonly wires = new Set<{ close(): void }>();
  readonly process: NodeProcess;
  readonly #bindings = new Map<string, Binding>();
  /** Scripts that are compiled already. */
  readonly #compiled = new Map<string, (...args: never[]) => unknown>();
  readonly #starters: (() => void)[] = [];
  readonly #leavers: (() => void)[] = [];
  #loaders: Loaders | undefined;
  #job: ProcessJob | undefined;
  /** Callbacks that have run. */
  callbacks = 0;
  /** Callback scopes that are open, one in the other. */
  #depth = 0;

  constructor(engine: Engine, library: Library, isWorkerThread = false) {
    this.isWorkerThread = isWorkerThread;
    this.engine = engine;
    this.library = library;
    this.privateSymbols = privateSymbols((name) => engine.privateSymbol(name));
    this.loop = new EventLoop(() => this.sys);
    this.signals = new Signals(() => this.sys);
    this.process = makeProcessObject(this);
    this.onStart(initializeContext);
    this.onStart(() => installWebAssembly(this));
  }

  get kernel(): GuestKernel {
    return this.#running.kernel;
  }

  get sys(): BlockingSyscalls {
    return this.#running.kernel.sys;
  }

  get argv(): readonly string[] {
    return this.#running.argv;
  }

  get envp(): readonly string[] {
    return this.#running.envp;
  }

  get threads(): Threads {
    return this.#running.threads;
  }

  get #running(): ProcessJob {
    if (!this.#job) throw new Error("no process runs yet: a binding asked too early");
    return this.#job;
  }

  internalBinding<T = Binding>(name: string): T {
    let binding = this.#bindings.get(name);
    if (binding === undefined) {
      const make = BINDINGS[name];
      if (!make) throw new Error(`No such binding: ${name}`);
      binding = make(this);
      this.#bindings.set(name, binding);
    }
    return binding as T;
  }

  requireBuiltin<T>(id: string): T {
    if (!this.#loaders) throw new Error(`lib/ is not there yet: ${id}`);
    return this.#loaders.require(id) as T;
  }

  setLoaders(internalBinding: (name: string) => Binding, require: (id: string) => unknown): void {
    this.#loaders = { internalBinding, require };
  }

  compileBuiltin(id: string): (...args: never[]) => unknown {
    const { library, engine } = this;
    return (
      library.compiled?.(id) ??
      engine.compileFunction(library.source(id), `node:${id}`, builtinParameters(id))
    );
  }

  onStart(callback: () => void): void {
    if (this.#job) callback();
    else this.#starters.push(callback);
  }

  /** Loads lib/ as far as every program needs it; `preload` names modules that many need. */
  boot(preload: readonly string[] = []): void {
    this.snapshot.isBuilding[0] = 1;
    this.process["env"] = environmentProxy([]);
    const exports: Record<string, unknown> = {};
    for (const name of ["primordials", "domexception", "messageport"]) {
      this.#runBuiltin(`internal/per_context/${name}`, [
        exports,
        this.primordials,
        this.privateSymbols,
        this.symbols,
      ]);
    }
    this.internalBinding("messaging")["DOMException"] = exports["DOMException"];
    this.internalBinding("messaging")["emitMessage"] = exports["emitMessage"];
    this.#runBuiltin("internal/bootstrap/realm", [
      this.process,
      (name: string) => {
        throw new Error(`No such binding: ${name}`);
      },
      (name: string) => this.internalBinding(name),
      this.primordials,
    ]);
    hideOwnFrames();
    const switches = this.isWorkerThread ? WORKER_SWITCHES : MAIN_SWITCHES;
    for (const id of [...BOOTSTRAP, ...switches]) this.#runMain(id);
    hideOwnModules(this);
    for (const id of preload) this.requireBuiltin(id);
    for (const id of USUAL_MAINS) this.#compiled.set(id, this.compileBuiltin(id));
    this.snapshot.serialize?.();
    this.snapshot.isBuilding[0] = 0;
  }

  /** Runs a program to its end, and the process with it. */
  start(job: ProcessJob): void {
    for (const _ of this.run(job));
  }

  /**
   * The same in steps, for engines that run microtasks only between tasks of their own: whoever drives it
   * lets that happen after each step, and calls `runTicks` until it answers false.
   */
  run(job: ProcessJob): Iterator<void, void> & Iterable<void> {
    return inTurns(this.#steps(job), this.engine.resume);
  }

  *#steps(job: ProcessJob): Steps {
    this.#job = job;
    job.kernel.onSignals = () => this.signals.take();
    this.loop.onIteration = () => this.signals.deliver();
    this.loop.signalsWait = () => this.signals.waiting;
    for (const starter of this.#starters.splice(0)) starter();
    this.process["env"] = environmentProxy(job.envp);
    letFunctionsImport(this);
    this.runCallback(this.process, 1, () => this.#runMain(this.#mainScript()));
    yield;
    // SpinEventLoop: until the loop is empty, and `beforeExit` brings nothing new.
    do {
      yield this.loop.run();
      this.#emit("beforeExit");
      yield;
    } while (this.loop.isAlive);
    this.loop.onEnd();
    this.exit(this.#emitExit());
  }

  /** Runs ticks that microtasks have scheduled; false where there were none. */
  runTicks(): boolean {
    const { info } = this.ticks;
    if (info[0] === 0 && info[1] === 0) return false;
    this.#runTicks();
    return true;
  }

  runCallback<T>(resource: object | undefined, asyncId: number, run: () => T): T | undefined {
    return this.#scope(resource, asyncId, 0, run);
  }

  makeCallback(
    resource: AsyncResource,
    callback: (...args: never[]) => unknown,
    args: readonly unknown[],
    skipsTicks = false,
  ): unknown {
    const { asyncId, triggerAsyncId, contextFrame } = resource;
    const { trampoline } = this.asyncHooks;
    const run = () => {
      if (this.asyncHooks.usesTrampoline && trampoline) {
        return Reflect.apply(trampoline, resource, [asyncId, resource, callback, ...args]);
      }
      return Reflect.apply(callback, resource, args);
    };
    return this.#scope(resource, asyncId, triggerAsyncId, run, skipsTicks, contextFrame);
  }

  triggerUncaughtException(error: unknown, fromPromise: boolean): void {
    this.internalBinding<ErrorsBinding>("errors").triggerUncaughtException(error, fromPromise);
  }

  onExit(callback: () => void): void {
    this.#leavers.push(callback);
  }

  exit(code: number): never {
    for (const leaver of this.#leavers.splice(0)) leaver();
    for (const wire of [...this.wires]) wire.close();
    if (this.isWorkerThread) return this.threads.end(code);
    this.sys.exit(code & 0xff);
    return this.engine.terminate();
  }

  /** InternalCallbackScope: context in, callback, context out, then ticks and microtasks. */
  #scope<T>(
    resource: object | undefined,
    asyncId: number,
    triggerAsyncId: number,
    run: () => T,
    skipsTicks = false,
    contextFrame?: unknown,
  ): T | undefined {
    const hooks = this.asyncHooks;
    const stored = this.engine.continuationData;
    const outer = stored?.get();
    this.callbacks++;
    this.#depth++;
    const { depth } = hooks;
    let result: T | undefined;
    let failed = false;
    try {
      stored?.set(contextFrame);
      hooks.push(asyncId, triggerAsyncId, resource);
      if (!hooks.usesTrampoline) hooks.emitBefore(asyncId);
      result = run();
      if (!hooks.usesTrampoline) hooks.emitAfter(asyncId);
      hooks.pop(asyncId);
    } catch (error) {
      failed = true;
      if (this.#depth > 1) {
        hooks.unwind(depth);
        throw error;
      }
      this.triggerUncaughtException(error, false);
      hooks.clear();
    } finally {
      stored?.set(outer);
      this.#depth--;
    }
    // After an error that was handled, lib/ asks for an immediate, whose scope runs the ticks.
    if (failed) return undefined;
    if (this.#depth === 0 && !skipsTicks) this.#runTicks();
    return result;
  }

  #runTicks(): void {
    const { info } = this.ticks;
    if (info[0] === 0 && info[1] === 0) this.engine.runMicrotasks();
    if (info[0] === 0 && info[1] === 0) return;
    this.#depth++;
    try {
      this.ticks.callback.call(this.process);
    } catch (error) {
      this.triggerUncaughtException(error, false);
      this.asyncHooks.clear();
    } finally {
      this.#depth--;
    }
  }

  #emit(event: "beforeExit"): void {
    const process = this.process as { emit?: (...args: unknown[]) => unknown };
    this.runCallback(undefined, 0, () => process.emit?.(event, this.exitCode ?? 0));
  }

  /** EmitProcessExit: the code to end with, as `exit` listeners left it. */
  #emitExit(): number {
    const unsettled =
      this.exitCode === undefined && this.#mainPromiseIsPending() ? UNSETTLED_TOP_LEVEL_AWAIT : 0;
    const process = this.process as {
      reallyExit?: unknown;
      emit?: (...args: unknown[]) => unknown;
    };
    this.process["_exiting"] = true;
    this.runCallback(undefined, 0, () => process.emit?.("exit", this.exitCode ?? unsettled));
    if (unsettled && this.exitCode === undefined) this.#warnOfUnsettled();
    return this.exitCode ?? unsettled;
  }

  #warnOfUnsettled(): void {
    const entry = this.privateSymbols.entry_point_module_private_symbol;
    const { unsettledTopLevelAwait: tell } = this.internalBinding<ModuleBinding>("module_wrap");
    const text = tell((globalThis as Record<symbol, unknown>)[entry]);
    if (text) this.sys.write(STDERR, encodeUtf8(text));
  }

  get exitCode(): number | undefined {
    const info = this.process[this.privateSymbols.exit_info_private_symbol] as Int32Array;
    return info[2] === 0 ? undefined : (info[1] as number);
  }

  #mainPromiseIsPending(): boolean {
    const symbol = this.privateSymbols.entry_point_promise_private_symbol;
    const promise = (globalThis as Record<symbol, unknown>)[symbol];
    return promise instanceof Promise && this.engine.promiseDetails(promise)[0] === 0;
  }

  /** node.cc's StartExecution: which script of lib/internal/main runs this command line. */
  #mainScript(): string {
    if (this.isWorkerThread) return "internal/main/worker_thread";
    return this.internalBinding<OptionsBinding>("options").mainScript();
  }

  #runMain(id: string): void {
    const { internalBinding, require } = this.#loaders as Loaders;
    this.#runBuiltin(id, [this.process, require, internalBinding, this.primordials]);
  }

  #runBuiltin(id: string, args: readonly unknown[]): void {
    Reflect.apply(this.#compiled.get(id) ?? this.compileBuiltin(id), undefined, args);
  }
}

interface Loaders {
  readonly internalBinding: (name: string) => Binding;
  readonly require: (id: string) => unknown;
}

interface ErrorsBinding {
  triggerUncaughtException(error: unknown, fromPromise: boolean): void;
}

interface ModuleBinding {
  unsettledTopLevelAwait(entry: unknown): string;
}

interface OptionsBinding {
  mainScript(): string;
}

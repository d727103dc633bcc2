/**
 * What the bindings of one Node process share: the kernel, the event loop, the symbols and hooks that
 * Node's C++ half keeps in its `Environment`. One object for each isolate; it is made when the snapshot
 * is built, before there is a process, and `onStart` says when there is one.
 */
import type { BlockingSyscalls } from "../../kernel/abi.ts";
import type { GuestKernel } from "../wasi/guest-kernel.ts";
import type { AsyncHooks } from "./async-hooks.ts";
import type { Engine } from "./engine.ts";
import type { EventLoop } from "./loop/event-loop.ts";
import type { Signals } from "./loop/signals.ts";
import type { PerIsolateSymbols, PrivateSymbols } from "./symbols.ts";
import type { Threads } from "./threads.ts";

/** What `internalBinding(name)` answers: Node's own names for everything in it. */
export type Binding = Record<string | symbol, unknown>;

/** Makes a binding. Called once, when `lib/` first asks for it, which may be while a snapshot is built. */
export type BindingFactory = (env: Environment) => Binding;

export interface Environment {
  /** The process's system calls; there are none while a snapshot is built. */
  readonly sys: BlockingSyscalls;
  readonly kernel: GuestKernel;
  readonly engine: Engine;
  readonly loop: EventLoop;
  readonly signals: Signals;
  readonly asyncHooks: AsyncHooks;
  readonly privateSymbols: PrivateSymbols;
  readonly symbols: PerIsolateSymbols;
  readonly primordials: Record<string, unknown>;
  /** The `process` object of JavaScript. */
  readonly process: NodeProcess;
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  /** Source text of `lib/`'s modules by id, those that are not in the snapshot too. */
  readonly library: Library;
  /** The binding `name`; throws as Node does where there is none. */
  internalBinding<T = Binding>(name: string): T;
  /** A module of `lib/`, public or internal. */
  requireBuiltin<T = Record<string, unknown>>(id: string): T;
  /** Runs `callback` when the process starts: at once where it has. Clocks, ids and the like belong here. */
  onStart(callback: () => void): void;
  /** What task_queue and the callbacks from the loop share. */
  readonly ticks: Ticks;
  readonly snapshot: SnapshotHooks;
  /** True in a thread that `Worker` made. */
  readonly isWorkerThread: boolean;
  readonly threads: Threads;
  /** Ports' wires to other threads, which the thread's end closes. */
  readonly wires: Set<{ close(): void }>;
  /** Compiles a module of `lib/` to a function of Node's parameters for it. */
  compileBuiltin(id: string): (...args: never[]) => unknown;
  /** Tells of `lib/`'s own loaders, once the realm is set up. */
  setLoaders(internalBinding: (name: string) => Binding, require: (id: string) => unknown): void;
  /**
   * A callback scope of Node's (InternalCallbackScope) around `run`, for callbacks that are no method of
   * a resource; undefined where it threw what the process caught.
   */
  runCallback<T>(resource: object | undefined, asyncId: number, run: () => T): T | undefined;
  /**
   * Calls back into JavaScript from the event loop, as Node's MakeCallback does: in the async context of
   * `resource`, with ticks and microtasks run after the outermost one. An exception is the process's
   * uncaught exception; the answer is then undefined. With `skipsTicks` the next callback runs them.
   */
  makeCallback(
    resource: AsyncResource,
    callback: (...args: never[]) => unknown,
    args: readonly unknown[],
    skipsTicks?: boolean,
  ): unknown;
  /** Hands an exception that nobody caught to `process`; returns where a handler took it, else exits. */
  triggerUncaughtException(error: unknown, fromPromise: boolean): void;
  /** What `process.exitCode` says; undefined where nobody set it. */
  readonly exitCode: number | undefined;
  /** Runs `callback`, which calls no JavaScript of the program's, right before the process ends. */
  onExit(callback: () => void): void;
  /** Ends the process. Nothing of the guest runs after it. */
  exit(code: number): never;
}

/** The state of process.nextTick that Node keeps in C++ (TickInfo). */
export interface Ticks {
  /** [has a tick scheduled, has a rejection to warn of]. */
  readonly info: Uint8Array;
  callback: () => void;
}

/** lib/'s callbacks around a snapshot. */
export interface SnapshotHooks {
  /** [1 while one is being built]. */
  readonly isBuilding: Uint8Array;
  serialize: (() => void) | undefined;
  deserialize: (() => void) | undefined;
}

/** What a callback belongs to: its ids are those that async_hooks knows it by. */
export interface AsyncResource {
  readonly asyncId: number;
  readonly triggerAsyncId: number;
  /** What AsyncLocalStorage had stored when it was made. */
  readonly contextFrame?: unknown;
}

export interface NodeProcess {
  [key: string | symbol]: unknown;
}

/** The function around a module of lib/. */
export type CompiledModule = (...args: never[]) => unknown;

export interface Library {
  /** `process.versions` of the release that lib/ is of. */
  readonly versions: Readonly<Record<string, string>>;
  /** JSON of `process.config`. */
  readonly config: string;
  readonly ids: readonly string[];
  source(id: string): string;
  /** The module's function, once, where the engine has it ready. */
  compiled?(id: string): CompiledModule | undefined;
}

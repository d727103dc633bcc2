/**
 * One run of a WebAssembly program on the kernel: its imports, its start, and how it ended. Knows no
 * engine: it gets a compiled module and a kernel client. `run` keeps the calling thread until the end;
 * an engine that suspends the program instead links it and enters it by itself.
 */
import { encodeUtf8, SIG_SETMASK, Signal } from "../../kernel/abi.ts";
import { extensionImports } from "./extensions/imports.ts";
import { high, low } from "./extensions/masks.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import {
  findImport,
  type ImportFunction,
  type ImportFunctions,
  type ImportGroup,
} from "./imports.ts";
import { type Preview1, preview1 } from "./preview1/imports.ts";
import { ProgramContext } from "./program-context.ts";
import { SignalDelivery, type Trampoline } from "./signals.ts";

/** A program that neither exited nor was ended from outside: as by this signal. */
export interface Trap {
  readonly signal: number;
  readonly message: string;
}

/** What the dynamic linker exits with where a symbol is missing. */
const LINK_FAILURE = 127;
const STDERR = 2;

export class WasiProgram {
  readonly #module: WebAssembly.Module;
  readonly #context: ProgramContext;

  constructor(
    module: WebAssembly.Module,
    kernel: GuestKernel,
    argv: readonly string[],
    envp: readonly string[],
  ) {
    this.#module = module;
    this.#context = new ProgramContext(kernel, argv, envp);
  }

  /** Bytes of linear memory that it has now. */
  get memoryBytes(): number {
    return this.#context.memory.bytes.length;
  }

  /**
   * Runs it to its end and returns how it trapped; a program that ends any other way does so inside a
   * system call, which throws what the kernel client throws then.
   */
  run(): Trap {
    const { kernel } = this.#context;
    const signals = new SignalDelivery(kernel.sys);
    kernel.onSignals = () => signals.deliver();
    try {
      const linked = this.link((call) => call);
      if (typeof linked === "string") return this.refuse(linked);
      signals.attach(linked.trampoline);
      if (linked.setMask) this.#passOn(linked.setMask, this.inheritedMask());
      linked.start();
    } catch (reason) {
      const trap = trapOf(reason);
      // What it wrote last is on its way, and has to arrive before its death.
      kernel.sys.sched_yield();
      return trap;
    }
    return kernel.sys.exit(0) as never;
  }

  /**
   * Instantiates it, with each import as `lend` makes it of ours; in its place the message where it
   * cannot be linked.
   */
  link(lend: (call: ImportFunction) => ImportFunction): Entry | string {
    const context = this.#context;
    const wasi = preview1(context);
    const groups = importGroups(context, wasi);
    const imports: Record<string, ImportFunctions> = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(this.#module)) {
      const found = kind === "function" ? findImport(groups[from], name) : undefined;
      if (!found) return `undefined import: ${from}.${name}`;
      imports[from] ??= {};
      imports[from][name] = lend(found);
    }
    context.opensPaths = imports.wasi_snapshot_preview1?.path_open !== undefined;
    const exports = this.#instantiate(imports);
    if (typeof exports === "string") return exports;
    if (exports.memory) wasi.attach(exports.memory as WebAssembly.Memory);
    const start = (exports._start ?? exports.run) as (() => void) | undefined;
    if (!start) return "undefined entry point: _start";
    return {
      start,
      trampoline: exports.__wasi_signal_trampoline as Trampoline | undefined,
      setMask: exports.__agentos_set_initial_sigmask as MaskSetter | undefined,
    };
  }

  /** The blocked signals that its parent left it, for `Entry.setMask`. */
  inheritedMask(): readonly [low: number, high: number] {
    const blocked = this.#context.sys.rt_sigprocmask(SIG_SETMASK, undefined);
    return [low(blocked) | 0, high(blocked) | 0];
  }

  /** As a dynamic linker does: says what is missing, and 127. */
  refuse(message: string): never {
    const { sys, argv } = this.#context;
    sys.write(STDERR, encodeUtf8(`${argv[0] ?? "wasm"}: symbol lookup error: ${message}\n`));
    return sys.exit(LINK_FAILURE) as never;
  }

  #passOn(setMask: MaskSetter, [lowHalf, highHalf]: readonly [number, number]): void {
    if (lowHalf !== 0 || highHalf !== 0) setMask(lowHalf, highHalf);
  }

  #instantiate(imports: Record<string, ImportFunctions>): WebAssembly.Exports | string {
    try {
      return new WebAssembly.Instance(this.#module, imports as WebAssembly.Imports).exports;
    } catch (reason) {
      if (reason instanceof WebAssembly.LinkError) return reason.message;
      throw reason;
    }
  }
}

/** Where a linked program is entered. */
export interface Entry {
  readonly start: () => void;
  /** Handles a caught signal; undefined where its libc has no handlers. */
  readonly trampoline: Trampoline | undefined;
  /** libc keeps its own copy of the blocked set, which a parent may have left. */
  readonly setMask: MaskSetter | undefined;
}

type MaskSetter = (low: number, high: number) => number;

/** Calls every import with small numbers, for the sake of having run it. */
export function exerciseImports(kernel: GuestKernel): void {
  const context = new ProgramContext(kernel, ["warm"], ["PATH=/bin", "PWD=/"]);
  const wasi = preview1(context);
  wasi.attach({ buffer: new ArrayBuffer(65_536) } as WebAssembly.Memory);
  const signals = new SignalDelivery(kernel.sys);
  signals.attach(() => {});
  signals.deliver();
  for (const group of Object.values(importGroups(context, wasi)).flat()) {
    for (const name of Object.keys(group.functions)) {
      const call = findImport([group], name) as ImportFunction;
      for (const value of [0, 1]) attempt(call, value);
    }
  }
}

function attempt(call: ImportFunction, value: number): void {
  try {
    call(...new Array(21).fill(value));
  } catch {
    // It got as far as these arguments lead.
  }
}

/** The import modules by name; a call stands in exactly one group of its module. */
function importGroups(
  context: ProgramContext,
  wasi: Preview1,
): Readonly<Record<string, readonly ImportGroup[]>> {
  return {
    wasi_snapshot_preview1: wasi.groups,
    wasi_unstable: wasi.groups,
    ...extensionImports(context),
  };
}

/** The signal that the same mistake brings on Linux; what is no trap is thrown on. */
export function trapOf(reason: unknown): Trap {
  if (reason instanceof RangeError && reason.message.includes("call stack")) {
    return { signal: Signal.SIGSEGV, message: "stack overflow" };
  }
  // JavaScript takes imports by name alone, and finds out about types when it meets an i64 in their place.
  const isOfTypes = reason instanceof TypeError || reason instanceof SyntaxError;
  if (isOfTypes && reason.message.includes("BigInt")) {
    return { signal: Signal.SIGILL, message: "an import was called with other types" };
  }
  if (!(reason instanceof WebAssembly.RuntimeError)) throw reason;
  const { message } = reason;
  // abort() is an unreachable instruction.
  if (message.includes("unreachable")) return { signal: Signal.SIGABRT, message };
  if (message.includes("divide") || message.includes("remainder") || message.includes("float")) {
    return { signal: Signal.SIGFPE, message };
  }
  return { signal: Signal.SIGSEGV, message };
}

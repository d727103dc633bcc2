/**
 * One run of a WebAssembly program on the kernel: its imports, its start, and how it ended. Knows no
 * engine: it gets a compiled module and a kernel client, and keeps the calling thread until the end.
 */
import { encodeUtf8, SIG_SETMASK, Signal } from "../../kernel/abi.ts";
import { extensionImports } from "./extensions/imports.ts";
import { high, low } from "./extensions/masks.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import type { ImportFunctions } from "./imports.ts";
import { preview1 } from "./preview1/imports.ts";
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

/**
 * Runs `module` to its end and returns how it trapped; a program that ends any other way does so inside
 * a system call, which throws what the kernel client throws then.
 */
export function runProgram(
  module: WebAssembly.Module,
  kernel: GuestKernel,
  argv: readonly string[],
  envp: readonly string[],
): Trap {
  const context = new ProgramContext(kernel, argv, envp);
  const wasi = preview1(context);
  const supplied: Record<string, ImportFunctions> = {
    wasi_snapshot_preview1: wasi.functions,
    wasi_unstable: wasi.functions,
    ...extensionImports(context),
  };
  const missing = WebAssembly.Module.imports(module).find(
    ({ module: from, name, kind }) =>
      kind !== "function" || !Object.hasOwn(supplied[from] ?? {}, name),
  );
  if (missing) return refuse(context, `undefined import: ${missing.module}.${missing.name}`);
  const signals = new SignalDelivery(kernel.sys);
  kernel.onSignals = () => signals.deliver();
  try {
    const { exports } = new WebAssembly.Instance(module, supplied as WebAssembly.Imports);
    if (exports.memory) wasi.attach(exports.memory as WebAssembly.Memory);
    signals.attach(exports.__wasi_signal_trampoline as Trampoline | undefined);
    inheritMask(context, exports.__agentos_set_initial_sigmask as MaskSetter | undefined);
    const start = (exports._start ?? exports.run) as (() => void) | undefined;
    if (!start) return refuse(context, "undefined entry point: _start");
    start();
  } catch (reason) {
    if (reason instanceof WebAssembly.LinkError) return refuse(context, reason.message);
    return trapOf(reason);
  }
  return kernel.sys.exit(0) as never;
}

type MaskSetter = (low: number, high: number) => number;

/** libc keeps its own copy of the blocked set, which a parent may have left. */
function inheritMask({ sys }: ProgramContext, setMask: MaskSetter | undefined): void {
  if (!setMask) return;
  const blocked = sys.rt_sigprocmask(SIG_SETMASK, undefined);
  if (blocked !== 0n) setMask(low(blocked) | 0, high(blocked) | 0);
}

/** As a dynamic linker does: says what is missing, and 127. */
function refuse({ sys, argv }: ProgramContext, message: string): never {
  sys.write(STDERR, encodeUtf8(`${argv[0] ?? "wasm"}: symbol lookup error: ${message}\n`));
  return sys.exit(LINK_FAILURE) as never;
}

/** The signal that the same mistake brings on Linux; what is no trap is thrown on. */
function trapOf(reason: unknown): Trap {
  if (reason instanceof RangeError && reason.message.includes("call stack")) {
    return { signal: Signal.SIGSEGV, message: "stack overflow" };
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

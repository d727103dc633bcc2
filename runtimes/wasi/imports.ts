/**
 * What makes a TypeScript function an import of a guest: i32 arguments become unsigned, and a failed
 * system call becomes the errno that the program reads.
 */
import { wasi } from "@bjorn3/browser_wasi_shim";
import { Errno, KernelError } from "../../kernel/abi.ts";
import { wasiErrno } from "./errno.ts";

// biome-ignore lint/suspicious/noExplicitAny: each import has its own parameters; the module's types rule.
export type ImportFunction = (...args: any[]) => unknown;
export type ImportFunctions = Record<string, ImportFunction>;

/** Functions with the same convention for results. */
export interface ImportGroup {
  readonly functions: ImportFunctions;
  /** Makes the import that the program calls of one of them. */
  wrap(call: ImportFunction): ImportFunction;
}

/** Functions whose result is an errno; `undefined` is success. */
export function returningErrno(functions: ImportFunctions): ImportGroup {
  return {
    functions,
    wrap:
      (call) =>
      (...args) => {
        try {
          return call(...unsigned(args)) ?? wasi.ERRNO_SUCCESS;
        } catch (reason) {
          return errnoOf(reason);
        }
      },
  };
}

/** Functions whose result is a value, and `failure` where the call failed. */
export function returningValue<T>(failure: T, functions: ImportFunctions): ImportGroup {
  return {
    functions,
    wrap:
      (call) =>
      (...args) => {
        try {
          return call(...unsigned(args));
        } catch (reason) {
          errnoOf(reason);
          return failure;
        }
      },
  };
}

/** The import `name`; undefined where no group has it. */
export function findImport(
  groups: readonly ImportGroup[] | undefined,
  name: string,
): ImportFunction | undefined {
  for (const { functions, wrap } of groups ?? []) {
    if (Object.hasOwn(functions, name)) return wrap(functions[name] as ImportFunction);
  }
  return undefined;
}

/** A failure that only WASI knows; `errno` is its number there. */
export class WasiFailure {
  readonly errno: number;

  constructor(errno: number) {
    this.errno = errno;
  }
}

/** The errno that stands for `reason`; throws it on where it is no answer to the program. */
export function errnoOf(reason: unknown): number {
  if (reason instanceof KernelError) return wasiErrno(reason.errno);
  if (reason instanceof WasiFailure) return reason.errno;
  // An address outside the memory, found by a view; but a stack overflow is a RangeError as well.
  if (reason instanceof RangeError && !reason.message.includes("call stack")) {
    return wasi.ERRNO_FAULT;
  }
  throw reason;
}

export function refuse(errno: Errno): never {
  throw new KernelError(errno);
}

/** WASI's 64-bit sizes and offsets as the kernel's numbers. */
export function size(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new KernelError(Errno.EINVAL);
  return number;
}

function unsigned(args: unknown[]): unknown[] {
  for (let i = 0; i < args.length; i++) {
    if (typeof args[i] === "number") args[i] = (args[i] as number) >>> 0;
  }
  return args;
}

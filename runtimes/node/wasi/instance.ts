/**
 * What one `WASI` object of node:wasi is over: uvwasi's part, played by the WASI layer that programs of
 * the machine have, with descriptors and directories that are the object's own.
 */
import { AT_FDCWD, KernelError, O_CLOEXEC, O_DIRECTORY } from "../../../kernel/abi.ts";
import { ERRNO_FAULT, ERRNO_OVERFLOW, wasiErrnoName } from "../../wasi/errno.ts";
import { errnoOf, findImport, type ImportFunction } from "../../wasi/imports.ts";
import { type Preview1, preview1 } from "../../wasi/preview1/imports.ts";
import { ProgramContext } from "../../wasi/program-context.ts";
import type { Environment } from "../environment.ts";
import { withOwnDescriptors } from "./own-descriptors.ts";

export class WasiInstance {
  readonly #wasi: Preview1;
  readonly #imports = new Map<string, ImportFunction>();

  /** `preopens`: the name in the module, the directory that it is, and so on. Throws as uvwasi_init does. */
  constructor(
    env: Environment,
    args: readonly string[],
    environment: readonly string[],
    preopens: readonly string[],
    stdio: readonly number[],
  ) {
    const names = preopens.filter((_, index) => index % 2 === 0);
    const directories = preopens.filter((_, index) => index % 2 === 1);
    const numbers = openAll(env, stdio, directories);
    const kernel = withOwnDescriptors(env.kernel, numbers, (status) => env.exit(status));
    this.#wasi = preview1(new ProgramContext(kernel, args, environment, names));
  }

  attach(memory: WebAssembly.Memory): void {
    this.#wasi.attach(memory);
  }

  /** Makes the call `name`; its errno. An address outside of the memory is uvwasi's EOVERFLOW. */
  call(name: string, args: readonly unknown[]): unknown {
    let call = this.#imports.get(name);
    if (!call) {
      call = findImport(this.#wasi.groups, name) as ImportFunction;
      this.#imports.set(name, call);
    }
    const errno = call(...args);
    return errno === ERRNO_FAULT ? ERRNO_OVERFLOW : errno;
  }
}

/** The standard streams, which have to be open, and the directories: the descriptors from 0 on. */
function openAll(
  { sys }: Environment,
  stdio: readonly number[],
  directories: readonly string[],
): number[] {
  const numbers = [...stdio];
  try {
    for (const fd of stdio) sys.fstat(fd);
    for (const path of directories) {
      numbers.push(sys.openat(AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC, 0));
    }
    return numbers;
  } catch (reason) {
    for (const fd of numbers.slice(stdio.length)) sys.close(fd);
    throw reason instanceof KernelError ? wasiException(errnoOf(reason), "uvwasi_init") : reason;
  }
}

/** node::wasi::WASIException. */
function wasiException(errno: number, syscall: string): Error {
  const code = `UVWASI_${wasiErrnoName(errno) ?? "UNKNOWN_ERROR"}`;
  return Object.assign(new Error(`${code}, ${syscall}`), { errno, code, syscall });
}

/**
 * WASI preview 1 (https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md). The shim's table
 * carries the fd_ calls on our descriptor fronts; what has to be exact to the byte, to the path or to
 * the microsecond is ours and takes the shim's place.
 */
import { WASI } from "@bjorn3/browser_wasi_shim";
import { type ImportFunction, type ImportGroup, returningErrno } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { descriptorImports } from "./descriptors.ts";
import { directoryImports } from "./directories.ts";
import { kernelFds } from "./kernel-fd.ts";
import { pathImports } from "./paths.ts";
import { pollImports } from "./poll.ts";
import { processImports } from "./process.ts";
import { withRights } from "./rights.ts";
import { streamImports } from "./streams.ts";

/**
 * The calls that the shim's own table answers, all through KernelFd. None of them touches the program's
 * memory after a system call with a view from before it: a signal handler may have grown it.
 */
const OF_THE_SHIM = [
  "fd_allocate",
  "fd_close",
  "fd_fdstat_get",
  "fd_fdstat_set_flags",
  "fd_fdstat_set_rights",
  "fd_filestat_set_size",
  "fd_filestat_set_times",
  "fd_sync",
] as const;

export interface Preview1 {
  readonly groups: readonly ImportGroup[];
  /** Tells where the program's memory is; to be called before it runs. */
  attach(memory: WebAssembly.Memory): void;
}

export function preview1(context: ProgramContext): Preview1 {
  const shim = new WASI([], [], kernelFds(context), { debug: false });
  const carried = Object.fromEntries(
    OF_THE_SHIM.map((name) => [name, shim.wasiImport[name] as ImportFunction]),
  );
  return {
    groups: [
      withRights(context, streamImports(context)),
      processImports(context),
      pathImports(context),
      withRights(context, descriptorImports(context)),
      carried,
      directoryImports(context),
      pollImports(context),
    ].map(returningErrno),
    attach(memory) {
      context.memory.attach(memory);
      shim.inst = { exports: { memory: memory as never } };
    },
  };
}

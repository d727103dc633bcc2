/** What a program of WASI preview 1 asks of its process and machine: arguments, clocks, randomness, exit. */
import { Errno } from "../../../kernel/abi.ts";
import { environment } from "../environment.ts";
import { type ImportFunctions, refuse } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";
import { TextList } from "../text-lists.ts";

/** Clock ids are the same as Linux's up to this one. */
const LAST_CLOCK = 3;

export function processImports(context: ProgramContext): ImportFunctions {
  const { sys, memory } = context;
  let argv: TextList | undefined;
  let envp: TextList | undefined;

  const args = () => (argv ??= new TextList(context.argv));
  const environ = () => (envp ??= new TextList(environment(context)));

  function clock(id: number): number {
    return id <= LAST_CLOCK ? id : refuse(Errno.EINVAL);
  }

  return {
    args_sizes_get(count: number, bytes: number) {
      memory.setU32(count, args().count);
      memory.setU32(bytes, args().bytes);
    },

    args_get(pointers: number, buffer: number) {
      args().writeTo(memory, pointers, buffer);
    },

    environ_sizes_get(count: number, bytes: number) {
      memory.setU32(count, environ().count);
      memory.setU32(bytes, environ().bytes);
    },

    environ_get(pointers: number, buffer: number) {
      environ().writeTo(memory, pointers, buffer);
    },

    clock_res_get(id: number, result: number) {
      memory.setU64(result, sys.clock_getres(clock(id)));
    },

    clock_time_get(id: number, _precision: bigint, result: number) {
      memory.setU64(result, sys.clock_gettime(clock(id)));
    },

    random_get(address: number, length: number) {
      memory.slice(address, length);
      for (let done = 0; done < length; ) {
        const count = sys.getrandom(memory.slice(address + done, length - done));
        if (count === 0) refuse(Errno.EIO);
        done += count;
      }
    },

    sched_yield() {
      sys.sched_yield();
    },

    proc_exit(status: number) {
      sys.exit(status);
    },

    proc_raise(signal: number) {
      sys.kill(sys.getpid(), linuxSignal(signal));
    },
  };
}

/** Linux's number of a WASI signal: the same up to TERM, then WASI leaves SIGSTKFLT out. */
function linuxSignal(signal: number): number {
  if (signal > 30) refuse(Errno.EINVAL);
  return signal < 16 ? signal : signal + 1;
}

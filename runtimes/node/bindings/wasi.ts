/** internalBinding("wasi"): what lib/wasi.js makes its imports of (node_wasi.cc). */
import { ERRNO_INVAL } from "../../wasi/errno.ts";
import type { BindingFactory } from "../environment.ts";
import { codedError, refused } from "../errors.ts";
import { WasiInstance } from "../wasi/instance.ts";

/** Each call's parameters: i, a number of 32 bits, and I, a BigInt. */
const SIGNATURES = {
  args_get: "ii",
  args_sizes_get: "ii",
  clock_res_get: "ii",
  clock_time_get: "iIi",
  environ_get: "ii",
  environ_sizes_get: "ii",
  fd_advise: "iIIi",
  fd_allocate: "iII",
  fd_close: "i",
  fd_datasync: "i",
  fd_fdstat_get: "ii",
  fd_fdstat_set_flags: "ii",
  fd_fdstat_set_rights: "iII",
  fd_filestat_get: "ii",
  fd_filestat_set_size: "iI",
  fd_filestat_set_times: "iIIi",
  fd_pread: "iiiIi",
  fd_prestat_get: "ii",
  fd_prestat_dir_name: "iii",
  fd_pwrite: "iiiIi",
  fd_read: "iiii",
  fd_readdir: "iiiIi",
  fd_renumber: "ii",
  fd_seek: "iIii",
  fd_sync: "i",
  fd_tell: "ii",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiiIIi",
  path_link: "iiiiiii",
  path_open: "iiiiiIIii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  proc_exit: "i",
  proc_raise: "i",
  random_get: "ii",
  sched_yield: "",
  sock_accept: "iii",
  sock_recv: "iiiiii",
  sock_send: "iiiii",
  sock_shutdown: "ii",
} as const;

type Strings = readonly string[];

export const wasi: BindingFactory = (env) => {
  class WASI {
    readonly #instance: WasiInstance;
    #started = false;

    constructor(args: Strings, environment: Strings, preopens: Strings, stdio: readonly number[]) {
      if (!hasWebAssembly()) throw refused("node:wasi", "this engine has no WebAssembly");
      this.#instance = new WasiInstance(env, args, environment, preopens, stdio);
    }

    static attach(self: WASI, memory: unknown): void {
      if (!isMemory(memory)) {
        throw codedError(
          TypeError,
          "ERR_INVALID_ARG_TYPE",
          '"instance.exports.memory" property must be a WebAssembly.Memory object',
        );
      }
      self.#started = true;
      self.#instance.attach(memory);
    }

    static call(self: WASI, name: string, signature: string, args: readonly unknown[]): unknown {
      if (!(#instance in self) || !fits(args, signature)) return ERRNO_INVAL;
      if (!self.#started) {
        throw codedError(Error, "ERR_WASI_NOT_STARTED", "wasi.start() has not been called");
      }
      return self.#instance.call(name, args);
    }
  }

  const { attach, call } = WASI;
  // Enumerable, as C++ has them: lib/ goes through all there are.
  const methods: Record<string, unknown> = {};
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    methods[name] = {
      [name](this: WASI, ...args: unknown[]): unknown {
        return call(this, name, signature, args);
      },
    }[name];
  }
  methods["_setMemory"] = function _setMemory(this: WASI, memory: unknown): void {
    attach(this, memory);
  };
  Object.assign(WASI.prototype, methods);
  for (const name of ["attach", "call"]) Reflect.deleteProperty(WASI, name);
  return { WASI };
};

function hasWebAssembly(): boolean {
  return (globalThis as { WebAssembly?: unknown }).WebAssembly !== undefined;
}

/** By its brand: it may be another context's. */
function isMemory(value: unknown): value is WebAssembly.Memory {
  const buffer = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, "buffer")?.get;
  try {
    buffer?.call(value);
    return buffer !== undefined;
  } catch {
    return false;
  }
}

function fits(args: readonly unknown[], signature: string): boolean {
  if (args.length !== signature.length) return false;
  return args.every((arg, i) => typeof arg === (signature[i] === "I" ? "bigint" : "number"));
}

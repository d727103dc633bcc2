/**
 * Where the inline engine gets compiled modules from: compiled here, where the host lets us, or compiled
 * with the host's own program and found by the digest of the file that they stand for.
 */
import { Errno, type ExecutableFile, KernelError, sleepFor } from "../../../kernel/index.ts";
import { ModuleCache } from "../module-cache.ts";
import { DEFAULT_WASM_LIMITS, type WasmLimits } from "../wasm-limits.ts";
import { meterModule } from "../wasm-meter.ts";

export interface ModuleSource {
  /**
   * The module of `file`; undefined where this source has none. May sleep for a fetch or a compile;
   * throws KernelError ENOEXEC for a file that is no module.
   */
  get(file: ExecutableFile): WebAssembly.Module | undefined;
}

/**
 * Compiles what it is asked for, with bounds on memory and tables, and a meter in each loop, by which a
 * program that only computes gives way and can be ended. Not for hosts that forbid compiling.
 */
export function compiledModules(limits: Partial<WasmLimits> = {}): ModuleSource {
  const cache = new ModuleCache({ ...DEFAULT_WASM_LIMITS, ...limits }, metered);
  return { get: (file) => cache.get(file).module };
}

/** A module with instructions that the meter does not know runs without one. */
function metered(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    return meterModule(bytes);
  } catch (reason) {
    if (reason instanceof KernelError) return bytes;
    throw reason;
  }
}

/**
 * Modules by the digest of their files, each at hand or to be loaded when it first runs. Their bounds
 * are what they were compiled with: wasm-limits.ts is for whoever compiles them.
 */
export function precompiledModules(
  modules: ReadonlyMap<string, WebAssembly.Module | LoadModule>,
): ModuleSource {
  const loaded = new Map<string, WebAssembly.Module | Promise<void>>();

  async function load(digest: string, from: LoadModule): Promise<void> {
    try {
      loaded.set(digest, await from());
    } catch {
      // Tried again at the next run; this one cannot be.
      loaded.delete(digest);
      throw new KernelError(Errno.EIO);
    }
  }

  return {
    get({ digest }) {
      const found = digest === undefined ? undefined : modules.get(digest);
      if (digest === undefined || !isLoad(found)) return found;
      const known = loaded.get(digest) ?? load(digest, found);
      if (!(known instanceof Promise)) return known;
      loaded.set(digest, known);
      return sleepFor(known);
    },
  };
}

export type LoadModule = () => Promise<WebAssembly.Module>;

function isLoad(found: WebAssembly.Module | LoadModule | undefined): found is LoadModule {
  return typeof found === "function";
}

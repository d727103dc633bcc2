/**
 * Where the inline engine gets compiled modules from: compiled here, where the host lets us, or compiled
 * with the host's own program and found by the digest of the file that they stand for.
 */
import { Errno, type ExecutableFile, KernelError, sleepFor } from "../../../kernel/index.ts";
import { ModuleCache } from "../module-cache.ts";
import { DEFAULT_WASM_LIMITS, type WasmLimits } from "../wasm-limits.ts";

export interface ModuleSource {
  /**
   * The module of `file`; undefined where this source has none. May sleep for a fetch or a compile;
   * throws KernelError ENOEXEC for a file that is no module.
   */
  get(file: ExecutableFile): WebAssembly.Module | undefined;
}

/** Compiles what it is asked for, with bounds on memory and tables. Not for hosts that forbid that. */
export function compiledModules(limits: Partial<WasmLimits> = {}): ModuleSource {
  const cache = new ModuleCache({ ...DEFAULT_WASM_LIMITS, ...limits });
  return { get: (file) => cache.get(file).module };
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

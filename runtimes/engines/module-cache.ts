/**
 * Compiled modules, kept by content. V8 shares the code of equal modules between all isolates of the
 * process for as long as one of them is alive: this is what keeps the recent ones alive.
 */
import { Errno, type ExecutableFile, KernelError, sleepFor } from "../../kernel/index.ts";
import { limitModule, type WasmLimits } from "./wasm-limits.ts";

/** Bytes of modules that are kept at most; a module's code takes a small multiple of them. */
const KEEP_BYTES = 64 << 20;
/** Larger modules are compiled off this thread, while the caller sleeps. */
const INLINE_BYTES = 65_536;

export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly bytes: number;
}

type Rewrite = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
type Entry = CompiledModule | KernelError | Promise<void>;

export class ModuleCache {
  readonly #limits: WasmLimits;
  readonly #rewrite: Rewrite;
  /** Least recently used first. */
  readonly #byDigest = new Map<string, Entry>();
  readonly #byInode = new WeakMap<object, { version: number; entry: Entry }>();
  #kept = 0;

  /** `rewrite` changes the binary further, once its limits are set. */
  constructor(limits: WasmLimits, rewrite: Rewrite = (bytes) => bytes) {
    this.#limits = limits;
    this.#rewrite = rewrite;
  }

  /** The module in `file`. Sleeps while it compiles; ENOEXEC where it is none. */
  get(file: ExecutableFile): CompiledModule {
    const known = this.#find(file);
    if (known instanceof KernelError) throw known;
    if (known instanceof Promise) return sleepFor(known);
    if (known) return known;
    const bytes = this.#rewrite(limitModule(file.read(), this.#limits));
    if (bytes.length > INLINE_BYTES) {
      const compiling = this.#compile(file, bytes);
      this.#put(file, compiling);
      return sleepFor(compiling);
    }
    const compiled = { module: compileNow(bytes), bytes: bytes.length };
    this.#put(file, compiled);
    return compiled;
  }

  async #compile(file: ExecutableFile, bytes: Uint8Array): Promise<void> {
    try {
      const module = await WebAssembly.compile(bytes);
      this.#put(file, { module, bytes: bytes.length });
    } catch {
      this.#put(file, new KernelError(Errno.ENOEXEC));
    }
  }

  #find({ digest, inode, version }: ExecutableFile): Entry | undefined {
    if (digest === undefined) {
      const found = this.#byInode.get(inode);
      return found?.version === version ? found.entry : undefined;
    }
    const entry = this.#byDigest.get(digest);
    if (entry === undefined) return undefined;
    this.#byDigest.delete(digest);
    this.#byDigest.set(digest, entry);
    return entry;
  }

  #put({ digest, inode, version }: ExecutableFile, entry: Entry): void {
    if (digest === undefined) {
      this.#byInode.set(inode, { version, entry });
      return;
    }
    this.#byDigest.set(digest, entry);
    if ("bytes" in entry) this.#kept += entry.bytes;
    for (const [key, old] of this.#byDigest) {
      if (this.#kept <= KEEP_BYTES) break;
      if (key === digest || !("bytes" in old)) continue;
      this.#byDigest.delete(key);
      this.#kept -= old.bytes;
    }
  }
}

function compileNow(bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    throw new KernelError(Errno.ENOEXEC);
  }
}

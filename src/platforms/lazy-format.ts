/**
 * A binary format that costs nothing until the first file of it runs: then its engine is loaded, while
 * that exec sleeps. Where that fails the exec does, and the next one tries again.
 */
import {
  type BinaryFormat,
  Errno,
  type ExecutableFile,
  KernelError,
  type Program,
  sleepFor,
} from "../../kernel/index.ts";

export interface LoadedEngine {
  load(file: ExecutableFile): Program;
  settle?(): Promise<void>;
  dispose?(): void;
}

export interface LazyFormatOptions {
  readonly name: string;
  /** What its files begin with. */
  readonly magic: Uint8Array;
  readonly loadEngine: () => Promise<LoadedEngine>;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

export class LazyFormat implements BinaryFormat {
  readonly name: string;
  readonly #options: LazyFormatOptions;
  #engine: LoadedEngine | undefined;
  #loading: Promise<void> | undefined;
  #failed = false;

  constructor(options: LazyFormatOptions) {
    this.name = options.name;
    this.#options = options;
  }

  matches(head: Uint8Array): boolean {
    return this.#options.magic.every((byte, i) => head[i] === byte);
  }

  load(file: ExecutableFile): Program {
    if (this.#engine) return this.#engine.load(file);
    if (this.#failed) {
      // The next try may find the files, or the network.
      this.#failed = false;
      this.#loading = undefined;
      throw new KernelError(Errno.ENOEXEC);
    }
    return sleepFor(this.warm());
  }

  /** Loads the engine, which otherwise the first of its files does. */
  warm(): Promise<void> {
    this.#loading ??= this.#load().catch((reason) => {
      this.#failed = true;
      this.#options.onFault(reason);
    });
    return this.#loading;
  }

  /** Resolves when no guest is left of those whose processes have ended. */
  async settle(): Promise<void> {
    await this.#loading;
    await this.#engine?.settle?.();
    this.#engine?.dispose?.();
  }

  async #load(): Promise<void> {
    this.#engine = await this.#options.loadEngine();
  }
}

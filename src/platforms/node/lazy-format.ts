/**
 * A binary format that costs nothing until the first file of it runs: then its engine, and with it
 * isolated-vm, is loaded, while that exec sleeps.
 */
import {
  type BinaryFormat,
  type ExecutableFile,
  type Program,
  sleepFor,
} from "../../../kernel/index.ts";

export interface LoadedEngine {
  load(file: ExecutableFile): Program;
  settle(): Promise<void>;
  dispose(): void;
}

export class LazyFormat implements BinaryFormat {
  readonly name: string;
  readonly #magic: Uint8Array;
  readonly #loadEngine: () => Promise<LoadedEngine>;
  #engine: LoadedEngine | undefined;
  #loading: Promise<void> | undefined;

  /** `magic` is what its files begin with. */
  constructor(name: string, magic: Uint8Array, loadEngine: () => Promise<LoadedEngine>) {
    this.name = name;
    this.#magic = magic;
    this.#loadEngine = loadEngine;
  }

  matches(head: Uint8Array): boolean {
    return this.#magic.every((byte, i) => head[i] === byte);
  }

  load(file: ExecutableFile): Program {
    if (this.#engine) return this.#engine.load(file);
    this.#loading ??= this.#loadEngine().then((engine) => {
      this.#engine = engine;
    });
    return sleepFor(this.#loading);
  }

  /** Resolves when no guest's thread is left of those whose processes have ended; false: none ever was. */
  async settle(): Promise<boolean> {
    await this.#loading;
    this.#engine?.dispose();
    await this.#engine?.settle();
    return this.#engine !== undefined;
  }
}

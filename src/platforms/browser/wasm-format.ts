/**
 * WebAssembly in a tab as a binary format that costs nothing until the first wasm file runs. Which
 * engine runs it is decided then: guests in workers of their own where the page shares memory with them
 * and their policy is in force, else programs in the kernel's thread.
 */
import {
  type BinaryFormat,
  Errno,
  type ExecutableFile,
  KernelError,
  type Program,
  sleepFor,
} from "../../../kernel/index.ts";
import { BrowserWorkerEngine } from "../../../runtimes/engines/browser-worker/engine.ts";
import { GUEST, SPAWNER } from "../../browser-files/names.ts";
import { browserHost } from "./host.ts";
import { commandMemoryHere, UNKNOWN_SIZE } from "./memory-limits.ts";
import { hasJspi, sharesMemory, WORDS } from "./needs.ts";

const MAGIC = [0x00, 0x61, 0x73, 0x6d];

type Engine = BinaryFormat & { settle(): Promise<void>; dispose?(): void };

export interface WasmFormatOptions {
  /** Address of the folder that holds what dist/browser holds. */
  readonly base: string;
  /** Bytes of all guests' memories together; undefined: as the machine allows. */
  readonly commandMemory: number | undefined;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
  /** From now on programs run in this thread, and one that computes keeps it. */
  readonly onInline: () => void;
}

export class WasmFormat implements BinaryFormat {
  readonly name = "wasm";
  readonly #options: WasmFormatOptions;
  #engine: Engine | undefined;
  #loading: Promise<void> | undefined;
  #failed = false;

  constructor(options: WasmFormatOptions) {
    this.#options = options;
  }

  matches(head: Uint8Array): boolean {
    return MAGIC.every((byte, i) => head[i] === byte);
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

  /** Loads the engine, which otherwise the first wasm file does. */
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
    await this.#engine?.settle();
    this.#engine?.dispose?.();
  }

  async #load(): Promise<void> {
    if (sharesMemory()) {
      try {
        this.#engine = await this.#loadWorkers();
        return;
      } catch (reason) {
        if (!hasJspi()) throw reason;
        this.#options.onFault(reason);
      }
    }
    if (!hasJspi()) throw new Error(WORDS.noEngine);
    this.#engine = await this.#loadInline();
    this.#options.onInline();
  }

  async #loadWorkers(): Promise<Engine> {
    const { base, commandMemory, onFault } = this.#options;
    const response = await fetch(new URL(GUEST, base));
    if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
    const engine = new BrowserWorkerEngine({
      spawner: new Worker(new URL(SPAWNER, base), { name: "isopod-spawner" }),
      guestSource: await response.text(),
      scheduler: browserHost.scheduler,
      memory: { guests: commandMemory ?? commandMemoryHere(), ...UNKNOWN_SIZE },
      onFault,
    });
    try {
      await engine.ready;
    } catch (reason) {
      engine.dispose();
      throw reason;
    }
    return engine;
  }

  async #loadInline(): Promise<Engine> {
    const [{ InlineEngine }, { compiledModules }] = await Promise.all([
      import("../../../runtimes/engines/inline/engine.ts"),
      import("../../../runtimes/engines/inline/modules.ts"),
    ]);
    const { commandMemory = commandMemoryHere(), onFault } = this.#options;
    const modules = [compiledModules()];
    return new InlineEngine({ modules, memoryBytes: commandMemory, onFault });
  }
}

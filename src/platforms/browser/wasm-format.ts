/**
 * WebAssembly in a tab as a binary format that costs nothing until the first wasm file runs. Which
 * engine runs it is decided then: workers of their own where the page is cross-origin isolated.
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
import { guestMemoryLimits } from "./memory-limits.ts";

const MAGIC = [0x00, 0x61, 0x73, 0x6d];

interface Engine extends BinaryFormat {
  settle(): Promise<void>;
  dispose(): void;
}

export class WasmFormat implements BinaryFormat {
  readonly name = "wasm";
  readonly #base: string;
  readonly #onFault: (reason: unknown) => void;
  #engine: Engine | undefined;
  #loading: Promise<void> | undefined;

  /** `base` is the folder of the files that engines fetch. */
  constructor(base: string, onFault: (reason: unknown) => void) {
    this.#base = base;
    this.#onFault = onFault;
  }

  matches(head: Uint8Array): boolean {
    return MAGIC.every((byte, i) => head[i] === byte);
  }

  load(file: ExecutableFile): Program {
    if (this.#engine) return this.#engine.load(file);
    if (this.#loading === undefined) this.warm();
    else this.#refuseIfFailed();
    return sleepFor(this.#loading as unknown as Promise<void>);
  }

  #failed = false;

  #refuseIfFailed(): void {
    if (!this.#failed) return;
    this.#loading = undefined;
    throw new KernelError(Errno.ENOEXEC);
  }

  /** Loads the engine ahead of the first wasm file. */
  warm(): void {
    this.#failed = false;
    this.#loading ??= this.#load().catch((reason) => {
      this.#failed = true;
      this.#onFault(reason);
    });
  }

  /** Resolves when no guest is left of those whose processes have ended. */
  async settle(): Promise<void> {
    await this.#loading;
    await this.#engine?.settle();
    this.#engine?.dispose();
  }

  async #load(): Promise<void> {
    const response = await fetch(new URL(GUEST, this.#base));
    if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
    const engine = new BrowserWorkerEngine({
      spawner: new Worker(new URL(SPAWNER, this.#base), { name: "isopod-spawner" }),
      guestSource: await response.text(),
      scheduler: browserHost.scheduler,
      memory: guestMemoryLimits(),
      onFault: this.#onFault,
    });
    try {
      await engine.ready;
    } catch (reason) {
      engine.dispose();
      throw reason;
    }
    this.#engine = engine;
  }
}

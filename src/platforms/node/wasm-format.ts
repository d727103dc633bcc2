/**
 * WebAssembly as a binary format that costs nothing until the first wasm file runs: then isolated-vm and
 * the guests' script are loaded, while that exec sleeps.
 */
import {
  type BinaryFormat,
  type ExecutableFile,
  type Program,
  sleepFor,
} from "../../../kernel/index.ts";
import type { IsolatedVmEngine } from "../../../runtimes/engines/isolated-vm/engine.ts";
import { guestBundle } from "../../guest-bundle.ts";
import { nodeHost } from "./host.ts";

const MAGIC = [0x00, 0x61, 0x73, 0x6d];

export class WasmFormat implements BinaryFormat {
  readonly name = "wasm";
  readonly #onFault: (reason: unknown) => void;
  #engine: IsolatedVmEngine | undefined;
  #loading: Promise<void> | undefined;

  /** `onFault` hears of faults that are the engine's or the kernel's own. */
  constructor(onFault: (reason: unknown) => void) {
    this.#onFault = onFault;
  }

  matches(head: Uint8Array): boolean {
    return MAGIC.every((byte, i) => head[i] === byte);
  }

  load(file: ExecutableFile): Program {
    if (this.#engine) return this.#engine.load(file);
    this.#loading ??= this.#loadEngine();
    return sleepFor(this.#loading);
  }

  /** Resolves when no guest's thread is left of those whose processes have ended; false: none ever was. */
  async settle(): Promise<boolean> {
    await this.#loading;
    this.#engine?.dispose();
    await this.#engine?.settle();
    return this.#engine !== undefined;
  }

  async #loadEngine(): Promise<void> {
    const [{ IsolatedVmEngine }, guestSource] = await Promise.all([
      import("../../../runtimes/engines/isolated-vm/engine.ts"),
      guestBundle("guest"),
    ]);
    this.#engine = new IsolatedVmEngine({
      guestSource,
      scheduler: nodeHost.scheduler,
      onFault: this.#onFault,
    });
  }
}

/**
 * Node programs as a binary format that costs nothing until the first one runs: then isolated-vm, the
 * snapshot and lib/'s text are loaded, while that exec sleeps.
 */
import {
  type BinaryFormat,
  type ExecutableFile,
  encodeUtf8,
  type Program,
  sleepFor,
} from "../../../kernel/index.ts";
import type { NodeEngine } from "../../../runtimes/engines/isolated-vm/node-engine.ts";
import { NODE_MAGIC } from "../../../runtimes/node/magic.ts";
import { nodeHost } from "./host.ts";

const MAGIC = encodeUtf8(NODE_MAGIC);

export class NodeFormat implements BinaryFormat {
  readonly name = "node";
  readonly #onFault: (reason: unknown) => void;
  #engine: NodeEngine | undefined;
  #loading: Promise<void> | undefined;

  /** `onFault` hears of faults that are the engine's or the kernel's own. */
  constructor(onFault: (reason: unknown) => void) {
    this.#onFault = onFault;
  }

  matches(head: Uint8Array): boolean {
    return MAGIC.every((byte, i) => head[i] === byte);
  }

  load(_file: ExecutableFile): Program {
    if (this.#engine) return this.#engine.load();
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
    const [{ NodeEngine }, { openNodeSnapshot }] = await Promise.all([
      import("../../../runtimes/engines/isolated-vm/node-engine.ts"),
      import("./node-snapshot.ts"),
    ]);
    const { snapshot, workerSnapshot, library } = await openNodeSnapshot();
    this.#engine = new NodeEngine({
      ...{ snapshot, workerSnapshot },
      library: library.text,
      scheduler: nodeHost.scheduler,
      onFault: this.#onFault,
    });
  }
}

/**
 * Node programs in a tab as a binary format that costs nothing until the first one runs: then lib/'s
 * text is fetched and a guest booted, while that exec sleeps. They need a page that shares memory.
 */
import {
  type BinaryFormat,
  Errno,
  type ExecutableFile,
  encodeUtf8,
  KernelError,
  type Program,
  sleepFor,
} from "../../../kernel/index.ts";
import type { BrowserNodeEngine } from "../../../runtimes/engines/browser-worker/node-engine.ts";
import { NODE_MAGIC } from "../../../runtimes/node/magic.ts";
import { NODE_GUEST, NODE_LIBRARY, SPAWNER } from "../../browser-files/names.ts";
import { readLibraryFile } from "../../node-library/file.ts";
import { browserHost } from "./host.ts";
import { commandMemoryHere, UNKNOWN_SIZE } from "./memory-limits.ts";
import { sharesMemory } from "./needs.ts";

const MAGIC = encodeUtf8(NODE_MAGIC);

export interface NodeFormatOptions {
  /** Address of the folder that holds what dist/browser holds. */
  readonly base: string;
  /** Bytes of all guests' memories together; undefined: as the machine allows. */
  readonly commandMemory: number | undefined;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
}

export class NodeFormat implements BinaryFormat {
  readonly name = "node";
  readonly #options: NodeFormatOptions;
  #engine: BrowserNodeEngine | undefined;
  #loading: Promise<void> | undefined;
  #failed = false;

  constructor(options: NodeFormatOptions) {
    this.#options = options;
  }

  matches(head: Uint8Array): boolean {
    return MAGIC.every((byte, i) => head[i] === byte);
  }

  load(_file: ExecutableFile): Program {
    if (this.#engine) return this.#engine.load();
    if (this.#failed) {
      // The next try may find the files, or the network.
      this.#failed = false;
      this.#loading = undefined;
      throw new KernelError(Errno.ENOEXEC);
    }
    this.#loading ??= this.#load().catch((reason) => {
      this.#failed = true;
      this.#options.onFault(reason);
    });
    return sleepFor(this.#loading);
  }

  /** Resolves when no guest is left of those whose processes have ended. */
  async settle(): Promise<void> {
    await this.#loading;
    await this.#engine?.settle();
    this.#engine?.dispose();
  }

  async #load(): Promise<void> {
    if (!sharesMemory()) throw new Error("node runs on cross-origin isolated pages only, so far");
    const { base, commandMemory, onFault } = this.#options;
    const [{ BrowserNodeEngine }, loader, library] = await Promise.all([
      import("../../../runtimes/engines/browser-worker/node-engine.ts"),
      get(new URL(NODE_GUEST, base)).then((response) => response.text()),
      get(new URL(NODE_LIBRARY, base)).then(({ body }) => readLibraryFile(body as ReadableStream)),
    ]);
    const engine = new BrowserNodeEngine({
      spawner: () => new Worker(new URL(SPAWNER, base), { name: "isopod-node-spawner" }),
      loaderSource: loader,
      library,
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
    this.#engine = engine;
  }
}

async function get(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
  return response;
}

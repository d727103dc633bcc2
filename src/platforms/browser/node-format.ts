/**
 * Node programs in a tab as a binary format that costs nothing until the first one runs: then lib/'s
 * text is fetched and a guest booted, while that exec sleeps. A page that shares memory gives each a worker;
 * elsewhere they run on QuickJS, in the kernel's own thread.
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
import { decodeWith } from "../../../runtimes/node/library.ts";
import { NODE_MAGIC } from "../../../runtimes/node/magic.ts";
import { NODE_GUEST, NODE_LIBRARY, SPAWNER } from "../../browser-files/names.ts";
import { readLibraryFile } from "../../node-library/file.ts";
import { browserHost } from "./host.ts";
import { commandMemoryHere, UNKNOWN_SIZE } from "./memory-limits.ts";
import { hasJspi, sharesMemory, WORDS } from "./needs.ts";
import { loadQuickJs } from "./quickjs.ts";

const MAGIC = encodeUtf8(NODE_MAGIC);

export interface NodeFormatOptions {
  /** Address of the folder that holds what dist/browser holds. */
  readonly base: string;
  /** Bytes of all guests' memories together; undefined: as the machine allows. */
  readonly commandMemory: number | undefined;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
  /** From now on programs run in this thread, and one that computes keeps it. */
  readonly onInline: () => void;
}

interface Engine extends BinaryFormat {
  settle?(): Promise<void>;
  dispose?(): void;
}

export class NodeFormat implements BinaryFormat {
  readonly name = "node";
  readonly #options: NodeFormatOptions;
  #engine: Engine | undefined;
  #loading: Promise<void> | undefined;
  #failed = false;

  constructor(options: NodeFormatOptions) {
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
    this.#loading ??= this.#load().catch((reason) => {
      this.#failed = true;
      this.#options.onFault(reason);
    });
    return sleepFor(this.#loading);
  }

  /** Resolves when no guest is left of those whose processes have ended. */
  async settle(): Promise<void> {
    await this.#loading;
    await this.#engine?.settle?.();
    this.#engine?.dispose?.();
  }

  async #load(): Promise<void> {
    if (sharesMemory()) this.#engine = await this.#loadWorkers();
    else if (hasJspi()) {
      this.#engine = await this.#loadQuickJs();
      this.#options.onInline();
    } else throw new Error(WORDS.noEngine);
  }

  async #loadWorkers(): Promise<Engine> {
    const { base, commandMemory, onFault } = this.#options;
    const [{ BrowserNodeEngine }, loader, library] = await Promise.all([
      import("../../../runtimes/engines/browser-worker/node-engine.ts"),
      get(new URL(NODE_GUEST, base)).then((response) => response.text()),
      this.#fetchLibrary((bytes) => new SharedArrayBuffer(bytes)),
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
    return engine;
  }

  /** In the kernel's own thread. */
  async #loadQuickJs(): Promise<Engine> {
    const { base, commandMemory = commandMemoryHere() } = this.#options;
    const [{ QuickJsNodeEngine }, parts, library] = await Promise.all([
      import("../../../runtimes/engines/quickjs/node-engine.ts"),
      loadQuickJs(base),
      this.#fetchLibrary((bytes) => new ArrayBuffer(bytes)),
    ]);
    const decode = decodeWith(TextDecoder);
    return new QuickJsNodeEngine({ parts, library, decode, memoryBytes: commandMemory });
  }

  async #fetchLibrary<T extends ArrayBufferLike>(allocate: (bytes: number) => T) {
    const { body } = await get(new URL(NODE_LIBRARY, this.#options.base));
    return readLibraryFile(body as ReadableStream<Uint8Array<ArrayBuffer>>, allocate);
  }
}

async function get(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
  return response;
}

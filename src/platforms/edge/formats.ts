/**
 * What runs programs at the edge: those that are part of the Worker in its own isolate, all others in
 * Workers that are made for them.
 */
import guestSource from "isopod:loader-guest";
import type { BinaryFormat, ExecutableFile, Program } from "../../../kernel/index.ts";
import { InlineEngine } from "../../../runtimes/engines/inline/engine.ts";
import { precompiledModules } from "../../../runtimes/engines/inline/modules.ts";
import { type Loader, LoaderEngine } from "../../../runtimes/engines/loader/engine.ts";
import type { ImageBundle } from "./bundled-image.ts";

/** Bytes of linear memory that the programs of one machine have together: half of an isolate's. */
const MEMORY_BYTES = 64 << 20;
const LOADED = { memoryPages: 1024, tableEntries: 1 << 16 };

export class EdgeFormat implements BinaryFormat {
  readonly name = "wasm";
  readonly #modules: ReadonlyMap<string, WebAssembly.Module>;
  readonly #inline: InlineEngine;
  readonly #loaded: LoaderEngine;

  constructor({ modules }: ImageBundle, loader: Loader | undefined) {
    const onFault = (reason: unknown) => console.error("isopod:", reason);
    this.#modules = new Map(Object.entries(modules));
    this.#inline = new InlineEngine({
      modules: [precompiledModules(this.#modules)],
      memoryBytes: MEMORY_BYTES,
      onFault,
    });
    this.#loaded = new LoaderEngine({ loader, guestSource, limits: LOADED, onFault });
  }

  matches(head: Uint8Array): boolean {
    return this.#inline.matches(head);
  }

  load(file: ExecutableFile): Program {
    const isPart = file.digest !== undefined && this.#modules.has(file.digest);
    return (isPart ? this.#inline : this.#loaded).load(file);
  }
}

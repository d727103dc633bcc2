/**
 * WebAssembly in a tab. Which engine runs it is decided when the first wasm file does: guests in workers
 * of their own where the page shares memory with them and their policy is in force, else programs in the
 * kernel's thread.
 */
import { BrowserWorkerEngine } from "../../../runtimes/engines/browser-worker/engine.ts";
import { GUEST, SPAWNER } from "../../browser-files/names.ts";
import { LazyFormat, type LoadedEngine } from "../lazy-format.ts";
import { type EngineOptions, fetchFile, whenReady } from "./engine-options.ts";
import { tabGuests } from "./guests.ts";
import { browserHost } from "./host.ts";
import { commandMemoryHere } from "./memory-limits.ts";
import { hasJspi, sharesMemory, WORDS } from "./needs.ts";

const MAGIC = new Uint8Array([0x00, 0x61, 0x73, 0x6d]);

export function wasmFormat(options: EngineOptions): LazyFormat {
  const { onFault } = options;
  return new LazyFormat({ name: "wasm", magic: MAGIC, loadEngine: () => load(options), onFault });
}

async function load(options: EngineOptions): Promise<LoadedEngine> {
  if (sharesMemory()) {
    try {
      return await loadWorkers(options);
    } catch (reason) {
      if (!hasJspi()) throw reason;
      options.onFault(reason);
    }
  }
  if (!hasJspi()) throw new Error(WORDS.noEngine);
  const engine = await loadInline(options);
  options.onInline();
  return engine;
}

async function loadWorkers(options: EngineOptions): Promise<LoadedEngine> {
  const { base, onFault } = options;
  const response = await fetchFile(new URL(GUEST, base));
  return whenReady(
    new BrowserWorkerEngine({
      spawner: new Worker(new URL(SPAWNER, base), { name: "isopod-spawner" }),
      guestSource: await response.text(),
      scheduler: browserHost.scheduler,
      guests: tabGuests(options),
      onFault,
    }),
  );
}

async function loadInline(options: EngineOptions): Promise<LoadedEngine> {
  const [{ InlineEngine }, { compiledModules }] = await Promise.all([
    import("../../../runtimes/engines/inline/engine.ts"),
    import("../../../runtimes/engines/inline/modules.ts"),
  ]);
  const { commandMemory = commandMemoryHere(), onFault } = options;
  const modules = [compiledModules()];
  return new InlineEngine({ modules, memoryBytes: commandMemory, onFault });
}

/**
 * Node programs in a tab: when the first one runs, lib/'s text is fetched and a guest booted. A page that
 * shares memory gives each a worker; elsewhere they run on QuickJS, in the kernel's own thread.
 */
import { encodeUtf8 } from "../../../kernel/index.ts";
import { decodeWith } from "../../../runtimes/node/library.ts";
import { NODE_MAGIC } from "../../../runtimes/node/magic.ts";
import { NODE_GUEST, NODE_LIBRARY, SPAWNER } from "../../browser-files/names.ts";
import { readLibraryFile } from "../../node-library/file.ts";
import { LazyFormat, type LoadedEngine } from "../lazy-format.ts";
import { type EngineOptions, fetchFile, whenReady } from "./engine-options.ts";
import { tabGuests } from "./guests.ts";
import { browserHost } from "./host.ts";
import { commandMemoryHere } from "./memory-limits.ts";
import { hasJspi, sharesMemory, WORDS } from "./needs.ts";
import { loadQuickJs } from "./quickjs.ts";

export function nodeFormat(options: EngineOptions): LazyFormat {
  return new LazyFormat({
    name: "node",
    magic: encodeUtf8(NODE_MAGIC),
    loadEngine: () => load(options),
    onFault: options.onFault,
  });
}

async function load(options: EngineOptions): Promise<LoadedEngine> {
  if (sharesMemory()) return loadWorkers(options);
  if (!hasJspi()) throw new Error(WORDS.noEngine);
  const engine = await loadOnQuickJs(options);
  options.onInline();
  return engine;
}

async function loadWorkers(options: EngineOptions): Promise<LoadedEngine> {
  const { base, onFault } = options;
  const [{ BrowserNodeEngine }, loader, library] = await Promise.all([
    import("../../../runtimes/engines/browser-worker/node-engine.ts"),
    fetchFile(new URL(NODE_GUEST, base)).then((response) => response.text()),
    fetchLibrary(base, (bytes) => new SharedArrayBuffer(bytes)),
  ]);
  return whenReady(
    new BrowserNodeEngine({
      spawner: () => new Worker(new URL(SPAWNER, base), { name: "isopod-node-spawner" }),
      loaderSource: loader,
      library,
      scheduler: browserHost.scheduler,
      guests: tabGuests(options),
      onFault,
    }),
  );
}

/** In the kernel's own thread. */
async function loadOnQuickJs(options: EngineOptions): Promise<LoadedEngine> {
  const { base, commandMemory = commandMemoryHere() } = options;
  const [{ QuickJsNodeEngine }, parts, library] = await Promise.all([
    import("../../../runtimes/engines/quickjs/node-engine.ts"),
    loadQuickJs(base),
    fetchLibrary(base, (bytes) => new ArrayBuffer(bytes)),
  ]);
  const decode = decodeWith(TextDecoder);
  return new QuickJsNodeEngine({ parts, library, decode, memoryBytes: commandMemory });
}

async function fetchLibrary<T extends ArrayBufferLike>(
  base: string,
  allocate: (bytes: number) => T,
) {
  const { body } = await fetchFile(new URL(NODE_LIBRARY, base));
  return readLibraryFile(body as ReadableStream<Uint8Array<ArrayBuffer>>, allocate);
}

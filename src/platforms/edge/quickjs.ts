/** QuickJS at the edge: its module and its JavaScript are parts of the Worker. */

import { hook, module } from "isopod:quickjs";
import quickJsGlue from "@jitl/quickjs-wasmfile-release-sync/emscripten-module";
import type { Glue, QuickJsParts } from "../../../runtimes/engines/quickjs/module.ts";
import { lazyQjs } from "../lazy-qjs.ts";

export const quickJsParts: QuickJsParts = {
  module,
  hook,
  glue: quickJsGlue as unknown as Glue,
};

/** Bytes of the memories of all scripts of a machine, and of the values of one: an isolate has 128 MB. */
const MEMORY_BYTES = 96 << 20;
const HEAP_BYTES = 40 << 20;

/** One for each machine: what one of them makes another may not await. */
export function edgeQjs() {
  return lazyQjs({
    load: async () => quickJsParts,
    memoryBytes: MEMORY_BYTES,
    heapBytes: HEAP_BYTES,
  });
}

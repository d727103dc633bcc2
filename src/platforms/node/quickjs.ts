/** QuickJS as Node loads it, when the first script runs: its module from the package's file. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Glue, QuickJsParts } from "../../../runtimes/engines/quickjs/module.ts";
import { HOOK_BYTES, openTable } from "../../../runtimes/engines/quickjs/rejections.ts";
import { meterModule } from "../../../runtimes/engines/wasm-meter.ts";

export async function loadQuickJs(): Promise<QuickJsParts> {
  const file = fileURLToPath(import.meta.resolve("@jitl/quickjs-wasmfile-release-sync/wasm"));
  const [glue, bytes] = await Promise.all([
    import("@jitl/quickjs-wasmfile-release-sync/emscripten-module"),
    readFile(file),
  ]);
  return {
    glue: glue.default as unknown as Glue,
    // All machines of the process share the thread that it runs in.
    module: await WebAssembly.compile(meterModule(openTable(bytes), false)),
    hook: new WebAssembly.Module(HOOK_BYTES),
  };
}

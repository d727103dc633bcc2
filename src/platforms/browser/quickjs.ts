/** QuickJS as a tab loads it, when the first script runs. */
import type { Glue, QuickJsParts } from "../../../runtimes/engines/quickjs/module.ts";
import { HOOK_BYTES, openTable } from "../../../runtimes/engines/quickjs/rejections.ts";
import { QUICKJS } from "../../browser-files/names.ts";

/** `base` is the address of the folder that holds what dist/browser holds. */
export async function loadQuickJs(base: string): Promise<QuickJsParts> {
  const [glue, response] = await Promise.all([
    import("@jitl/quickjs-wasmfile-release-sync/emscripten-module"),
    fetch(new URL(QUICKJS, base)),
  ]);
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    glue: glue.default as unknown as Glue,
    module: await WebAssembly.compile(openTable(bytes)),
    hook: new WebAssembly.Module(HOOK_BYTES),
  };
}

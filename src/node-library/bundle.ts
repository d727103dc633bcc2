/**
 * lib/'s text with our own scripts beside it, as one file, for hosts that fetch it: the Node layer for
 * their engines, and what is compiled when it is first used.
 */
import { gzipSync } from "node:zlib";
import { packLibrary } from "../../runtimes/node/library.ts";
import { bundleScript, GUEST_BUNDLES, makeGuestBundle } from "../guest-bundle.ts";
import { libraryFile } from "./file.ts";
import { readNodeLibrary } from "./folder.ts";
import { toolsModule } from "./tools-module.ts";

/** What each engine needs of its own, by the names that it asks for, below `isopod/`. */
const SCRIPTS = {
  browser: {
    guest: new URL("../../runtimes/engines/browser-worker/node-guest/guest.ts", import.meta.url),
  },
  quickjs: {
    "quickjs-guest": new URL("../../runtimes/engines/quickjs/node-guest/guest.ts", import.meta.url),
    "lexer-js": new URL("../../runtimes/node/modules/lexer-js-script.ts", import.meta.url),
  },
} as const;

export async function bundleNodeLibrary(
  engines: readonly (keyof typeof SCRIPTS)[],
): Promise<Uint8Array> {
  const library = await readNodeLibrary();
  const modules: Record<string, string> = { ...library.modules, ...toolsModule };
  for (const [name, entry] of engines.flatMap((engine) => Object.entries(SCRIPTS[engine]))) {
    modules[`isopod/${name}`] = await bundleScript(entry);
  }
  for (const name of GUEST_BUNDLES) {
    if (!name.startsWith("node-") || name === "node-guest") continue;
    // It is about WebAssembly, which QuickJS has not.
    if (name === "node-sqlite" && !engines.includes("browser")) continue;
    modules[`isopod/${name.slice("node-".length)}`] = await makeGuestBundle(name);
  }
  return gzipSync(libraryFile(packLibrary({ ...library, modules })));
}

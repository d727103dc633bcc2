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
  browser: { guest: "../../runtimes/engines/browser-worker/node-guest/guest.ts" },
  quickjs: {
    "quickjs-guest": "../../runtimes/engines/quickjs/node-guest/guest.ts",
    "lexer-js": "../../runtimes/node/modules/lexer-js-script.ts",
  },
} as const;

export async function bundleNodeLibrary(
  engines: readonly (keyof typeof SCRIPTS)[],
): Promise<Uint8Array> {
  const library = await readNodeLibrary();
  const modules: Record<string, string> = { ...library.modules, ...toolsModule };
  for (const [name, path] of engines.flatMap((engine) => Object.entries(SCRIPTS[engine]))) {
    modules[`isopod/${name}`] = await bundleScript(new URL(path, import.meta.url));
  }
  for (const name of GUEST_BUNDLES) {
    if (!name.startsWith("node-") || name === "node-guest") continue;
    modules[`isopod/${name.slice("node-".length)}`] = await makeGuestBundle(name);
  }
  return gzipSync(libraryFile(packLibrary({ ...library, modules })));
}

/**
 * The library as users load it: built. `npm run bench` builds it first; a bench of the unbuilt source
 * would time Node's type stripping.
 */
import type * as Library from "../../src/index.ts";

const built = new URL("../../dist/node/index.js", import.meta.url);

export const { createVm, directoryStore, hostDirectory, memoryStore, nodeModulesMount } =
  (await import(built.href)) as typeof Library;
export type { Store, Vm } from "../../src/index.ts";

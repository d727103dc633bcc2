/**
 * The changes to Node's library that could not be avoided, each with its reason. A patch whose text is
 * no longer there, or is there twice, fails the build.
 */
import { IsopodError } from "../errors.ts";
import type { NodeLibrary } from "./folder.ts";

interface Patch {
  readonly module: string;
  readonly reason: string;
  readonly from: string;
  readonly to: string;
}

const PATCHES: readonly Patch[] = [];

export function patchLibrary(library: NodeLibrary): NodeLibrary {
  const modules = { ...library.modules };
  for (const { module, from, to } of PATCHES) {
    const pieces = (modules[module] ?? "").split(from);
    if (pieces.length !== 2) {
      throw new IsopodError(
        "ERR_NODE_LIBRARY",
        `a patch of ${module} applies ${pieces.length - 1} times instead of once: ${from}`,
      );
    }
    modules[module] = pieces.join(to);
  }
  return { ...library, modules };
}

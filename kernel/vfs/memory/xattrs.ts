/** Reads extended attributes that the last commit put into chunks of their own. */
import { type AttributesRecord, attributesCharge } from "../../state/records.ts";
import { attributesShape } from "../../state/shapes.ts";
import { nextLeaf } from "../../state/sorted-tree.ts";
import { corrupt } from "../../state/wire.ts";
import type { MemoryFileSystem } from "./file-system.ts";

export function loadXattrs(
  { kept }: MemoryFileSystem,
  { root, charge }: AttributesRecord,
): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  if (!kept) return found;
  for (let last: string | undefined; ; ) {
    const leaf = nextLeaf(kept.chunks, attributesShape, root, last);
    if (!leaf) break;
    for (const [i, name] of leaf.keys.entries()) found.set(name, leaf.values[i] as Uint8Array);
    last = leaf.keys.at(-1);
  }
  return attributesCharge(found) === charge ? found : corrupt();
}

/** Where the text of Node's library is kept, and the release that it is of. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { packageRoot } from "../package-root.ts";

/** The release whose `lib/` guests run; `process.version` says so. */
export const NODE_VERSION = "22.23.3";

export function nodeLibraryFile(): string {
  return join(packageRoot(), "build", "node-library", "library-2.json.gz");
}

/** The licence of Node and of what it bundles, which travels with that text. */
export function nodeLicenceFile(): string {
  return join(packageRoot(), "build", "node-library", "LICENSE");
}

/** What the build wrote: see build.ts. */
export interface NodeLibrary {
  /** `process.versions` of that release. */
  readonly versions: Record<string, string>;
  /** JSON of `process.config`. */
  readonly config: string;
  /** Source text of each module by its id. */
  readonly modules: Record<string, string>;
}

export async function readNodeLibrary(): Promise<NodeLibrary> {
  return JSON.parse(gunzipSync(await readFile(nodeLibraryFile())).toString("utf8")) as NodeLibrary;
}

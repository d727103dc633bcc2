/** The folder that holds package.json: two levels up in the sources and in dist/node alike, or more. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

let found: string | undefined;

export function packageRoot(): string {
  found ??= search(import.meta.dirname);
  return found;
}

function search(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`no package.json above ${import.meta.dirname}`);
  return search(parent);
}

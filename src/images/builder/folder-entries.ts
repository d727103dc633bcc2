/** The files of a folder of the host as entries of a layer, in one order whatever the host's is. */
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join, matchesGlob } from "node:path";
import { decodeUtf8 } from "../../../kernel/bytes.ts";
import { imageError } from "../oci/digest.ts";
import type { NewEntry } from "../write-layer.ts";

export type SourceEntry = Pick<NewEntry, "kind" | "mode" | "bytes" | "target"> & {
  /** Below the folder, with slashes; "" is the folder itself. */
  readonly name: string;
  readonly size: number;
};

/** Patterns are matched against names below the folder; what matches is left out, with all below it. */
export async function folderEntries(
  folder: string,
  exclude: readonly string[],
): Promise<SourceEntry[]> {
  const entries: SourceEntry[] = [];
  await add(folder, "", exclude, entries);
  return entries;
}

async function add(
  folder: string,
  name: string,
  exclude: readonly string[],
  entries: SourceEntry[],
): Promise<void> {
  const path = join(folder, name);
  const stats = await lstat(path).catch((error: Error) => {
    throw imageError(path, error.message, error);
  });
  if (name === "" && !stats.isDirectory()) throw imageError(path, "is no folder");
  if (stats.isDirectory()) {
    entries.push({ name, kind: "directory", mode: 0o755, size: 0 });
    for (const child of await children(path)) {
      const below = name === "" ? child : `${name}/${child}`;
      if (exclude.some((pattern) => matchesGlob(below, pattern))) continue;
      await add(folder, below, exclude, entries);
    }
  } else if (stats.isSymbolicLink()) {
    const target = decodeUtf8(await readlink(path, "buffer"));
    entries.push({ name, kind: "symlink", mode: 0o777, target, size: 0 });
  } else if (stats.isFile()) {
    // What a checkout keeps of a mode: whether the file may be executed.
    const mode = stats.mode & 0o100 ? 0o755 : 0o644;
    entries.push({ name, kind: "file", mode, size: stats.size, bytes: () => readFile(path) });
  } else {
    throw imageError(path, "is neither a file, a folder nor a symbolic link");
  }
}

/** Sorted by their bytes; a name that is no UTF-8 cannot be told to node:path and is refused. */
async function children(path: string): Promise<string[]> {
  const names = await readdir(path, "buffer");
  return names.sort(Buffer.compare).map((bytes) => {
    const name = bytes.toString();
    if (Buffer.from(name).equals(bytes)) return name;
    throw imageError(join(path, decodeUtf8(bytes)), "has a name that is no UTF-8");
  });
}

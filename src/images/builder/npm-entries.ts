/** The files of an npm package's tarball as entries of a layer. No script of it runs. */
import { Parser, type ReadEntry } from "tar";
import { entryPath } from "../entry-path.ts";
import { imageError } from "../oci/digest.ts";
import type { SourceEntry } from "./folder-entries.ts";

/** Those below `path` in the package; all where it is empty. Sorted by name. */
export async function npmEntries(
  where: string,
  tarball: Uint8Array,
  path: string,
): Promise<SourceEntry[]> {
  const files = new Map<string, SourceEntry>();
  const prefix = path === "" ? "/" : `${entryPath(where, path)}/`;
  await eachFile(tarball, (entry, bytes) => {
    const name = entryPath(where, entry.path).replace(/^\/[^/]*/, "");
    if (!name.startsWith(prefix)) return;
    if (entry.type !== "File" && entry.type !== "OldFile") {
      throw imageError(where, `${name} is a ${entry.type}, which npm packages do not hold`);
    }
    const below = name.slice(prefix.length);
    const mode = (entry.mode ?? 0) & 0o100 ? 0o755 : 0o644;
    files.set(below, { name: below, kind: "file", mode, bytes, size: bytes.length });
  });
  if (files.size === 0) throw imageError(where, `there is nothing under ${path || "it"}`);
  return [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Everything but directories, which the paths of files tell. */
export async function eachFile(
  tarball: Uint8Array,
  see: (entry: ReadEntry, bytes: Buffer) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const parser = new Parser({
      strict: true,
      onReadEntry: (entry) => {
        const pieces: Buffer[] = [];
        entry.on("data", (piece: Buffer) => pieces.push(piece));
        entry.on("end", () => {
          if (entry.type === "Directory") return;
          try {
            see(entry, Buffer.concat(pieces));
          } catch (error) {
            reject(error);
          }
        });
      },
    });
    parser.on("end", resolve);
    parser.on("error", reject);
    parser.end(Buffer.from(tarball.buffer, tarball.byteOffset, tarball.byteLength));
  });
}

/** The entries of a tar file, compressed by gzip or not: a layer that another tool wrote, or a machine. */
import { createReadStream } from "node:fs";
import { Parser, type ReadEntry } from "tar";
import { entryPath } from "../entry-path.ts";
import { imageError } from "../oci/digest.ts";
import type { NewEntry } from "../write-layer.ts";

/** Uncompressed bytes of one layer, which are in memory at once. */
const LAYER_BYTES_MAX = 1 << 30;
const PERMISSIONS = 0o7777;

/** In the order of the file. Whiteouts are files, named as layers name them. */
export async function tarEntries(where: string, path: string): Promise<NewEntry[]> {
  const entries: NewEntry[] = [];
  let total = 0;
  const parser = new Parser({ strict: true });
  const stream = createReadStream(path);
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown) => {
      stream.destroy();
      reject(error);
    };
    parser.on("entry", (entry: ReadEntry) => {
      const pieces: Buffer[] = [];
      entry.on("data", (piece: Buffer) => {
        total += piece.length;
        if (total > LAYER_BYTES_MAX)
          fail(imageError(where, `holds more than ${LAYER_BYTES_MAX} bytes`));
        else pieces.push(piece);
      });
      entry.on("end", () => {
        try {
          const made = toEntry(where, entry, Buffer.concat(pieces));
          if (made) entries.push(made);
        } catch (error) {
          fail(error);
        }
      });
    });
    parser.on("end", resolve);
    parser.on("error", (error) => fail(imageError(where, (error as Error).message, error)));
    stream.on("error", fail);
    stream.pipe(parser as unknown as NodeJS.WritableStream);
  });
  return entries;
}

function toEntry(where: string, entry: ReadEntry, bytes: Buffer): NewEntry | undefined {
  const path = entryPath(where, entry.path);
  const common = {
    path,
    mode: (entry.mode ?? 0o644) & PERMISSIONS,
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: Math.max(0, Math.trunc((entry.mtime?.getTime() ?? 0) / 1000)),
  };
  switch (entry.type) {
    case "File":
    case "OldFile":
    case "ContiguousFile":
      return { ...common, kind: "file", bytes };
    case "Directory":
      return { ...common, kind: "directory" };
    case "SymbolicLink":
      return { ...common, kind: "symlink", target: entry.linkpath ?? "" };
    case "Link":
      return { ...common, kind: "hardlink", target: entryPath(where, entry.linkpath ?? "") };
    default:
      // The kernel's own /dev covers whatever an image has there.
      if (path.startsWith("/dev/")) return undefined;
      throw imageError(where, `${path} is a ${entry.type}, which images cannot hold`);
  }
}

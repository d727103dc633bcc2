/**
 * Gives layers that other tools wrote the form that can be read file by file. The image becomes another
 * one by that, with a digest of its own; it tells which one it was.
 */
import { createReadStream } from "node:fs";
import { Parser, type ReadEntry } from "tar";
import { entryPath } from "../entry-path.ts";
import { blobPath } from "../node/folder-blobs.ts";
import { type Layout, nodeHasher } from "../node/layout.ts";
import { imageError } from "../oci/digest.ts";
import {
  Annotation,
  type Descriptor,
  type Manifest,
  MediaType,
  parseConfig,
} from "../oci/manifest.ts";
import { type NewEntry, writeLayer } from "../write-layer.ts";

/** Uncompressed bytes of one layer, which are in memory at once. */
const LAYER_BYTES_MAX = 1 << 30;
const PERMISSIONS = 0o7777;

export function needsRepacking({ layers }: Manifest): boolean {
  return layers.some((layer) => !hasToc(layer));
}

/** Blobs of the image must be in the layout. The new manifest's descriptor. */
export async function repackImage(
  layout: Layout,
  original: Descriptor,
  manifest: Manifest,
): Promise<Descriptor> {
  const where = `image ${original.digest}`;
  const bytes = await layout.readBlob(manifest.config.digest);
  const config = parseConfig(where, bytes);
  const ids = [...(config.rootfs?.diff_ids ?? [])];
  const layers: Descriptor[] = [];
  for (const [i, layer] of manifest.layers.entries()) {
    if (hasToc(layer)) {
      layers.push(layer);
      continue;
    }
    const entries = await readLayer(`layer ${layer.digest}`, blobPath(layout.folder, layer.digest));
    const written = await layout.addBlob(async (write) => {
      const made = await writeLayer(entries, write, { newHasher: nodeHasher });
      return { ...made, digest: made.descriptor.digest };
    });
    layers.push(written.descriptor);
    ids[i] = written.diffId;
  }
  const rootfs = { type: "layers", diff_ids: ids } as const;
  const repacked: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.manifest,
    config: await layout.addBytes(MediaType.config, encode({ ...config, rootfs })),
    layers,
    annotations: { ...manifest.annotations, [Annotation.repackedFrom]: original.digest },
  };
  return layout.addBytes(MediaType.manifest, encode(repacked));
}

function hasToc({ annotations }: Descriptor): boolean {
  return annotations?.[Annotation.tocDigest] !== undefined;
}

async function readLayer(where: string, path: string): Promise<NewEntry[]> {
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

function encode(document: object): Uint8Array {
  return Buffer.from(JSON.stringify(document));
}

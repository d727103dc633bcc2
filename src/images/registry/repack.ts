/**
 * Gives layers that other tools wrote the form that can be read file by file. The image becomes another
 * one by that, with a digest of its own; it tells which one it was.
 */
import { blobPath } from "../node/folder-blobs.ts";
import { type Layout, nodeHasher } from "../node/layout.ts";
import { tarEntries } from "../node/tar-entries.ts";
import {
  Annotation,
  type Descriptor,
  type Manifest,
  MediaType,
  parseConfig,
} from "../oci/manifest.ts";
import { writeLayer } from "../write-layer.ts";

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
    const entries = await tarEntries(
      `layer ${layer.digest}`,
      blobPath(layout.folder, layer.digest),
    );
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

function encode(document: object): Uint8Array {
  return Buffer.from(JSON.stringify(document));
}

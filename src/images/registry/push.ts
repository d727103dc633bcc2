/** Sends an image from a layout to a registry: blobs that it has are not sent again. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { blobPath, FolderBlobs } from "../node/folder-blobs.ts";
import type { Located } from "../node/open-reference.ts";
import { checkDigest, type Digest } from "../oci/digest.ts";
import { MediaType, parseManifest } from "../oci/manifest.ts";
import { Registry, type RegistryOptions } from "./client.ts";
import type { TransferProgress } from "./pull.ts";
import { parseReference } from "./reference.ts";

const PIECE_BYTES = 4 << 20;

/** The manifest's digest, as the registry has it too. */
export async function pushImage(
  { layout, image }: Located,
  reference: string,
  options: RegistryOptions & { readonly onProgress?: TransferProgress } = {},
): Promise<Digest> {
  const parsed = parseReference(reference);
  const registry = new Registry(parsed, "pull,push", options);
  const bytes = await layout.readBlob(image.digest);
  const manifest = parseManifest(`image ${image.digest}`, bytes);
  const blobs = [...manifest.layers, manifest.config];
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  const source = new FolderBlobs(layout.folder);
  let done = 0;
  try {
    for (const blob of blobs) {
      if (!(await registry.hasBlob(blob))) {
        await checkFile(blobPath(layout.folder, blob.digest), blob.digest);
        await registry.putBlob(
          blob,
          (offset, length) => source.read(blob.digest, offset, length),
          (sent) => options.onProgress?.(done + sent, total),
        );
      }
      done += blob.size;
      options.onProgress?.(done, total);
    }
  } finally {
    source.close();
  }
  const name = parsed.digest ?? parsed.tag ?? "latest";
  return registry.putManifest(name, manifest.mediaType ?? MediaType.manifest, bytes);
}

/** Damage of this disk shall not travel, and be noticed at the far end only. */
async function checkFile(path: string, digest: Digest): Promise<void> {
  await using file = await open(path);
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(PIECE_BYTES);
  for (;;) {
    const { bytesRead } = await file.read(buffer);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
  }
  checkDigest(path, digest, hash.digest("hex"));
}

/** Fetches an image from a registry into a layout: what is there already is not fetched again. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BlobSource } from "../blob-source.ts";
import { blobPath } from "../node/folder-blobs.ts";
import type { Layout } from "../node/layout.ts";
import { isAlive } from "../node/lock.ts";
import { chooseManifest } from "../oci/choose-manifest.ts";
import { checkDigest, imageError } from "../oci/digest.ts";
import { type Descriptor, MediaType, parseIndex, parseManifest } from "../oci/manifest.ts";
import { type FetchedManifest, Registry, type RegistryOptions } from "./client.ts";
import { parseReference } from "./reference.ts";
import { needsRepacking, repackImage } from "./repack.ts";

/** Hears of bytes of blobs that are there, of how many. */
export type TransferProgress = (done: number, total: number) => void;

const PIECE_BYTES = 4 << 20;
const INDEXES = new Set<string>([MediaType.index, MediaType.dockerIndex]);

/** The image as it is kept here: the registry's, or one made of it where its layers were packed again. */
export async function pullImage(
  reference: string,
  layout: Layout,
  options: RegistryOptions & { readonly onProgress?: TransferProgress } = {},
): Promise<Descriptor> {
  const parsed = parseReference(reference);
  const registry = new Registry(parsed, "pull", options);
  const { bytes, descriptor } = await findManifest(
    reference,
    await registry.manifest(parsed.digest ?? parsed.tag ?? "latest"),
    registry,
  );
  const manifest = parseManifest(`${reference}: manifest`, bytes);
  await layout.prepare();
  const blobs = [manifest.config, ...manifest.layers];
  const total = blobs.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const blob of blobs) {
    await pullBlob(blob, registry.blobs(), layout, (received) => {
      options.onProgress?.(done + received, total);
    });
    done += blob.size;
    options.onProgress?.(done, total);
  }
  const pulled = await layout.addBytes(descriptor.mediaType, bytes);
  if (!needsRepacking(manifest)) return pulled;
  const repacked = await repackImage(layout, pulled, manifest);
  const [former, kept] = [await layout.blobsOf(pulled), await layout.blobsOf(repacked)];
  await layout.sweep(former.difference(kept));
  return repacked;
}

/** Of an index, the image for us. */
async function findManifest(
  reference: string,
  fetched: FetchedManifest,
  registry: Registry,
): Promise<FetchedManifest> {
  if (!INDEXES.has(fetched.descriptor.mediaType)) return fetched;
  const chosen = chooseManifest(reference, parseIndex(`${reference}: index`, fetched.bytes));
  return registry.manifest(chosen.digest);
}

/** An interrupted download is taken up where it ended; nothing is believed before its digest is right. */
async function pullBlob(
  blob: Descriptor,
  source: BlobSource,
  layout: Layout,
  onProgress: (received: number) => void,
): Promise<void> {
  if (await layout.has(blob)) return;
  const path = blobPath(layout.folder, blob.digest);
  const partial = await claimPartial(path);
  const hash = createHash("sha256");
  let received = await hashExisting(partial, blob.size, hash);
  const file = await open(partial, "a");
  try {
    while (received < blob.size) {
      const length = Math.min(PIECE_BYTES, blob.size - received);
      const piece = await source.read(blob.digest, received, length);
      await file.writeFile(piece);
      hash.update(piece);
      received += length;
      onProgress(received);
    }
    await file.sync();
  } finally {
    await file.close();
    // Nobody's from here on, until it is complete or claimed again.
    if (received < blob.size) await rename(partial, freePartial(path));
  }
  try {
    checkDigest(`blob ${blob.digest}`, blob.digest, hash.digest("hex"));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await rename(partial, path);
}

/** Bytes that an earlier attempt has left. */
async function hashExisting(
  path: string,
  bound: number,
  hash: ReturnType<typeof createHash>,
): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return 0;
  if (found.size > bound) {
    await rm(path);
    return 0;
  }
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return found.size;
}

/** A name for a partial download that is this process's alone: one that nobody works on, or a new one. */
async function claimPartial(path: string): Promise<string> {
  const own = join(dirname(path), `.${path.slice(-64)}.${process.pid}.partial`);
  for (const name of await readdir(dirname(path))) {
    const [, pid] = new RegExp(`^\\.${path.slice(-64)}\\.(\\d+)\\.partial$`).exec(name) ?? [];
    if (pid === undefined || (pid !== "0" && isAlive(Number(pid)))) continue;
    try {
      await rename(join(dirname(path), name), own);
      return own;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        throw imageError(name, (error as Error).message, error);
      }
      // Another process was quicker.
    }
  }
  return own;
}

function freePartial(path: string): string {
  return join(dirname(path), `.${path.slice(-64)}.0.partial`);
}

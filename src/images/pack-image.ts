/**
 * Packs entries into an image folder. Nothing of an image is visible before it is complete, several
 * writers at once are harmless, and equal entries give equal bytes.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ImageEntry } from "../../kernel/vfs/image-source.ts";
import {
  blobPath,
  FORMAT,
  type ImageIndex,
  indexPath,
  type PackedContent,
  type PackedEntry,
} from "./image-index.ts";

/** Temporary files older than this were left by a build that was killed. */
const ABANDONED_MS = 60 * 60 * 1000;

/** True where the folder holds an image built from just these inputs, whole. */
export async function isPackedFrom(folder: string, inputs: string): Promise<boolean> {
  try {
    const index = JSON.parse(await readFile(indexPath(folder), "utf8")) as ImageIndex;
    if (index.format !== FORMAT || index.inputs !== inputs) return false;
    return (await stat(blobPath(folder, index))).size === index.blob.size;
  } catch {
    return false;
  }
}

/** An entry to pack; files bring their bytes. */
export interface UnpackedEntry extends Omit<ImageEntry, "content"> {
  readonly bytes?: Uint8Array;
}

/**
 * Writes an image. Nothing of it is visible before it is complete, and several writers at once are
 * harmless. Equal entries give equal bytes.
 */
export async function packImage(
  folder: string,
  inputs: string,
  entries: readonly UnpackedEntry[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  const temporary = join(folder, `.${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
  try {
    const { blob, packed } = await writeBlob(temporary, entries);
    const index: ImageIndex = { format: FORMAT, inputs, blob, entries: packed };
    await rename(temporary, blobPath(folder, index));
    await writeDurably(temporary, JSON.stringify(index));
    await rename(temporary, indexPath(folder));
    await removeOtherBlobs(folder, index);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeBlob(path: string, entries: readonly UnpackedEntry[]) {
  const known = new Map<string, PackedContent>();
  const packed: PackedEntry[] = [];
  const whole = createHash("sha256");
  let size = 0;
  await using file = await open(path, "w");
  for (const { bytes, ...entry } of entries) {
    if (bytes === undefined) {
      packed.push(entry);
      continue;
    }
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    let content = known.get(digest);
    if (content === undefined) {
      content = { digest, size: bytes.length, offset: size };
      known.set(digest, content);
      await file.writeFile(bytes);
      whole.update(bytes);
      size += bytes.length;
    }
    packed.push({ ...entry, content });
  }
  await file.sync();
  return { blob: { digest: `sha256:${whole.digest("hex")}`, size }, packed };
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, "w");
  await file.writeFile(text);
  await file.sync();
}

async function removeOtherBlobs(folder: string, index: ImageIndex): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.endsWith(".blob") && path !== blobPath(folder, index)) await rm(path, { force: true });
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (!name.endsWith(".tmp")) continue;
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_MS) await rm(path, { force: true });
  }
}

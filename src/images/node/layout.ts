/**
 * An OCI image layout in a folder: `oci-layout`, `index.json` and `blobs/sha256/`. Nothing of an image
 * is visible before it is complete, several writers at once are harmless, and a writer that was killed
 * leaves nothing but temporary files, which a later one clears away.
 *
 * Specification: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, imageError } from "../oci/digest.ts";
import {
  Annotation,
  type Descriptor,
  type Index,
  MediaType,
  parseIndex,
  parseManifest,
} from "../oci/manifest.ts";
import type { Hasher } from "../write-layer.ts";
import { blobPath } from "./folder-blobs.ts";
import { withLock } from "./lock.ts";

const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';
/** Temporary files older than this were left by a writer that was killed. */
const ABANDONED_MS = 60 * 60 * 1000;
/** A download that broke off may be taken up again for so long. */
const PARTIAL_MS = 7 * 24 * ABANDONED_MS;

export class Layout {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder where it is missing. */
  async prepare(): Promise<void> {
    await mkdir(this.#blobs, { recursive: true });
    await removeAbandoned(this.#blobs);
  }

  index(): Index {
    return readIndex(this.folder);
  }

  /** The images that it holds; none where there is no layout yet. */
  images(): readonly Descriptor[] {
    return existsSync(join(this.folder, "oci-layout")) ? this.index().manifests : [];
  }

  async has({ digest, size }: Pick<Descriptor, "digest" | "size">): Promise<boolean> {
    const found = await stat(blobPath(this.folder, digest)).catch(() => undefined);
    return found?.size === size;
  }

  readBlob(digest: Digest): Promise<Buffer> {
    return readFile(blobPath(this.folder, digest));
  }

  /** Stores small bytes under their digest. */
  async addBytes(mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const descriptor = { mediaType, digest, size: bytes.length };
    if (!(await this.has(descriptor))) await this.#replace(blobPath(this.folder, digest), bytes);
    return descriptor;
  }

  /** Stores what `produce` writes, under the digest that it tells at the end. */
  async addBlob<T extends { readonly digest: Digest }>(
    produce: (write: (bytes: Uint8Array) => Promise<void>, path: string) => Promise<T>,
  ): Promise<T> {
    const temporary = this.#temporary();
    try {
      const file = await open(temporary, "wx");
      let produced: T;
      try {
        produced = await produce((bytes) => file.writeFile(bytes), temporary);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, blobPath(this.folder, produced.digest));
      return produced;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Changes the list of images; whoever else does so meanwhile comes before or after. */
  async changeIndex(
    change: (images: readonly Descriptor[]) => readonly Descriptor[],
  ): Promise<void> {
    await withLock(join(this.folder, "index.lock"), async () => {
      const manifests = change(this.images());
      const index: Index = { schemaVersion: 2, mediaType: MediaType.index, manifests };
      await this.#replace(join(this.folder, "index.json"), Buffer.from(JSON.stringify(index)));
      const marker = join(this.folder, "oci-layout");
      if (!existsSync(marker)) await this.#replace(marker, Buffer.from(LAYOUT));
    });
  }

  /** Names an image, whose blobs are all there; the name's former image keeps its other names. */
  async tag(image: Descriptor, name: string): Promise<void> {
    await this.changeIndex((images) => [
      ...images.filter((old) => nameOf(old) !== name),
      { ...image, annotations: { ...image.annotations, [Annotation.name]: name } },
    ]);
  }

  /** Lists an image that has no name, for whoever knows its digest. */
  async list(image: Descriptor): Promise<void> {
    await this.changeIndex((images) =>
      images.some(({ digest }) => digest === image.digest) ? images : [...images, image],
    );
  }

  /** Removes blobs that no image uses any more, of those that `former` used or of all. */
  async sweep(former?: ReadonlySet<Digest>): Promise<number> {
    const used = new Set<Digest>();
    for (const image of this.images()) for (const blob of await this.blobsOf(image)) used.add(blob);
    let freed = 0;
    for (const name of await readdir(this.#blobs)) {
      const digest = `sha256:${name}`;
      if (name.startsWith(".") || used.has(digest) || former?.has(digest) === false) continue;
      freed += (await stat(join(this.#blobs, name))).size;
      await rm(join(this.#blobs, name), { force: true });
    }
    return freed;
  }

  /** Digests of all that makes up an image. */
  async blobsOf({ digest }: Descriptor): Promise<Set<Digest>> {
    const manifest = parseManifest(`manifest ${digest}`, await this.readBlob(digest));
    return new Set([
      digest,
      manifest.config.digest,
      ...manifest.layers.map((layer) => layer.digest),
    ]);
  }

  get #blobs(): string {
    return join(this.folder, "blobs", "sha256");
  }

  #temporary(): string {
    return join(this.#blobs, `.${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
  }

  async #replace(path: string, bytes: Uint8Array): Promise<void> {
    const temporary = this.#temporary();
    try {
      await writeFile(temporary, bytes, { flush: true });
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

export function readIndex(folder: string): Index {
  const path = join(folder, "index.json");
  try {
    return parseIndex(path, readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw imageError(folder, "is no OCI image layout: there is no index.json in it", error);
  }
}

export function nameOf({ annotations }: Descriptor): string | undefined {
  return annotations?.[Annotation.name];
}

export function nodeHasher(): Hasher {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(".")) continue;
    const path = join(folder, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    const bound = name.endsWith(".partial") ? PARTIAL_MS : ABANDONED_MS;
    if (age > bound) await rm(path, { force: true });
  }
}

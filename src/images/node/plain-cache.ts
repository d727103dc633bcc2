/**
 * Uncompressed contents of images in a folder, by digest, so that a command's first run in a process
 * unpacks nothing. It may be removed at any time; what cannot be written is not kept.
 */
import { readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PlainCache } from "../contents.ts";
import { type Digest, hexOf } from "../oci/digest.ts";
import { cacheFolder } from "./folders.ts";

/** Smaller contents are unpacked as quickly as another file is opened. */
const LEAST_BYTES = 32 << 10;
const BOUND_BYTES = 512 << 20;
/** The folder is measured before the first of so many bytes is added. */
const STEP_BYTES = 32 << 20;

export function plainCache(folder = join(cacheFolder(), "contents")): PlainCache {
  return new FolderCache(folder);
}

class FolderCache implements PlainCache {
  readonly #folder: string;
  #added = STEP_BYTES;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  get(digest: Digest, size: number): Uint8Array | undefined {
    if (size < LEAST_BYTES) return undefined;
    try {
      const bytes = readFileSync(join(this.#folder, hexOf(digest)));
      return bytes.length === size ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  put(digest: Digest, bytes: Uint8Array): void {
    if (bytes.length < LEAST_BYTES) return;
    this.#writing = this.#writing.then(() => this.#write(hexOf(digest), bytes)).catch(() => {});
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    this.#added += bytes.length;
    if (this.#added >= STEP_BYTES) {
      this.#added = 0;
      await trim(this.#folder);
    }
    const temporary = join(this.#folder, `.${process.pid}-${name}.tmp`);
    try {
      await writeFile(temporary, bytes);
      await rename(temporary, join(this.#folder, name));
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

/** Removes the oldest files past the bound. */
async function trim(folder: string): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      return { path, size: found?.size ?? 0, time: found?.mtimeMs ?? 0 };
    }),
  );
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of files.sort((a, b) => a.time - b.time)) {
    if (total <= BOUND_BYTES - STEP_BYTES) break;
    await rm(path, { force: true });
    total -= size;
  }
}

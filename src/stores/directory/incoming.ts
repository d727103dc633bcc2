/**
 * Chunks that were put since the last swapRef: files in a folder of this store's own, which become
 * chunks together. Renamed only after the disk has them, so what is under `chunks/` is always whole.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { atMost } from "../at-most.ts";
import { namesIn, readIfPresent, syncPath, writeNew } from "./files.ts";
import { isAlive, parseIdentity, thisProcess } from "./process-identity.ts";

const AT_ONCE = 8;
const OWNER = "owner";
/** How long a folder may be without its owner's name: it is written right after. */
const UNNAMED_MS = 60_000;

interface Pending {
  readonly path: string;
  readonly size: number;
  /** The disk has failed to take it: what a second try says of the same file means nothing. */
  suspect: boolean;
}

export class Incoming {
  readonly #folder: string;
  readonly #pathOf: (hash: Hash) => string;
  readonly #pending = new Map<Hash, Pending>();
  #bytes = 0;
  #made: Promise<void> | undefined;
  #settling: Promise<void> = Promise.resolve();

  /** `pathOf` says where a chunk belongs. */
  constructor(parent: string, pathOf: (hash: Hash) => string) {
    this.#folder = join(parent, randomUUID());
    this.#pathOf = pathOf;
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(hash: Hash): boolean {
    return this.#pending.has(hash);
  }

  *list(): Generator<{ hash: Hash; size: number }> {
    for (const [hash, { size }] of this.#pending) yield { hash, size };
  }

  async get(hash: Hash): Promise<Uint8Array | undefined> {
    const pending = this.#pending.get(hash);
    return pending && readIfPresent(pending.path);
  }

  async put(chunks: readonly StoredChunk[]): Promise<void> {
    await this.#make();
    await atMost(AT_ONCE, chunks, async ({ hash, bytes }) => {
      if (this.#pending.has(hash)) return;
      const path = this.#newPath();
      await writeNew(path, bytes, false);
      this.#pending.set(hash, { path, size: bytes.length, suspect: false });
      this.#bytes += bytes.length;
    });
  }

  async delete(hash: Hash): Promise<void> {
    const pending = this.#pending.get(hash);
    if (!pending) return;
    this.#forget(hash, pending);
    await rm(pending.path, { force: true });
  }

  /** Makes chunks of all that was put before this call, durably. */
  settle(): Promise<void> {
    // One after the other: whoever swaps a ref must know that another's batch, which may hold chunks of
    // its own, has arrived.
    this.#settling = this.#settling.catch(() => {}).then(() => this.#settle());
    return this.#settling;
  }

  async close(): Promise<void> {
    if (this.#made) await rm(this.#folder, { recursive: true, force: true });
  }

  /** A path for a file that is still to be given its name; its folder is there. */
  async draft(): Promise<string> {
    await this.#make();
    return this.#newPath();
  }

  async #settle(): Promise<void> {
    const batch = [...this.#pending];
    if (batch.length === 0) return;
    await atMost(AT_ONCE, batch, ([hash, pending]) => this.#sync(hash, pending));
    const folders = new Set(batch.map(([hash]) => dirname(this.#pathOf(hash))));
    const made = await this.#makeFolders(folders);
    await atMost(AT_ONCE, batch, async ([hash]) => {
      const pending = this.#pending.get(hash);
      if (!pending) return;
      await rename(pending.path, this.#pathOf(hash));
      this.#forget(hash, pending);
    });
    await atMost(AT_ONCE, [...folders, ...made], syncPath);
  }

  async #sync(hash: Hash, pending: Pending): Promise<void> {
    if (!this.#pending.has(hash)) return;
    if (pending.suspect) return this.#rewrite(hash, pending);
    try {
      await syncPath(pending.path);
    } catch (error) {
      pending.suspect = true;
      throw error;
    }
  }

  async #rewrite(hash: Hash, { path, size }: Pending): Promise<void> {
    const fresh = this.#newPath();
    await writeNew(fresh, await readFile(path), true);
    this.#pending.set(hash, { path: fresh, size, suspect: false });
    await rm(path, { force: true });
  }

  /** Gives the parents of those that were not there. */
  async #makeFolders(folders: Iterable<string>): Promise<Set<string>> {
    const parents = new Set<string>();
    await atMost(AT_ONCE, folders, async (folder) => {
      if (await mkdir(folder, { recursive: true })) parents.add(dirname(folder));
    });
    return parents;
  }

  #forget(hash: Hash, { size }: Pending): void {
    this.#pending.delete(hash);
    this.#bytes -= size;
  }

  #newPath(): string {
    return join(this.#folder, randomUUID());
  }

  #make(): Promise<void> {
    this.#made ??= (async () => {
      await mkdir(this.#folder);
      const owner = Buffer.from(JSON.stringify(thisProcess()));
      await writeNew(join(this.#folder, OWNER), owner, false);
    })().catch((error) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }
}

/** Removes what processes left that are no more. */
export async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await namesIn(parent)) {
    const folder = join(parent, name);
    const text = await readIfPresent(join(folder, OWNER));
    const owner = text && parseIdentity(new TextDecoder().decode(text));
    const abandoned = owner ? isAlive(owner) === false : await isOld(folder);
    if (abandoned) await rm(folder, { recursive: true, force: true });
  }
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.mtimeMs < Date.now() - UNNAMED_MS;
}

/**
 * What was put since the last swapRef: each put is a pack that is written at once, so that a full disk
 * refuses that put and no other, and gets its name when the disk has it. Until then it lies in a folder of
 * this store's own, which others remove when this process is no more.
 */
import { randomUUID } from "node:crypto";
import { renameSync } from "node:fs";
import { type FileHandle, mkdir, open, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ChunkInfo, Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { namesIn, readIfPresent } from "./files.ts";
import { makePack, type PackEntries } from "./pack-file.ts";
import { isAlive, parseIdentity, thisProcess } from "./process-identity.ts";

const OWNER = "owner";
/** How long a folder may be without its owner's name: it is written right after. */
const UNNAMED_MS = 60_000;

interface Batch {
  readonly chunks: readonly StoredChunk[];
  readonly entries: PackEntries;
  /** Undefined: the disk has failed to take it, and what it says of the same file again means nothing. */
  file: DraftFile | undefined;
}

interface DraftFile {
  readonly path: string;
  readonly handle: FileHandle;
}

export class Incoming {
  readonly #folder: string;
  readonly #batches = new Set<Batch>();
  readonly #pending = new Map<Hash, Uint8Array>();
  #bytes = 0;
  #made: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parent: string) {
    this.#folder = join(parent, randomUUID());
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(hash: Hash): Uint8Array | undefined {
    return this.#pending.get(hash);
  }

  *list(): Generator<ChunkInfo> {
    for (const [hash, { length }] of this.#pending) yield { hash, size: length };
  }

  async put(chunks: readonly StoredChunk[]): Promise<void> {
    const fresh = new Map(chunks.map((chunk) => [chunk.hash, chunk]));
    for (const hash of fresh.keys()) if (this.#pending.has(hash)) fresh.delete(hash);
    if (fresh.size === 0) return;
    const batch = [...fresh.values()];
    const { file, entries } = makePack(batch);
    this.#batches.add({ chunks: batch, entries, file: await this.#write(file) });
    for (const { hash, bytes } of batch) {
      this.#pending.set(hash, bytes);
      this.#bytes += bytes.length;
    }
  }

  /** Names what was put before this call, by `name`, which gives a new pack's path and hears when it is there. */
  settle(
    nameOf: () => string,
    onNamed: (path: string, entries: PackEntries) => void,
    syncNames: () => Promise<void>,
  ): Promise<void> {
    return this.inTurn(async () => {
      const batches = [...this.#batches];
      if (batches.length === 0) return;
      await Promise.all(batches.map((batch) => this.#sync(batch)));
      for (const batch of batches) {
        const path = nameOf();
        const { path: draft, handle } = batch.file as DraftFile;
        renameSync(draft, path);
        onNamed(path, batch.entries);
        this.#forget(batch);
        await handle.close();
      }
      await syncNames();
    });
  }

  /**
   * What changes packs goes one after the other: whoever swaps a ref must know that another's batch, which
   * may hold chunks of its own, has arrived.
   */
  inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.catch(() => {}).then(act);
    this.#turn = done;
    return done;
  }

  /** A path for a file that is still to be given its name; its folder is there. */
  async draft(): Promise<string> {
    this.#made ??= this.#make().catch((error) => {
      this.#made = undefined;
      throw error;
    });
    await this.#made;
    return join(this.#folder, randomUUID());
  }

  async close(): Promise<void> {
    for (const batch of this.#batches) {
      await batch.file?.handle.close();
      this.#forget(batch);
    }
    if (this.#made) await rm(this.#folder, { recursive: true, force: true });
  }

  async #sync(batch: Batch): Promise<void> {
    batch.file ??= await this.#write(makePack(batch.chunks).file);
    const { handle, path } = batch.file;
    try {
      await handle.sync();
    } catch (error) {
      batch.file = undefined;
      await handle.close().catch(() => {});
      await rm(path, { force: true });
      throw error;
    }
  }

  async #write(bytes: Uint8Array): Promise<DraftFile> {
    const path = await this.draft();
    const handle = await open(path, "wx");
    try {
      await handle.writeFile(bytes);
      return { path, handle };
    } catch (error) {
      await handle.close().catch(() => {});
      await rm(path, { force: true });
      throw error;
    }
  }

  #forget(batch: Batch): void {
    this.#batches.delete(batch);
    for (const { hash, bytes } of batch.chunks) {
      // Two puts of one chunk at once are in a batch each.
      if (this.#pending.get(hash) !== bytes) continue;
      this.#pending.delete(hash);
      this.#bytes -= bytes.length;
    }
  }

  async #make(): Promise<void> {
    await mkdir(this.#folder);
    await writeFile(join(this.#folder, OWNER), JSON.stringify(thisProcess()));
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

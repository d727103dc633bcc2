/**
 * Chunks that were put since the last swapRef: files in a folder of this store's own, which become
 * chunks together. Renamed only after the disk has them, so what is under `chunks/` is always whole.
 */
import { randomUUID } from "node:crypto";
import { closeSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { atMost } from "../at-most.ts";
import {
  namesIn,
  readIfPresent,
  syncOpen,
  syncPath,
  Turns,
  writeNew,
  writeNewOpen,
} from "./files.ts";
import { isAlive, parseIdentity, thisProcess } from "./process-identity.ts";

const AT_ONCE = 8;
/** Files that wait open to be synced, which spares opening them again. */
const OPEN_MAX = 128;
const OWNER = "owner";
/** How long a folder may be without its owner's name: it is written right after. */
const UNNAMED_MS = 60_000;

interface Pending {
  readonly path: string;
  readonly size: number;
  descriptor: number | undefined;
  /** The disk has failed to take it: what a second try says of the same file means nothing. */
  suspect: boolean;
}

export class Incoming {
  readonly #folder: string;
  readonly #pathOf: (hash: Hash) => string;
  readonly #pending = new Map<Hash, Pending>();
  #bytes = 0;
  #open = 0;
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
    const turns = new Turns();
    for (const { hash, bytes } of chunks) {
      if (this.#pending.has(hash)) continue;
      const path = this.#newPath();
      const descriptor = writeNewOpen(path, bytes);
      const pending = { path, size: bytes.length, descriptor, suspect: false };
      this.#open++;
      if (this.#open > OPEN_MAX) this.#close(pending);
      this.#pending.set(hash, pending);
      this.#bytes += bytes.length;
      await turns.pass();
    }
  }

  delete(hash: Hash): Promise<void> {
    if (!this.#pending.has(hash)) return Promise.resolve();
    return this.#inTurn(async () => {
      const pending = this.#pending.get(hash);
      if (!pending) return;
      this.#forget(hash, pending);
      await rm(pending.path, { force: true });
    });
  }

  /** Makes chunks of all that was put before this call, durably. */
  settle(): Promise<void> {
    return this.#inTurn(() => this.#settle());
  }

  async close(): Promise<void> {
    for (const [hash, pending] of this.#pending) this.#forget(hash, pending);
    if (this.#made) await rm(this.#folder, { recursive: true, force: true });
  }

  /** A path for a file that is still to be given its name; its folder is there. */
  async draft(): Promise<string> {
    await this.#make();
    return this.#newPath();
  }

  /**
   * One after the other: whoever swaps a ref must know that another's batch, which may hold chunks of its
   * own, has arrived; and no file may be closed while it is synced.
   */
  #inTurn(act: () => Promise<void>): Promise<void> {
    this.#settling = this.#settling.catch(() => {}).then(act);
    return this.#settling;
  }

  async #settle(): Promise<void> {
    const batch = [...this.#pending];
    if (batch.length === 0) return;
    await atMost(AT_ONCE, batch, ([hash, pending]) => this.#sync(hash, pending));
    const turns = new Turns();
    const changed = new Set<string>();
    for (const [hash] of batch) {
      const pending = this.#pending.get(hash);
      if (!pending) continue;
      const place = this.#pathOf(hash);
      this.#makeFolder(dirname(place), changed);
      renameSync(pending.path, place);
      this.#forget(hash, pending);
      await turns.pass();
    }
    await atMost(AT_ONCE, changed, syncPath);
  }

  async #sync(hash: Hash, pending: Pending): Promise<void> {
    if (!this.#pending.has(hash)) return;
    if (pending.suspect) return this.#rewrite(hash, pending);
    try {
      if (pending.descriptor === undefined) await syncPath(pending.path);
      else await syncOpen(pending.descriptor);
      this.#close(pending);
    } catch (error) {
      pending.suspect = true;
      throw error;
    }
  }

  async #rewrite(hash: Hash, pending: Pending): Promise<void> {
    const { path, size } = pending;
    const fresh = this.#newPath();
    await writeNew(fresh, await readFile(path));
    this.#close(pending);
    this.#pending.set(hash, { path: fresh, size, descriptor: undefined, suspect: false });
    await rm(path, { force: true });
  }

  /** Notes it as changed, and its parent where it was not there. */
  #makeFolder(folder: string, changed: Set<string>): void {
    if (changed.has(folder)) return;
    changed.add(folder);
    if (existsSync(folder)) return;
    // Not its parents: where those are gone, so is the store.
    try {
      mkdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    changed.add(dirname(folder));
  }

  #forget(hash: Hash, pending: Pending): void {
    this.#close(pending);
    this.#pending.delete(hash);
    this.#bytes -= pending.size;
  }

  #close(pending: Pending): void {
    if (pending.descriptor === undefined) return;
    closeSync(pending.descriptor);
    pending.descriptor = undefined;
    this.#open--;
  }

  #newPath(): string {
    return join(this.#folder, randomUUID());
  }

  #make(): Promise<void> {
    this.#made ??= (async () => {
      await mkdir(this.#folder);
      const owner = Buffer.from(JSON.stringify(thisProcess()));
      closeSync(writeNewOpen(join(this.#folder, OWNER), owner));
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

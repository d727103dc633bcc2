/**
 * The packs of a directory store, as far as this process knows them. Others make and remove packs
 * meanwhile: where something is not found, the folder is looked at again.
 *
 * A pack's time of change is when one of its chunks was last touched. Whoever removes a pack, be it that
 * chunks were swept or that small packs became one, makes its successor first, moves it to the trash, and
 * looks at its time again: a touch that came in between is not lost.
 */
import { randomUUID } from "node:crypto";
import { closeSync, openSync, read, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import type { ChunkInfo, Hash, StoredChunk } from "../../../kernel/state/chunk-store.ts";
import { atMost } from "../at-most.ts";
import { ifPresent, namesIn, syncFolder, writeNew } from "./files.ts";
import { makePack, type PackEntries, type PackEntry, readPackIndex } from "./pack-file.ts";

const readDescriptor = promisify(read);

const SUFFIX = ".pack";
const LOADED_AT_ONCE = 8;
const OPEN_MAX = 64;
/** So many packs of less than this become one. */
const SMALL_BYTES = 1 << 20;
const SMALL_MAX = 32;
/** A pack that somebody is about to put back is back by then. */
const BACK_MS = 20;

interface Pack {
  readonly path: string;
  readonly entries: PackEntries;
  readonly bytes: number;
  descriptor: number | undefined;
  /** Reads under way: it may not be closed. */
  readers: number;
  /** No longer one of the store's. */
  dropped: boolean;
}

export class Packs {
  readonly #folder: string;
  readonly #trash: string;
  readonly #draft: () => Promise<string>;
  readonly #packs = new Map<string, Pack>();
  readonly #index = new Map<Hash, Pack>();

  /** `draft` gives a path where a pack is written before it gets its name. */
  constructor(folder: string, trash: string, draft: () => Promise<string>) {
    this.#folder = folder;
    this.#trash = trash;
    this.#draft = draft;
  }

  /** Looks which packs there are. */
  async scan(): Promise<void> {
    const known = [...this.#packs.keys()];
    const names = new Set((await namesIn(this.#folder)).filter((name) => name.endsWith(SUFFIX)));
    const added = [...names].filter((name) => !this.#packs.has(name));
    await atMost(LOADED_AT_ONCE, added, async (name) => {
      const entries = await ifPresent(readPackIndex(join(this.#folder, name)));
      if (entries && !this.#packs.has(name)) this.#add(name, entries);
    });
    for (const name of known) if (!names.has(name)) this.#drop(name);
  }

  has(hash: Hash): boolean {
    return this.#index.has(hash);
  }

  *list(): Generator<ChunkInfo> {
    for (const [hash, pack] of [...this.#index]) {
      yield { hash, size: pack.entries.get(hash)?.length ?? 0 };
    }
  }

  async read(hash: Hash): Promise<Uint8Array | undefined> {
    for (const pause of [0, 0, BACK_MS]) {
      const pack = this.#index.get(hash);
      const bytes = pack && (await ifPresent(this.#read(pack, hash)));
      if (bytes) return bytes;
      if (pause > 0) await wait(pause);
      await this.scan();
    }
    const pack = this.#index.get(hash);
    return pack && (await ifPresent(this.#read(pack, hash)));
  }

  /** Those that are here, touched. */
  async touch(hashes: readonly Hash[]): Promise<Set<Hash>> {
    await this.scan();
    const touched = new Set<Pack>();
    const present = new Set<Hash>();
    for (const hash of hashes) {
      for (let pack = this.#index.get(hash); pack; pack = this.#index.get(hash)) {
        if (!touched.has(pack) && !touchFile(pack.path)) {
          // Gone since: its chunks may be in another.
          await this.scan();
          if (this.#index.get(hash) === pack) break;
          continue;
        }
        touched.add(pack);
        present.add(hash);
        break;
      }
    }
    return present;
  }

  /** Where a new pack goes. */
  newPath(): string {
    return join(this.#folder, `${randomUUID()}${SUFFIX}`);
  }

  /** There is a new pack. */
  note(path: string, entries: PackEntries): void {
    this.#add(basename(path), entries);
  }

  /** Resolves when the disk has the names of new packs. Small ones become one, which can wait if it fails. */
  async settle(): Promise<void> {
    await syncFolder(this.#folder);
    await this.#mergeSmall().catch(() => {});
  }

  /** Forgets those of `hashes` that were not touched since; gives the others. */
  async remove(hashes: readonly Hash[], untouchedSince: number): Promise<Set<Hash>> {
    await this.scan();
    const left = new Set<Hash>();
    for (const [name, pack] of [...this.#packs]) {
      const swept = hashes.filter((hash) => pack.entries.has(hash));
      if (swept.length > 0 && !(await this.#removeFrom(name, pack, swept, untouchedSince))) {
        for (const hash of swept) left.add(hash);
      }
    }
    return left;
  }

  /** Puts back what somebody had moved to the trash and did not come to remove. */
  async restore(): Promise<void> {
    for (const name of await namesIn(this.#trash)) {
      ifThere(() => renameSync(join(this.#trash, name), join(this.#folder, name)));
    }
  }

  close(): void {
    for (const name of [...this.#packs.keys()]) this.#drop(name);
  }

  async #removeFrom(
    name: string,
    pack: Pack,
    swept: readonly Hash[],
    untouchedSince: number,
  ): Promise<boolean> {
    const before = timeOf(pack.path);
    if (before === undefined) return true;
    if (before >= untouchedSince) return false;
    const gone = new Set(swept);
    const rest = await this.#chunksOf(pack, (hash) => !gone.has(hash));
    const successor = rest.length > 0 ? await this.#write(rest, before) : undefined;
    const after = this.#moveAway(name);
    if (after !== undefined && after >= untouchedSince) {
      renameSync(join(this.#trash, name), pack.path);
      if (successor !== undefined) this.#unlink(successor);
      return false;
    }
    rmSync(join(this.#trash, name), { force: true });
    this.#drop(name);
    return true;
  }

  /** Opening a store reads every pack's index: so they do not become many. */
  async #mergeSmall(): Promise<void> {
    const small = [...this.#packs].filter(([, { bytes }]) => bytes < SMALL_BYTES);
    if (small.length <= SMALL_MAX) return;
    const chunks = new Map<Hash, StoredChunk>();
    const merged: string[] = [];
    let latest = 0;
    for (const [name, pack] of small) {
      const time = timeOf(pack.path);
      if (time === undefined) continue;
      for (const each of await this.#chunksOf(pack, () => true)) chunks.set(each.hash, each);
      latest = Math.max(latest, time);
      merged.push(name);
    }
    const successor = await this.#write([...chunks.values()], latest);
    for (const name of merged) {
      const time = this.#moveAway(name) ?? 0;
      if (time > latest) touchFile(join(this.#folder, successor), time);
      latest = Math.max(latest, time);
      rmSync(join(this.#trash, name), { force: true });
      this.#drop(name);
    }
  }

  /** The name of a pack that succeeds others; `time` of their last touch. */
  async #write(chunks: readonly StoredChunk[], time: number): Promise<string> {
    const draft = await this.#draft();
    const path = this.newPath();
    const { file, entries } = makePack(chunks);
    await writeNew(draft, file);
    try {
      touchFile(draft, time);
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
    await syncFolder(this.#folder);
    this.note(path, entries);
    return basename(path);
  }

  async #chunksOf(pack: Pack, wanted: (hash: Hash) => boolean): Promise<StoredChunk[]> {
    const chunks: StoredChunk[] = [];
    for (const hash of pack.entries.keys()) {
      if (wanted(hash)) chunks.push({ hash, bytes: await this.#read(pack, hash) });
    }
    return chunks;
  }

  async #read(pack: Pack, hash: Hash): Promise<Uint8Array> {
    const { offset, length } = pack.entries.get(hash) as PackEntry;
    pack.readers++;
    try {
      pack.descriptor ??= this.#open(pack.path);
      const bytes = new Uint8Array(length);
      const { bytesRead } = await readDescriptor(pack.descriptor, bytes, 0, length, offset);
      if (bytesRead !== length) throw new Error(`${pack.path} is shorter than it was`);
      return bytes;
    } finally {
      pack.readers--;
      if (pack.dropped) closeIdle(pack);
    }
  }

  #open(path: string): number {
    const idle = [...this.#packs.values()].filter((pack) => pack.descriptor !== undefined);
    if (idle.length >= OPEN_MAX) for (const pack of idle) closeIdle(pack);
    return openSync(path, "r");
  }

  /** Into the trash. When it was last touched; undefined where it was gone. */
  #moveAway(name: string): number | undefined {
    const moved = join(this.#trash, name);
    return ifThere(() => {
      renameSync(join(this.#folder, name), moved);
      return timeOf(moved);
    });
  }

  #unlink(name: string): void {
    rmSync(join(this.#folder, name), { force: true });
    this.#drop(name);
  }

  #add(name: string, entries: PackEntries): void {
    let bytes = 0;
    for (const { length } of entries.values()) bytes += length;
    const path = join(this.#folder, name);
    const pack: Pack = { path, entries, bytes, descriptor: undefined, readers: 0, dropped: false };
    this.#packs.set(name, pack);
    for (const hash of entries.keys()) this.#index.set(hash, pack);
  }

  #drop(name: string): void {
    const pack = this.#packs.get(name);
    if (!pack) return;
    this.#packs.delete(name);
    pack.dropped = true;
    closeIdle(pack);
    for (const hash of pack.entries.keys()) {
      if (this.#index.get(hash) !== pack) continue;
      const other = [...this.#packs.values()].find(({ entries }) => entries.has(hash));
      if (other) this.#index.set(hash, other);
      else this.#index.delete(hash);
    }
  }
}

function closeIdle(pack: Pack): void {
  if (pack.descriptor === undefined || pack.readers > 0) return;
  closeSync(pack.descriptor);
  pack.descriptor = undefined;
}

/** False where it is gone. */
function touchFile(path: string, time = Date.now()): boolean {
  return ifThere(() => utimesSync(path, time / 1000, time / 1000) ?? true) ?? false;
}

/** Rounded up, for a time that is set may come back a little earlier. */
function timeOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && Math.ceil(found.mtimeMs);
}

function ifThere<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

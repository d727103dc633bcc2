/**
 * A store in a directory of the host, for Node. Any number of processes may use it at once.
 *
 *     isopod-store            says what this is, and the version of this layout
 *     packs/ID.pack           chunks, many to a file, whole and on the disk (pack-file.ts)
 *     refs/machines/NAME      a hash each; replaced by rename
 *     locks/                  who writes what (lock-file.ts)
 *     incoming/ID/            what a running process is writing (incoming.ts)
 *     trash/                  packs that are about to be removed (packs.ts)
 */
import { mkdir, readFile, realpath, rename, statfs, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Errno, fail } from "../../kernel/errno.ts";
import {
  type ChunkInfo,
  type ChunkStore,
  type Hash,
  type RefName,
  StoreBusy,
  type StoredChunk,
  type StoreLock,
} from "../../kernel/state/chunk-store.ts";
import { atMost } from "./at-most.ts";
import { checkChunks, checkRefName, isHash } from "./check.ts";
import { ifPresent, namesIn, syncFolder, writeNew } from "./directory/files.ts";
import { Incoming, removeAbandoned } from "./directory/incoming.ts";
import { exclusively, removeOldDrafts, tryLock } from "./directory/lock-file.ts";
import { Packs } from "./directory/packs.ts";
import { asStorage, StorageFailure } from "./failures.ts";

const MARKER = "isopod-store";
const VERSION = "1\n";
const REF_KINDS = ["machines", "snapshots", "answers"] as const;
const AT_ONCE = 8;
/** What is put is made durable, ref or no ref, when this much has gathered. */
const INCOMING_BYTES = 16 << 20;

export interface DirectoryStoreOptions {
  /** False: fails with ENOENT where there is no store yet. */
  readonly create?: boolean;
}

/** Opens the store in `path`, which is made where it is not there. Fails with EINVAL where `path` holds something else. */
export function openDirectoryStore(
  path: string,
  { create = true }: DirectoryStoreOptions = {},
): Promise<ChunkStore> {
  return asStorage(async () => {
    if (create) await mkdir(path, { recursive: true });
    const root = await realpath(path);
    await identify(root, create);
    for (const folder of ["packs", "locks", "incoming", "trash"]) {
      await mkdir(join(root, folder), { recursive: true });
    }
    for (const kind of REF_KINDS) await mkdir(join(root, "refs", kind), { recursive: true });
    await removeAbandoned(join(root, "incoming"));
    await removeOldDrafts(join(root, "locks"));
    const store = new DirectoryStore(root);
    await store.open();
    return store;
  });
}

/** A new directory is marked, any other must be. */
async function identify(root: string, create: boolean): Promise<void> {
  const marker = join(root, MARKER);
  const found = await ifPresent(readFile(marker, "utf8"));
  if (found === VERSION) return;
  const isNew = !found && (await namesIn(root)).every((name) => name === MARKER);
  if (isNew && create) {
    await writeNew(marker, Buffer.from(VERSION)).catch((error) => {
      // Another process is making it just now.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
  } else if ((await ifPresent(readFile(marker, "utf8"))) !== VERSION) {
    const [errno, what] = create
      ? [Errno.EINVAL, "is not empty, and no store of this version"]
      : [Errno.ENOENT, "holds no store of machines"];
    throw new StorageFailure(errno, new Error(`${root} ${what}`));
  }
}

class DirectoryStore implements ChunkStore {
  readonly #root: string;
  readonly #incoming: Incoming;
  readonly #packs: Packs;
  readonly #locks = new Set<StoreLock>();

  constructor(root: string) {
    this.#root = root;
    this.#incoming = new Incoming(join(root, "incoming"));
    const draft = () => this.#incoming.draft();
    this.#packs = new Packs(join(root, "packs"), join(root, "trash"), draft);
  }

  async open(): Promise<void> {
    await this.#packs.restore();
    await this.#packs.scan();
  }

  async get(hash: Hash): Promise<Uint8Array | undefined> {
    if (!isHash(hash)) return undefined;
    return this.#incoming.get(hash) ?? asStorage(() => this.#packs.read(hash));
  }

  async getMany(hashes: readonly Hash[]): Promise<(Uint8Array | undefined)[]> {
    const found = new Array<Uint8Array | undefined>(hashes.length);
    await atMost(AT_ONCE, hashes.entries(), async ([index, hash]) => {
      found[index] = await this.get(hash);
    });
    return found;
  }

  async missing(hashes: readonly Hash[]): Promise<Hash[]> {
    const stored = hashes.filter((hash) => !this.#incoming.get(hash));
    const present = await asStorage(() => this.#packs.touch(stored));
    return stored.filter((hash) => !present.has(hash));
  }

  async put(chunks: readonly StoredChunk[]): Promise<void> {
    checkChunks(chunks);
    await asStorage(() => this.#incoming.put(chunks));
    if (this.#incoming.bytes > INCOMING_BYTES) await this.#settle();
  }

  async delete(hashes: readonly Hash[]): Promise<void> {
    if (hashes.some((hash) => this.#incoming.get(hash))) await this.#settle();
    await this.#remove(hashes, Number.POSITIVE_INFINITY);
  }

  async *list(): AsyncGenerator<ChunkInfo> {
    await asStorage(() => this.#packs.scan());
    const pending = [...this.#incoming.list()];
    yield* pending;
    const listed = new Set(pending.map(({ hash }) => hash));
    for (const chunk of this.#packs.list()) if (!listed.has(chunk.hash)) yield chunk;
  }

  async sweep(hashes: readonly Hash[], untouchedSince: number): Promise<Hash[]> {
    const left = await this.#remove(hashes, untouchedSince);
    return hashes.filter((hash) => left.has(hash) || this.#incoming.get(hash));
  }

  async readRef(name: RefName): Promise<Hash | undefined> {
    checkRefName(name);
    return asStorage(async () => {
      const text = await ifPresent(readFile(this.#refPath(name), "latin1"));
      if (text === undefined) return undefined;
      const hash = text.trimEnd();
      return isHash(hash) ? hash : fail(Errno.EIO);
    });
  }

  async swapRef(
    name: RefName,
    expected: Hash | undefined,
    next: Hash | undefined,
  ): Promise<boolean> {
    checkRefName(name);
    await this.#settle();
    return this.#exclusively(async () => {
      if ((await this.readRef(name)) !== expected) return false;
      if (next === undefined) await ifPresent(unlink(this.#refPath(name)));
      else await this.#writeRef(name, next);
      await syncFolder(dirname(this.#refPath(name)));
      return true;
    });
  }

  async refs(): Promise<ReadonlyMap<RefName, Hash>> {
    const found = new Map<RefName, Hash>();
    for (const kind of REF_KINDS) {
      const files = await asStorage(() => namesIn(join(this.#root, "refs", kind)));
      for (const file of files) {
        const name = `${kind}/${fromFileName(file)}`;
        const hash = await this.readRef(name);
        if (hash !== undefined) found.set(name, hash);
      }
    }
    return found;
  }

  async lock(name: RefName): Promise<StoreLock> {
    checkRefName(name);
    const key = toFileName(name.replace("/", "="));
    const taken = await asStorage(() => tryLock(this.#lockFolder, key));
    if (typeof taken === "string") throw new StoreBusy(name, taken);
    const lock = {
      release: async () => {
        if (this.#locks.delete(lock)) await taken.release();
      },
    };
    this.#locks.add(lock);
    return lock;
  }

  async usage(): Promise<{ bytes: number; quota: number | undefined }> {
    let bytes = 0;
    for await (const { size } of this.list()) bytes += size;
    const { bavail, bsize } = await asStorage(() => statfs(this.#root));
    return { bytes, quota: bytes + bavail * bsize };
  }

  async close(): Promise<void> {
    try {
      await this.#settle();
    } finally {
      for (const lock of this.#locks) await lock.release();
      this.#packs.close();
      await this.#incoming.close();
    }
  }

  #settle(): Promise<void> {
    const packs = this.#packs;
    return asStorage(() =>
      this.#incoming.settle(
        () => packs.newPath(),
        (path, entries) => packs.note(path, entries),
        () => packs.settle(),
      ),
    );
  }

  #remove(hashes: readonly Hash[], untouchedSince: number): Promise<Set<Hash>> {
    return asStorage(() => this.#incoming.inTurn(() => this.#packs.remove(hashes, untouchedSince)));
  }

  async #writeRef(name: RefName, hash: Hash): Promise<void> {
    if ((await this.missing([hash])).length > 0) fail(Errno.ENOENT);
    const draft = await this.#incoming.draft();
    await writeNew(draft, Buffer.from(`${hash}\n`));
    await rename(draft, this.#refPath(name));
  }

  /** Refs are changed by one at a time among all processes. */
  #exclusively<T>(act: () => Promise<T>): Promise<T> {
    return asStorage(() => exclusively(this.#lockFolder, "refs", act));
  }

  get #lockFolder(): string {
    return join(this.#root, "locks");
  }

  #refPath(name: RefName): string {
    const [kind = "", rest = ""] = name.split("/");
    return join(this.#root, "refs", kind, toFileName(rest));
  }
}

/** Some file systems do not tell `A` from `a`. */
function toFileName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `=${letter.toLowerCase()}`);
}

function fromFileName(name: string): string {
  return name.replace(/=([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * What keeps one machine: its place in a store, the record that it begins with, its commits and
 * snapshots. It is locked in its store as long as it is switched on; a fork without a name takes the
 * lock when it first writes there, if ever.
 */
import { Errno, type Host, KernelError } from "../../../kernel/index.ts";
import type { ChunkReader } from "../../../kernel/state/chunk-reader.ts";
import {
  type ChunkStore,
  type Hash,
  isRefName,
  type RefName,
  StoreBusy,
  type StoreLock,
} from "../../../kernel/state/chunk-store.ts";
import {
  decodeSnapshot,
  decodeTree,
  type SnapshotRecord,
} from "../../../kernel/state/snapshot-record.ts";
import type { MemoryFileSystem, MemoryOptions } from "../../../kernel/vfs/memory/file-system.ts";
import { awake } from "../../../kernel/wait/sleep.ts";
import { IsopodError } from "../../errors.ts";
import { type Memory, SessionMemory } from "../../permissions/questions.ts";
import type { FilledOptions } from "../image-defaults.ts";
import type { MachineImage } from "../platform.ts";
import type { MachineOptions, Snapshot, StateOptions, StoreSource } from "../protocol.ts";
import { StoredAnswers } from "./answers.ts";
import { Commits, type Head } from "./commits.ts";
import { type Heir, Heirs } from "./heirs.ts";
import { type OpenStore, type OpenStores, THREAD_MEMORY } from "./open-stores.ts";
import { AutomaticCommits } from "./policy.ts";

export class MachineState implements Heir {
  readonly #stores: OpenStores;
  readonly #store: OpenStore;
  readonly #options: StateOptions;
  readonly #ref: RefName;
  /** Undefined: nobody needed it so far, or who did was told that it was not to be had. */
  #lock: Promise<StoreLock> | undefined;
  /** What it begins with. */
  readonly #origin: Head | undefined;
  readonly #refValue: Hash | undefined;
  #commits: Commits | undefined;
  #automatic: AutomaticCommits | undefined;
  #answers: StoredAnswers | undefined;
  readonly #heirs = new Heirs();
  /** Undefined: it is closed and never was. */
  readonly #started = Promise.withResolvers<Commits | undefined>();
  readonly #closed = Promise.withResolvers<void>();
  #isClosed = false;
  #keeping: Promise<void> | undefined;

  private constructor(
    stores: OpenStores,
    store: OpenStore,
    options: StateOptions,
    ref: RefName,
    lock: Promise<StoreLock> | undefined,
    origin: Head | undefined,
    refValue: Hash | undefined,
  ) {
    this.#stores = stores;
    this.#store = store;
    this.#options = options;
    this.#ref = ref;
    this.#lock = lock;
    this.#origin = origin;
    this.#refValue = refValue;
  }

  /**
   * Rejects with an IsopodError where another machine has the name, or there is no such snapshot. What it
   * begins with is kept by `parent` for now, where it is that one's fork.
   */
  static open(
    options: StateOptions,
    stores: OpenStores,
    host: Host,
    parent?: MachineState,
  ): Promise<MachineState> {
    const opening = MachineState.#open(options, stores, host, parent !== undefined);
    if (parent) parent.#heirs.add(opening);
    return opening;
  }

  static async #open(
    options: StateOptions,
    stores: OpenStores,
    host: Host,
    isFork: boolean,
  ): Promise<MachineState> {
    const store = await stores.open(options.store ?? THREAD_MEMORY);
    let lock: Promise<StoreLock> | undefined;
    try {
      const { chunks } = store;
      const ref = `machines/${options.name ?? temporaryName(host)}`;
      const isTemporary = options.name === undefined;
      if (isTemporary) forgetAbandonedOnce(chunks.store);
      // Nobody else has the name of a temporary machine, and a fork may never write.
      if (!isTemporary || !isFork) lock = takeLock(chunks.store, ref);
      await lock;
      const refValue = isTemporary ? undefined : await chunks.store.readRef(ref);
      if (refValue !== undefined && options.from !== undefined) throw alreadyThere(ref);
      const start = refValue ?? (await findSnapshot(chunks, options.from));
      const origin = start === undefined ? undefined : await readHead(chunks, start);
      return new MachineState(stores, store, options, ref, lock, origin, refValue);
    } catch (reason) {
      await letGo(lock);
      await store.release();
      throw reason;
    }
  }

  get source(): StoreSource {
    return this.#store.source;
  }

  /** The image that the machine was on before. */
  get image(): SnapshotRecord["image"] | undefined {
    return this.#origin?.record.image;
  }

  /** Whether there is a state that it goes on from. */
  get isContinued(): boolean {
    return this.#origin !== undefined;
  }

  /** What the machine was made with before, where `options` say nothing else. */
  complete(options: MachineOptions): MachineOptions {
    const { record } = this.#origin ?? {};
    if (!record) return options;
    const { hostname, user, cwd, env } = record.machine;
    return {
      ...options,
      hostname: options.hostname ?? hostname,
      user: options.user ?? user,
      cwd: options.cwd ?? cwd,
      env: { ...env, ...options.env },
    };
  }

  /** What the writable root needs. Rejects where the record does not go with this image or these limits. */
  async root(
    { limits, image: wanted }: MachineOptions,
    image: MachineImage,
  ): Promise<NonNullable<MemoryOptions["kept"]>> {
    const { chunks } = this.#store;
    if (!this.#origin) return { chunks };
    const { record } = this.#origin;
    const { usage } = record;
    for (const [name, used, what] of [
      ["disk", usage.memory, "bytes"],
      ["inodes", usage.inodes, "files"],
    ] as const) {
      const limit = limits[name];
      if (limit === undefined || used <= limit) continue;
      const message = `its files are ${used} ${what}: raise limits.${name}, which is ${limit}`;
      throw new IsopodError("ERR_LIMIT", `${this.#ref}: ${message}`);
    }
    const { digest, reference } = record.image;
    const isOther = digest !== undefined && image.digest !== undefined && digest !== image.digest;
    const isMeant = wanted !== undefined && wanted !== reference;
    if (isOther && !isMeant) throw otherImage(this.#ref, record, image);
    const tree = decodeTree(await awake(() => chunks.need(record.tree)));
    return { chunks, state: { tree, lastIno: record.lastIno, usage } };
  }

  /** To be called once the kernel is there. */
  async start(
    root: MemoryFileSystem,
    host: Host,
    { hostname, user, cwd, env }: FilledOptions,
    { reference, digest }: MachineImage,
  ): Promise<void> {
    const { chunks } = this.#store;
    const facts = { hostname, user, cwd, env };
    const image = { reference, digest };
    const lock = () => this.#needLock();
    const heirs = this.#heirs;
    const parts = { host, chunks, root, ref: this.#ref, lock, heirs, image, facts };
    const commits = new Commits(parts, this.#origin, this.#refValue);
    this.#commits = commits;
    this.#started.resolve(commits);
    // A machine that builds on a snapshot keeps what it builds on.
    if (this.#origin && this.#lock) await this.keepOrigin();
    const { kept } = root;
    // What goes away with the machine need not survive anything.
    if (!kept || this.source.type === "memory" || this.#isTemporary) return;
    kept.makeDurable = () => {
      const wait = commits.durable()?.then(() => {});
      // Who asked may be gone by then.
      wait?.catch(() => {});
      return wait;
    };
    const policy = this.#options.commit ?? {};
    if (policy !== "manual") {
      this.#automatic = new AutomaticCommits(host, kept, commits, policy);
    }
  }

  /** What the embedder answered for good about this machine. */
  async answers(): Promise<Memory> {
    const { name } = this.#options;
    if (name === undefined) return new SessionMemory();
    this.#answers = await StoredAnswers.read(this.#store.chunks, name);
    return this.#answers;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  keepOrigin(): Promise<void> {
    this.#keeping ??= this.#started.promise.then(async (commits) => {
      if (commits && !commits.hasRef && !this.#isClosed) await commits.commit();
    });
    return this.#keeping;
  }

  get isCommitted(): boolean {
    return this.#commits?.isDone === true;
  }

  async commit(): Promise<Snapshot> {
    return this.#describe(await this.#made.commit(), undefined);
  }

  async snapshot(wanted: string | undefined): Promise<Snapshot> {
    const head = await this.#made.commit();
    const name = wanted ?? defaultName(head);
    const { store } = this.#store.chunks;
    const ref = `snapshots/${name}`;
    if (!isRefName(ref))
      throw new IsopodError("ERR_INVALID_OPTION", `${name} is no snapshot's name`);
    const found = await store.readRef(ref);
    if (found !== head.hash && !(await store.swapRef(ref, undefined, head.hash))) {
      throw new IsopodError("ERR_SNAPSHOT_EXISTS", `there is a snapshot ${name} already`);
    }
    return this.#describe(head, name);
  }

  /** Commits what is not committed, where that is the policy, and lets go of the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closed.resolve();
    this.#started.resolve(undefined);
    this.#automatic?.stop();
    try {
      await this.#heirs.keep();
      await this.#answers?.settle();
      // Whoever builds on what others may delete has to know.
      if (!this.#commits?.hasRef) await this.#keeping;
      if (this.#isTemporary) await this.#forget();
      else if (this.#automatic) await this.#commits?.commit();
      else await this.#commits?.settle();
    } finally {
      await letGo(this.#lock);
      await this.#store.release();
    }
  }

  #needLock(): Promise<StoreLock> {
    this.#lock ??= takeLock(this.#store.chunks.store, this.#ref).catch((reason) => {
      this.#lock = undefined;
      throw reason;
    });
    return this.#lock;
  }

  get #isTemporary(): boolean {
    return this.#options.name === undefined;
  }

  async #forget(): Promise<void> {
    await this.#commits?.forget();
    await this.#stores.tidy(this.#store);
  }

  get #made(): Commits {
    if (!this.#commits) throw new KernelError(Errno.ESRCH);
    return this.#commits;
  }

  #describe({ hash, record }: Head, name: string | undefined): Snapshot {
    return describe(this.source, hash, record, name);
  }
}

/** Rejects with an IsopodError where somebody else has it. */
async function takeLock(store: ChunkStore, ref: RefName): Promise<StoreLock> {
  try {
    return await store.lock(ref);
  } catch (reason) {
    throw reason instanceof StoreBusy ? new IsopodError(reason.code, reason.message) : reason;
  }
}

async function letGo(lock: Promise<StoreLock> | undefined): Promise<void> {
  const taken = await lock?.catch(() => undefined);
  await taken?.release();
}

export function describe(
  store: StoreSource,
  id: Hash,
  { tree, created, parent, image }: SnapshotRecord,
  name: string | undefined,
): Snapshot {
  return { id, name, store, tree, created, parent, image };
}

/** The record `hash`. Rejects with an IsopodError where it is missing or makes no sense. */
export async function readHead(chunks: ChunkReader, hash: Hash): Promise<Head> {
  try {
    const record = decodeSnapshot(await awake(() => chunks.need(hash)));
    return { hash, record };
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    const message = `the record ${hash} is missing from the store, or damaged`;
    throw new IsopodError("ERR_STORE_DAMAGED", message, { cause: reason });
  }
}

const TEMPORARY_NAME = "temporary-";
export const TEMPORARY = `machines/${TEMPORARY_NAME}`;

/** By its id or its name. */
export async function findSnapshot(
  chunks: ChunkReader,
  wanted: string | undefined,
): Promise<Hash | undefined> {
  if (wanted === undefined || IS_HASH.test(wanted)) return wanted;
  const ref = `snapshots/${wanted}`;
  const found = isRefName(ref) ? await chunks.store.readRef(ref) : undefined;
  if (found !== undefined) return found;
  throw new IsopodError("ERR_NO_SNAPSHOT", `there is no snapshot ${JSON.stringify(wanted)}`);
}

const IS_HASH = /^[0-9a-f]{64}$/;

const looked = new WeakSet<ChunkStore>();

/** What cannot be forgotten now is found by who opens the store next. */
function forgetAbandonedOnce(store: ChunkStore): void {
  if (looked.has(store)) return;
  looked.add(store);
  forgetAbandoned(store).catch(() => {});
}

/** Temporary machines whose process was killed have left their refs behind. */
async function forgetAbandoned(store: ChunkStore): Promise<void> {
  for (const [ref, hash] of await store.refs()) {
    if (!ref.startsWith(TEMPORARY)) continue;
    try {
      const lock = await store.lock(ref);
      await store.swapRef(ref, hash, undefined);
      await lock.release();
    } catch (reason) {
      if (!(reason instanceof StoreBusy)) throw reason;
    }
  }
}

function alreadyThere(ref: RefName): IsopodError {
  const message = `${ref} is there already: leave \`from\` out to continue it, or choose another name`;
  return new IsopodError("ERR_MACHINE_EXISTS", message);
}

function otherImage(ref: RefName, { image }: SnapshotRecord, now: MachineImage): IsopodError {
  const message =
    `${ref} was made on the image ${image.digest}, and ${image.reference ?? "the base image"} is ` +
    `${now.digest} now: name an image that has the first, or another one to move it there`;
  return new IsopodError("ERR_OTHER_IMAGE", message);
}

function temporaryName(host: Host): string {
  const bytes = new Uint8Array(12);
  host.random(bytes);
  return `${TEMPORARY_NAME}${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** When it was made, and of what. */
function defaultName({ hash, record }: Head): string {
  const time = new Date(record.created).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${time}-${hash.slice(0, 8)}`;
}

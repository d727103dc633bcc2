/** The commits of one machine: one after the other, those that are asked for meanwhile together. */
import { Errno, type Host, KernelError } from "../../../kernel/index.ts";
import type { ChunkReader } from "../../../kernel/state/chunk-reader.ts";
import type { Hash, RefName } from "../../../kernel/state/chunk-store.ts";
import { putChunk, writeCapture } from "../../../kernel/state/commit.ts";
import {
  encodeSnapshot,
  type ImageName,
  type MachineFacts,
  type SnapshotRecord,
} from "../../../kernel/state/snapshot-record.ts";
import type { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import type { Heirs } from "./heirs.ts";

/** A record that is in the store. */
export interface Head {
  readonly hash: Hash;
  readonly record: SnapshotRecord;
}

export interface CommitParts {
  readonly host: Host;
  readonly chunks: ChunkReader;
  readonly root: MemoryFileSystem;
  readonly ref: RefName;
  /** The right to write `ref`: no commit begins without it, and where it fails every commit does. */
  readonly lock: () => Promise<unknown>;
  /** Who needs `ref` where it is. */
  readonly heirs: Heirs;
  readonly image: ImageName;
  readonly facts: MachineFacts;
}

export class Commits {
  readonly #parts: CommitParts;
  /** The record that the machine began with or that the last commit made. */
  #head: Head | undefined;
  /** The head that is known to say what a record of the same files would say now. */
  #sound: Head | undefined;
  /** What the ref points at. */
  #refValue: Hash | undefined;
  #running: Promise<Head> | undefined;
  /** Begins when the running one ends. */
  #next: Promise<Head> | undefined;

  constructor(parts: CommitParts, head: Head | undefined, refValue: Hash | undefined) {
    this.#parts = parts;
    this.#head = head;
    this.#refValue = refValue;
  }

  get head(): Head | undefined {
    return this.#head;
  }

  /** True where what it holds is kept by its own ref. */
  get hasRef(): boolean {
    return this.#refValue !== undefined;
  }

  /** True where a commit would hold something new. */
  get isNeeded(): boolean {
    return this.#parts.root.kept?.isChanged === true;
  }

  /** True where everything so far has survived. */
  get isDone(): boolean {
    return !this.isNeeded && this.#running === undefined;
  }

  /** Resolves when everything so far has survived; undefined where it has. */
  durable(): Promise<unknown> | undefined {
    if (this.isNeeded) return this.commit();
    return this.#running;
  }

  /** Resolves to a record that holds everything so far. Rejects with a KernelError, or as the lock did, and nothing is lost. */
  commit(): Promise<Head> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  /** Resolves when no commit is under way. */
  async settle(): Promise<void> {
    for (let last = this.#last; last; last = this.#last) await last.catch(() => {});
  }

  /** The ref goes away with the machine. */
  async forget(): Promise<void> {
    await this.settle();
    const { chunks, ref } = this.#parts;
    if (this.#refValue !== undefined) await chunks.store.swapRef(ref, this.#refValue, undefined);
    this.#refValue = undefined;
  }

  get #last(): Promise<Head> | undefined {
    return this.#next ?? this.#running;
  }

  #start(): Promise<Head> {
    this.#next = undefined;
    const running = this.#commit().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    running.catch(() => {});
    return running;
  }

  async #commit(): Promise<Head> {
    const { root, chunks, host, lock } = this.#parts;
    await lock();
    const head = this.#head;
    if (head && !this.isNeeded) {
      if (head !== this.#sound) return this.#keep(head.record);
      await this.#point(head.hash);
      return head;
    }
    const capture = root.capture();
    try {
      const now = () => Number(host.clock.monotonic() / 1_000_000n);
      const written = await writeCapture(capture, chunks, { scheduler: host.scheduler, now });
      const { tree, usage } = written;
      const kept = await this.#keep({ tree, usage, lastIno: capture.lastIno });
      written.committed();
      return kept;
    } catch (reason) {
      capture.failed();
      throw reason instanceof KernelError ? reason : new KernelError(Errno.EIO);
    }
  }

  /** Makes the ref point at a record of these files; at the last one, where that says the same. */
  async #keep(files: Pick<SnapshotRecord, "tree" | "usage" | "lastIno">): Promise<Head> {
    const { chunks, host, image, facts } = this.#parts;
    const { tree, usage, lastIno } = files;
    const head = this.#head;
    if (head) {
      const same = { ...head.record, tree, usage, lastIno, image, machine: facts };
      if (chunks.sha256(encodeSnapshot(same)) === head.hash) {
        await this.#point(head.hash);
        this.#sound = head;
        return head;
      }
    }
    const created = Number(host.clock.realtime() / 1_000_000n);
    const common = { tree, usage, lastIno, image, machine: facts };
    const record: SnapshotRecord = { ...common, created, parent: head?.hash };
    const hash = await putChunk(chunks, encodeSnapshot(record));
    await this.#point(hash);
    this.#head = { hash, record };
    this.#sound = this.#head;
    return this.#head;
  }

  async #point(hash: Hash): Promise<void> {
    if (hash === this.#refValue) return;
    const { chunks, ref, heirs } = this.#parts;
    await heirs.keep();
    // The machine alone writes its ref: whoever did so holds no lock.
    if (!(await chunks.store.swapRef(ref, this.#refValue, hash))) throw new KernelError(Errno.EIO);
    this.#refValue = hash;
  }
}

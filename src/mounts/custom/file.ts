/**
 * A regular file of a custom file system. Where the driver keeps files whole, what is written waits in
 * a draft, which every reader in the machine sees, until it is synced or its last writer closes it.
 */
import { Errno, fail } from "../../../kernel/errno.ts";
import { isWritable } from "../../../kernel/fd/flags.ts";
import type { Attributes, EmitEntry, Handle } from "../../../kernel/vfs/file-system.ts";
import { Draft } from "./draft.ts";
import type { FileSystemDriver } from "./driver.ts";
import type { CustomFileSystem } from "./file-system.ts";
import { CustomInode, milliseconds } from "./inode.ts";

/** Bytes that are asked for at once, so that small reads are few questions. */
const WINDOW = 1 << 18;
/** Bytes of one write to the driver. */
const WRITE_MAX = 1 << 20;

export class CustomFile extends CustomInode {
  #draft: Draft | undefined;
  #writers = 0;
  #flush: Promise<void> | undefined;
  /** Changes with the content, as far as it is known here. */
  #version = 0;

  override get version(): number {
    return this.#version * 2 ** 32 + ((this.info.mtimeMs ?? 0) % 2 ** 32);
  }

  get hasDraft(): boolean {
    return this.#draft !== undefined;
  }

  override open(flags: number): Handle {
    const writes = isWritable(flags);
    if (writes) this.#writers++;
    return new CustomHandle(this, writes ? () => this.#writerGone() : undefined);
  }

  override truncate(length: number): void {
    const { fileSystem, path } = this;
    const { driver } = fileSystem;
    if (this.#keepsDrafts) {
      const draft = length === 0 ? this.#emptyDraft() : this.#loadedDraft();
      draft.truncate(length);
      if (this.#writers === 0) void this.#flushQuietly();
    } else {
      if (!driver.truncate) fail(Errno.EPERM);
      fileSystem.ask("truncate", path, async () => driver.truncate?.(path, length), `${length}`);
    }
    this.#contentChanged(length);
  }

  /** Up to `target.length` bytes; `window` is the handle's own. */
  readInto(target: Uint8Array, position: number, window: Window): number {
    if (this.#draft) return this.#draft.read(target, position);
    if (this.isRemoved) fail(Errno.ESTALE);
    if (target.length === 0 || position >= this.size()) return 0;
    if (!window.covers(position, this.#version)) {
      const { path, fileSystem } = this;
      const length = Math.max(target.length, WINDOW);
      const bytes = fileSystem.ask(
        "read",
        path,
        async () => {
          const read = await fileSystem.driver.read(path, position, length);
          if (read instanceof Uint8Array && read.length <= length) return read;
          throw new TypeError(`read answered no Uint8Array of up to ${length} bytes`);
        },
        `${position} ${length}`,
      );
      window.keep(position, bytes, this.#version);
    }
    return window.read(target, position);
  }

  override write(source: Uint8Array, position: number): number {
    const { fileSystem, path } = this;
    const { driver } = fileSystem;
    let count = source.length;
    if (this.#keepsDrafts) count = this.#loadedDraft().write(source, position);
    else {
      if (!driver.write) fail(Errno.EPERM);
      if (this.isRemoved) fail(Errno.ESTALE);
      count = Math.min(count, WRITE_MAX);
      const bytes = source.slice(0, count);
      const work = async () => driver.write?.(path, position, bytes);
      fileSystem.ask("write", path, work, `${position} ${count}`);
    }
    this.#contentChanged(Math.max(this.size(), position + count));
    return count;
  }

  override sync(_dataOnly: boolean): Promise<void> | undefined {
    const { fileSystem, path } = this;
    if (this.#draft) return this.flush();
    const { sync } = fileSystem.driver;
    return sync && fileSystem.carryOut("sync", path, () => sync.call(fileSystem.driver, path));
  }

  /** Hands the draft to the driver; rejects with a KernelError, and the draft stays. */
  flush(): Promise<void> {
    this.#flush ??= this.#write().finally(() => {
      this.#flush = undefined;
    });
    return this.#flush;
  }

  override settled(): Promise<void> {
    return this.#draft && !this.isRemoved ? this.flush() : Promise.resolve();
  }

  override idle(): Promise<void> {
    return this.#flush?.catch(() => {}) ?? Promise.resolve();
  }

  override removed(): void {
    super.removed();
    if (this.#writers === 0) this.#dropDraft();
  }

  protected override size(): number {
    return this.#draft?.size ?? super.size();
  }

  get #keepsDrafts(): boolean {
    const { driver } = this.fileSystem;
    return driver.writeFile !== undefined && driver.write === undefined;
  }

  #emptyDraft(): Draft {
    this.#draft ??= new Draft(this.fileSystem.quota, new Uint8Array(0));
    this.fileSystem.drafts.add(this);
    return this.#draft;
  }

  #loadedDraft(): Draft {
    if (this.#draft) return this.#draft;
    const { path, fileSystem } = this;
    const size = this.size();
    if (size === 0) return this.#emptyDraft();
    const content = fileSystem.ask(
      "read",
      path,
      () => readWhole(fileSystem, path, size),
      `all ${size}`,
    );
    this.#draft = new Draft(fileSystem.quota, content);
    fileSystem.drafts.add(this);
    return this.#draft;
  }

  async #write(): Promise<void> {
    const { fileSystem, path } = this;
    const { driver } = fileSystem;
    for (;;) {
      const draft = this.#draft;
      if (!draft || this.isRemoved) return;
      const { changes } = draft;
      const { mode } = this.attributes();
      const bytes = draft.content();
      const work = async () => driver.writeFile?.(path, bytes, mode & 0o1777);
      if (draft.isDirty) await fileSystem.carryOut("writeFile", path, work);
      // Written to meanwhile: that is to be kept as well.
      if (draft.changes !== changes) continue;
      draft.isDirty = false;
      if (this.#writers === 0 && this.#draft === draft) {
        this.changed({ size: draft.size });
        this.#dropDraft();
      }
      return;
    }
  }

  #writerGone(): void {
    this.#writers--;
    if (this.#writers > 0 || !this.#draft) return;
    if (this.isRemoved) this.#dropDraft();
    else void this.#flushQuietly();
  }

  /** Nobody waits for it who could be told. */
  async #flushQuietly(): Promise<void> {
    try {
      await this.flush();
    } catch (reason) {
      this.fileSystem.fault("writeFile", this.path, reason);
    }
  }

  #dropDraft(): void {
    this.#draft?.dispose();
    this.#draft = undefined;
    this.fileSystem.drafts.delete(this);
  }

  #contentChanged(size: number): void {
    this.#version++;
    this.changed({ size, mtimeMs: milliseconds(this.fileSystem.now()) });
  }
}

/** All `size` bytes of a file; zeros where it has become shorter. ENOSPC where the machine has no room. */
export async function readWhole(
  { driver, quota }: CustomFileSystem,
  path: string,
  size: number,
): Promise<Uint8Array> {
  quota.takeMemory(size);
  try {
    return await allOf(driver, path, size);
  } finally {
    // Whoever keeps it counts it.
    quota.giveMemory(size);
  }
}

async function allOf(driver: FileSystemDriver, path: string, size: number): Promise<Uint8Array> {
  const content = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const bytes = await driver.read(path, at, size - at);
    if (bytes.length === 0) break;
    content.set(bytes.subarray(0, size - at), at);
    at += bytes.length;
  }
  return content;
}

/** What a handle has read ahead. */
class Window {
  #bytes = new Uint8Array(0);
  #at = 0;
  #version = -1;

  covers(position: number, version: number): boolean {
    if (version !== this.#version) return false;
    return position >= this.#at && position < this.#at + this.#bytes.length;
  }

  keep(at: number, bytes: Uint8Array, version: number): void {
    this.#at = at;
    this.#bytes = bytes as Uint8Array<ArrayBuffer>;
    this.#version = version;
  }

  read(target: Uint8Array, position: number): number {
    const from = position - this.#at;
    const bytes = this.#bytes.subarray(from, from + target.length);
    target.set(bytes);
    return bytes.length;
  }
}

class CustomHandle implements Handle {
  readonly #file: CustomFile;
  readonly #onClose: (() => void) | undefined;
  readonly #window = new Window();
  #isClosed = false;

  constructor(file: CustomFile, onClose: (() => void) | undefined) {
    this.#file = file;
    this.#onClose = onClose;
  }

  attributes(): Attributes {
    return this.#file.attributes();
  }

  read(target: Uint8Array, position: number): number {
    return this.#file.readInto(target, position, this.#window);
  }

  write(source: Uint8Array, position: number): number {
    return this.#file.write(source, position);
  }

  truncate(length: number): void {
    this.#file.truncate(length);
  }

  allocate(mode: number, offset: number, length: number): void {
    if (mode !== 0) fail(Errno.EOPNOTSUPP);
    if (offset + length > this.attributes().size) this.truncate(offset + length);
  }

  seekData(offset: number): number {
    return offset;
  }

  seekHole(_offset: number): number {
    return this.attributes().size;
  }

  sync(dataOnly: boolean): Promise<void> | undefined {
    return this.#file.sync(dataOnly);
  }

  list(_offset: number, _emit: EmitEntry): void {
    fail(Errno.ENOTDIR);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose?.();
  }
}

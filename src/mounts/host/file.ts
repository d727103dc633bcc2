/** A regular file of a shared directory. Each opening holds a descriptor of the host. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { Errno, fail } from "../../../kernel/errno.ts";
import { O_ACCMODE, O_WRONLY } from "../../../kernel/fd/flags.ts";
import type { Attributes, EmitEntry, Handle } from "../../../kernel/vfs/file-system.ts";
import { onHost } from "./errors.ts";
import { HostInode } from "./inode.ts";
import { sameFile } from "./paths.ts";

export class HostFile extends HostInode {
  /** Descriptors of its openings: they know it even when it has no name left. */
  readonly #open = new Set<number>();

  override open(flags: number): HostHandle {
    const fd = onHost(() => this.#openDescriptor(flags & O_ACCMODE));
    this.#open.add(fd);
    return new HostHandle(this, fd, () => this.#open.delete(fd));
  }

  override truncate(length: number): void {
    const handle = this.open(O_WRONLY);
    try {
      handle.truncate(length);
    } finally {
      handle.close();
    }
  }

  override inspect(): BigIntStats {
    for (const fd of this.#open) return fstatSync(fd, { bigint: true });
    return super.inspect();
  }

  protected override changeMode(mode: number): void {
    for (const fd of this.#open) {
      fchmodSync(fd, mode);
      return;
    }
    super.changeMode(mode);
  }

  /** O_NONBLOCK: were it a FIFO by now, opening must not wait for its other end. */
  #openDescriptor(access: number): number {
    const fd = openSync(this.path(), access | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (sameFile(fstatSync(fd, { bigint: true }), this.identity)) return fd;
    closeSync(fd);
    return fail(Errno.ENOENT);
  }
}

class HostHandle implements Handle {
  readonly #file: HostFile;
  readonly #onClose: () => void;
  #fd: number | undefined;

  constructor(file: HostFile, fd: number, onClose: () => void) {
    this.#file = file;
    this.#fd = fd;
    this.#onClose = onClose;
    file.fileSystem.handles.add(this);
  }

  attributes(): Attributes {
    return this.#file.present(onHost(() => fstatSync(this.#descriptor, { bigint: true })));
  }

  read(target: Uint8Array, position: number): number {
    return onHost(() => readSync(this.#descriptor, target, 0, target.length, position));
  }

  write(source: Uint8Array, position: number): number {
    return onHost(() => writeSync(this.#descriptor, source, 0, source.length, position));
  }

  truncate(length: number): void {
    onHost(() => ftruncateSync(this.#descriptor, length));
  }

  allocate(mode: number, offset: number, length: number): void {
    if (mode !== 0) fail(Errno.EOPNOTSUPP);
    onHost(() => {
      const { size } = fstatSync(this.#descriptor);
      if (offset + length > size) ftruncateSync(this.#descriptor, offset + length);
    });
  }

  /** The host does not say where holes are: all of it is data. */
  seekData(offset: number): number {
    return offset;
  }

  seekHole(_offset: number): number {
    return this.attributes().size;
  }

  sync(dataOnly: boolean): void {
    onHost(() => (dataOnly ? fdatasyncSync(this.#descriptor) : fsyncSync(this.#descriptor)));
  }

  list(_offset: number, _emit: EmitEntry): void {
    fail(Errno.ENOTDIR);
  }

  close(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    this.#file.fileSystem.handles.delete(this);
    this.#onClose();
    onHost(() => closeSync(fd));
  }

  get #descriptor(): number {
    return this.#fd ?? fail(Errno.EBADF);
  }
}

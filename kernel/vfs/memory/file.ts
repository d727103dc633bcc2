/** A regular file of a memory file system: attributes, and a content that may show through from below. */
import { Errno, fail } from "../../errno.ts";
import { OFFSET_MAX } from "../../limits.ts";
import type { EntryCapture, InodeCapture, WrittenPart } from "../../state/capture.ts";
import type { InodeRecord } from "../../state/records.ts";
import {
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
  PAGE_SIZE,
} from "../constants.ts";
import type { Inode, NewInode } from "../file-system.ts";
import { Content } from "./content.ts";
import type { MemoryFileSystem } from "./file-system.ts";
import { MemoryInode } from "./inode.ts";

export class MemoryFile extends MemoryInode {
  readonly #content: Content;
  #size: number;
  #version = 0;

  constructor(
    fileSystem: MemoryFileSystem,
    init: NewInode,
    lower: Inode | undefined,
    stored?: InodeRecord,
    lostLower?: string,
  ) {
    super(fileSystem, init, lower, stored, lostLower);
    const content = stored?.content;
    this.#size = content?.size ?? lower?.attributes().size ?? 0;
    const shown = content?.lowerSize ?? this.#size;
    const same = content?.lowerDigest === undefined || content.lowerDigest === lower?.digest;
    this.#content = new Content(fileSystem, same ? lower : undefined, shown, content);
  }

  override get size(): number {
    return this.#size;
  }

  override get blocks(): number {
    return this.#content.pages * (PAGE_SIZE / 512);
  }

  override get digest(): string | undefined {
    return this.#version === 0 ? this.#content.digest(this.#size) : undefined;
  }

  override get version(): number {
    return this.#version;
  }

  override read(target: Uint8Array, position: number): number {
    const length = Math.min(target.length, this.#size - position);
    if (length <= 0) return 0;
    return this.#content.read(target, position, length);
  }

  override write(source: Uint8Array, position: number): number {
    if (source.length === 0) return 0;
    const written = this.#content.write(source, position);
    if (position + written > this.#size) this.#size = position + written;
    this.#modified();
    return written;
  }

  override truncate(length: number): void {
    if (length < this.#size) this.#content.cut(length);
    this.#size = length;
    this.#modified();
  }

  override allocate(mode: number, offset: number, length: number): void {
    const end = offset + length;
    if (end > OFFSET_MAX) fail(Errno.EFBIG);
    switch (mode & ~FALLOC_FL_KEEP_SIZE) {
      case 0:
        this.#content.reserve(offset, end);
        break;
      case FALLOC_FL_PUNCH_HOLE:
        if ((mode & FALLOC_FL_KEEP_SIZE) === 0) fail(Errno.EOPNOTSUPP);
        this.#content.punch(offset, Math.min(end, this.#size), this.#size);
        this.#modified();
        return;
      case FALLOC_FL_ZERO_RANGE:
        this.#content.punch(offset, Math.min(end, this.#size), this.#size);
        this.#content.reserve(offset, end);
        break;
      case FALLOC_FL_COLLAPSE_RANGE:
        this.#requireWholePages(mode, offset, length);
        if (end >= this.#size) fail(Errno.EINVAL);
        this.#content.move(end, offset, this.#size - end);
        this.truncate(this.#size - length);
        return;
      case FALLOC_FL_INSERT_RANGE:
        this.#requireWholePages(mode, offset, length);
        if (offset >= this.#size) fail(Errno.EINVAL);
        if (this.#size + length > OFFSET_MAX) fail(Errno.EFBIG);
        this.#content.move(offset, end, this.#size - offset);
        this.#content.punch(offset, end, this.#size + length);
        this.#size += length;
        this.#modified();
        return;
      default:
        fail(Errno.EOPNOTSUPP);
    }
    if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && end > this.#size) this.#size = end;
    this.#modified();
  }

  override seekData(offset: number): number {
    const found = this.#content.nextData(offset);
    return found < this.#size ? found : fail(Errno.ENXIO);
  }

  override seekHole(offset: number): number {
    return Math.min(this.#content.nextHole(offset), this.#size);
  }

  override capture(
    lower: string | undefined,
    entries: ReadonlyMap<string, EntryCapture | undefined>,
  ): InodeCapture {
    const content = this.#content.capture(this.#size);
    return {
      ...super.capture(lower, entries),
      content,
      committed: (record: InodeRecord, parts: ReadonlyMap<number, WrittenPart>) => {
        if (record.content) this.#content.committed(content, record.content, parts);
      },
      failed: () => {
        this.#content.captureFailed(content);
        this.captureFailed();
      },
    };
  }

  override get charge(): number {
    return super.charge + this.#content.charge;
  }

  protected override freed(): void {
    this.#content.cut(0);
    if (this.lower) this.fileSystem.linked.delete(this.lower);
  }

  #requireWholePages(mode: number, offset: number, length: number): void {
    if ((mode & FALLOC_FL_KEEP_SIZE) !== 0) fail(Errno.EOPNOTSUPP);
    if (offset % PAGE_SIZE !== 0 || length % PAGE_SIZE !== 0) fail(Errno.EINVAL);
  }

  #modified(): void {
    const now = this.fileSystem.now();
    this.mtime = now;
    this.ctime = now;
    this.#version++;
    this.touch();
  }
}

/** What files of a custom file system have in common: where they are, and what the driver said of them. */
import { Errno, fail } from "../../../kernel/errno.ts";
import { S_IFDIR, S_IFLNK, S_IFREG } from "../../../kernel/vfs/constants.ts";
import { type AttributeChanges, type Attributes, Inode } from "../../../kernel/vfs/file-system.ts";
import type { FileChanges, FileInfo, FileType } from "./driver.ts";
import type { CustomFileSystem } from "./file-system.ts";

const TYPES: Readonly<Record<FileType, number>> = {
  file: S_IFREG,
  directory: S_IFDIR,
  symlink: S_IFLNK,
};
const MODES: Readonly<Record<FileType, number>> = { file: 0o644, directory: 0o755, symlink: 0o777 };
/** A set-user-id bit would reach across the border. */
const MODE_BITS = 0o1777;
const MILLISECOND = 1_000_000n;

export abstract class CustomInode extends Inode {
  readonly fileSystem: CustomFileSystem;
  readonly ino: number;
  override parent: CustomInode | undefined;
  override name: string;
  protected info: FileInfo;
  /** Nobody can find it any more. */
  protected isRemoved = false;
  #expiry: bigint;
  /** When it was last asked about or changed (CustomFileSystem.tick). */
  #asOf: number;

  constructor(
    fileSystem: CustomFileSystem,
    info: FileInfo,
    parent: CustomInode | undefined,
    name: string,
  ) {
    super();
    this.fileSystem = fileSystem;
    this.info = info;
    this.parent = parent;
    this.name = name;
    this.ino = inodeNumber(this.path);
    this.#expiry = fileSystem.expiry();
    this.#asOf = fileSystem.tick();
  }

  get path(): string {
    if (!this.parent) return "/";
    const above = this.parent.path;
    return above === "/" ? `/${this.name}` : `${above}/${this.name}`;
  }

  get type(): FileType {
    return this.info.type;
  }

  get isFresh(): boolean {
    return !this.isRemoved && this.fileSystem.isFresh(this.#expiry);
  }

  /** What the driver said when it was `asked`; older than a change of ours, it counts for nothing. */
  learn(info: FileInfo, asked: number): void {
    if (asked < this.#asOf) return;
    this.#asOf = asked;
    this.info = info;
    this.#expiry = this.fileSystem.expiry();
  }

  override attributes(): Attributes {
    const { info, fileSystem } = this;
    const mtime = info.mtimeMs === undefined ? 0n : nanoseconds(info.mtimeMs);
    const size = this.size();
    return {
      ino: this.ino,
      mode: TYPES[info.type] | ((info.mode ?? MODES[info.type]) & MODE_BITS),
      nlink: this.isRemoved ? 0 : 1,
      uid: fileSystem.uid,
      gid: fileSystem.gid,
      rdev: 0,
      size,
      blocks: Math.ceil(size / 512),
      atime: info.atimeMs === undefined ? mtime : nanoseconds(info.atimeMs),
      mtime,
      ctime: info.ctimeMs === undefined ? mtime : nanoseconds(info.ctimeMs),
      birthtime: mtime,
    };
  }

  override setAttributes(changes: AttributeChanges): void {
    const { fileSystem, path } = this;
    const { uid = fileSystem.uid, gid = fileSystem.gid, mode, mtime, atime } = changes;
    if (uid !== fileSystem.uid || gid !== fileSystem.gid) fail(Errno.EPERM);
    const wanted: FileChanges = {
      ...(mode !== undefined && { mode: mode & MODE_BITS }),
      ...(mtime !== undefined && { mtimeMs: milliseconds(mtime) }),
      ...(atime !== undefined && { atimeMs: milliseconds(atime) }),
    };
    if (Object.keys(wanted).length === 0) return;
    const { driver } = fileSystem;
    if (!driver.setAttributes) return;
    const work = async () => {
      await this.settled();
      await driver.setAttributes?.(path, wanted);
    };
    fileSystem.ask("setAttributes", path, work, JSON.stringify(wanted));
    this.changed(wanted);
  }

  /** It is gone, or another has taken its name. */
  removed(): void {
    this.isRemoved = true;
  }

  /** Resolves when nothing of it is on its way to the driver. */
  idle(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves when the driver has all of it. */
  settled(): Promise<void> {
    return Promise.resolve();
  }

  protected size(): number {
    return this.info.size ?? 0;
  }

  protected changed(changes: Partial<FileInfo>): void {
    this.info = { ...this.info, ...changes };
    this.#asOf = this.fileSystem.tick();
  }
}

export function milliseconds(time: bigint): number {
  return Number(time / 1000n) / 1000;
}

function nanoseconds(time: number): bigint {
  return BigInt(Math.trunc(time)) * MILLISECOND + BigInt(Math.round((time % 1) * 1e6));
}

/** The same path has the same number, also after it was forgotten meanwhile: 53 bits of a hash. */
export function inodeNumber(path: string): number {
  let high = 0x9e37_79b9;
  let low = 0x85eb_ca6b;
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x9e37_79b1);
    low = Math.imul(low ^ unit, 0x5f35_6495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85eb_ca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2_ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85eb_ca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2_ae35);
  return (high & 0x1f_ffff) * 2 ** 32 + (low >>> 0);
}

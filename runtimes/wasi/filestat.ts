/** Metadata in WASI's shape. */
import { wasi } from "@bjorn3/browser_wasi_shim";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
} from "../../kernel/abi.ts";

/** The `filetype` of a mode. Pipes and FIFOs have none of their own: UNKNOWN. */
export function fileType(mode: number): number {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return wasi.FILETYPE_REGULAR_FILE;
    case S_IFDIR:
      return wasi.FILETYPE_DIRECTORY;
    case S_IFLNK:
      return wasi.FILETYPE_SYMBOLIC_LINK;
    case S_IFCHR:
      return wasi.FILETYPE_CHARACTER_DEVICE;
    case S_IFBLK:
      return wasi.FILETYPE_BLOCK_DEVICE;
    case S_IFSOCK:
      return wasi.FILETYPE_SOCKET_STREAM;
    default:
      return wasi.FILETYPE_UNKNOWN;
  }
}

/** The shim's record, written at the offsets that the specification gives. */
export class KernelFilestat extends wasi.Filestat {
  constructor(stat: Stat) {
    super(BigInt(stat.ino), fileType(stat.mode), BigInt(stat.size));
    this.dev = BigInt(stat.dev);
    this.nlink = BigInt(stat.nlink);
    this.atim = stat.atime;
    this.mtim = stat.mtime;
    this.ctim = stat.ctime;
  }

  override write_bytes(view: DataView, address: number): void {
    view.setBigUint64(address, this.dev, true);
    view.setBigUint64(address + 8, this.ino, true);
    view.setBigUint64(address + 16, BigInt(this.filetype), true);
    view.setBigUint64(address + 24, this.nlink, true);
    view.setBigUint64(address + 32, this.size, true);
    view.setBigUint64(address + 40, this.atim, true);
    view.setBigUint64(address + 48, this.mtim, true);
    view.setBigUint64(address + 56, this.ctim, true);
  }
}

/**
 * fd_readdir. Cookies are the kernel's directory offsets; entries that a call fetched and its buffer did
 * not hold are kept for the next one, unless the program rewinds.
 */
import { wasi } from "@bjorn3/browser_wasi_shim";
import {
  type DirectoryEntry,
  DT_BLK,
  DT_CHR,
  DT_DIR,
  DT_LNK,
  DT_REG,
  DT_SOCK,
  encodeUtf8,
  SEEK_SET,
} from "../../../kernel/abi.ts";
import { type ImportFunctions, size } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";

const HEAD = 24;
/** Bytes of entries to fetch at once. */
const FETCH = 32_768;

interface Batch {
  /** Cookie of the first entry, and of each following one the `offset` of its predecessor. */
  readonly cookie: number;
  readonly entries: readonly DirectoryEntry[];
}

export function directoryImports({ kernel, sys, memory, paths }: ProgramContext): ImportFunctions {
  /** The last batch of the directory read last; `at` is where the kernel's offset stands. */
  let fd = -1;
  let batch: Batch = { cookie: 0, entries: [] };

  /** The entries from `cookie` on; empty at the end. */
  function entriesFrom(cookie: number): readonly DirectoryEntry[] {
    const kept = cookie === 0 ? undefined : kernel.once(() => keptFrom(cookie));
    if (kept) return kept;
    sys.lseek(fd, cookie, SEEK_SET);
    batch = { cookie, entries: sys.getdents64(fd, FETCH) };
    return batch.entries;
  }

  function keptFrom(cookie: number): readonly DirectoryEntry[] | undefined {
    const { entries } = batch;
    if (cookie === batch.cookie && entries.length > 0) return entries;
    const index = entries.findIndex((entry) => entry.offset === cookie);
    return index >= 0 && index + 1 < entries.length ? entries.slice(index + 1) : undefined;
  }

  /** Writes as much of `entry` as fits at `address`; the whole length of its record. */
  function writeEntry(entry: DirectoryEntry, address: number, room: number): number {
    const name = encodeUtf8(entry.name);
    const record = new Uint8Array(HEAD + name.length);
    const view = new DataView(record.buffer);
    view.setBigUint64(0, BigInt(entry.offset), true);
    view.setBigUint64(8, BigInt(entry.ino), true);
    view.setUint32(16, name.length, true);
    view.setUint32(20, fileTypeOf(entry.type), true);
    record.set(name, HEAD);
    memory.set(address, room < record.length ? record.subarray(0, room) : record);
    return record.length;
  }

  return {
    fd_readdir(number: number, buffer: number, length: number, cookie: bigint, used: number) {
      memory.slice(buffer, length);
      const directory = paths.descriptorOf(number);
      if (directory !== fd) {
        fd = directory;
        batch = { cookie: 0, entries: [] };
      }
      let filled = 0;
      let next = size(cookie);
      while (filled < length) {
        const entries = entriesFrom(next);
        if (entries.length === 0) break;
        for (const entry of entries) {
          if (filled >= length) break;
          filled += writeEntry(entry, buffer + filled, length - filled);
          next = entry.offset;
        }
      }
      memory.setU32(used, Math.min(filled, length));
    },
  };
}

/** WASI's `filetype` of a DT_ value. */
function fileTypeOf(type: number): number {
  switch (type) {
    case DT_REG:
      return wasi.FILETYPE_REGULAR_FILE;
    case DT_DIR:
      return wasi.FILETYPE_DIRECTORY;
    case DT_LNK:
      return wasi.FILETYPE_SYMBOLIC_LINK;
    case DT_CHR:
      return wasi.FILETYPE_CHARACTER_DEVICE;
    case DT_BLK:
      return wasi.FILETYPE_BLOCK_DEVICE;
    case DT_SOCK:
      return wasi.FILETYPE_SOCKET_STREAM;
    default:
      return wasi.FILETYPE_UNKNOWN;
  }
}

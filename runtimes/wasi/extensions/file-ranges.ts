/** host_fs: parts of files, and extended attributes. */
import {
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  Errno,
  encodeUtf8,
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
  KernelError,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_HOLE,
  SEEK_SET,
} from "../../../kernel/abi.ts";
import { type ImportFunctions, refuse, size } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";

export function rangeImports({ sys, memory }: ProgramContext): ImportFunctions {
  const allocate = (mode: number) => (fd: number, offset: bigint, length: bigint) => {
    sys.fallocate(fd, mode, size(offset), size(length));
  };

  /** Start and end of the stretch of data that begins at or after `from`; ENXIO behind the last. */
  function dataFrom(fd: number, from: number): [start: number, end: number] {
    const start = sys.lseek(fd, from, SEEK_DATA);
    return [start, sys.lseek(fd, start, SEEK_HOLE)];
  }

  /** The `index`th stretch of data; undefined behind the last. */
  function extent(fd: number, index: number): [start: number, end: number] | undefined {
    const position = sys.lseek(fd, 0, SEEK_CUR);
    try {
      let found = dataFrom(fd, 0);
      for (let i = 0; i < index; i++) found = dataFrom(fd, found[1]);
      return found;
    } catch (reason) {
      if (reason instanceof KernelError && reason.errno === Errno.ENXIO) return undefined;
      throw reason;
    } finally {
      sys.lseek(fd, position, SEEK_SET);
    }
  }

  return {
    fd_punch_hole: allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE),
    fd_insert_range: allocate(FALLOC_FL_INSERT_RANGE),
    fd_collapse_range: allocate(FALLOC_FL_COLLAPSE_RANGE),

    fd_zero_range(fd: number, offset: bigint, length: bigint, keepSize: number) {
      const keep = keepSize !== 0 ? FALLOC_FL_KEEP_SIZE : 0;
      sys.fallocate(fd, FALLOC_FL_ZERO_RANGE | keep, size(offset), size(length));
    },

    fd_fiemap(fd: number, index: number, start: number, end: number, flags: number) {
      const found = extent(fd, index) ?? refuse(Errno.ENODATA);
      memory.setU64(start, BigInt(found[0]));
      memory.setU64(end, BigInt(found[1]));
      memory.setU32(flags, 0);
    },
  };
}

/** A file by descriptor, as the kernel's attribute calls take it. */
const OF_DESCRIPTOR = AT_EMPTY_PATH;

export function attributeImports({ sys, memory, paths }: ProgramContext): ImportFunctions {
  function place(fd: number, address: number, length: number, follow: number) {
    const location = paths.locateLoosely(fd, memory.text(address, length), follow !== 0);
    return { ...location, flags: follow !== 0 ? 0 : AT_SYMLINK_NOFOLLOW };
  }

  /** Hands `value` out; a capacity of 0 asks for the size alone. */
  function give(value: Uint8Array, buffer: number, capacity: number, result: number): void {
    if (capacity !== 0) {
      if (value.length > capacity) refuse(Errno.ERANGE);
      memory.set(buffer, value);
    }
    memory.setU32(result, value.length);
  }

  function listOf(names: readonly string[]): Uint8Array {
    return encodeUtf8(names.map((name) => `${name}\0`).join(""));
  }

  return {
    path_getxattr(
      fd: number,
      path: number,
      length: number,
      name: number,
      nameLength: number,
      buffer: number,
      capacity: number,
      follow: number,
      result: number,
    ) {
      const file = place(fd, path, length, follow);
      const value = sys.getxattr(file.dirfd, file.path, memory.text(name, nameLength), file.flags);
      give(value, buffer, capacity, result);
    },

    fd_getxattr(
      fd: number,
      name: number,
      nameLength: number,
      buffer: number,
      capacity: number,
      result: number,
    ) {
      const value = sys.getxattr(fd, "", memory.text(name, nameLength), OF_DESCRIPTOR);
      give(value, buffer, capacity, result);
    },

    path_setxattr(
      fd: number,
      path: number,
      length: number,
      name: number,
      nameLength: number,
      value: number,
      valueLength: number,
      create: number,
      follow: number,
    ) {
      const file = place(fd, path, length, follow);
      const key = memory.text(name, nameLength);
      const data = memory.slice(value, valueLength);
      sys.setxattr(file.dirfd, file.path, key, data, create, file.flags);
    },

    fd_setxattr(
      fd: number,
      name: number,
      nameLength: number,
      value: number,
      valueLength: number,
      create: number,
    ) {
      const data = memory.slice(value, valueLength);
      sys.setxattr(fd, "", memory.text(name, nameLength), data, create, OF_DESCRIPTOR);
    },

    path_listxattr(
      fd: number,
      path: number,
      length: number,
      buffer: number,
      capacity: number,
      follow: number,
      result: number,
    ) {
      const file = place(fd, path, length, follow);
      give(listOf(sys.listxattr(file.dirfd, file.path, file.flags)), buffer, capacity, result);
    },

    fd_listxattr(fd: number, buffer: number, capacity: number, result: number) {
      give(listOf(sys.listxattr(fd, "", OF_DESCRIPTOR)), buffer, capacity, result);
    },

    path_removexattr(
      fd: number,
      path: number,
      length: number,
      name: number,
      nameLength: number,
      follow: number,
    ) {
      const file = place(fd, path, length, follow);
      sys.removexattr(file.dirfd, file.path, memory.text(name, nameLength), file.flags);
    },

    fd_removexattr(fd: number, name: number, nameLength: number) {
      sys.removexattr(fd, "", memory.text(name, nameLength), OF_DESCRIPTOR);
    },
  };
}

/**
 * The shim's descriptor object as a thin front of a kernel descriptor. The shim decodes and encodes; a
 * failed system call passes through it as an exception, which the import's wrapper turns into its errno.
 */
import { Fd, wasi } from "@bjorn3/browser_wasi_shim";
import { Errno, F_SETFL, UTIME_NOW, UTIME_OMIT } from "../../../kernel/abi.ts";
import { ALL_RIGHTS, openFlags } from "../descriptors.ts";
import { refuse, size } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";

export class KernelFd extends Fd {
  readonly #context: ProgramContext;
  readonly #fd: number;

  constructor(context: ProgramContext, fd: number) {
    super();
    this.#context = context;
    this.#fd = fd;
  }

  override fd_allocate(offset: bigint, length: bigint): number {
    if (length === 0n) refuse(Errno.EINVAL);
    this.#context.sys.fallocate(this.#fd, 0, size(offset), size(length));
    return wasi.ERRNO_SUCCESS;
  }

  override fd_close(): number {
    // The tagged directories are nobody's to close.
    if (this.#context.paths.isTagged(this.#fd)) return wasi.ERRNO_SUCCESS;
    this.#context.descriptors.forget(this.#fd);
    this.#context.sys.close(this.#fd);
    return wasi.ERRNO_SUCCESS;
  }

  override fd_fdstat_get() {
    if (!this.#context.paths.isTagged(this.#fd)) {
      return { ret: wasi.ERRNO_SUCCESS, fdstat: this.#context.descriptors.stat(this.#fd) };
    }
    const fdstat = new wasi.Fdstat(wasi.FILETYPE_DIRECTORY, 0);
    fdstat.fs_rights_base = ALL_RIGHTS;
    fdstat.fs_rights_inherited = ALL_RIGHTS;
    return { ret: wasi.ERRNO_SUCCESS, fdstat };
  }

  override fd_fdstat_set_flags(flags: number): number {
    this.#context.sys.fcntl(this.#fd, F_SETFL, openFlags(flags));
    return wasi.ERRNO_SUCCESS;
  }

  override fd_fdstat_set_rights(base: bigint, inheriting: bigint): number {
    const rights = { base: BigInt.asUintN(64, base), inheriting: BigInt.asUintN(64, inheriting) };
    const limited = this.#context.descriptors.limit(this.#fd, rights);
    return limited ? wasi.ERRNO_SUCCESS : wasi.ERRNO_NOTCAPABLE;
  }

  override fd_filestat_set_size(length: bigint): number {
    this.#context.sys.ftruncate(this.#fd, size(length));
    return wasi.ERRNO_SUCCESS;
  }

  override fd_filestat_set_times(atime: bigint, mtime: bigint, flags: number): number {
    const times = newTimes(atime, mtime, flags);
    this.#context.sys.futimens(this.#fd, times.atime, times.mtime);
    return wasi.ERRNO_SUCCESS;
  }

  override fd_sync(): number {
    this.#context.sys.fsync(this.#fd);
    return wasi.ERRNO_SUCCESS;
  }
}

/** The fronts by number, as the array that the shim expects; every number has one. */
export function kernelFds(context: ProgramContext): Fd[] {
  return new Proxy<Fd[]>([], {
    get: (target, key) => {
      const fd = typeof key === "string" ? Number(key) : Number.NaN;
      return Number.isInteger(fd) ? new KernelFd(context, fd) : Reflect.get(target, key);
    },
    // The shim clears what was closed; the kernel knows that already.
    set: () => true,
  });
}

/** Times of `fd_filestat_set_times` and its kin, as the kernel takes them. */
export function newTimes(atime: bigint, mtime: bigint, flags: number) {
  const { FSTFLAGS_ATIM, FSTFLAGS_ATIM_NOW, FSTFLAGS_MTIM, FSTFLAGS_MTIM_NOW } = wasi;
  return {
    atime: newTime(atime, flags & FSTFLAGS_ATIM, flags & FSTFLAGS_ATIM_NOW),
    mtime: newTime(mtime, flags & FSTFLAGS_MTIM, flags & FSTFLAGS_MTIM_NOW),
  };
}

function newTime(time: bigint, given: number, now: number): bigint {
  if (given !== 0 && now !== 0) refuse(Errno.EINVAL);
  if (now !== 0) return UTIME_NOW;
  return given !== 0 ? time : UTIME_OMIT;
}

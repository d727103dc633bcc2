/**
 * Which file a descriptor and a path of a program mean. The commands' libc marks its two preopened
 * directories, the working directory and the root, with bit 30, so that their numbers stay free for
 * ordinary descriptors, and is held to nothing but the kernel's own rules. A program of plain WASI has
 * ordinary preopened directories instead, and no path of it leaves the directory that it starts from. So
 * does one that runs inside of another program, which says itself which directories those are.
 */
import { wasi } from "@bjorn3/browser_wasi_shim";
import {
  AT_FDCWD,
  type BlockingSyscalls,
  DT_DIR,
  DT_LNK,
  Errno,
  KernelError,
  O_CLOEXEC,
  O_DIRECTORY,
} from "../../kernel/abi.ts";
import { resolveBeneath } from "./beneath.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import { WasiFailure } from "./imports.ts";

export interface Location {
  readonly dirfd: number;
  readonly path: string;
}

const TAG = 0x4000_0000;
const FIRST_PREOPEN = 3;
const WORKING_DIRECTORY = TAG | FIRST_PREOPEN;
const ROOT = WORKING_DIRECTORY + 1;
/** -1 as the unsigned number that imports see. */
const NO_DIRECTORY = 0xffff_ffff;
/** wasmtime's answer, and uvwasi's. */
const OUTSIDE = new KernelError(Errno.EPERM);
const OUTSIDE_OF_PREOPENS = new WasiFailure(wasi.ERRNO_NOTCAPABLE);

export class Paths {
  readonly #kernel: GuestKernel;
  readonly #sys: BlockingSyscalls;
  readonly #isDirectory: (fd: number) => boolean;
  /** Names of a plain program's preopened directories, FIRST_PREOPEN first; undefined: not one. */
  #plain: readonly string[] | undefined;
  /** What a path is refused with that leaves its directory. */
  readonly #outside: KernelError | WasiFailure;
  #workingDirectory: string | undefined;

  /**
   * `isDirectory` tells whether a descriptor is an open directory. `preopens` are the names of directories
   * that are open already, where a program gets those alone.
   */
  constructor(
    kernel: GuestKernel,
    isDirectory: (fd: number) => boolean,
    preopens?: readonly string[],
  ) {
    this.#kernel = kernel;
    this.#sys = kernel.sys;
    this.#isDirectory = isDirectory;
    this.#plain = preopens;
    this.#outside = preopens ? OUTSIDE_OF_PREOPENS : OUTSIDE;
  }

  /** True for a program that asked for ordinary preopened directories. */
  get isPlain(): boolean {
    return this.#plain !== undefined;
  }

  isTagged(fd: number): boolean {
    return fd === WORKING_DIRECTORY || fd === ROOT;
  }

  /** Where the program started; it has no way to change that. */
  workingDirectory(): string {
    const known = this.#kernel.once(() => this.#workingDirectory);
    this.#workingDirectory = known ?? this.#sys.getcwd();
    return this.#workingDirectory;
  }

  /** Name of the preopened directory `fd`; undefined where it is none. */
  preopenName(fd: number): string | undefined {
    if (fd === WORKING_DIRECTORY) return this.workingDirectory();
    if (fd === ROOT) return "/";
    if ((fd & TAG) !== 0) return undefined;
    this.#plain ??= this.#openPlain();
    return this.#plain[fd - FIRST_PREOPEN];
  }

  /** The kernel's descriptor of a directory that is open for reading its entries. */
  descriptorOf(fd: number): number {
    if (!this.isTagged(fd)) return fd;
    throw new KernelError(Errno.EBADF);
  }

  /** What `path` means from `fd`; `follow` says whether a link at its end will be followed. */
  locate(fd: number, path: string, follow = false): Location {
    if (this.#plain) {
      return { dirfd: fd, path: resolveBeneath(this.#sys, fd, path, follow, this.#outside) };
    }
    if (fd === WORKING_DIRECTORY || fd === NO_DIRECTORY || path.startsWith("/")) {
      return { dirfd: AT_FDCWD, path };
    }
    if (fd === ROOT) return { dirfd: AT_FDCWD, path: `/${path}` };
    if ((fd & TAG) !== 0) throw new KernelError(Errno.EBADF);
    return { dirfd: fd, path };
  }

  /**
   * The same for the extension imports, to which the commands' Rust library passes a bare 3 for the
   * working directory: it means that while descriptor 3 is no directory of the program's own.
   */
  locateLoosely(fd: number, path: string, follow: boolean): Location {
    const bare = fd === FIRST_PREOPEN && !this.#plain && !path.startsWith("/");
    if (bare && !this.#isDirectory(fd)) return { dirfd: AT_FDCWD, path };
    return this.locate(fd, path, follow);
  }

  /**
   * Gives a plain program its directories, when it first asks for them. Its libc takes relative and
   * absolute paths for the same, and of directories that fit equally well the last: so the working
   * directory comes last, and absolute paths find their way by the names of the root's directories. It
   * comes first as well, for programs that take descriptor 3 for granted.
   */
  #openPlain(): string[] {
    const atRoot = this.workingDirectory() === "/";
    const names = atRoot ? ["/"] : [".", ...this.#rootDirectories(), "/", "."];
    names.forEach((name, index) => {
      const fd = this.#sys.openat(AT_FDCWD, name, O_DIRECTORY | O_CLOEXEC, 0);
      const wanted = FIRST_PREOPEN + index;
      if (fd === wanted) return;
      this.#sys.dup3(fd, wanted, O_CLOEXEC);
      this.#sys.close(fd);
    });
    return names;
  }

  #rootDirectories(): string[] {
    const sys = this.#sys;
    const fd = sys.openat(AT_FDCWD, "/", O_DIRECTORY | O_CLOEXEC, 0);
    const names: string[] = [];
    for (;;) {
      const entries = sys.getdents64(fd, 4096);
      if (entries.length === 0) break;
      for (const { name, type } of entries) {
        if (name !== "." && name !== ".." && (type === DT_DIR || type === DT_LNK)) {
          names.push(`/${name}`);
        }
      }
    }
    sys.close(fd);
    return names.filter((name) => this.#isOpenable(name));
  }

  #isOpenable(name: string): boolean {
    try {
      this.#sys.close(this.#sys.openat(AT_FDCWD, name, O_DIRECTORY | O_CLOEXEC, 0));
      return true;
    } catch (reason) {
      if (reason instanceof KernelError) return false;
      throw reason;
    }
  }
}

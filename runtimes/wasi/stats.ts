/**
 * Metadata of files for programs whose libc asks for it in pieces: `path_filestat_get`, then `path_mode`,
 * `path_size`, `path_blocks` and `path_owner` with the same arguments. One system call answers them
 * all, as long as no other comes in between and none asks for the same piece again; for the mode the
 * commands' Rust library asks twice.
 */
import { AT_SYMLINK_NOFOLLOW, KernelError, type Stat } from "../../kernel/abi.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import type { Location } from "./paths.ts";

export const Piece = { Filestat: 1, Mode: 2, Size: 4, Blocks: 8, Owner: 16, Device: 32 } as const;
const SECOND_MODE = 64;
export type Piece = (typeof Piece)[keyof typeof Piece];

export class Stats {
  readonly #kernel: GuestKernel;
  /** What the last answer was for; `path` undefined: an open descriptor. */
  #fd = -1;
  #path: string | undefined;
  #follow = false;
  #answer: Stat | KernelError | undefined;
  #callCount = -1;
  #taken = 0;

  constructor(kernel: GuestKernel) {
    this.#kernel = kernel;
  }

  ofPath({ dirfd, path }: Location, follow: boolean, piece: Piece): Stat {
    return this.#take(dirfd, path, follow, piece);
  }

  ofDescriptor(fd: number, piece: Piece): Stat {
    return this.#take(fd, undefined, false, piece);
  }

  #take(fd: number, path: string | undefined, follow: boolean, piece: Piece): Stat {
    const same =
      this.#callCount === this.#kernel.callCount &&
      this.#fd === fd &&
      this.#path === path &&
      this.#follow === follow;
    let taking: number = piece;
    if (same && piece === Piece.Mode && (this.#taken & piece) !== 0) taking = SECOND_MODE;
    if (!same || (this.#taken & taking) !== 0) {
      this.#ask(fd, path, follow);
      taking = piece;
    }
    this.#taken |= taking;
    if (this.#answer instanceof KernelError) throw this.#answer;
    return this.#answer as Stat;
  }

  #ask(fd: number, path: string | undefined, follow: boolean): void {
    const { sys } = this.#kernel;
    this.#fd = fd;
    this.#path = path;
    this.#follow = follow;
    this.#taken = 0;
    try {
      this.#answer =
        path === undefined
          ? sys.fstat(fd)
          : sys.newfstatat(fd, path, follow ? 0 : AT_SYMLINK_NOFOLLOW);
    } catch (reason) {
      if (!(reason instanceof KernelError)) throw reason;
      this.#answer = reason;
    }
    this.#callCount = this.#kernel.callCount;
  }
}

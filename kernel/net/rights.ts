/** Descriptors on their way in a message (unix(7), SCM_RIGHTS): open while they are, whoever closes his. */
import { Errno, fail } from "../errno.ts";
import { O_PATH } from "../fd/flags.ts";
import type { OpenFile } from "../fd/open-file.ts";
import { SCM_MAX_FD } from "../limits.ts";
import type { Call } from "../syscalls/call.ts";
import type { SocketBudget } from "./socket-budget.ts";

export class Rights {
  readonly #files: readonly OpenFile[];
  readonly #budget: SocketBudget;

  private constructor(files: readonly OpenFile[], budget: SocketBudget) {
    this.#files = files;
    this.#budget = budget;
  }

  /** The caller's descriptors `fds`; undefined for none. */
  static of({ process, kernel }: Call, fds: readonly number[]): Rights | undefined {
    if (fds.length === 0) return undefined;
    if (fds.length > SCM_MAX_FD) fail(Errno.EINVAL);
    const files = fds.map((fd) => process.fds.get(fd));
    if (files.some(({ flags }) => (flags & O_PATH) !== 0)) fail(Errno.EBADF);
    const { budget } = kernel.network;
    budget.takeRights(files.length);
    for (const file of files) file.acquire();
    return new Rights(files, budget);
  }

  /** Gives the caller a descriptor for each file, as many as it has room for; then they are over. */
  install({ process }: Call, closeOnExec: boolean): { fds: number[]; isCut: boolean } {
    const fds: number[] = [];
    try {
      for (const file of this.#files) fds.push(process.fds.install(file, closeOnExec));
    } catch {
      // EMFILE: the rest is lost to the receiver, who learns of it by MSG_CTRUNC.
    }
    this.drop();
    return { fds, isCut: fds.length < this.#files.length };
  }

  /** As install, for one who only looks (MSG_PEEK). */
  copy(call: Call, closeOnExec: boolean): { fds: number[]; isCut: boolean } {
    this.#budget.takeRights(this.#files.length);
    for (const file of this.#files) file.acquire();
    return new Rights(this.#files, this.#budget).install(call, closeOnExec);
  }

  /** Nobody takes them. */
  drop(): void {
    this.#budget.giveRights(this.#files.length);
    for (const file of this.#files) file.release();
  }
}

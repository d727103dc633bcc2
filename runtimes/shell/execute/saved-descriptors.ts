/** Descriptors that a redirection takes for its command, put aside and brought back. */
import { Errno, F_DUPFD_CLOEXEC, KernelError } from "../../../kernel/abi.ts";
import type { Shell } from "../state.ts";

/** Descriptors that the shell itself keeps are moved up to here. */
export const FIRST_PRIVATE_FD = 10;

/** What descriptors led to before, to be brought back. */
export class SavedDescriptors {
  readonly #shell: Shell;
  readonly #entries: { fd: number; copy: number | undefined }[] = [];

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  save(fd: number): void {
    if (this.#entries.some((entry) => entry.fd === fd)) return;
    let copy: number | undefined;
    try {
      copy = this.#shell.sys.fcntl(fd, F_DUPFD_CLOEXEC, FIRST_PRIVATE_FD) as number;
    } catch (error) {
      if (!(error instanceof KernelError) || error.errno !== Errno.EBADF) throw error;
    }
    this.#entries.push({ fd, copy });
  }

  /** `fd` was not open before. */
  closeLater(fd: number): void {
    if (!this.#entries.some((entry) => entry.fd === fd))
      this.#entries.push({ fd, copy: undefined });
  }

  restore(): void {
    const { sys } = this.#shell;
    for (const { fd, copy } of this.#entries.reverse()) {
      try {
        if (copy === undefined) void sys.close(fd);
        else {
          void sys.dup3(copy, fd, 0);
          void sys.close(copy);
        }
      } catch (error) {
        // The command itself may have closed it.
        if (!(error instanceof KernelError)) throw error;
      }
    }
  }
}

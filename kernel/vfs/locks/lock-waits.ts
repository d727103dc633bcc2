/** Which process waits for whose record lock, so that a circle is EDEADLK and not a wait for ever. */
import { Errno, fail } from "../../errno.ts";
import type { Process } from "../../process/process.ts";
import type { LockOwner } from "./inode-locks.ts";

export class LockWaits {
  readonly #waits = new Map<LockOwner, LockOwner>();

  /** `process` is about to wait for `owner`. EDEADLK where `owner` waits, perhaps through others, for it. */
  begin(process: Process, owner: LockOwner): void {
    for (let next: LockOwner | undefined = owner; next; next = this.#waits.get(next)) {
      if (next === process) fail(Errno.EDEADLK);
    }
    this.#waits.set(process, owner);
  }

  end(process: Process): void {
    this.#waits.delete(process);
  }
}

/**
 * What all guests of a thread may use together. Each has a bound of its own (wasm-limits.ts); this one
 * keeps many of them from filling the host. Like Linux's OOM killer it ends the one whose end helps
 * most: by SIGKILL, and one at each look.
 */

export interface MemoryLimits {
  /** Bytes of linear memory of all guests together, as they last said. */
  readonly guests: number;
  /** Resident bytes of the whole process, beyond which guests that grow unheard are looked for. */
  readonly resident: number;
  /** Bytes that are resident now. A host that cannot tell answers 0. */
  residentBytes(): number;
}

export interface MemoryUser {
  readonly memoryBytes: number;
  /** Calls made so far: one that makes none may have grown meanwhile. */
  readonly calls: number;
  readonly isComputing: boolean;
  kill(): void;
}

export class MemoryWatch {
  readonly #limits: MemoryLimits;
  /** Calls of each guest at the last look. */
  #seen = new Map<MemoryUser, number>();

  constructor(limits: MemoryLimits) {
    this.#limits = limits;
  }

  look(users: Iterable<MemoryUser>): void {
    const all = [...users];
    const total = all.reduce((sum, user) => sum + user.memoryBytes, 0);
    const silent = all.filter((user) => user.isComputing && this.#seen.get(user) === user.calls);
    this.#seen = new Map(all.map((user) => [user, user.calls]));
    if (total > this.#limits.guests) largest(all)?.kill();
    else if (this.#limits.residentBytes() > this.#limits.resident) {
      (largest(silent) ?? largest(all))?.kill();
    }
  }
}

function largest(users: readonly MemoryUser[]): MemoryUser | undefined {
  return users.toSorted((a, b) => b.memoryBytes - a.memoryBytes)[0];
}

/**
 * The machines that were forked from one. What they build on is kept by its ref until they have refs of
 * their own, so that a fork costs its store nothing; before the ref moves on or its machine goes, theirs
 * are made.
 */

export interface Heir {
  /** Resolves when it is switched off. */
  readonly closed: Promise<void>;
  /** Resolves once it needs nobody else's ref. Rejects where it gets none. */
  keepOrigin(): Promise<void>;
}

export class Heirs {
  readonly #all = new Set<Promise<Heir>>();

  /** From the moment on at which it begins to open. */
  add(opening: Promise<Heir>): void {
    this.#all.add(opening);
    opening
      .then(({ closed }) => closed)
      .catch(() => {})
      .finally(() => this.#all.delete(opening));
  }

  /** Resolves when none needs the ref any more. One that could not be kept tells its own user. */
  async keep(): Promise<void> {
    const all = [...this.#all];
    if (all.length === 0) return;
    await Promise.allSettled(all.map(async (opening) => (await opening).keepOrigin()));
    for (const opening of all) this.#all.delete(opening);
  }
}

/**
 * Walking and searching the history while a line is edited. Entries that were edited on the way keep
 * their changes until the line is accepted. Pure.
 */

export class HistoryCursor {
  readonly #entries: readonly string[];
  readonly #edited = new Map<number, string>();
  /** `entries.length` stands for the new line. */
  #index: number;

  constructor(entries: readonly string[]) {
    this.#entries = entries;
    this.#index = entries.length;
  }

  get index(): number {
    return this.#index;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** The entry as it is shown now; the one behind the last is the new line. */
  textAt(index: number): string {
    return this.#edited.get(index) ?? this.#entries[index] ?? "";
  }

  /** The entry as it was entered. */
  originalAt(index: number): string | undefined {
    return this.#entries[index];
  }

  /** Goes to `index`, keeping `current` as what the entry left behind; undefined: there is none. */
  moveTo(index: number, current: string): string | undefined {
    if (index < 0 || index > this.#entries.length) return undefined;
    this.#edited.set(this.#index, current);
    this.#index = index;
    return this.textAt(index);
  }

  /** The nearest entry from `start` on in `direction` that `matches`; -1 where there is none. */
  find(start: number, direction: 1 | -1, matches: (text: string) => boolean): number {
    for (let index = start; index >= 0 && index <= this.#entries.length; index += direction) {
      if (matches(this.textAt(index))) return index;
    }
    return -1;
  }
}

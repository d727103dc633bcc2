/**
 * The commands that were entered, oldest first, with their numbers and times. A subshell shares it
 * until one of the two changes it. Pure.
 */

export interface HistoryEntry {
  readonly text: string;
  /** Seconds since 1970; undefined where it is not known. */
  readonly time: number | undefined;
}

export class History {
  #entries: HistoryEntry[];
  #isShared = false;
  /** The number of the oldest entry. */
  #first: number;
  /** Entries added since the history file was last read or written. */
  #unsaved: number;
  /** Entries that came from the file, for `history -n`. */
  fileEntries = 0;

  constructor(entries: HistoryEntry[] = [], first = 1, unsaved = 0) {
    this.#entries = entries;
    this.#first = first;
    this.#unsaved = unsaved;
  }

  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  get lines(): string[] {
    return this.#entries.map(({ text }) => text);
  }

  get first(): number {
    return this.#first;
  }

  /** The number that the next entry gets. */
  get nextNumber(): number {
    return this.#first + this.#entries.length;
  }

  get unsaved(): readonly HistoryEntry[] {
    return this.#unsaved === 0 ? [] : this.#entries.slice(-this.#unsaved);
  }

  add(text: string, time: number | undefined): void {
    this.#own().push({ text, time });
    this.#unsaved++;
  }

  /** Entries that a file had. */
  load(entries: readonly HistoryEntry[]): void {
    this.#own().push(...entries);
  }

  saved(): void {
    this.#unsaved = 0;
  }

  replaceLast(text: string): void {
    const last = this.#entries.at(-1);
    if (last !== undefined) this.#own()[this.#entries.length - 1] = { ...last, text };
  }

  /** Takes out entries by index. */
  remove(from: number, count = 1): void {
    const unsavedFrom = this.#entries.length - this.#unsaved;
    this.#own().splice(from, count);
    const removedUnsaved = Math.max(0, from + count - Math.max(unsavedFrom, from));
    this.#unsaved = Math.max(0, this.#unsaved - removedUnsaved);
  }

  clear(): void {
    this.#entries = [];
    this.#isShared = false;
    this.#first = 1;
    this.#unsaved = 0;
  }

  /** Forgets the oldest. Numbers stay what they are as commands come in, not where a limit is set. */
  limit(size: number, renumbers = false): void {
    const excess = this.#entries.length - size;
    if (excess <= 0) return;
    this.#own().splice(0, excess);
    if (!renumbers) this.#first += excess;
    this.#unsaved = Math.min(this.#unsaved, size);
  }

  fork(): History {
    this.#isShared = true;
    const copy = new History(this.#entries, this.#first, this.#unsaved);
    copy.#isShared = true;
    copy.fileEntries = this.fileEntries;
    return copy;
  }

  #own(): HistoryEntry[] {
    if (this.#isShared) {
      this.#entries = [...this.#entries];
      this.#isShared = false;
    }
    return this.#entries;
  }
}

/** The state of an incremental search through the history (Ctrl-R, Ctrl-S). Pure. */
import type { HistoryCursor } from "./history-cursor.ts";

export interface SearchHit {
  readonly index: number;
  /** Where in the entry it is found. */
  readonly position: number;
}

export class IncrementalSearch {
  readonly #history: HistoryCursor;
  readonly #origin: SearchHit;
  #direction: 1 | -1;
  #query = "";
  #hit: SearchHit;
  #failed = false;

  constructor(history: HistoryCursor, direction: 1 | -1, position: number) {
    this.#history = history;
    this.#direction = direction;
    this.#origin = { index: history.index, position };
    this.#hit = this.#origin;
  }

  get query(): string {
    return this.#query;
  }

  get hit(): SearchHit {
    return this.#hit;
  }

  get origin(): SearchHit {
    return this.#origin;
  }

  /** The prompt that stands for the search. */
  get prompt(): string {
    const failed = this.#failed ? "failed " : "";
    const kind = this.#direction < 0 ? "reverse-i-search" : "i-search";
    return `(${failed}${kind})\`${this.#query}': `;
  }

  /** Searches on, past the present hit. False: there is nothing further. */
  again(direction: 1 | -1, lastQuery: string): boolean {
    this.#direction = direction;
    if (this.#query === "") {
      this.#query = lastQuery;
      if (lastQuery === "") return true;
    }
    return this.#search(this.#hit.index, this.#hit.position + direction);
  }

  append(text: string): boolean {
    this.#query += text;
    return this.#search(this.#hit.index, this.#hit.position);
  }

  /** Takes the last character of the query back. */
  shorten(): boolean {
    this.#query = [...this.#query].slice(0, -1).join("");
    if (this.#query === "") {
      this.#hit = this.#origin;
      this.#failed = false;
      return true;
    }
    return this.#search(this.#origin.index, this.#origin.position);
  }

  #search(index: number, position: number): boolean {
    const step = this.#direction;
    const here = this.#within(index, position);
    if (here !== undefined) return this.#found(here);
    const next = this.#history.find(index + step, step, (text) => text.includes(this.#query));
    if (next < 0) {
      this.#failed = true;
      return false;
    }
    const text = this.#history.textAt(next);
    const start = step < 0 ? text.lastIndexOf(this.#query) : text.indexOf(this.#query);
    return this.#found({ index: next, position: start });
  }

  #within(index: number, position: number): SearchHit | undefined {
    const text = this.#history.textAt(index);
    if (position < 0) return undefined;
    const start =
      this.#direction < 0
        ? text.lastIndexOf(this.#query, position)
        : text.indexOf(this.#query, position);
    return start < 0 ? undefined : { index, position: start };
  }

  #found(hit: SearchHit): boolean {
    this.#hit = hit;
    this.#failed = false;
    return true;
  }
}

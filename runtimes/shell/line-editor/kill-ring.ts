/** What was cut, for yanking: the last ten cuts; cuts in a row grow together. Pure. */

const SIZE = 10;

export class KillRing {
  #entries: string[] = [];
  #index = 0;

  /** `append` joins it to the newest entry, at its end or its start. */
  add(text: string, append: "end" | "start" | undefined): void {
    if (text === "" && append === undefined) return;
    const newest = this.#entries.at(-1);
    if (append !== undefined && newest !== undefined) {
      this.#entries[this.#entries.length - 1] = append === "end" ? newest + text : text + newest;
    } else {
      this.#entries.push(text);
      if (this.#entries.length > SIZE) this.#entries.shift();
    }
    this.#index = this.#entries.length - 1;
  }

  get current(): string | undefined {
    return this.#entries[this.#index];
  }

  /** Turns to the entry before. */
  rotate(): string | undefined {
    if (this.#entries.length > 0) {
      this.#index = (this.#index + this.#entries.length - 1) % this.#entries.length;
    }
    return this.current;
  }
}

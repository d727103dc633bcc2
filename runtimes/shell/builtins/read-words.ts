/** Splits what `read` got into words. Pure. */
import type { Separators } from "../words/separators.ts";

export class ReadWords {
  readonly #text: string;
  readonly #quoted: ReadonlySet<number>;
  readonly #separators: Separators;
  #position = 0;

  constructor(text: string, quoted: ReadonlySet<number>, separators: Separators) {
    this.#text = text;
    this.#quoted = quoted;
    this.#separators = separators;
    this.#skipBlanks();
  }

  /** The next word; "" behind the last. */
  next(): string {
    const start = this.#position;
    while (this.#position < this.#text.length && !this.#isSeparator(this.#position)) {
      this.#position++;
    }
    const word = this.#text.slice(start, this.#position);
    this.#skipBlanks();
    if (this.#isOther(this.#position)) {
      this.#position++;
      this.#skipBlanks();
    }
    return word;
  }

  /** All that is left: one word without its separator, or several as they stand. */
  rest(): string {
    const start = this.#position;
    const word = this.next();
    if (this.#position >= this.#text.length) return word;
    let end = this.#text.length;
    while (end > start && this.#isBlank(end - 1)) end--;
    return this.#text.slice(start, end);
  }

  all(): string[] {
    const words: string[] = [];
    while (this.#position < this.#text.length) words.push(this.next());
    return words;
  }

  #skipBlanks(): void {
    while (this.#position < this.#text.length && this.#isBlank(this.#position)) this.#position++;
  }

  #isSeparator(position: number): boolean {
    return this.#isBlank(position) || this.#isOther(position);
  }

  #isBlank(position: number): boolean {
    const character = this.#text[position];
    return (
      character !== undefined && !this.#quoted.has(position) && this.#separators.isBlank(character)
    );
  }

  #isOther(position: number): boolean {
    const character = this.#text[position];
    return (
      character !== undefined && !this.#quoted.has(position) && this.#separators.isOther(character)
    );
  }
}

/** Where the parts of an expanded word go: fields, plain text, or a pattern. */
import { QUOTE } from "../regex.ts";
import type { Separators } from "./separators.ts";

export abstract class Sink {
  /** Text of the script itself. */
  abstract literal(text: string, quoted: boolean): void;
  /** Text that an expansion made. */
  abstract expansion(text: string, quoted: boolean): void;
  /** The elements of $@, $* or an array; "$*" was joined before. */
  abstract list(values: readonly string[], quoted: boolean, star: boolean): void;
  /** Quotes stand here. */
  mark(): void {}
}

/** One text: assignments, here-documents, patterns. */
export class TextSink extends Sink {
  text = "";
  readonly #separators: Separators;

  constructor(separators: Separators) {
    super();
    this.#separators = separators;
  }

  literal(text: string, quoted: boolean): void {
    this.text += this.convert(text, quoted);
  }

  expansion(text: string, quoted: boolean): void {
    this.text += this.convert(text, quoted);
  }

  list(values: readonly string[], quoted: boolean, star: boolean): void {
    this.text += this.convert(values.join(star ? this.#separators.first : " "), quoted);
  }

  protected convert(text: string, _quoted: boolean): string {
    return text;
  }
}

/** A pattern: in quoted text every character stands for itself. */
export class PatternSink extends TextSink {
  protected override convert(text: string, quoted: boolean): string {
    return quoted ? escapePattern(text) : text;
  }
}

/** The replacement of `${x/p/r}`: an unquoted `&` is the match. */
export class ReplacementSink extends TextSink {
  protected override convert(text: string, quoted: boolean): string {
    return quoted ? text.replace(/[\\&]/gu, "\\$&") : text;
  }
}

/** The right side of `=~`: in quoted text every character stands for itself. */
export class RegexSink extends TextSink {
  protected override convert(text: string, quoted: boolean): string {
    return quoted ? text.replace(/[\\^$.|?*+()[\]{}]/gu, `${QUOTE}$&`) : text;
  }
}

/** What may make a pattern of a field. */
const PATTERN_CHARACTER = /[*?[]|[+@!]\(/u;

/** The fields of a list of words, split at the separators, each with its pattern where it has one. */
export class FieldSink extends Sink {
  readonly fields: string[] = [];
  /** By the index of the field. */
  readonly patterns = new Map<number, string>();
  readonly #separators: Separators;
  #text = "";
  #pattern: string | undefined;
  /** A field is open, be it empty. */
  #isOpen = false;
  /** A blank ended the last field: one other separator after it belongs to that end. */
  #afterBlank = false;

  constructor(separators: Separators) {
    super();
    this.#separators = separators;
  }

  /** A field that is complete as it is. */
  add(field: string): void {
    this.fields.push(field);
  }

  endWord(): void {
    if (this.#isOpen) this.#close();
    this.#afterBlank = false;
  }

  override mark(): void {
    this.#isOpen = true;
    this.#afterBlank = false;
  }

  literal(text: string, quoted: boolean): void {
    if (text !== "" || quoted) this.mark();
    this.#append(text, quoted);
  }

  expansion(text: string, quoted: boolean): void {
    if (text === "") return;
    if (quoted || !this.#separators.isIn(text)) {
      this.mark();
      this.#append(text, quoted);
    } else {
      this.#split(text);
    }
  }

  list(values: readonly string[], quoted: boolean): void {
    for (const [number, value] of values.entries()) {
      if (number > 0) this.#betweenElements(quoted);
      if (quoted) this.literal(value, true);
      else this.expansion(value, false);
    }
  }

  #betweenElements(quoted: boolean): void {
    const { first } = this.#separators;
    if (quoted) this.#close();
    else if (first !== "" && this.#separators.isOther(first)) this.#separate(false);
    else this.#separate(true);
  }

  #split(text: string): void {
    let plain = "";
    for (const character of text) {
      const isBlank = this.#separators.isBlank(character);
      if (isBlank || this.#separators.isOther(character)) {
        this.#unquoted(plain);
        plain = "";
        this.#separate(isBlank);
      } else {
        plain += character;
      }
    }
    this.#unquoted(plain);
  }

  #unquoted(text: string): void {
    if (text === "") return;
    this.mark();
    this.#append(text, false);
  }

  #separate(isBlank: boolean): void {
    if (this.#isOpen) {
      this.#close();
      this.#afterBlank = isBlank;
    } else if (!isBlank) {
      if (this.#afterBlank) this.#afterBlank = false;
      else this.#close();
    }
  }

  #append(text: string, quoted: boolean): void {
    if (this.#pattern !== undefined) {
      this.#pattern += quoted ? escapePattern(text) : text;
    } else if (!quoted && PATTERN_CHARACTER.test(text)) {
      this.#pattern = escapePattern(this.#text) + text;
    }
    this.#text += text;
  }

  #close(): void {
    if (this.#pattern !== undefined) this.patterns.set(this.fields.length, this.#pattern);
    this.fields.push(this.#text);
    this.#text = "";
    this.#pattern = undefined;
    this.#isOpen = false;
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]!@+()|^-]/gu, "\\$&");
}

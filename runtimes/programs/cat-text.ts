/** What cat's options make of a stream of bytes: line numbers, marks for ends, tabs and the unprintable. */

export interface CatOptions {
  readonly number: boolean;
  readonly numberNonblank: boolean;
  readonly squeeze: boolean;
  readonly ends: boolean;
  readonly tabs: boolean;
  readonly nonprinting: boolean;
}

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const DELETE = 127;

export class CatText {
  readonly #options: CatOptions;
  #line = 0;
  #atStart = true;
  /** Empty lines in a row, up to here. */
  #blanks = 0;
  /** A carriage return that may belong to the end of its line. */
  #heldReturn = false;

  constructor(options: CatOptions) {
    this.#options = options;
  }

  /** Kernel text (bytes above 127 escaped) for `bytes`, which continue what came before. */
  render(bytes: Uint8Array): string {
    let text = "";
    for (const byte of bytes) {
      if (byte === NEWLINE) text += this.#endLine();
      else text += this.#begin() + this.#returned() + this.#show(byte);
    }
    return text;
  }

  /** What is left when the last file ended. */
  end(): string {
    return this.#returned();
  }

  #endLine(): string {
    const { squeeze, number, ends } = this.#options;
    const blank = this.#atStart;
    this.#blanks = blank ? this.#blanks + 1 : 0;
    if (blank && squeeze && this.#blanks > 1) return "";
    const start = blank && number ? this.#nextNumber() : "";
    const held = this.#heldReturn ? (ends ? "^M" : "\r") : "";
    this.#heldReturn = false;
    this.#atStart = true;
    return `${start}${held}${ends ? "$" : ""}\n`;
  }

  #begin(): string {
    if (!this.#atStart) return "";
    this.#atStart = false;
    this.#blanks = 0;
    return this.#options.number || this.#options.numberNonblank ? this.#nextNumber() : "";
  }

  #nextNumber(): string {
    this.#line++;
    return `${String(this.#line).padStart(6)}\t`;
  }

  #returned(): string {
    if (!this.#heldReturn) return "";
    this.#heldReturn = false;
    return "\r";
  }

  #show(byte: number): string {
    const { tabs, nonprinting, ends } = this.#options;
    if (byte === TAB) return tabs ? "^I" : "\t";
    if (nonprinting) return visible(byte);
    if (byte === RETURN && ends) {
      this.#heldReturn = true;
      return "";
    }
    return String.fromCharCode(byte < 128 ? byte : 0xdc00 + byte);
  }
}

function visible(byte: number): string {
  if (byte >= 128) return `M-${visible(byte - 128)}`;
  if (byte === DELETE) return "^?";
  return byte < 32 ? `^${String.fromCharCode(byte + 64)}` : String.fromCharCode(byte);
}

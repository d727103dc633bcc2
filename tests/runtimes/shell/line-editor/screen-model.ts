/** A terminal just good enough to see what the line editor draws: VT100 cursor moves and erasing. */
import { columnsOf } from "../../../../kernel/tty/width.ts";

export class ScreenModel {
  #width: number;
  #cells: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** The last column was written: the next character wraps. */
  #isFull = false;
  bells = 0;

  constructor(width: number) {
    this.#width = width;
  }

  get cursor(): [row: number, column: number] {
    return [this.#row, this.#column];
  }

  /** The rows, without blanks at their end and without empty rows at the bottom. */
  get lines(): string[] {
    const lines = this.#cells.map((row) => Array.from(row, (cell) => cell ?? " ").join(""));
    const trimmed = lines.map((line) => line.trimEnd());
    while (trimmed.length > 1 && trimmed.at(-1) === "") trimmed.pop();
    return trimmed;
  }

  write(output: string): void {
    const pattern = /\x1b\][^\x07]*\x07|\x1b\[([?\d;]*)([A-Za-z])|[^\x1b]/gsu;
    for (const [character, argument = "", letter] of output.matchAll(pattern)) {
      if (letter !== undefined) this.#control(letter, argument);
      else if (!character.startsWith("\x1b")) this.#put(character);
    }
  }

  #control(letter: string, argument: string): void {
    const count = Number(argument || 1);
    if (letter === "A") this.#row = Math.max(0, this.#row - count);
    else if (letter === "C") this.#column = Math.min(this.#width - 1, this.#column + count);
    else if (letter === "K") this.#line().length = this.#column;
    else if (letter === "H") [this.#row, this.#column] = [0, 0];
    else if (letter === "J") {
      if (argument === "2") this.#cells = [[]];
      this.#line().length = Math.min(this.#column, this.#line().length);
      this.#cells.length = this.#row + 1;
    } else return;
    this.#isFull = false;
  }

  #put(character: string): void {
    if (character === "\x07") this.bells++;
    else if (character >= " ") this.#print(character);
    else {
      if (character === "\n") this.#row++;
      this.#column = character === "\b" ? Math.max(0, this.#column - 1) : 0;
      this.#isFull = false;
      this.#line();
    }
  }

  #print(character: string): void {
    const columns = columnsOf(character.codePointAt(0) as number);
    if (columns === 0) {
      const line = this.#line();
      const last = this.#isFull ? this.#column : this.#column - 1;
      line[last] = `${line[last] ?? ""}${character}`;
      return;
    }
    if (this.#isFull || this.#column + columns > this.#width) {
      this.#row++;
      this.#column = 0;
    }
    const line = this.#line();
    while (line.length < this.#column) line.push(" ");
    line[this.#column] = character;
    if (columns === 2) line[this.#column + 1] = "";
    this.#isFull = this.#column + columns >= this.#width;
    this.#column = Math.min(this.#column + columns, this.#width - 1);
  }

  #line(): string[] {
    while (this.#cells.length <= this.#row) this.#cells.push([]);
    return this.#cells[this.#row] as string[];
  }
}

/**
 * Brings the terminal from what it shows to what it should show, with few bytes. Remembers rows and
 * cursor; knows nothing of editing. Pure: escape sequences out.
 *
 * Only sequences that every terminal since the VT100 has are used: cursor up, forward, erase in line
 * and in display, carriage return and line feed.
 *
 * @see https://www.ecma-international.org/publications-and-standards/standards/ecma-48/
 */
import type { Layout, Row } from "./layout.ts";

export class Screen {
  #rows: readonly Row[] = [];
  #row = 0;
  #column = 0;
  #width: number;
  #output = "";

  constructor(width: number) {
    this.#width = width;
  }

  /** What to send so that the terminal shows `layout`. */
  show(layout: Layout): string {
    const old = this.#rows;
    layout.rows.forEach((row, index) => {
      const shown = old[index];
      if (shown === undefined) this.#appendRow(row, index);
      else this.#updateRow(shown, row, index);
    });
    if (old.length > layout.rows.length) {
      this.#moveTo(layout.rows.length, 0);
      this.#output += "\x1b[J";
    }
    this.#rows = layout.rows;
    this.#moveTo(layout.cursorRow, layout.cursorColumn);
    return this.#take();
  }

  /** Leaves the shown text as it is and puts the cursor on a fresh line below it. */
  leave(): string {
    if (this.#rows.length > 0) this.#moveTo(this.#rows.length - 1, 0);
    this.#output += "\r\n";
    this.forget();
    return this.#take();
  }

  /** Takes the shown text off the terminal, for drawing it anew in another width. */
  erase(width: number): string {
    this.#moveTo(0, 0);
    this.#output += "\x1b[J";
    this.#width = width;
    this.forget();
    return this.#take();
  }

  /** The cursor now stands at the start of a line of which nothing is known. */
  forget(): void {
    this.#rows = [];
    this.#row = 0;
    this.#column = 0;
  }

  #appendRow(row: Row, index: number): void {
    if (index > 0) {
      this.#moveTo(index - 1, 0);
      this.#output += "\r\n";
      this.#row = index;
      this.#column = 0;
    }
    this.#write(row, 0);
  }

  #updateRow(shown: Row, row: Row, index: number): void {
    const common = commonGlyphs(shown, row);
    if (common === shown.glyphs.length && common === row.glyphs.length) return;
    const column = columnsBefore(row, common);
    this.#moveTo(index, column);
    this.#write(row, common);
    if (row.columns < shown.columns) this.#output += "\x1b[K";
  }

  #write(row: Row, from: number): void {
    for (let index = from; index < row.glyphs.length; index++) {
      this.#output += row.glyphs[index]?.text ?? "";
    }
    this.#column = row.columns;
  }

  #moveTo(row: number, column: number): void {
    if (row < this.#row) this.#output += `\x1b[${this.#row - row}A`;
    // Rows that exist are never left by scrolling, so a line feed only goes down.
    else if (row > this.#row) this.#output += "\n".repeat(row - this.#row);
    if (row > this.#row) this.#column = -1;
    this.#row = row;
    if (column === this.#column && this.#column < this.#width) return;
    if (column === this.#column - 1 && this.#column < this.#width) this.#output += "\b";
    else {
      this.#output += "\r";
      if (column > 0) this.#output += `\x1b[${column}C`;
    }
    this.#column = column;
  }

  #take(): string {
    const output = this.#output;
    this.#output = "";
    return output;
  }
}

function commonGlyphs(a: Row, b: Row): number {
  const length = Math.min(a.glyphs.length, b.glyphs.length);
  for (let index = 0; index < length; index++) {
    if (a.glyphs[index]?.text !== b.glyphs[index]?.text) return index;
  }
  return length;
}

function columnsBefore(row: Row, glyphs: number): number {
  let columns = 0;
  for (let index = 0; index < glyphs; index++) columns += row.glyphs[index]?.columns ?? 0;
  return columns;
}

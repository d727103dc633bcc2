/**
 * Where prompt and text land on a terminal of a given width: rows of glyphs and the cursor. Pure.
 * Parts of the prompt between \x01 and \x02, and escape sequences wherever they stand, take no room.
 */
import { type Glyph, glyphOf } from "./text.ts";

export interface Row {
  /** Cells from left to right; the text of each may carry escape sequences before it. */
  readonly glyphs: readonly Glyph[];
  readonly columns: number;
}

export interface Layout {
  readonly rows: readonly Row[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

const TAB = 8;

/** Lays out `prompt` and behind it `text`, whose position `cursor` the cursor shows. */
export function layOut(prompt: string, text: string, cursor: number, width: number): Layout {
  const writer = new RowWriter(Math.max(width, 2));
  for (const part of splitPrompt(prompt)) {
    if (part.isVisible) writer.write(part.text);
    else writer.invisible(part.text);
  }
  writer.write(text.slice(0, cursor));
  const [cursorRow, cursorColumn] = writer.position(text.slice(cursor, cursor + 2));
  writer.write(text.slice(cursor));
  return { rows: writer.finish(), cursorRow, cursorColumn };
}

/** The prompt as the terminal is to get it: without the marks of what takes no room. */
export function stripMarks(prompt: string): string {
  return prompt.replace(/[\u0001\u0002]/gu, "");
}

const INVISIBLE =
  /\u0001[^\u0002]*\u0002?|\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[()][A-Za-z0-9]/u;

function splitPrompt(prompt: string): { text: string; isVisible: boolean }[] {
  const pattern = new RegExp(`(${INVISIBLE.source})`, "u");
  return prompt
    .split(pattern)
    .map((text, index) => ({ text: stripMarks(text), isVisible: index % 2 === 0 }))
    .filter(({ text }) => text !== "");
}

class RowWriter {
  readonly #width: number;
  readonly #rows: Row[] = [];
  #glyphs: Glyph[] = [];
  #column = 0;
  /** Escape sequences that wait for the next glyph. */
  #pending = "";

  constructor(width: number) {
    this.#width = width;
  }

  invisible(text: string): void {
    this.#pending += text;
  }

  write(text: string): void {
    for (const character of text) {
      const code = character.codePointAt(0) as number;
      if (code === 0x0a) this.#newRow();
      else if (code === 0x09) {
        const spaces = TAB - (this.#column % TAB);
        for (let index = 0; index < spaces; index++) this.#put({ text: " ", columns: 1 });
      } else {
        const glyph = glyphOf(code);
        if (glyph.columns === 0) this.#combine(glyph.text);
        else if (glyph.text !== character) {
          for (const part of glyph.text) this.#put({ text: part, columns: 1 });
        } else this.#put(glyph);
      }
    }
  }

  /** Where the next glyph, which begins `rest`, will stand; a wide one may move to the next row. */
  position(rest: string): [row: number, column: number] {
    const code = rest.codePointAt(0);
    const columns = code === undefined || code <= 0x20 ? 1 : glyphOf(code).columns;
    const room = code === 0x0a ? 0 : Math.min(columns, 2);
    if (this.#column + room > this.#width) return [this.#rows.length + 1, 0];
    return [this.#rows.length, Math.min(this.#column, this.#width - 1)];
  }

  finish(): Row[] {
    const isFull = this.#column >= this.#width;
    if (this.#pending !== "") this.#glyphs.push({ text: this.#pending, columns: 0 });
    this.#pending = "";
    this.#newRow();
    if (isFull) this.#newRow();
    return this.#rows;
  }

  #put(glyph: Glyph): void {
    if (this.#column + glyph.columns > this.#width) this.#newRow();
    this.#glyphs.push({ text: this.#pending + glyph.text, columns: glyph.columns });
    this.#pending = "";
    this.#column += glyph.columns;
  }

  #combine(text: string): void {
    const last = this.#glyphs.pop();
    if (last === undefined) return;
    this.#glyphs.push({ text: last.text + text, columns: last.columns });
  }

  #newRow(): void {
    this.#rows.push({ glyphs: this.#glyphs, columns: this.#column });
    this.#glyphs = [];
    this.#column = 0;
  }
}

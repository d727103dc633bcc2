/** Lines of text as rows of a screen: wrapped or cut, tabs and control characters made visible. */
import { columnsOf } from "../../../kernel/index.ts";

const TAB = 8;
/** Select Graphic Rendition: colours, which take no room. */
const COLOUR = /^\u001b\[[\d;:]*m/;
/** Other escape sequences, which a pager does not pass on. */
const ESCAPE = /^\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/;
/** `nroff` text: bold is a character struck twice, underlined is struck over `_`. */
const BOLD = /^(.)\u0008\1/su;
const UNDERLINED = /^_\u0008(.)/su;

export interface RowOptions {
  readonly columns: number;
  /** Cuts long lines instead of wrapping them. */
  readonly chop: boolean;
  /** Shown in reverse, whatever its case; undefined: nothing. */
  readonly highlight: string | undefined;
}

/** At least one row. */
export function rowsOf(line: string, options: RowOptions): string[] {
  const { columns, chop } = options;
  const rows: string[] = [];
  let row = "";
  let column = 0;
  for (const { text, width } of cells(marked(line, options.highlight))) {
    if (column + width > columns) {
      if (chop) break;
      rows.push(row);
      row = "";
      column = 0;
    }
    row += text;
    column += width;
  }
  rows.push(row);
  return rows;
}

interface Cell {
  readonly text: string;
  readonly width: number;
}

function* cells(line: string): Generator<Cell> {
  let column = 0;
  for (let rest = line; rest !== ""; ) {
    const colour = COLOUR.exec(rest) ?? MARK.exec(rest);
    if (colour) {
      yield {
        text: colour[0] === START ? "\u001b[7m" : colour[0] === END ? "\u001b[27m" : colour[0],
        width: 0,
      };
      rest = rest.slice(colour[0].length);
      continue;
    }
    const { text, width, length } = cell(rest, column);
    column += width;
    rest = rest.slice(length);
    if (length > 0 && text !== "") yield { text, width };
  }
}

function cell(rest: string, column: number): Cell & { length: number } {
  const struck = BOLD.exec(rest) ?? UNDERLINED.exec(rest);
  if (struck) {
    const [whole, character = ""] = struck;
    const style = whole.startsWith("_") ? ["4", "24"] : ["1", "22"];
    const text = `\u001b[${style[0]}m${character}\u001b[${style[1]}m`;
    return { text, width: columnsOf(character.codePointAt(0) ?? 0), length: whole.length };
  }
  const sequence = ESCAPE.exec(rest);
  if (sequence) return { text: "", width: 0, length: sequence[0].length };
  const code = rest.codePointAt(0) ?? 0;
  if (code === 9) {
    const width = TAB - (column % TAB);
    return { text: " ".repeat(width), width, length: 1 };
  }
  if (code === 13 && rest.length === 1) return { text: "", width: 0, length: 1 };
  if (code < 0x20 || code === 0x7f) {
    const text = `\u001b[7m^${String.fromCharCode(code ^ 0x40)}\u001b[27m`;
    return { text, width: 2, length: 1 };
  }
  if (code >= 0xdc80 && code <= 0xdcff) {
    const hex = (code - 0xdc00).toString(16).toUpperCase();
    return { text: `\u001b[7m<${hex}>\u001b[27m`, width: 4, length: 1 };
  }
  const text = String.fromCodePoint(code);
  return { text, width: columnsOf(code), length: text.length };
}

/** Private characters that bracket what was found; they take no room. */
const START = "\ue000";
const END = "\ue001";
const MARK = /^[\ue000\ue001]/;

function marked(line: string, highlight: string | undefined): string {
  if (!highlight) return line;
  const lower = line.toLowerCase();
  let text = "";
  let from = 0;
  for (let at = lower.indexOf(highlight); at >= 0; at = lower.indexOf(highlight, from)) {
    text += line.slice(from, at) + START + line.slice(at, at + highlight.length) + END;
    from = at + highlight.length;
  }
  return text + line.slice(from);
}

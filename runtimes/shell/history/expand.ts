/**
 * History expansion: `!!`, `!-2:$`, `^old^new^`. Works on one line of input before it is parsed. Pure.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/History-Interaction.html
 */
import { skipQuoted } from "../scan.ts";
import { historyWords } from "./words.ts";

export interface HistoryEntries {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** The number of the first line. */
  readonly first: number;
}

export interface HistoryExpansion {
  readonly text: string;
  /** Something was expanded: the line is shown before it is run. */
  readonly changed: boolean;
  /** `:p`: the line is shown and remembered, but not run. */
  readonly printOnly: boolean;
}

/** The message lacks the shell's name. */
export class HistoryError extends Error {}

/** What `:&` and `!?` with nothing behind them repeat; kept from line to line. */
export interface HistoryMemory {
  substitution?: { readonly from: string; readonly to: string };
  search?: string;
  /** The word that the last `!?string?` found, for `%`. */
  matchedWord?: string;
}

export function expandHistory(
  line: string,
  entries: HistoryEntries,
  memory: HistoryMemory,
  extglob: boolean,
): HistoryExpansion {
  return new Expander(line, entries, memory, extglob).expand();
}

const NOT_EXPANDED_BEFORE = " \t\n\r=";
/** Characters that end `!string`. */
const EVENT_END = /[\s:;&()|<>^$*%-]/u;

class Expander {
  readonly #line: string;
  readonly #entries: HistoryEntries;
  readonly #memory: HistoryMemory;
  readonly #extglob: boolean;
  #position = 0;
  #output = "";
  #changed = false;
  #printOnly = false;

  constructor(line: string, entries: HistoryEntries, memory: HistoryMemory, extglob: boolean) {
    const quick = line.startsWith("^");
    this.#line = quick ? `!!:s${line}` : line;
    this.#entries = entries;
    this.#memory = memory;
    this.#extglob = extglob;
  }

  expand(): HistoryExpansion {
    const line = this.#line;
    let inDouble = false;
    while (this.#position < line.length) {
      const character = line[this.#position] as string;
      if (character === '"') inDouble = !inDouble;
      if (character === "!" && this.#isExpansion(inDouble)) {
        this.#changed = true;
        this.#position++;
        this.#output += this.#reference();
        continue;
      }
      const isQuote = character === "\\" || (character === "'" && !inDouble);
      const end = isQuote ? skipQuoted(line, this.#position) : this.#position + 1;
      this.#output += line.slice(this.#position, end);
      this.#position = end;
      if (!inDouble && this.#atComment()) {
        this.#output += line.slice(end);
        break;
      }
    }
    return { text: this.#output, changed: this.#changed, printOnly: this.#printOnly };
  }

  #isExpansion(inDouble: boolean): boolean {
    const next = this.#line[this.#position + 1];
    const previous = this.#line[this.#position - 1];
    if (next === undefined || NOT_EXPANDED_BEFORE.includes(next)) return false;
    if (next === '"' && inDouble) return false;
    if (next === "(" && this.#extglob) return false;
    if (previous === "$" || (previous === "{" && this.#line[this.#position - 2] === "$"))
      return false;
    return !(previous === "[" && this.#line.includes("]", this.#position + 1));
  }

  #atComment(): boolean {
    if (this.#line[this.#position] !== "#") return false;
    const before = this.#line[this.#position - 1];
    return before !== undefined && /[\s;&|()<>]/u.test(before);
  }

  /** Reads event, words and modifiers behind a `!`. */
  #reference(): string {
    return this.#modify(this.#words(this.#event()));
  }

  #event(): string {
    const line = this.#line;
    const start = this.#position;
    const first = line[start] as string;
    if (first === "!") {
      this.#position++;
      return this.#lineAt(-1, "!!");
    }
    if (first === "#") {
      this.#position++;
      return this.#output;
    }
    const number = /^-?\d+/u.exec(line.slice(start))?.[0];
    if (number !== undefined) {
      this.#position += number.length;
      return this.#lineAt(Number(number), `!${number}`);
    }
    if (first === "?") return this.#containing();
    // `!$` and its like speak of the last line.
    if (/[$^*%:-]/u.test(first)) return this.#lineAt(-1, `!${first}`);
    let end = start;
    while (end < line.length && !EVENT_END.test(line[end] as string) && line[end] !== '"') end++;
    const prefix = line.slice(start, end);
    this.#position = end;
    const found = this.#entries.lines.findLast((entry) => entry.startsWith(prefix));
    return prefix !== "" && found !== undefined ? found : this.#notFound(`!${prefix}`);
  }

  #containing(): string {
    const start = this.#position + 1;
    const close = this.#line.indexOf("?", start);
    const end = close < 0 ? this.#line.length : close;
    const search = this.#line.slice(start, end) || this.#memory.search || "";
    this.#position = close < 0 ? end : end + 1;
    const shown = this.#line.slice(start - 2, this.#position);
    if (search === "") return this.#notFound(shown);
    this.#memory.search = search;
    const found = this.#entries.lines.findLast((entry) => entry.includes(search));
    if (found === undefined) return this.#notFound(shown);
    const at = found.indexOf(search);
    const word = historyWords(found).find(({ end: wordEnd }) => wordEnd > at);
    if (word !== undefined) this.#memory.matchedWord = word.text;
    return found;
  }

  #lineAt(number: number, shown: string): string {
    const { lines, first } = this.#entries;
    const line = number < 0 ? lines.at(number) : lines[number - first];
    return line ?? this.#notFound(shown);
  }

  #notFound(shown: string): never {
    throw new HistoryError(`${shown}: event not found`);
  }

  /** Applies the word designator, if one follows; without a colon only before `^ $ * - %`. */
  #words(event: string): string {
    const rest = this.#line.slice(this.#position);
    const designator =
      /^:(?:\d+(?:-\d+|-\$|[-*])?|\^(?:-\d+|-\$|[-*])?|\$|\*|%|-(?:\d+|\$))/u.exec(rest)?.[0] ??
      /^(?:\^(?:-\d+|-\$|\*)?|\$|\*|%|-(?:\d+|\$))/u.exec(rest)?.[0];
    if (designator === undefined) return event;
    this.#position += designator.length;
    return this.#select(event, designator.replace(/^:/u, ""));
  }

  #select(event: string, text: string): string {
    if (text === "%") return this.#memory.matchedWord ?? "";
    const words = historyWords(event).map((word) => word.text);
    const last = words.length - 1;
    if (text === "*") return words.slice(1).join(" ");
    const match = /^(\d+|\^|\$)?(?:(-)(\d+|\$)?|(\*))?$/u.exec(text);
    const bound = (one: string | undefined, without: number) =>
      one === undefined ? without : one === "$" ? last : one === "^" ? 1 : Number(one);
    const from = bound(match?.[1], 0);
    let to = from;
    if (match?.[4] !== undefined) to = last;
    else if (match?.[2] !== undefined) to = bound(match[3], last - 1);
    if (match?.[4] !== undefined && from === last + 1) return "";
    if (from > last || to > last || to < from) {
      throw new HistoryError(`:${text}: bad word specifier`);
    }
    return words.slice(from, to + 1).join(" ");
  }

  #modify(words: string): string {
    let text = words;
    for (;;) {
      const match = /^:([ga]*)(G?)([htrepqxs&])/u.exec(this.#line.slice(this.#position));
      if (match === null) return text;
      const [all, global = "", perWord, letter] = match;
      this.#position += all.length;
      const options = { global: global !== "", perWord: perWord !== "" };
      switch (letter) {
        case "h":
          text = text.replace(/\/[^/]*$/u, "");
          break;
        case "t":
          text = text.replace(/^.*\//su, "");
          break;
        case "r":
          text = text.replace(/\.[^./]*$/u, "");
          break;
        case "e":
          text = /\.[^./]*$/u.exec(text)?.[0] ?? text;
          break;
        case "p":
          this.#printOnly = true;
          break;
        case "q":
          text = quote(text);
          break;
        case "x":
          text = text
            .split(/[ \t\n]+/u)
            .map(quote)
            .join(" ");
          break;
        case "s":
          this.#readSubstitution();
          text = this.#substitute(text, options, all);
          break;
        default:
          text = this.#substitute(text, options, all);
      }
    }
  }

  /** Reads `/old/new/` behind `:s`; the closing delimiter may lack at the end of the line. */
  #readSubstitution(): void {
    const delimiter = this.#line[this.#position] ?? "";
    this.#position++;
    const from = this.#readUpTo(delimiter);
    const to = this.#readUpTo(delimiter);
    const old = from || this.#memory.substitution?.from || this.#memory.search || "";
    const replacement = to.replace(/\\(.)|&/gsu, (pair, quoted) => {
      if (pair === "&") return old;
      return quoted === "&" ? "&" : pair;
    });
    this.#memory.substitution = { from: old, to: replacement };
  }

  #readUpTo(delimiter: string): string {
    let text = "";
    while (this.#position < this.#line.length) {
      const character = this.#line[this.#position++] as string;
      if (character === delimiter) break;
      if (character === "\\" && this.#line[this.#position] === delimiter) {
        text += delimiter;
        this.#position++;
      } else text += character;
    }
    return text;
  }

  #substitute(
    text: string,
    options: { readonly global: boolean; readonly perWord: boolean },
    start: string,
  ): string {
    const { substitution } = this.#memory;
    if (substitution === undefined) {
      throw new HistoryError(`${start}: no previous substitution`);
    }
    const { from, to } = substitution;
    if (from === "" || !text.includes(from)) {
      const end = this.#position;
      const shown = this.#line.slice(this.#line.lastIndexOf(start, end - 1), end);
      throw new HistoryError(`${shown}: substitution failed`);
    }
    if (options.global) return text.replaceAll(from, () => to);
    if (!options.perWord) return text.replace(from, () => to);
    return text
      .split(/([ \t\n]+)/u)
      .map((word) => word.replace(from, () => to))
      .join("");
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

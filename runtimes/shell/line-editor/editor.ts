/**
 * The line editor of an interactive shell, as a pure unit: bytes of keys in, bytes for the terminal
 * and events out. It owns no terminal and no timer. The shell feeds it, draws what `takeOutput`
 * returns, and answers its questions (completion).
 *
 *     keys -> KeyReader -> commands on EditBuffer -> layOut -> Screen -> bytes
 *
 * @see https://tiswww.case.edu/php/chet/readline/readline.html
 */
import { EditBuffer } from "./buffer.ts";
import { COMMANDS, type CommandContext } from "./commands.ts";
import { type Completion, commonCompletion, listCandidates } from "./completion.ts";
import { HistoryCursor } from "./history-cursor.ts";
import { defaultKeymap } from "./keymap.ts";
import { type Binding, KeyReader, type Stroke } from "./keys.ts";
import { KillRing } from "./kill-ring.ts";
import { layOut, stripMarks } from "./layout.ts";
import { Screen } from "./screen.ts";
import { IncrementalSearch } from "./search.ts";
import { nextPosition, previousPosition } from "./text.ts";

export type EditorEvent =
  /** A line was accepted. */
  | { readonly kind: "line"; readonly text: string }
  /** Ctrl-D on an empty line. */
  | { readonly kind: "end" }
  /** `completed` is to be called with what there is for the word before `cursor`. */
  | { readonly kind: "complete"; readonly text: string; readonly cursor: number }
  /** A shell command bound with `bind -x`. */
  | { readonly kind: "run"; readonly command: string };

export interface EditorOptions {
  width: number;
  /** Lists above this length are shown only when asked for. */
  completionQueryItems: number;
  completionIgnoreCase: boolean;
  showAllIfAmbiguous: boolean;
  bracketedPaste: boolean;
  bell: boolean;
}

export const DEFAULT_EDITOR_OPTIONS: Readonly<EditorOptions> = {
  width: 80,
  completionQueryItems: 100,
  completionIgnoreCase: false,
  showAllIfAmbiguous: false,
  bracketedPaste: true,
  bell: true,
};

/** What Tab was pressed for. */
type CompletionMode = "complete" | "list" | "insert";

/** How the next key is to be understood. */
type Mode =
  | { readonly kind: "edit" }
  | { readonly kind: "search"; readonly search: IncrementalSearch }
  | { readonly kind: "find"; readonly direction: 1 | -1 }
  | { readonly kind: "confirm"; readonly list: string };

export class LineEditor {
  readonly options: EditorOptions;
  /** Key sequences and what they do; `bind` changes it. */
  readonly keymap: Map<string, Binding> = defaultKeymap();
  readonly #keys = new KeyReader(this.keymap);
  readonly #buffer = new EditBuffer();
  readonly #killRing = new KillRing();
  readonly #screen: Screen;
  readonly #argumentWalk = { index: 0, start: 0 };
  #history = new HistoryCursor([]);
  #prompt = "";
  /** The lines of the prompt above its last one, drawn once. */
  #banner = "";
  #mode: Mode = { kind: "edit" };
  #previous = "";
  #count: number | undefined;
  #isOverwriting = false;
  #completionMode: CompletionMode = "complete";
  #lastQuery = "";
  /** The history entry that `operate-and-get-next` wants to see next. */
  #nextEntry: number | undefined;
  #output = "";
  #isActive = false;

  constructor(options: Partial<EditorOptions> = {}) {
    this.options = { ...DEFAULT_EDITOR_OPTIONS, ...options };
    this.#screen = new Screen(this.options.width);
  }

  get text(): string {
    return this.#buffer.text;
  }

  get cursor(): number {
    return this.#buffer.cursor;
  }

  /** Begins a new line. The prompt may mark invisible parts with \x01 and \x02. */
  start(prompt: string, history: readonly string[], text = ""): void {
    const end = prompt.lastIndexOf("\n") + 1;
    this.#banner = stripMarks(prompt.slice(0, end)).replaceAll("\n", "\r\n");
    this.#prompt = prompt.slice(end);
    this.#history = new HistoryCursor(history);
    this.#buffer.reset(text);
    this.#mode = { kind: "edit" };
    this.#previous = "";
    this.#count = undefined;
    this.#isOverwriting = false;
    this.#isActive = true;
    if (this.options.bracketedPaste) this.#output += "\x1b[?2004h";
    this.#output += this.#banner;
    this.#screen.forget();
    const next = this.#nextEntry;
    this.#nextEntry = undefined;
    if (next !== undefined) this.#buffer.reset(this.#history.moveTo(next, "") ?? text);
  }

  /** Takes keys, in pieces of any size, and acts on them up to the first event. */
  feed(bytes: Uint8Array): EditorEvent | undefined {
    this.#keys.feed(bytes);
    return this.resume();
  }

  /** Goes on with keys that arrived before the last event. */
  resume(): EditorEvent | undefined {
    while (this.#isActive) {
      const stroke = this.#keys.next();
      if (stroke === undefined) return undefined;
      const event = this.#act(stroke);
      if (event !== undefined) return event;
    }
    return undefined;
  }

  /** What to send to the terminal so that it shows the present state. */
  takeOutput(): string {
    if (this.#isActive) this.#draw();
    const output = this.#output;
    this.#output = "";
    return output;
  }

  /** The answer to a `complete` event. */
  completed(completion: Completion): void {
    const { candidates, start } = completion;
    const { text, cursor } = this.#buffer;
    if (candidates.length === 0) this.#bell();
    else if (this.#completionMode === "insert") {
      this.#buffer.replace(start, cursor, candidates.map((one) => `${one.text} `).join(""));
    } else if (this.#completionMode === "list") this.#list(candidates);
    else {
      const ignoreCase = this.options.completionIgnoreCase;
      const common = commonCompletion(completion, text.slice(start, cursor), ignoreCase);
      if (common !== undefined) this.#buffer.replace(start, cursor, common);
      if (candidates.length > 1) this.#ambiguous(candidates, common !== undefined);
    }
  }

  /** The terminal has a new width, or forgot what it showed. */
  resize(width: number): void {
    this.options.width = width;
    if (this.#isActive) this.#output += this.#screen.erase(width);
  }

  /** Gives the line up (Ctrl-C): the terminal keeps it, the cursor goes below. */
  interrupt(): void {
    if (!this.#isActive) return;
    this.#mode = { kind: "edit" };
    this.#buffer.moveTo(this.#buffer.text.length);
    this.#draw();
    this.#finish("^C");
  }

  /** Makes room for text that another program writes; the next `takeOutput` draws the line anew. */
  suspend(): string {
    if (this.#isActive) this.#output += this.#screen.erase(this.options.width);
    const output = this.#output;
    this.#output = "";
    return output;
  }

  /** Replaces the line, for `bind -x` commands. */
  setLine(text: string, cursor: number): void {
    this.#buffer.replace(0, this.#buffer.text.length, text);
    this.#buffer.moveTo(cursor);
  }

  #act(stroke: Stroke): EditorEvent | undefined {
    const { kind } = this.#mode;
    if (kind === "search" && this.#actInSearch(stroke, this.#mode.search)) return undefined;
    if (kind === "find") return this.#findCharacter(stroke, this.#mode.direction);
    if (kind === "confirm") return this.#confirm(stroke, this.#mode.list);
    switch (stroke.kind) {
      case "text":
        this.#type(stroke.text);
        return undefined;
      case "paste":
        this.#buffer.insert(stroke.text);
        this.#previous = "bracketed-paste-begin";
        return undefined;
      case "unknown":
        this.#bell();
        return undefined;
      case "binding":
        return this.#run(stroke.binding, stroke.keys);
    }
  }

  #type(text: string): void {
    const times = this.#takeCount() ?? 1;
    const { buffer } = this.#context(1);
    if (this.#isOverwriting && buffer.cursor < buffer.text.length) {
      buffer.remove(buffer.cursor, nextPosition(buffer.text, buffer.cursor));
    }
    if (times === 1) buffer.type(text);
    else if (times > 0) buffer.insert(text.repeat(Math.min(times, 100_000)));
    this.#previous = "self-insert";
  }

  #run(binding: Binding, keys: string): EditorEvent | undefined {
    if (binding.kind === "macro") {
      this.#keys.prepend(binding.text);
      return undefined;
    }
    if (binding.kind === "shell") return { kind: "run", command: binding.command };
    const { name } = binding;
    if (
      name === "digit-argument" ||
      name === "negative-argument" ||
      name === "universal-argument"
    ) {
      this.#addToCount(name, keys);
      return undefined;
    }
    const count = this.#takeCount();
    const command = COMMANDS.get(name);
    if (command === undefined) return this.#runOwn(name, keys, count);
    command(this.#context(count));
    this.#previous = name;
    return undefined;
  }

  /** Commands that do more than change the line. */
  #runOwn(name: string, keys: string, count: number | undefined): EditorEvent | undefined {
    const previous = this.#previous;
    this.#previous = name;
    switch (name) {
      case "accept-line":
        return this.#accept();
      case "operate-and-get-next":
        this.#nextEntry = this.#history.index + 1;
        return this.#accept();
      case "insert-comment":
        this.#buffer.moveTo(0);
        this.#buffer.insert("#");
        return this.#accept();
      case "end-of-file":
        return this.#endOfFile(count, previous);
      case "complete":
      case "possible-completions":
      case "insert-completions":
        return this.#complete(name, previous);
      case "clear-screen":
      case "clear-display":
        this.#output += `\x1b[H\x1b[2J${name === "clear-display" ? "\x1b[3J" : ""}${this.#banner}`;
        this.#screen.forget();
        return undefined;
      case "redraw-current-line":
        this.#output += this.#screen.erase(this.options.width);
        return undefined;
      case "quoted-insert":
        this.#keys.takeLiterally();
        return undefined;
      case "self-insert":
        this.#type(keys);
        return undefined;
      case "overwrite-mode":
        this.#isOverwriting = !this.#isOverwriting;
        return undefined;
      case "reverse-search-history":
        return this.#startSearch(-1);
      case "forward-search-history":
        return this.#startSearch(1);
      case "character-search":
        this.#mode = { kind: "find", direction: 1 };
        return undefined;
      case "character-search-backward":
        this.#mode = { kind: "find", direction: -1 };
        return undefined;
      default:
        this.#bell();
        return undefined;
    }
  }

  #context(count: number | undefined): CommandContext {
    return {
      buffer: this.#buffer,
      killRing: this.#killRing,
      history: this.#history,
      count: count ?? 1,
      hasCount: count !== undefined,
      previous: this.#previous,
      argumentWalk: this.#argumentWalk,
      bell: () => this.#bell(),
    };
  }

  #addToCount(name: string, keys: string): void {
    const count = this.#count ?? 0;
    const isNegative = count < 0 || Object.is(count, -0);
    if (name === "negative-argument") this.#count = -0;
    else if (name === "universal-argument") this.#count = (this.#count ?? 1) * 4;
    else {
      const digit = Number(keys.at(-1));
      const value = Math.min(Math.abs(count) * 10 + digit, 1_000_000);
      this.#count = isNegative ? -value : value;
    }
  }

  #takeCount(): number | undefined {
    const count = this.#count;
    this.#count = undefined;
    return Object.is(count, -0) ? -1 : count;
  }

  #accept(): EditorEvent {
    const { text } = this.#buffer;
    this.#buffer.moveTo(text.length);
    this.#draw();
    this.#finish("");
    return { kind: "line", text };
  }

  #endOfFile(count: number | undefined, previous: string): EditorEvent | undefined {
    if (this.#buffer.text !== "" || previous === "delete-char") {
      COMMANDS.get("delete-char")?.(this.#context(count));
      this.#previous = "delete-char";
      return undefined;
    }
    this.#draw();
    this.#finish("");
    return { kind: "end" };
  }

  #finish(note: string): void {
    this.#output += note + this.#screen.leave();
    if (this.options.bracketedPaste) this.#output += "\x1b[?2004l\r";
    this.#isActive = false;
  }

  #complete(name: string, previous: string): EditorEvent {
    this.#completionMode =
      name === "complete" ? "complete" : name === "possible-completions" ? "list" : "insert";
    this.#previous = previous === "complete again" ? previous : "complete";
    return { kind: "complete", text: this.#buffer.text, cursor: this.#buffer.cursor };
  }

  /** The second Tab in a row shows what there is. */
  #ambiguous(candidates: Completion["candidates"], didInsert: boolean): void {
    const isAgain = this.#previous === "complete again";
    if (isAgain || this.options.showAllIfAmbiguous) this.#list(candidates);
    else this.#bell();
    this.#previous = didInsert ? "complete" : "complete again";
  }

  #list(candidates: Completion["candidates"]): void {
    const list = listCandidates(candidates, this.options.width);
    if (candidates.length > this.options.completionQueryItems) {
      this.#mode = { kind: "confirm", list };
      this.#draw();
      this.#output += this.#screen.leave();
      this.#output += `Display all ${candidates.length} possibilities? (y or n)`;
    } else this.#showList(list);
  }

  #showList(list: string): void {
    this.#draw();
    this.#output += this.#screen.leave() + list;
  }

  #confirm(stroke: Stroke, list: string): undefined {
    const answer =
      stroke.kind === "text" ? stroke.text : stroke.kind === "binding" ? stroke.keys : "";
    if (/^[yY \t]$/u.test(answer)) this.#output += `\r\n${list}`;
    else if (/^[nN\x7f\x07]$/u.test(answer)) this.#output += "\r\n";
    else {
      this.#bell();
      return;
    }
    this.#mode = { kind: "edit" };
    this.#screen.forget();
  }

  #findCharacter(stroke: Stroke, direction: 1 | -1): undefined {
    this.#mode = { kind: "edit" };
    const wanted = stroke.kind === "text" ? stroke.text : "";
    const { text, cursor } = this.#buffer;
    const found =
      direction > 0
        ? text.indexOf(wanted, nextPosition(text, cursor))
        : cursor > 0
          ? text.lastIndexOf(wanted, previousPosition(text, cursor))
          : -1;
    if (wanted === "" || found < 0) this.#bell();
    else this.#buffer.moveTo(found);
  }

  #startSearch(direction: 1 | -1): undefined {
    const search = new IncrementalSearch(this.#history, direction, this.#buffer.cursor);
    this.#history.moveTo(this.#history.index, this.#buffer.text);
    this.#mode = { kind: "search", search };
  }

  /** True when the key belongs to the search; any other one ends it and is then acted on. */
  #actInSearch(stroke: Stroke, search: IncrementalSearch): boolean {
    if (stroke.kind === "text" || stroke.kind === "paste") {
      if (!search.append(stroke.text)) this.#bell();
      return true;
    }
    const name =
      stroke.kind === "binding" && stroke.binding.kind === "command" ? stroke.binding.name : "";
    switch (name) {
      case "reverse-search-history":
      case "forward-search-history":
        if (!search.again(name.startsWith("reverse") ? -1 : 1, this.#lastQuery)) this.#bell();
        return true;
      case "backward-delete-char":
        if (!search.shorten()) this.#bell();
        return true;
      case "abort":
        this.#endSearch(search, search.origin);
        this.#bell();
        return true;
      default:
        this.#endSearch(search, search.hit);
        return stroke.kind === "unknown";
    }
  }

  #endSearch(search: IncrementalSearch, hit: { index: number; position: number }): void {
    this.#mode = { kind: "edit" };
    if (search.query !== "") this.#lastQuery = search.query;
    const text = this.#history.moveTo(hit.index, this.#history.textAt(this.#history.index));
    if (text === undefined) return;
    if (text !== this.#buffer.text) this.#buffer.reset(text);
    this.#buffer.moveTo(hit.position);
  }

  #draw(): void {
    const { width } = this.options;
    if (this.#mode.kind === "confirm") return;
    if (this.#mode.kind === "search") {
      const { search } = this.#mode;
      const text = this.#history.textAt(search.hit.index);
      this.#output += this.#screen.show(layOut(search.prompt, text, search.hit.position, width));
      return;
    }
    const prompt = this.#count === undefined ? this.#prompt : `(arg: ${this.#shownCount()}) `;
    const { text, cursor } = this.#buffer;
    this.#output += this.#screen.show(layOut(prompt, text, cursor, width));
  }

  #shownCount(): string {
    return Object.is(this.#count, -0) ? "-" : String(this.#count);
  }

  #bell(): void {
    if (this.options.bell) this.#output += "\x07";
  }
}

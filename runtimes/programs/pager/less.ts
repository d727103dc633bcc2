/** less(1): looks at text on a terminal, forwards and backwards. Elsewhere it is cat. */
import { AT_FDCWD, Errno, KernelError, O_RDONLY, type Sys } from "../../../kernel/index.ts";
import { Failure, failing, isTerminal, print, program, variable } from "../program.ts";
import { Document } from "./document.ts";
import { Keyboard } from "./keyboard.ts";
import { rowsOf } from "./rows.ts";

const USAGE = `Usage: less [-F] [-N] [-S] [-X] [FILE]...
  space, f, b     a page forwards or backwards      /TEXT ?TEXT   search
  j, k, arrows    a line                            n N           search again
  d, u            half a page                       :n :p         next, previous file
  g, G            the beginning, the end            q             leave
`;
const ALTERNATE_SCREEN = ["\u001b[?1049h", "\u001b[?1049l"] as const;

interface Options {
  quitIfOneScreen: boolean;
  keepScreen: boolean;
  chop: boolean;
  numbers: boolean;
  atEnd: boolean;
}

export const less = program("less", async (sys, args) => {
  const options: Options = {
    quitIfOneScreen: false,
    keepScreen: false,
    chop: false,
    numbers: false,
    atEnd: false,
  };
  const files = parse(
    [...(variable(sys, "LESS") ?? "").split(/\s+/).filter(Boolean).map(dashed), ...args],
    options,
  );
  if (files === "help") {
    await print(sys, USAGE);
    return 0;
  }
  if (files.length === 0 && (await isTerminal(sys, 0))) {
    throw new Failure('missing filename ("less --help" for help)');
  }
  const names = files.length > 0 ? files : ["-"];
  if (!(await isTerminal(sys, 1))) return copy(sys, names);
  const keyboard = await Keyboard.open(sys);
  try {
    return await new Pager(sys, keyboard, names, options).show();
  } finally {
    await keyboard.leave();
  }
});

/** $LESS may leave the dash out. */
function dashed(word: string): string {
  return word.startsWith("-") || word.startsWith("+") ? word : `-${word}`;
}

function parse(args: readonly string[], options: Options): string[] | "help" {
  const files: string[] = [];
  for (const [index, arg] of args.entries()) {
    if (arg === "--") return [...files, ...args.slice(index + 1)];
    if (arg === "--help" || arg === "-?") return "help";
    if (arg.startsWith("+")) options.atEnd = arg === "+G";
    else if (arg === "-" || !arg.startsWith("-")) files.push(arg);
    else if (!arg.startsWith("--")) {
      for (const letter of arg.slice(1)) setOption(letter, options);
    }
  }
  return files;
}

function setOption(letter: string, options: Options): void {
  if (letter === "F" || letter === "E" || letter === "e") options.quitIfOneScreen = true;
  else if (letter === "X") options.keepScreen = true;
  else if (letter === "S") options.chop = true;
  else if (letter === "N") options.numbers = true;
  // What remains chooses looks that this one has anyway (-R, -i, -M), or lacks.
  else if (!/[A-Za-z#~0-9]/.test(letter)) throw new Failure(`unknown option -${letter}`);
}

async function openFile(sys: Sys, name: string): Promise<number> {
  if (name === "-") return 0;
  try {
    return await sys.openat(AT_FDCWD, name, O_RDONLY, 0);
  } catch (reason) {
    throw failing(name, reason);
  }
}

async function copy(sys: Sys, names: readonly string[]): Promise<number> {
  const buffer = new Uint8Array(1 << 16);
  for (const name of names) {
    const fd = await openFile(sys, name);
    for (;;) {
      const count = await sys.read(fd, buffer);
      if (count === 0) break;
      for (let done = 0; done < count; ) done += await sys.write(1, buffer.subarray(done, count));
      await sys.checkpoint();
    }
  }
  return 0;
}

class Pager {
  readonly #sys: Sys;
  readonly #keyboard: Keyboard;
  readonly #names: readonly string[];
  readonly #options: Options;
  #file = 0;
  #document: Document;
  /** The row at the top: a line, and one of its rows. */
  #line = 0;
  #row = 0;
  #search = "";
  #backwards = false;
  #message = "";
  #height = 23;
  #columns = 80;

  constructor(sys: Sys, keyboard: Keyboard, names: readonly string[], options: Options) {
    this.#sys = sys;
    this.#keyboard = keyboard;
    this.#names = names;
    this.#options = options;
    this.#document = new Document(sys, 0);
  }

  async show(): Promise<number> {
    await this.#open(0);
    await this.#measure();
    if (this.#options.quitIfOneScreen && this.#names.length === 1 && (await this.#fits())) {
      await this.#keyboard.show(`${(await this.#visible()).join("\n")}\n`);
      return 0;
    }
    if (!this.#options.keepScreen) await this.#keyboard.show(ALTERNATE_SCREEN[0]);
    try {
      if (this.#options.atEnd) await this.#toEnd();
      for (;;) {
        await this.#draw();
        const key = await this.#keyboard.key();
        if (key === "q" || key === "Q" || key === "\u0003") return 0;
        this.#message = "";
        await this.#perform(key);
      }
    } finally {
      const back = this.#options.keepScreen ? "\r\u001b[K" : ALTERNATE_SCREEN[1];
      await this.#keyboard.show(back);
    }
  }

  async #perform(key: string): Promise<void> {
    switch (key) {
      case "signal":
        return this.#measure();
      case " ":
      case "f":
      case "\u0006":
      case "page-down":
        return this.#forward(this.#height);
      case "b":
      case "\u0002":
      case "page-up":
        return this.#back(this.#height);
      case "j":
      case "e":
      case "\r":
      case "\n":
      case "down":
        return this.#forward(1);
      case "k":
      case "y":
      case "up":
        return this.#back(1);
      case "d":
      case "\u0004":
        return this.#forward(this.#height >> 1);
      case "u":
      case "\u0015":
        return this.#back(this.#height >> 1);
      case "g":
      case "<":
      case "home":
        return this.#goTo(0);
      case "G":
      case ">":
      case "end":
        return this.#toEnd();
      case "/":
      case "?":
        return this.#ask(key);
      case "n":
      case "N":
        return this.#find(this.#backwards !== (key === "N"));
      case ":":
        return this.#command();
      case "S":
        this.#options.chop = !this.#options.chop;
        this.#row = 0;
        return;
      case "h":
        this.#message = "space b j k d u g G /TEXT ?TEXT n N :n :p q";
    }
  }

  async #open(index: number): Promise<void> {
    this.#document = new Document(
      this.#sys,
      await openFile(this.#sys, this.#names[index] as string),
    );
    this.#file = index;
    this.#goTo(0);
  }

  async #measure(): Promise<void> {
    const { rows, cols } = await this.#keyboard.size();
    this.#height = Math.max(1, rows - 1);
    this.#columns = cols;
    this.#row = 0;
  }

  #rows(line: number): string[] {
    const text = this.#document.lines[line] ?? "";
    const number = this.#options.numbers ? `${String(line + 1).padStart(7)} ` : "";
    const highlight = this.#search === "" ? undefined : this.#search;
    const options = {
      columns: Math.max(1, this.#columns - number.length),
      chop: this.#options.chop,
      highlight,
    };
    return rowsOf(text, options).map(
      (row, i) => (i === 0 ? number : " ".repeat(number.length)) + row,
    );
  }

  /** The rows from the top of the screen on, as many as it has. */
  async #visible(): Promise<string[]> {
    const rows: string[] = [];
    for (let line = this.#line; rows.length < this.#height; line++) {
      if (!(await this.#has(line))) break;
      rows.push(...this.#rows(line).slice(line === this.#line ? this.#row : 0));
    }
    return rows.slice(0, this.#height);
  }

  async #draw(): Promise<void> {
    const rows = await this.#visible();
    const blank = Array.from({ length: this.#height - rows.length }, () => "\u001b[2m~\u001b[0m");
    const screen = [...rows, ...blank].map((row) => `${row}\u001b[0m\u001b[K`).join("\n");
    await this.#keyboard.show(`\u001b[H${screen}\n${await this.#prompt()}\u001b[K`);
  }

  async #prompt(): Promise<string> {
    const reverse = (text: string) => `\u001b[7m${text}\u001b[27m`;
    if (this.#message !== "") return reverse(this.#message);
    if (await this.#atEnd()) return reverse("(END)");
    const name = this.#names[this.#file];
    return this.#line === 0 && this.#row === 0 && name !== "-" ? reverse(name ?? "") : ":";
  }

  async #has(line: number): Promise<boolean> {
    try {
      return await this.#document.have(line + 1);
    } catch (reason) {
      // Ctrl-C while it waits for input: what is there is shown.
      if (!(reason instanceof KernelError) || reason.errno !== Errno.EINTR) throw reason;
      await this.#keyboard.takeSignals();
      return this.#document.lines.length > line;
    }
  }

  async #fits(): Promise<boolean> {
    await this.#has(this.#height);
    return this.#document.ended && (await this.#atEnd());
  }

  /** Nothing lies below the screen. */
  async #atEnd(): Promise<boolean> {
    let rows = -this.#row;
    for (let line = this.#line; rows <= this.#height; line++) {
      if (!(await this.#has(line))) return true;
      rows += this.#rows(line).length;
    }
    return false;
  }

  async #forward(count: number): Promise<void> {
    for (let i = 0; i < count && !(await this.#atEnd()); i++) {
      if (this.#row + 1 < this.#rows(this.#line).length) this.#row++;
      else {
        this.#line++;
        this.#row = 0;
      }
    }
  }

  async #back(count: number): Promise<void> {
    for (let i = 0; i < count && (this.#line > 0 || this.#row > 0); i++) {
      if (this.#row > 0) this.#row--;
      else {
        this.#line--;
        this.#row = this.#rows(this.#line).length - 1;
      }
    }
  }

  #goTo(line: number): void {
    this.#line = line;
    this.#row = 0;
  }

  async #toEnd(): Promise<void> {
    await this.#has(Number.MAX_SAFE_INTEGER - 1);
    this.#goTo(this.#document.lines.length);
    await this.#back(this.#height);
  }

  /** Reads what to search for, below the text. */
  async #ask(prompt: string): Promise<void> {
    let text = "";
    for (;;) {
      await this.#keyboard.show(`\r\u001b[K${prompt}${text}`);
      const key = await this.#keyboard.key();
      if (key === "\r" || key === "\n") break;
      if (key === "\u007f" || key === "\b") {
        if (text === "") return;
        text = [...text].slice(0, -1).join("");
      } else if (key === "\u001b" || key === "signal") return;
      else if (key.length === 1 || [...key].length === 1) text += key;
    }
    if (text !== "") this.#search = text.toLowerCase();
    this.#backwards = prompt === "?";
    await this.#find(this.#backwards);
  }

  async #find(backwards: boolean): Promise<void> {
    const step = backwards ? -1 : 1;
    for (let line = this.#line + step; line >= 0 && this.#search !== ""; line += step) {
      if (!(await this.#has(line))) break;
      if (this.#document.lines[line]?.toLowerCase().includes(this.#search)) {
        this.#goTo(line);
        return;
      }
      await this.#sys.checkpoint();
    }
    this.#message = this.#search === "" ? "No previous search" : "Pattern not found";
  }

  async #command(): Promise<void> {
    await this.#keyboard.show("\r\u001b[K:");
    const key = await this.#keyboard.key();
    const next = this.#file + (key === "n" ? 1 : key === "p" ? -1 : 0);
    if (next === this.#file) return;
    if (this.#names[next] === undefined) {
      this.#message = `No ${key === "n" ? "next" : "previous"} file`;
      return;
    }
    await this.#open(next);
  }
}

/** stty(1): shows and changes the settings of a terminal, worded as GNU's does. */
import {
  AT_FDCWD,
  O_NONBLOCK,
  O_RDONLY,
  type Sys,
  TCSADRAIN,
  type Termios,
  type WinSize,
} from "../../kernel/index.ts";
import { Failure, failing, print, program } from "./program.ts";
import { ALIASES, CHARACTERS, COMBINATIONS, COUNTS, isOn, SETTINGS } from "./stty-settings.ts";

const USAGE = `Usage: stty [-F DEVICE] [SETTING]...
  or:  stty [-F DEVICE] [-a | -g]
`;
const WIDTH = 80;

export const stty = program("stty", async (sys, args) => {
  const { device, format, settings } = parse(args);
  if (format === "help") {
    await print(sys, USAGE);
    return 0;
  }
  const fd = await open(sys, device);
  const name = device ?? "'standard input'";
  const termios = await sysTermios(sys, fd, name);
  if (format !== undefined && settings.length > 0) {
    throw new Failure("when specifying an output style, modes may not be set");
  }
  if (settings.length > 0) return change(sys, fd, termios, settings);
  const size = await sys.tiocgwinsz(fd);
  const width = size.cols > 0 ? size.cols : WIDTH;
  if (format === "save") await print(sys, `${saved(termios)}\n`);
  else await print(sys, format === "all" ? describe(termios, size, width) : brief(termios, width));
  return 0;
});

function parse(args: readonly string[]) {
  let device: string | undefined;
  let format: "all" | "save" | "help" | undefined;
  const settings: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "-a" || arg === "--all") format = "all";
    else if (arg === "-g" || arg === "--save") format = "save";
    else if (arg === "--help") format = "help";
    else if (arg === "-F" || arg === "--file") device = args[++i];
    else if (arg.startsWith("--file=")) device = arg.slice("--file=".length);
    else if (arg.startsWith("-F")) device = arg.slice(2);
    else settings.push(arg);
  }
  return { device, format, settings };
}

async function open(sys: Sys, device: string | undefined): Promise<number> {
  if (device === undefined) return 0;
  try {
    return await sys.openat(AT_FDCWD, device, O_RDONLY | O_NONBLOCK, 0);
  } catch (reason) {
    throw failing(device, reason);
  }
}

async function sysTermios(sys: Sys, fd: number, name: string): Promise<Termios> {
  try {
    return await sys.tcgets(fd);
  } catch (reason) {
    throw failing(name, reason);
  }
}

// Changing

type Draft = {
  -readonly [K in keyof Termios]: Termios[K] extends readonly number[] ? number[] : Termios[K];
};

async function change(
  sys: Sys,
  fd: number,
  termios: Termios,
  settings: readonly string[],
): Promise<number> {
  const draft: Draft = { ...termios, cc: [...termios.cc] };
  let size: WinSize | undefined;
  let changed = false;
  const words = [...settings];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "size") {
      const { rows, cols } = await sys.tiocgwinsz(fd);
      await print(sys, `${rows} ${cols}\n`);
    } else if (word === "speed") {
      await print(sys, `${draft.ospeed}\n`);
    } else if (word === "rows" || word === "cols" || word === "columns") {
      size ??= await sys.tiocgwinsz(fd);
      const value = integer(word, words.shift());
      size = word === "rows" ? { ...size, rows: value } : { ...size, cols: value };
    } else {
      apply(draft, word, words);
      changed = true;
    }
  }
  if (size) await sys.tiocswinsz(fd, size);
  if (changed) await sys.tcsets(fd, TCSADRAIN, draft);
  return 0;
}

/** Applies one word to `draft`; takes its value, if it has one, from `rest`. */
function apply(draft: Draft, word: string, rest: string[]): void {
  const negated = word.startsWith("-");
  const bare = negated ? word.slice(1) : word;
  const name = ALIASES[bare] ?? bare;
  const setting = SETTINGS.find((other) => other.name === name);
  const combination = COMBINATIONS[name];
  const indexed = [...CHARACTERS, ...COUNTS].find(([other]) => other === name);
  if (setting && !(negated && setting.choice)) {
    const { field, mask, value } = setting;
    draft[field] = ((draft[field] & ~mask) | (negated ? 0 : value)) >>> 0;
  } else if (combination && (!negated || combination.off)) {
    const words = [...((negated ? combination.off : combination.on) as string[])];
    for (let next = words.shift(); next !== undefined; next = words.shift())
      apply(draft, next, words);
  } else if (indexed && !negated) {
    draft.cc[indexed[1]] =
      indexed[0] === "min" || indexed[0] === "time"
        ? integer(word, rest.shift())
        : character(word, rest.shift());
  } else if (word === "sane") {
    makeSane(draft);
  } else if (word === "ispeed" || word === "ospeed") {
    draft[word] = integer(word, rest.shift());
  } else if (/^\d+$/.test(word)) {
    draft.ispeed = Number(word);
    draft.ospeed = Number(word);
  } else if (word.includes(":")) {
    restore(draft, word);
  } else {
    throw wrong(word);
  }
}

function makeSane(draft: Draft): void {
  for (const { field, mask, value, choice, sane } of SETTINGS) {
    if (sane === undefined || (choice && !sane)) continue;
    draft[field] = ((draft[field] & ~mask) | (sane ? value : 0)) >>> 0;
  }
  apply(draft, "brkint", []);
  apply(draft, "ixon", []);
  apply(draft, "imaxbel", []);
  for (const [, index, value] of [...CHARACTERS, ...COUNTS]) draft.cc[index] = value;
}

/** What `stty -g` printed. */
function restore(draft: Draft, word: string): void {
  const values = word.split(":").map((part) => Number.parseInt(part, 16));
  if (values.length < 5 || values.some((value) => Number.isNaN(value))) throw wrong(word);
  const [iflag, oflag, cflag, lflag, ...cc] = values as [number, number, number, number];
  Object.assign(draft, { iflag, oflag, cflag, lflag, cc });
}

function integer(word: string, text: string | undefined): number {
  if (text === undefined) throw new Failure(`missing argument to '${word}'`);
  if (!/^\d+$/.test(text)) throw new Failure(`invalid integer argument: '${text}'`);
  return Number(text);
}

/** `^C`, `^?`, `undef`, one character, or its number. */
function character(word: string, text: string | undefined): number {
  if (text === undefined) throw new Failure(`missing argument to '${word}'`);
  if (text === "undef" || text === "^-" || text === "") return 0;
  if (text === "^?") return 0x7f;
  if (/^\^.$/.test(text)) return text.toUpperCase().charCodeAt(1) & 0x1f;
  if (text.length === 1) return text.charCodeAt(0) & 0xff;
  const number = Number(text.startsWith("0") && text.length > 1 ? `0o${text.slice(1)}` : text);
  const value = /^0x/i.test(text) ? Number(text) : number;
  if (Number.isInteger(value) && value >= 0 && value <= 255) return value;
  throw new Failure(`invalid integer argument: '${text}'`);
}

function wrong(word: string): Failure {
  return new Failure(`invalid argument '${word}'\nTry 'stty --help' for more information.`);
}

// Showing

function describe(termios: Termios, size: WinSize, width: number): string {
  const general = [
    `speed ${termios.ospeed} baud;`,
    `rows ${size.rows};`,
    `columns ${size.cols};`,
    "line = 0;",
  ];
  const characters = [
    ...CHARACTERS.map(([name, index]) => `${name} = ${visible(termios.cc[index] ?? 0)};`),
    ...COUNTS.map(([name, index]) => `${name} = ${termios.cc[index] ?? 0};`),
  ];
  const fields = (["cflag", "iflag", "oflag", "lflag"] as const).map((field) =>
    SETTINGS.filter((setting) => setting.field === field).flatMap((setting) => {
      if (isOn(termios, setting)) return setting.name;
      return setting.choice ? [] : `-${setting.name}`;
    }),
  );
  return [general, characters, ...fields].map((words) => wrap(words, width)).join("");
}

/** What differs from a sane terminal. */
function brief(termios: Termios, width: number): string {
  const sane: Draft = { ...termios, cc: [...termios.cc] };
  makeSane(sane);
  const characters = CHARACTERS.filter(([, index, value]) => termios.cc[index] !== value).map(
    ([name, index]) => `${name} = ${visible(termios.cc[index] ?? 0)};`,
  );
  if (!isOn(termios, SETTINGS.find(({ name }) => name === "icanon") as never)) {
    for (const [name, index] of COUNTS) characters.push(`${name} = ${termios.cc[index] ?? 0};`);
  }
  const fields = (["cflag", "iflag", "oflag", "lflag"] as const).map((field) =>
    SETTINGS.filter((setting) => setting.field === field)
      .filter((setting) => isOn(termios, setting) !== isOn(sane, setting))
      .flatMap((setting) => {
        if (isOn(termios, setting)) return setting.name;
        return setting.choice ? [] : `-${setting.name}`;
      }),
  );
  const general = [`speed ${termios.ospeed} baud;`, "line = 0;"];
  return [general, characters, ...fields].map((words) => wrap(words, width)).join("");
}

function saved({ iflag, oflag, cflag, lflag, cc }: Termios): string {
  return [iflag, oflag, cflag, lflag, ...cc].map((value) => value.toString(16)).join(":");
}

function visible(code: number): string {
  if (code === 0) return "<undef>";
  if (code === 0x7f) return "^?";
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  if (code < 0x80) return String.fromCharCode(code);
  return `M-${visible(code - 0x80)}`;
}

/** Words on lines of at most `width` columns. */
function wrap(words: readonly string[], width: number): string {
  let text = "";
  let column = 0;
  for (const word of words) {
    if (column > 0 && column + 1 + word.length > width - 1) {
      text += "\n";
      column = 0;
    }
    text += column > 0 ? ` ${word}` : word;
    column += word.length + (column > 0 ? 1 : 0);
  }
  return words.length > 0 ? `${text}\n` : "";
}

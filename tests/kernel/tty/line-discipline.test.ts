/** The line discipline as a table: what is typed and written, what programs read and the screen shows. */
import { describe, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../../kernel/bytes.ts";
import { Signal } from "../../../kernel/signals/numbers.ts";
import { LineDiscipline } from "../../../kernel/tty/line-discipline.ts";
import * as t from "../../../kernel/tty/termios.ts";

/** Settings by stty(1)'s names; a leading minus turns one off. */
const MODES: Record<string, ["iflag" | "oflag" | "lflag", number]> = {
  istrip: ["iflag", t.ISTRIP],
  inlcr: ["iflag", t.INLCR],
  igncr: ["iflag", t.IGNCR],
  icrnl: ["iflag", t.ICRNL],
  iuclc: ["iflag", t.IUCLC],
  ixon: ["iflag", t.IXON],
  ixany: ["iflag", t.IXANY],
  imaxbel: ["iflag", t.IMAXBEL],
  iutf8: ["iflag", t.IUTF8],
  opost: ["oflag", t.OPOST],
  olcuc: ["oflag", t.OLCUC],
  onlcr: ["oflag", t.ONLCR],
  ocrnl: ["oflag", t.OCRNL],
  onocr: ["oflag", t.ONOCR],
  onlret: ["oflag", t.ONLRET],
  tab3: ["oflag", t.XTABS],
  isig: ["lflag", t.ISIG],
  icanon: ["lflag", t.ICANON],
  echo: ["lflag", t.ECHO],
  echoe: ["lflag", t.ECHOE],
  echok: ["lflag", t.ECHOK],
  echonl: ["lflag", t.ECHONL],
  echoctl: ["lflag", t.ECHOCTL],
  echoke: ["lflag", t.ECHOKE],
  noflsh: ["lflag", t.NOFLSH],
  iexten: ["lflag", t.IEXTEN],
};

const CHARACTERS: Record<string, number> = {
  intr: t.VINTR,
  erase: t.VERASE,
  eof: t.VEOF,
  eol: t.VEOL,
  eol2: t.VEOL2,
  start: t.VSTART,
  stop: t.VSTOP,
};

interface Case {
  readonly name: string;
  /** As to stty: `-echo eol=;` */
  readonly stty?: string;
  /** Bytes of the program's output before anything is typed. */
  readonly before?: string;
  readonly typed?: string;
  /** Output after it. */
  readonly after?: string;
  /** What reads of 4096 bytes return, one after the other; "" is an end of file. */
  readonly reads?: readonly string[];
  readonly screen?: string;
  readonly signals?: readonly number[];
}

function changed(stty = ""): typeof t.DEFAULT_TERMIOS {
  const termios = { ...t.DEFAULT_TERMIOS, cc: [...t.DEFAULT_TERMIOS.cc] };
  for (const word of stty.split(" ").filter(Boolean)) {
    const [name = "", value] = word.split("=");
    if (value !== undefined) {
      termios.cc[CHARACTERS[name] as number] = value === "" ? 0 : value.charCodeAt(0);
      continue;
    }
    const [field, bits] = MODES[name.replace("-", "")] as ["iflag", number];
    termios[field] = name.startsWith("-") ? termios[field] & ~bits : termios[field] | bits;
  }
  return termios;
}

function play(script: Case): Required<Pick<Case, "reads" | "screen" | "signals">> {
  const line = new LineDiscipline();
  line.termios = changed(script.stty);
  line.write(encodeUtf8(script.before ?? ""));
  line.input(encodeUtf8(script.typed ?? ""));
  line.write(encodeUtf8(script.after ?? ""));
  const buffer = new Uint8Array(200_000);
  const reads: string[] = [];
  while (line.hasInput) reads.push(decodeUtf8(buffer, 0, line.read(buffer.subarray(0, 4096))));
  const screen = decodeUtf8(buffer, 0, line.takeOutput(buffer));
  return { reads, screen, signals: line.signals };
}

const ERASE = "\b \b";
const { SIGINT, SIGQUIT, SIGTSTP } = Signal;

const canonical: Case[] = [
  { name: "a line is read when it ends", typed: "ls\n", reads: ["ls\n"], screen: "ls\r\n" },
  { name: "an unfinished line is not", typed: "ls", reads: [], screen: "ls" },
  { name: "each read gets one line", typed: "a\nb\n", reads: ["a\n", "b\n"], screen: "a\r\nb\r\n" },
  { name: "an empty line is a line", typed: "\n", reads: ["\n"], screen: "\r\n" },
  { name: "Return ends a line (ICRNL)", typed: "a\r", reads: ["a\n"], screen: "a\r\n" },
  {
    name: "Return stays without ICRNL",
    stty: "-icrnl",
    typed: "a\r\n",
    reads: ["a\r\n"],
    screen: "a^M\r\n",
  },
  { name: "IGNCR drops Return", stty: "igncr", typed: "a\rb\n", reads: ["ab\n"], screen: "ab\r\n" },
  {
    name: "INLCR makes newline a Return",
    stty: "inlcr -icrnl",
    typed: "a\n",
    reads: [],
    screen: "a^M",
  },
  {
    name: "ISTRIP clears the eighth bit",
    stty: "istrip -iutf8",
    typed: "\udce1\udce2\n",
    reads: ["ab\n"],
    screen: "ab\r\n",
  },
  {
    name: "IUCLC lowers letters",
    stty: "iuclc",
    typed: "AbC\n",
    reads: ["abc\n"],
    screen: "abc\r\n",
  },
  { name: "NUL is data", typed: "a\0b\n", reads: ["a\0b\n"], screen: "a^@b\r\n" },
  {
    name: "VEOL ends a line and is part of it",
    stty: "eol=;",
    typed: "a;b\n",
    reads: ["a;", "b\n"],
    screen: "a;b\r\n",
  },
  { name: "VEOL2 too", stty: "eol2=|", typed: "a|", reads: ["a|"], screen: "a|" },
  {
    name: "VEOL2 needs IEXTEN",
    stty: "eol2=| -iexten",
    typed: "a|\n",
    reads: ["a|\n"],
    screen: "a|\r\n",
  },
  {
    name: "a control character that is off is data",
    stty: "eof=",
    typed: "\x04\n",
    reads: ["\x04\n"],
    screen: "^D\r\n",
  },
];

const endOfFile: Case[] = [
  { name: "VEOF on an empty line is an end of file", typed: "\x04", reads: [""], screen: "" },
  { name: "VEOF pushes what was typed", typed: "ab\x04", reads: ["ab"], screen: "ab" },
  {
    name: "twice after text: the text, then the end",
    typed: "ab\x04\x04",
    reads: ["ab", ""],
    screen: "ab",
  },
  { name: "two ends are two", typed: "\x04\x04", reads: ["", ""], screen: "" },
  { name: "lines go on behind it", typed: "\x04a\n", reads: ["", "a\n"], screen: "a\r\n" },
  { name: "VLNEXT makes it data", typed: "\x16\x04\n", reads: ["\x04\n"], screen: "^\b^D\r\n" },
];

const erasing: Case[] = [
  {
    name: "VERASE takes a character back",
    typed: "ab\x7fc\n",
    reads: ["ac\n"],
    screen: `ab${ERASE}c\r\n`,
  },
  {
    name: "VERASE at the start does nothing",
    typed: "\x7f\x7fa\n",
    reads: ["a\n"],
    screen: "a\r\n",
  },
  {
    name: "VERASE does not reach into the line before",
    typed: "a\n\x7fb\n",
    reads: ["a\n", "b\n"],
    screen: "a\r\nb\r\n",
  },
  {
    name: "without ECHOE it shows itself",
    stty: "-echoe",
    typed: "a\x7f\n",
    reads: ["\n"],
    screen: "a^?\r\n",
  },
  {
    name: "without ECHO it shows nothing",
    stty: "-echo",
    typed: "ab\x7f\n",
    reads: ["a\n"],
    screen: "",
  },
  {
    name: "another character can erase",
    stty: "erase=#",
    typed: "ab#\n",
    reads: ["a\n"],
    screen: `ab${ERASE}\r\n`,
  },
  {
    name: "a control character takes two columns",
    typed: "\x01\x7f\n",
    reads: ["\n"],
    screen: `^A${ERASE}${ERASE}\r\n`,
  },
  {
    name: "without ECHOCTL it takes none",
    stty: "-echoctl",
    typed: "\x01\x7f\n",
    reads: ["\n"],
    screen: "\x01\r\n",
  },
  { name: "a UTF-8 character is one", typed: "aé\x7f\n", reads: ["a\n"], screen: `aé${ERASE}\r\n` },
  {
    name: "without IUTF8 it is its bytes",
    stty: "-iutf8",
    typed: "é\x7f\n",
    reads: ["\udcc3\n"],
    screen: `é${ERASE}\r\n`,
  },
  {
    name: "a wide character takes two columns",
    typed: "日本\x7f\n",
    reads: ["日\n"],
    screen: `日本${ERASE}${ERASE}\r\n`,
  },
  { name: "an emoji too", typed: "😀\x7f\n", reads: ["\n"], screen: `😀${ERASE}${ERASE}\r\n` },
  {
    name: "an accent goes with its letter",
    typed: "xe\u0301\x7f\n",
    reads: ["x\n"],
    screen: `xe\u0301${ERASE}\r\n`,
  },
  {
    name: "stray continuation bytes go one by one",
    typed: "a\udc80\udc80\x7f\n",
    reads: ["a\udc80\n"],
  },
  {
    name: "a tab goes back to where it began",
    typed: "ab\t\x7f\n",
    reads: ["ab\n"],
    screen: "ab\t\b\b\b\b\b\b\r\n",
  },
  {
    name: "a tab behind a prompt",
    before: "$ ",
    typed: "\t\x7f\n",
    reads: ["\n"],
    screen: "$ \t\b\b\b\b\b\b\r\n",
  },
  {
    name: "a tab behind a wide character",
    typed: "日\t\x7f\n",
    reads: ["日\n"],
    screen: "日\t\b\b\b\b\b\b\r\n",
  },
  {
    name: "VWERASE takes a word",
    typed: "ab cd\x17e\n",
    reads: ["ab e\n"],
    screen: `ab cd${ERASE}${ERASE}e\r\n`,
  },
  {
    name: "and the blanks behind it",
    typed: "ab  \x17\n",
    reads: ["\n"],
    screen: `ab  ${ERASE.repeat(4)}\r\n`,
  },
  {
    name: "and stops at punctuation",
    typed: "a/b\x17\n",
    reads: ["a/\n"],
    screen: `a/b${ERASE}\r\n`,
  },
  {
    name: "letters beyond ASCII are of the word",
    typed: "a né\x17\n",
    reads: ["a \n"],
    screen: `a né${ERASE}${ERASE}\r\n`,
  },
  {
    name: "VWERASE needs IEXTEN",
    stty: "-iexten",
    typed: "a\x17\n",
    reads: ["a\x17\n"],
    screen: "a^W\r\n",
  },
  {
    name: "VKILL takes the line (ECHOKE)",
    typed: "abc\x15d\n",
    reads: ["d\n"],
    screen: `abc${ERASE.repeat(3)}d\r\n`,
  },
  {
    name: "VKILL without ECHOKE starts a new line",
    stty: "-echoke",
    typed: "ab\x15c\n",
    reads: ["c\n"],
    screen: "ab^U\r\nc\r\n",
  },
  {
    name: "VKILL without ECHOK shows itself alone",
    stty: "-echok",
    typed: "ab\x15c\n",
    reads: ["c\n"],
    screen: "ab^Uc\r\n",
  },
  {
    name: "VKILL without ECHO shows nothing",
    stty: "-echo",
    typed: "ab\x15c\n",
    reads: ["c\n"],
    screen: "",
  },
];

const special: Case[] = [
  {
    name: "VLNEXT takes the next character as it is",
    typed: "\x16\x03\n",
    reads: ["\x03\n"],
    screen: "^\b^C\r\n",
  },
  {
    name: "a newline behind VLNEXT does not end the line",
    typed: "a\x16\nb\n",
    reads: ["a\nb\n"],
    screen: "a^\b^Jb\r\n",
  },
  {
    name: "VLNEXT twice is the character itself",
    typed: "\x16\x16\n",
    reads: ["\x16\n"],
    screen: "^\b^V\r\n",
  },
  {
    name: "VLNEXT needs IEXTEN",
    stty: "-iexten",
    typed: "\x16\x16\n",
    reads: ["\x16\x16\n"],
    screen: "^V^V\r\n",
  },
  {
    name: "VREPRINT shows the line anew",
    typed: "ab\x12c\n",
    reads: ["abc\n"],
    screen: "ab^R\r\nabc\r\n",
  },
  {
    name: "VREPRINT without ECHO is data",
    stty: "-echo",
    typed: "a\x12\n",
    reads: ["a\x12\n"],
    screen: "",
  },
  { name: "a tab is echoed as it is", typed: "\t\n", reads: ["\t\n"], screen: "\t\r\n" },
  {
    name: "control characters show without ECHOCTL as they are",
    stty: "-echoctl",
    typed: "\x01\n",
    reads: ["\x01\n"],
    screen: "\x01\r\n",
  },
  { name: "-echo hides all", stty: "-echo", typed: "secret\n", reads: ["secret\n"], screen: "" },
  {
    name: "ECHONL shows the newline all the same",
    stty: "-echo echonl",
    typed: "secret\n",
    reads: ["secret\n"],
    screen: "\r\n",
  },
];

const signals: Case[] = [
  { name: "VINTR", typed: "\x03", reads: [], screen: "^C", signals: [SIGINT] },
  { name: "VQUIT", typed: "\x1c", reads: [], screen: "^\\", signals: [SIGQUIT] },
  { name: "VSUSP", typed: "\x1a", reads: [], screen: "^Z", signals: [SIGTSTP] },
  {
    name: "a signal throws away what was typed",
    typed: "ab\n\x03c\n",
    reads: ["c\n"],
    screen: "^Cc\r\n",
    signals: [SIGINT],
  },
  {
    name: "and what was not shown",
    before: "output",
    typed: "\x03",
    screen: "^C",
    signals: [SIGINT],
  },
  {
    name: "NOFLSH keeps both",
    stty: "noflsh",
    before: "out",
    typed: "a\n\x03b\n",
    reads: ["a\n", "b\n"],
    screen: "outa\r\n^Cb\r\n",
    signals: [SIGINT],
  },
  {
    name: "several come in order",
    stty: "noflsh",
    typed: "\x03\x1a\x1c",
    screen: "^C^Z^\\",
    signals: [SIGINT, SIGTSTP, SIGQUIT],
  },
  {
    name: "without ISIG they are data",
    stty: "-isig",
    typed: "\x03\n",
    reads: ["\x03\n"],
    screen: "^C\r\n",
    signals: [],
  },
  {
    name: "without ICANON they still come",
    stty: "-icanon",
    typed: "\x03",
    reads: [],
    screen: "^C",
    signals: [SIGINT],
  },
  {
    name: "another key can interrupt",
    stty: "intr=x",
    typed: "\x03x",
    screen: "x",
    signals: [SIGINT],
  },
];

const raw: Case[] = [
  { name: "bytes come at once", stty: "-icanon", typed: "ab", reads: ["ab"], screen: "ab" },
  {
    name: "and are not edited",
    stty: "-icanon",
    typed: "a\x7f\x15",
    reads: ["a\x7f\x15"],
    screen: "a^?^U",
  },
  { name: "VEOF is data", stty: "-icanon", typed: "\x04", reads: ["\x04"], screen: "^D" },
  { name: "ICRNL still counts", stty: "-icanon", typed: "\r", reads: ["\n"], screen: "\r\n" },
  {
    name: "nothing is changed in raw mode",
    stty: "-icanon -isig -iexten -echo -icrnl -ixon -opost",
    before: "x\n",
    typed: "\r\n\x03\x13\x16\udcff",
    reads: ["\r\n\x03\x13\x16\udcff"],
    screen: "x\n",
    signals: [],
  },
];

const flow: Case[] = [
  { name: "VSTOP holds output back", before: "a", typed: "\x13", after: "b", screen: "a" },
  { name: "VSTART lets it go", before: "a", typed: "\x13\x11", after: "b", screen: "ab" },
  { name: "neither is data", typed: "\x13\x11x\n", reads: ["x\n"], screen: "x\r\n" },
  { name: "echo waits with it", typed: "\x13ab", reads: [], screen: "" },
  { name: "and comes after", typed: "\x13ab\x11\n", reads: ["ab\n"], screen: "ab\r\n" },
  { name: "any key goes on with IXANY", stty: "ixany", typed: "\x13a", after: "b", screen: "ab" },
  { name: "VINTR goes on, too", typed: "\x13\x03", after: "b", screen: "^Cb", signals: [SIGINT] },
  {
    name: "without IXON they are data",
    stty: "-ixon",
    typed: "\x13\x11\n",
    after: "b",
    reads: ["\x13\x11\n"],
    screen: "^S^Q\r\nb",
  },
];

const output: Case[] = [
  { name: "ONLCR", after: "a\nb", screen: "a\r\nb" },
  { name: "-onlcr", stty: "-onlcr", after: "a\nb", screen: "a\nb" },
  { name: "-opost leaves all as it is", stty: "-opost tab3", after: "a\n\tb", screen: "a\n\tb" },
  { name: "OCRNL", stty: "ocrnl -onlcr", after: "a\rb", screen: "a\nb" },
  {
    name: "ONOCR drops Return in the first column",
    stty: "onocr",
    after: "\ra\rb",
    screen: "a\rb",
  },
  {
    name: "ONLRET takes newline for Return",
    stty: "-onlcr onlret onocr",
    after: "a\n\rb",
    screen: "a\nb",
  },
  { name: "OLCUC raises letters", stty: "olcuc", after: "aé1", screen: "Aé1" },
  { name: "TAB3 expands tabs", stty: "tab3", after: "ab\tc\td", screen: "ab      c       d" },
  { name: "TAB3 from the first column", stty: "tab3", after: "x\n\ty", screen: "x\r\n        y" },
  { name: "TAB3 behind backspace", stty: "tab3", after: "ab\b\tc", screen: "ab\b       c" },
  { name: "TAB3 behind a two-byte character", stty: "tab3", after: "é\tc", screen: "é       c" },
  { name: "TAB3 behind a wide character", stty: "tab3", after: "日\tc", screen: "日      c" },
];

describe.each(
  Object.entries({ canonical, endOfFile, erasing, special, signals, raw, flow, output }),
)("%s", (_group, cases) => {
  test.each(cases)("$name", (script) => {
    const played = play(script);
    if (script.reads) expect(played.reads).toEqual(script.reads);
    if (script.screen !== undefined) expect(played.screen).toBe(script.screen);
    expect(played.signals).toEqual(script.signals ?? []);
  });
});

describe("limits and changes of mode", () => {
  const type = (line: LineDiscipline, text: string) => line.input(encodeUtf8(text));
  const read = (line: LineDiscipline, length = 8192) => {
    const buffer = new Uint8Array(length);
    return decodeUtf8(buffer, 0, line.read(buffer));
  };

  test("a line holds 4095 bytes and its newline; more is dropped", () => {
    const line = new LineDiscipline();
    type(line, `${"x".repeat(5000)}\n`);
    expect(read(line)).toBe(`${"x".repeat(4095)}\n`);
  });

  test("IMAXBEL rings when a line is full", () => {
    const line = new LineDiscipline();
    line.termios = changed("imaxbel");
    type(line, "x".repeat(4096));
    const screen = new Uint8Array(8192);
    expect(decodeUtf8(screen, 0, line.takeOutput(screen))).toBe(`${"x".repeat(4095)}\x07`);
  });

  test("a short read leaves the rest of its line, and of no other", () => {
    const line = new LineDiscipline();
    type(line, "abc\nd\n");
    expect([read(line, 2), read(line, 2), read(line, 2)]).toEqual(["ab", "c\n", "d\n"]);
  });

  test("input takes no more than fits, and goes on when there is room", () => {
    const line = new LineDiscipline();
    line.termios = changed("-icanon -echo");
    const typed = new Uint8Array(100_000).fill(120);
    expect(line.input(typed)).toBe(65_536);
    expect(line.acceptsInput).toBe(false);
    expect(line.input(typed, 65_536)).toBe(0);
    read(line, 1000);
    expect(line.input(typed, 65_536)).toBe(1000);
  });

  test("typed-ahead lines fill up without losing the last", () => {
    const line = new LineDiscipline();
    const typed = encodeUtf8(`${"x".repeat(99)}\n`.repeat(1000));
    let at = line.input(typed);
    expect(at).toBeLessThan(typed.length);
    let text = "";
    for (;;) {
      const part = read(line);
      text += part;
      at += line.input(typed, at);
      if (!line.hasInput) break;
    }
    expect(text).toBe(decodeUtf8(typed));
  });

  test("output takes no more than fits", () => {
    const line = new LineDiscipline();
    const count = line.write(new Uint8Array(100_000).fill(10));
    expect(count).toBeLessThan(65_536 / 2 + 1);
    expect(line.acceptsOutput).toBe(false);
    const screen = new Uint8Array(100_000);
    expect(line.takeOutput(screen)).toBe(2 * count);
  });

  test("leaving canonical mode hands over what was typed", () => {
    const line = new LineDiscipline();
    type(line, "a\nbc");
    line.termios = changed("-icanon");
    expect(read(line)).toBe("a\nbc");
  });

  test("entering canonical mode makes what is there a line", () => {
    const line = new LineDiscipline();
    line.termios = changed("-icanon");
    type(line, "ab");
    line.termios = changed();
    expect(line.hasInput).toBe(true);
    expect(read(line)).toBe("ab");
    expect(line.hasInput).toBe(false);
  });

  test("turning IXON off lets stopped output go", () => {
    const line = new LineDiscipline();
    type(line, "\x13ab");
    expect(line.acceptsOutput).toBe(false);
    line.termios = changed("-ixon");
    expect(line.acceptsOutput).toBe(true);
    const screen = new Uint8Array(10);
    expect(decodeUtf8(screen, 0, line.takeOutput(screen))).toBe("ab");
  });

  test("flushing forgets lines, the one being typed too", () => {
    const line = new LineDiscipline();
    type(line, "a\nb");
    line.flushInput();
    type(line, "c\n");
    expect(read(line)).toBe("c\n");
  });
});

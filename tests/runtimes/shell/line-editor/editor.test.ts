import { describe, expect, it } from "vitest";
import { encodeUtf8 } from "../../../../kernel/bytes.ts";
import {
  type EditorEvent,
  type EditorOptions,
  LineEditor,
} from "../../../../runtimes/shell/line-editor/editor.ts";
import { layOut } from "../../../../runtimes/shell/line-editor/layout.ts";
import { Screen } from "../../../../runtimes/shell/line-editor/screen.ts";
import { ScreenModel } from "./screen-model.ts";

const HISTORY = ["echo one", "ls -l /tmp", "git commit -m 'two words'", "echo one more"];

class Session {
  readonly editor: LineEditor;
  readonly screen: ScreenModel;
  event: EditorEvent | undefined;

  constructor(options: Partial<EditorOptions> = {}, history: string[] = HISTORY, prompt = "$ ") {
    this.editor = new LineEditor({ bracketedPaste: false, ...options });
    this.screen = new ScreenModel(options.width ?? 80);
    this.start(history, prompt);
  }

  start(history: string[], prompt = "$ "): void {
    this.editor.start(prompt, history);
    this.#draw();
  }

  /** Sends keys; `C-a`, `M-b` and names in angle brackets stand for their bytes. */
  keys(text: string): this {
    this.event = this.editor.feed(encodeUtf8(text));
    this.#draw();
    return this;
  }

  complete(start: number, ...names: string[]): void {
    const candidates = names.map((name) => ({ text: name, display: name, suffix: " " }));
    this.editor.completed({ start, candidates });
    this.event = this.editor.resume();
    this.#draw();
  }

  /** The line with the cursor in it. */
  get line(): string {
    const { text, cursor } = this.editor;
    return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
  }

  #draw(): void {
    this.screen.write(this.editor.takeOutput());
  }
}

describe("editing", () => {
  const cases: [name: string, keys: string, line: string][] = [
    ["types", "abc", "abc|"],
    ["C-a C-e", "abc\x01x\x05y", "xabcy|"],
    ["C-b C-f", "abc\x02\x02\x06x", "abx|c"],
    ["arrows", "abc\x1b[D\x1b[Dx\x1bOCy", "axby|c"],
    ["Home End Delete", "abc\x1b[H\x1b[3~\x1b[Fx", "bcx|"],
    ["Backspace", "abc\x7f\x08", "a|"],
    ["Backspace over a combining character", "ae\u0301\x7f", "a|"],
    ["emoji are one step", "\u{1f600}\u{1f601}\x02x", "\u{1f600}x|\u{1f601}"],
    ["M-b M-f", "one two.three\x1bb\x1bb\x1bfx", "one twox|.three"],
    ["Ctrl-Left", "one two\x1b[1;5Dx", "one x|two"],
    ["M-d", "one two\x01\x1bd", "| two"],
    ["M-Backspace", "one two.three\x1b\x7f", "one two.|"],
    ["C-w takes all but blanks", "one two.three\x17", "one |"],
    ["C-k C-y", "one two\x01\x1bf\x0b\x01\x19", " two|one"],
    ["C-u", "one two\x1bb\x15", "|two"],
    ["kills in a row grow", "one two three\x17\x17\x19", "one two three|"],
    ["kills apart do not", "one two\x17x\x17\x19", "one x|"],
    ["M-y", "one two\x17\x02\x02\x17\x19\x1by", "two|e "],
    ["C-t at the end", "abc\x14", "acb|"],
    ["C-t within", "abc\x02\x14", "acb|"],
    ["M-t", "one two\x1bt", "two one|"],
    ["M-u M-l M-c", "one TWO three\x01\x1bu\x1bl\x1bc", "ONE two Three|"],
    ["C-_ undoes typing at once", "abc\x17xyz\x1f", "|"],
    ["C-_ C-_", "abc\x17xyz\x1f\x1f", "abc|"],
    ["M-r", "abc\x1br", "|"],
    ["C-v", "a\x16\x01b", "a\x01b|"],
    ["M-3 C-b", "abcde\x1b3\x02", "ab|cde"],
    ["M-4 x", "\x1b4x", "xxxx|"],
    ["M-- M-f goes back", "one two\x1b-\x1bf", "one |two"],
    ["C-]", "abcabc\x01\x1dc", "ab|cabc"],
    ["C-M-]", "abcabc\x1b\x1db", "abca|bc"],
    ["C-@ C-x C-x", "abc\x01\x00\x05\x18\x18x", "x|abc"],
    ["M-\\", "a   b\x02\x1b\\", "a|b"],
    ["overwrite", "abc\x01\x1b[2~xy", "xy|c"],
    ["unknown keys do nothing", "ab\x1b[1;2D\x1b[99~\x1bOZ\x1b%c", "abc|"],
    ["bytes that are no character", "a\udc80\x7fb", "ab|"],
    ["pasted text is not acted on", "a\x1b[200~x\ty\rz\x1b[201~b", "ax\ty\nzb|"],
    ["previous history", "\x1b[A\x1b[A", "git commit -m 'two words'|"],
    ["next history brings the new line back", "ab\x10\x10\x0e\x0e", "ab|"],
    ["M-<", "\x1b<", "echo one|"],
    ["changed entries stay changed on the way", "\x10X\x10\x0e", "echo one moreX|"],
    ["M-.", "cat \x1b.", "cat more|"],
    ["M-. again", "cat \x1b.\x1b.", "cat 'two words'|"],
    ["M-C-y", "x \x1b\x19", "x one|"],
    ["C-r", "\x12one", "echo |one more"],
    ["C-r C-r", "\x12one\x12", "echo |one"],
    ["C-r then typing on", "\x12git\x05 x", "git commit -m 'two words' x|"],
    ["C-r Backspace", "\x12onex\x7f\x01", "|echo one more"],
    ["C-r C-g", "ab\x12one\x07", "ab|"],
    ["C-s after C-r", "\x12echo\x12\x13\x01", "|echo one more"],
  ];
  it.each(cases)("%s", (_, keys, line) => {
    const session = new Session();
    session.keys(keys).keys("");
    if (session.line.includes("reverse")) throw new Error("still searching");
    if (keys.includes("\x12")) session.keys("\x1b[99~");
    expect(session.line).toBe(line);
  });

  it("takes keys byte by byte as well", () => {
    const session = new Session();
    for (const byte of encodeUtf8("é\u{1f600}x\x1b[D\x1b[1;5D日")) {
      session.editor.feed(Uint8Array.of(byte));
    }
    expect(session.line).toBe("日|é\u{1f600}x");
  });

  it("searches for words before the cursor with bound keys", () => {
    const session = new Session();
    const name = "history-search-backward";
    session.editor.keymap.set("\x1b[A", { kind: "command", name });
    session.keys("echo\x1b[A\x1b[A");
    expect(session.line).toBe("echo| one");
  });

  it("types what a macro says", () => {
    const session = new Session();
    session.editor.keymap.set("\x18l", { kind: "macro", text: "ls -l\r" });
    session.keys("\x18l");
    expect(session.event).toEqual({ kind: "line", text: "ls -l" });
  });
});

describe("events", () => {
  it("accepts a line and keeps what was typed ahead", () => {
    const session = new Session();
    session.keys("echo hi\rnext");
    expect(session.event).toEqual({ kind: "line", text: "echo hi" });
    expect(session.screen.lines).toEqual(["$ echo hi"]);
    expect(session.screen.cursor).toEqual([1, 0]);
    session.start(HISTORY);
    session.editor.resume();
    expect(session.line).toBe("next|");
  });

  it("ends at Ctrl-D on an empty line only", () => {
    const session = new Session();
    session.keys("ab\x02\x04\x04");
    expect([session.line, session.event]).toEqual(["a|", undefined]);
    session.keys("\x7f");
    session.keys("x\x7f\x04");
    expect(session.event).toEqual({ kind: "end" });
  });

  it("gives the line up", () => {
    const session = new Session();
    session.keys("abc\x01");
    session.editor.interrupt();
    session.screen.write(session.editor.takeOutput());
    expect(session.screen.lines).toEqual(["$ abc^C"]);
    expect(session.screen.cursor).toEqual([1, 0]);
  });

  it("comments a line out", () => {
    const session = new Session();
    session.keys("rm x\x1b#");
    expect(session.event).toEqual({ kind: "line", text: "#rm x" });
  });

  it("goes on with the entry after an accepted one", () => {
    const session = new Session();
    session.keys("\x1b<\x0f");
    expect(session.event).toEqual({ kind: "line", text: "echo one" });
    session.start([...HISTORY, "echo one"]);
    expect(session.line).toBe("ls -l /tmp|");
  });

  it("marks pasted text as such to the terminal", () => {
    const editor = new LineEditor();
    editor.start("$ ", []);
    expect(editor.takeOutput()).toMatch(/^\x1b\[\?2004h/);
    editor.feed(encodeUtf8("a\r"));
    expect(editor.takeOutput()).toMatch(/\x1b\[\?2004l\r$/);
  });
});

describe("completion", () => {
  it("asks with the line as it is", () => {
    const session = new Session();
    session.keys("cat fi rest\x1bb\x02\t");
    expect(session.event).toEqual({ kind: "complete", text: "cat fi rest", cursor: 6 });
    session.complete(4, "file.txt");
    expect(session.line).toBe("cat file.txt | rest");
  });

  it("inserts what all have in common, then lists at the second Tab", () => {
    const session = new Session({ width: 40 });
    session.keys("cat f\t");
    session.complete(4, "file1", "file2", "filter");
    expect([session.line, session.screen.bells]).toEqual(["cat fil|", 1]);
    session.keys("\t");
    session.complete(4, "file1", "file2", "filter");
    expect(session.screen.bells).toBe(2);
    session.keys("\t");
    session.complete(4, "file1", "file2", "filter");
    expect(session.screen.lines).toEqual(["$ cat fil", "file1   file2   filter", "$ cat fil"]);
    expect(session.screen.cursor).toEqual([2, 9]);
  });

  it("rings when there is nothing", () => {
    const session = new Session();
    session.keys("x\t");
    session.complete(0);
    expect([session.line, session.screen.bells]).toEqual(["x|", 1]);
  });

  it("inserts all at M-*", () => {
    const session = new Session();
    session.keys("cat f\x1b*");
    session.complete(4, "f1", "f2");
    expect(session.line).toBe("cat f1 f2 |");
  });

  it("asks before a long list", () => {
    const names = Array.from({ length: 150 }, (_, index) => `name${index}`);
    const session = new Session();
    session.keys("x n\x1b?");
    session.complete(2, ...names);
    expect(session.screen.lines.at(-1)).toBe("Display all 150 possibilities? (y or n)");
    session.keys("n");
    expect(session.screen.lines.at(-1)).toBe("$ x n");
    session.keys("\x1b?");
    session.complete(2, ...names);
    session.keys("y");
    expect(session.screen.lines).toContain("$ x n");
    expect(session.screen.lines.join("\n")).toContain("name149");
  });
});

describe("drawing", () => {
  it("does not count what is invisible in a prompt", () => {
    const session = new Session({}, [], "\x01\x1b[1m\x02$\x01\x1b[0m\x02 ");
    session.keys("ab");
    expect(session.screen.cursor).toEqual([0, 4]);
    expect(new Session({}, [], "\x1b[32mabc\x1b]0;t\x07 ").screen.cursor).toEqual([0, 4]);
  });

  it("shows a prompt of several lines once and edits below it", () => {
    const session = new Session({}, [], "top\n> ");
    session.keys("abc\x01x");
    expect(session.screen.lines).toEqual(["top", "> xabc"]);
  });

  it("shows the search", () => {
    const session = new Session();
    session.keys("\x12two");
    expect(session.screen.lines).toEqual(["(reverse-i-search)`two': git commit -m 'two words'"]);
    session.keys("zzz");
    expect(session.screen.lines[0]).toMatch(/^\(failed reverse-i-search\)`twozzz': git/);
  });

  it("shows control characters and bytes", () => {
    const session = new Session();
    session.keys("\x16\x01\udcff\ttab".replace("\t", "\x16\t"));
    expect(session.screen.lines).toEqual(["$ ^A\\377        tab"]);
  });

  it("draws anew in another width", () => {
    const session = new Session({ width: 20 });
    session.keys("0123456789012345678901234");
    expect(session.screen.lines).toEqual(["$ 012345678901234567", "8901234"]);
    session.editor.resize(12);
    const narrow = new ScreenModel(12);
    narrow.write("\n\n");
    narrow.write(session.editor.takeOutput());
    expect(narrow.lines.slice(-3)).toEqual(["$ 0123456789", "012345678901", "234"]);
  });

  it("ends up with the same picture, whatever was typed before", () => {
    const random = generator(7);
    const pieces = [
      "a",
      "b ",
      "日",
      "é",
      "e\u0301",
      "\u{1f600}",
      "\x7f",
      "\x02",
      "\x06",
      "\x01",
      "\x05",
    ];
    const more = [
      "\x0b",
      "\x17",
      "\x19",
      "\x1bb",
      "\x1bf",
      "\x10",
      "\x0e",
      "\x14",
      "\x1f",
      "\x16\n",
    ];
    const keys = [...pieces, ...pieces, ...more];
    for (const width of [2, 5, 10, 23]) {
      const session = new Session({ width }, ["a longer line 日本語 of history", "x"], "%日> ");
      for (let count = 0; count < 400; count++) {
        session.keys(keys[random(keys.length)] as string);
        const { text, cursor } = session.editor;
        const layout = layOut("%日> ", text, cursor, width);
        const fresh = new ScreenModel(width);
        fresh.write(new Screen(width).show(layout));
        const height = fresh.lines.length;
        expect(session.screen.lines.slice(-height)).toEqual(fresh.lines);
        expect(session.screen.cursor[1]).toBe(fresh.cursor[1]);
      }
    }
  });
});

function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % limit;
  };
}

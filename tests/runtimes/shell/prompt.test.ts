import { describe, expect, it } from "vitest";
import { decodePrompt, type PromptFacts } from "../../../runtimes/shell/prompt.ts";

const FACTS: PromptFacts = {
  user: "user",
  isRoot: false,
  hostname: "isopod.local",
  cwd: "/home/user/src/kernel",
  home: "/home/user",
  directoryTrim: 0,
  jobs: 2,
  historyNumber: 17,
  commandNumber: 5,
  terminal: "pts/0",
  shellName: "-bash",
  version: "5.2.15(1)-release",
  now: Date.UTC(2024, 1, 5, 13, 4, 9) / 1000,
  zone: "UTC",
};

function decode(text: string, facts: Partial<PromptFacts> = {}): string {
  return decodePrompt(text, { ...FACTS, ...facts }, { isExpanded: false, marksInvisible: false });
}

describe("prompt escapes, as bash 5.2 decodes them", () => {
  const cases: [text: string, expected: string, facts?: Partial<PromptFacts>][] = [
    ["\\u@\\h:\\w\\$ ", "user@isopod:~/src/kernel$ "],
    ["\\$", "#", { isRoot: true }],
    ["\\H \\W \\j \\! \\# \\l", "isopod.local kernel 2 17 5 pts/0"],
    ["\\s-\\v-\\V", "bash-5.2-5.2.15"],
    ["\\t|\\T|\\@|\\A|\\d", "13:04:09|01:04:09|01:04 PM|13:04|Mon Feb 05"],
    ["\\D{%Y}|\\D{}", "2024|13:04:09"],
    ["\\a\\e\\n\\r\\101\\0101", "\x07\x1b\n\rA\b1"],
    ["\\\\ \\q a\\", "\\ \\q a\\"],
    ["\\w \\W", "~ ~", { cwd: "/home/user" }],
    ["\\w \\W", "/ /", { cwd: "/" }],
    ["\\w", "/home/username", { cwd: "/home/username" }],
    ["\\w", "/tmp", { cwd: "/tmp", home: "/" }],
    ["\\w", ".../local/bin", { cwd: "/usr/local/bin", directoryTrim: 2 }],
    ["\\w", "/usr/local/bin", { cwd: "/usr/local/bin", directoryTrim: 3 }],
    ["\\w", "~/src/kernel", { directoryTrim: 1 }],
    ["\\w", "~/.../vfs", { cwd: "/home/user/src/kernel/vfs", directoryTrim: 1 }],
    ["\\[x\\]", "x"],
  ];
  it.each(cases)("%s", (text, expected, facts) => {
    expect(decode(text, facts)).toBe(expected);
  });

  it("quotes data for the expansion that follows, and only data", () => {
    const facts = { ...FACTS, cwd: '/a$x`b"c\\d' };
    const decoded = decodePrompt("$y \\w \\$ \\\\$z", facts, {
      isExpanded: true,
      marksInvisible: false,
    });
    expect(decoded).toBe('$y /a\\$x\\`b\\"c\\\\d \\$ \\$z');
  });

  it("marks what a line editor must not count", () => {
    const decoded = decodePrompt("\\[\\e[1m\\]x", FACTS, {
      isExpanded: false,
      marksInvisible: true,
    });
    expect(decoded).toBe("\x01\x1b[1m\x02x");
  });
});

import { describe, expect, test } from "vitest";
import { compileRegex, QUOTE, RegexError } from "../../../runtimes/shell/regex.ts";

function match(source: string, text: string, ignoreCase = false): string[] | undefined {
  return compileRegex(source, ignoreCase).match(text);
}

describe("extended regular expressions", () => {
  test.each<[string, string, string[] | undefined]>([
    ["abc", "xabcx", ["abc"]],
    ["a(b|c)*d", "xabcbdx", ["abcbd", "b"]],
    ["^(a|ab)(c|bcd)(d*)$", "abcd", ["abcd", "a", "bcd", ""]],
    ["[[:alpha:]]+[0-9]{2,3}", "..ab1234", ["ab123"]],
    ["(a)(b)?", "ac", ["a", "a", ""]],
    ["[^]a]x", "bx", ["bx"]],
    ["[]a]x", "]x", ["]x"]],
    ["[a\\]b", "a", undefined],
    ["\\.", "a.b", ["."]],
    ["a{2}", "aaa", ["aa"]],
    ["a|", "b", [""]],
    ["^$", "", [""]],
    ["\\bfoo\\b", "a foo b", ["foo"]],
    ["\\<o", "foo o", ["o"]],
    ["a.c", "a\nc", ["a\nc"]],
    ["é+", "caféé", ["éé"]],
    ["x)", "x)", ["x)"]],
    ["(x*)*y", "xxy", ["xxy", "xx"]],
  ])("%s on %j", (source, text, expected) => {
    expect(match(source, text)).toEqual(expected);
  });

  test("takes the longest of the matches that begin first", () => {
    expect(match("a|ab|abc", "abcd")).toEqual(["abc"]);
    expect(match("x*", "axx")).toEqual([""]);
  });

  test("a quoted character stands for itself", () => {
    expect(match(`a${QUOTE}.c`, "abc a.c")).toEqual(["a.c"]);
    expect(match(`[${QUOTE}]x]`, "]")).toEqual(["]"]);
  });

  test("ignores case where it is told to", () => {
    expect(match("[a-c]X", "Bx", true)).toEqual(["Bx"]);
    expect(match("[a-c]X", "Bx")).toBeUndefined();
  });

  test.each(["*a", "(a", "[a", "a{2,1}", "a{40000}", "a\\", "{", "\\(a\\)\\1"])(
    "%s is refused",
    (source) => {
      expect(() => compileRegex(source, false)).toThrow(RegexError);
    },
  );

  test("no expression takes more than time in proportion to the text", () => {
    const text = "a".repeat(3000);
    const start = process.threadCpuUsage();
    expect(match("^(a+)+$", `${text}!`)).toBeUndefined();
    expect(match("(a|aa)*b", text)).toBeUndefined();
    expect(process.threadCpuUsage(start).user / 1000).toBeLessThan(3000);
  });
});

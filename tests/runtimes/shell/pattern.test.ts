import { describe, expect, it } from "vitest";
import {
  compileReplacement,
  type RemoveOperator,
  removePattern,
  type SubstituteOperator,
  substitutePattern,
} from "../../../runtimes/shell/pattern/substitute.ts";
import { compilePattern, PatternTooComplex } from "../../../runtimes/shell/pattern.ts";

describe("pattern matching, as bash 5.2 does it", () => {
  const cases: [pattern: string, matching: string[], others: string[]][] = [
    ["", [""], ["a"]],
    ["abc", ["abc"], ["ab", "abcd"]],
    ["*", ["", "a", "é\udcff"], []],
    ["a?c", ["abc", "aéc", "a\u{1f600}c", "a\udcffc"], ["ac", "abbc"]],
    ["*.txt", [".txt", "a.txt"], ["txt", "a.txt~"]],
    ["a*b*c", ["abc", "aXbYc", "abcbc"], ["acb"]],
    ["\\*", ["*"], ["a"]],
    ["a\\", ["a\\"], ["a"]],
    ["[abc]", ["a", "c"], ["d", ""]],
    ["[!abc]", ["d", "é"], ["a", ""]],
    ["[^abc]", ["d"], ["a"]],
    ["[]a]", ["]", "a"], ["b"]],
    ["[!]a]", ["b"], ["]", "a"]],
    ["[a-]", ["a", "-"], ["b"]],
    ["[a-c]", ["b"], ["B", "d"]],
    ["[z-a]", [], ["a", "z"]],
    ["[a\\]b]", ["]", "a"], ["\\"]],
    ["[\\!a]", ["!", "a"], ["b"]],
    ["[a", ["[a"], ["a"]],
    ["[[:alpha:]]", ["a", "é"], ["1", "\udcff"]],
    ["[[:digit:][:space:]x]", ["1", " ", "x"], ["y"]],
    ["[![:upper:]]", ["a"], ["A", "É"]],
    ["[[:nosuch:]]", [], ["n", ":"]],
    ["[[:alpha]", ["[", ":", "a"], ["b"]],
    ["[[=a=]b]", ["a", "b"], ["="]],
    ["[[.hyphen.][.].]]", ["-", "]"], ["h"]],
    ["[[.a.]-[.c.]]", ["b"], ["d"]],
    ["?(ab)c", ["c", "abc"], ["ababc"]],
    ["*(ab)c", ["c", "abc", "ababc"], ["ac"]],
    ["+(ab|x)", ["ab", "x", "abxab"], ["", "a"]],
    ["@(a|b*)", ["a", "b", "bcd"], ["ab"]],
    ["!(a|b)", ["", "ab", "c"], ["a", "b"]],
    ["!(*.c)", ["a", "a.cc"], ["a.c"]],
    ["*.!(c|h)", ["a.o", "a.", "a.c.x"], ["a.c", "a"]],
    ["+(a|+(b|@(c)))d", ["abcd", "cd"], ["d"]],
    ["@(a|b", ["@(a|b"], ["a"]],
    ["@([)]|x)", [")", "x"], ["@"]],
    ["@(a\\|b)", ["a|b"], ["a"]],
    ["!(!(x))", ["x"], ["y", ""]],
  ];
  it.each(cases)("%s", (source, matching, others) => {
    const pattern = compilePattern(source);
    expect(matching.filter((text) => !pattern.matches(text))).toEqual([]);
    expect(others.filter((text) => pattern.matches(text))).toEqual([]);
  });

  it("reads groups as text without extglob", () => {
    const pattern = compilePattern("+(a)", { extglob: false, ignoreCase: false });
    expect(pattern.matches("+(a)")).toBe(true);
    expect(pattern.matches("a")).toBe(false);
  });

  it("ignores case when asked", () => {
    const syntax = { extglob: true, ignoreCase: true };
    expect(compilePattern("aBÉ", syntax).matches("AbéX".slice(0, 3))).toBe(true);
    expect(compilePattern("[a-c]*", syntax).matches("Bxx")).toBe(true);
    expect(compilePattern("@(X|y)", syntax).matches("Y")).toBe(true);
    expect(compilePattern("aBÉ").matches("Abé")).toBe(false);
  });

  it("lets only a literal dot match the dot of a hidden name", () => {
    const visible = (source: string, name: string) => compilePattern(source).matchesVisible(name);
    for (const source of [".*", ".b*", "@(.b*|x)", "*(a).bar", "+(.)bar"]) {
      expect(visible(source, ".bar"), source).toBe(true);
    }
    for (const source of ["*", "?bar", "[.]bar", "*.bar", "!(x)", "@(*|y)"]) {
      expect(visible(source, ".bar"), source).toBe(false);
    }
    expect(visible("*", "a.bar")).toBe(true);
  });
});

describe("removal and substitution", () => {
  const removals: [text: string, operator: RemoveOperator, pattern: string, expected: string][] = [
    ["/usr/local/bin", "#", "*/", "usr/local/bin"],
    ["/usr/local/bin", "##", "*/", "bin"],
    ["/usr/local/bin", "%", "/*", "/usr/local"],
    ["/usr/local/bin", "%%", "/*", ""],
    ["a.tar.gz", "%", ".gz", "a.tar"],
    ["abcabc", "##", "*(a|b)", "cabc"],
    ["abcabc", "%%", "+(b|c)", "abca"],
    ["é\u{1f600}", "%", "?", "é"],
    ["abc", "#", "x", "abc"],
  ];
  it.each(removals)("${%s%s%s}", (text, operator, pattern, expected) => {
    expect(removePattern(text, operator, compilePattern(pattern))).toBe(expected);
  });

  const substitutions: [string, SubstituteOperator, string, string, string][] = [
    ["aab", "/", "a", "X", "Xab"],
    ["aab", "//", "a", "X", "XXb"],
    ["aab", "/#", "a", "X", "Xab"],
    ["aab", "/%", "b", "X", "aaX"],
    ["abc", "/#", "", "-", "-abc"],
    ["abc", "/%", "", "-", "abc-"],
    ["abc", "//", "", "-", "abc"],
    ["abc", "//", "?(b)", "-", "-a--c"],
    ["abcabc", "/%", "a*", "X", "X"],
    ["", "/", "*", "X", "X"],
    ["", "/", "?(a)", "X", ""],
    ["aab", "//", "a", "[&]", "[a][a]b"],
    ["aab", "//", "a", "[\\&]", "[&][&]b"],
    ["aab", "//", "a", "\\\\", "\\\\b"],
  ];
  it.each(substitutions)("%s %s %s with %s", (text, operator, pattern, replacement, expected) => {
    const replace = compileReplacement(replacement);
    expect(substitutePattern(text, operator, compilePattern(pattern), replace)).toBe(expected);
  });
});

describe("hostile patterns", () => {
  it("match in time proportional to the text", () => {
    const text = "a".repeat(100_000);
    expect(compilePattern(`${"*a".repeat(30)}b`).matches(text)).toBe(false);
    expect(compilePattern("+(+(+(a)))b").matches(text)).toBe(false);
    expect(compilePattern("*(a|aa|aaa|*b)c").matches(text)).toBe(false);
    expect(compilePattern(`${"@(".repeat(5000)}a${")".repeat(5000)}`).matches("a")).toBe(false);
  });

  it("stop with an error where a quadratic scan would hold up the machine", () => {
    const pattern = compilePattern("+(a|aa)b");
    expect(() => pattern.eachMatch("a".repeat(100_000), () => true)).toThrow(PatternTooComplex);
    expect(pattern.matches("aaab")).toBe(true);
  });
});

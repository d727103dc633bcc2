import { describe, expect, test } from "vitest";
import { parseText } from "../../../../runtimes/shell/syntax/parse.ts";

/** The lines that bash prints behind `bash: -c: line N: `. */
function messages(text: string): string[] {
  return [...(parseText(text).failure?.messages ?? [])];
}

const near = (token: string, line: string) => [
  `syntax error near unexpected token \`${token}'`,
  `\`${line}'`,
];

describe("a syntax error names what bash names", () => {
  test.each<[string, string]>([
    ["echo a)b", ")"],
    ["if true; fi", "fi"],
    ["if; then x; fi", ";"],
    ["for", "newline"],
    ["for x in a b; echo; done", "echo"],
    ["while true; done", "done"],
    ["a ;; b", ";;"],
    ["a | | b", "|"],
    ["a && && b", "&&"],
    ["& a", "&"],
    ["()", ")"],
    ["{ }", "}"],
    ["f() echo", "echo"],
    ["fi", "fi"],
    ["cat <", "newline"],
    ["cat < ; x", ";"],
    ["a=(1 & 3)", "&"],
    ["f a=(1)", "("],
    ["echo (a)", "a"],
    ["if true; then a; else; fi", ";"],
    ["{ a; } b", "b"],
    ["if a; then b; done", "done"],
    ["case x a", "a"],
    ["case x in a|) b;; esac", ")"],
    ["echo $(if)", ")"],
    ["echo $(fi; x)", "fi"],
    ["a 2>&1 > > b", ">"],
  ])("%s", (text, token) => {
    expect(messages(text)).toEqual(near(token, text));
  });

  test.each([
    ['echo "abc', '"'],
    ["echo 'abc", "'"],
    ["echo ${x", "}"],
    ["echo `abc", "`"],
    ["echo $(abc", ")"],
    ["a=(1 2", ")"],
  ])("%s is not closed", (text, closing) => {
    expect(messages(text)).toEqual([`unexpected EOF while looking for matching \`${closing}'`]);
  });

  test("the line is that of the token, and behind the text where the text ends too early", () => {
    expect(parseText("a\nb )\nc").failure).toMatchObject({ line: 2 });
    expect(parseText("if true\nthen a\n").failure).toMatchObject({ line: 3 });
  });
});

describe("what stands before an error", () => {
  test("is whole lines only", () => {
    const { lines, failure } = parseText("echo a\necho b; echo c )\necho d");
    expect(lines).toHaveLength(1);
    expect(failure?.line).toBe(2);
  });

  test("a line holds all that its commands reach over", () => {
    const { lines } = parseText("cat <<E; echo b\nbody\nE\nif x\nthen y; fi; z # c\nw");
    expect(lines.map((line) => line.statements.length)).toEqual([2, 2, 1]);
  });
});

describe("unfinished input", () => {
  test.each([
    "f () {\n",
    "case x in\n",
    "case x in\n a) b;;\n",
    "if true; then\n",
    "while :; do\n # c\n",
    "for x in a b\n",
    "while while true; do break; done\n",
    "a &&\n",
    "a |\n",
    "(\n",
    "a=(1\n2\n",
    "[[ a &&\n",
    "((1 +\n",
    "function f\n",
    "echo 'a\n",
  ])("%j asks for more", (text) => {
    expect(parseText(text).failure?.isIncomplete).toBe(true);
  });

  test.each(["}\n", "for\n", "echo )\n", "if fi\n", "cat <\n", "while true; done\n"])(
    "%j is wrong as it is",
    (text) => {
      expect(parseText(text).failure?.isIncomplete).toBe(false);
    },
  );

  test("a here-document that is cut off is no error", () => {
    const parsed = parseText("cat <<E\nbody");
    expect(parsed.failure).toBeUndefined();
    expect(parsed.unfinishedHereDocument?.delimiter).toBe("E");
  });
});

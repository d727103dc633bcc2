import { describe, expect, it } from "vitest";
import { evaluateTest, type TestHost } from "../../../runtimes/shell/test.ts";

/** Files are those whose name says so; answers come at once or, for `later`, as a promise. */
const HOST: TestHost = {
  testFile: (operator, path) => {
    const answer = path.startsWith("file") && operator !== "-d";
    return path.endsWith("later") ? Promise.resolve(answer) : answer;
  },
  compareFiles: (operator, left, right) => operator === "-nt" && left > right,
  testShell: (operator, name) => operator === "-v" && name === "x",
};

async function run(expression: string): Promise<string> {
  const args = expression === "" ? [] : expression.split(" ").map((arg) => arg.replace("''", ""));
  try {
    return (await evaluateTest(args, HOST)) ? "true" : "false";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("test, as bash 5.2 decides", () => {
  const groups: Record<string, string[]> = {
    true: [
      "a",
      "-n",
      "!",
      "(",
      "=",
      "! ''",
      "-n a",
      "-z ''",
      "a = a",
      "a == a",
      "a != b",
      "a < b",
      "B < a",
      "1 -eq 1",
      "010 -eq 10",
      "+1 -eq 1",
      "-1 -lt 0",
      "1 -le 1",
      "2 -gt 1",
      "a -a b",
      "'' -o b",
      "! = !",
      "( = (",
      "( a )",
      "! -n ''",
      "-f = -f",
      "-e -a x",
      "! a = b",
      "( -n a )",
      "! ! a",
      "a -a -n b",
      "a -a b -a c",
      "'' -a b -o c",
      "! '' -a a",
      "( a = a ) -a b",
      "( ( a ) )",
      "1 -eq 1 -a -n",
      "-f file",
      "-e file -a -v x",
      "-f filelater",
      "( -f filelater -a -f file ) -a a",
      "b -nt a",
      "-v x",
    ],
    false: [
      "",
      "''",
      "! a",
      "-n ''",
      "-z a",
      "! !",
      "a = b",
      "a > b",
      "1 -gt 2",
      "-n = a",
      "a -a ''",
      "( '' )",
      "! ( a )",
      "( ! a )",
      "! a -o ''",
      "( a -o b ) -a ''",
      "! ! ! a",
      "-f other",
      "-d file",
      "-d filelater",
      "-v y",
      "a = ( -a b",
    ],
    "x: unary operator expected": ["x a"],
    "-q: unary operator expected": ["-q a"],
    "(: unary operator expected": ["( )"],
    "a: unary operator expected": ["a -a", "! a b", "( a b )"],
    "b: binary operator expected": ["a b c"],
    "=~: binary operator expected": ["a =~ b"],
    "a: integer expression expected": ["1 -eq a", "a -eq b -a c"],
    ": integer expression expected": ["'' -eq 1"],
    "0x10: integer expression expected": ["0x10 -eq 16"],
    "99999999999999999999: integer expression expected": ["99999999999999999999 -eq 1"],
    "too many arguments": ["a = b c", "a b c d", "a = a b = b", "-n a b c d"],
    "`)' expected": ["( a = b", "( a = a -a b", "a -a ( b"],
    "`)' expected, found a": ["( ) a b c"],
    "argument expected": ["1 -eq 1 -a"],
  };
  const cases = Object.entries(groups).flatMap(([answer, list]) =>
    list.map((one) => [one, answer]),
  );
  it.each(cases)("%s", async (expression, answer) => {
    expect(await run(expression as string)).toBe(answer);
  });

  it("answers at once where nothing has to wait", () => {
    expect(evaluateTest(["-f", "file", "-a", "1", "-lt", "2"], HOST)).toBe(true);
    expect(evaluateTest(["-f", "file.later"], HOST)).toBeInstanceOf(Promise);
  });

  it("compares by bytes", async () => {
    expect(await run("\uffee < \u{1f600}")).toBe("true");
    expect(await run("\udc80 < é")).toBe("true");
  });

  it("bounds nesting", async () => {
    const deep = Array.from({ length: 100_000 }, () => "(");
    expect(() => evaluateTest([...deep, "a"], HOST)).toThrow("too many arguments");
  });
});

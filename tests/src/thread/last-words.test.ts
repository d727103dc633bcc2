/** What is made of a dying process's standard error, and which of it is passed on. */
import { afterEach, expect, test, vi } from "vitest";
import { LastWords } from "../../../src/thread/last-words.ts";

afterEach(() => vi.restoreAllMocks());

function heard(...pieces: readonly string[]) {
  const passed: unknown[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => passed.push(text) > 0);
  const words = new LastWords();
  for (const piece of pieces) words.hear(piece);
  return { gist: words.gist, text: words.text, passed: passed.join("") };
}

test.each([
  [
    "\n\n#\n# Fatal error with no security impact:\n# Fatal JavaScript invalid size error 1\n#\n",
    "Fatal JavaScript invalid size error 1",
  ],
  ["#\n# Fatal error in a.cc, line 5\n# Check failed: it == 1.\n#\n", "Check failed: it == 1."],
  [
    "\n<--- Last few GCs --->\n\nFATAL ERROR: Reached heap limit\n----- Native stack trace -----\n",
    "Reached heap limit",
  ],
])("what V8 says as it dies is kept, and not passed on: %j", (text, gist) => {
  const stack = "----- Native stack trace -----\n 1: 0xaa\n";
  expect(heard("isopod: a fault\n", text, stack)).toMatchObject({
    gist,
    passed: "isopod: a fault\n",
    text: `isopod: a fault\n${text}${stack}`,
  });
});

test("anything else is passed on, and its last line is the gist", () => {
  const lines = ["isopod: one\n", "Error: two\n"];
  expect(heard(...lines)).toMatchObject({ gist: "Error: two", passed: lines.join("") });
  expect(heard()).toMatchObject({ gist: "", passed: "" });
});

test("what is kept is bounded", () => {
  const line = `${"x".repeat(1000)}\n`;
  expect(heard(...Array(100).fill(line)).text.length).toBeLessThan(10_000);
  expect(heard("# Fatal error\n", ...Array(1000).fill(line)).text.length).toBeLessThan(100_000);
});

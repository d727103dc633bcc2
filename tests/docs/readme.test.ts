/** The README's code blocks are run, and print what it says they print. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { type Example, type Run, readExamples, runExample } from "./code-blocks.ts";

const README = readFileSync(resolve(import.meta.dirname, "../../README.md"), "utf8");

function check({ status, stdout, stderr, expected }: Run): void {
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  if (expected !== undefined) expect(stdout).toBe(expected);
}

describe("README.md", () => {
  test("names the two commands that do everything", () => {
    expect(README).toMatch(/^npm start\b/m);
    expect(README).toMatch(/^npm test\b/m);
  });

  for (const example of readExamples(README)) {
    const title = `line ${example.line}, ${example.language}`;
    if (example.skipped !== undefined) continue;
    test(title, async () => {
      for (const run of await runExample(example)) check(run);
    });
  }
});

describe("the check itself", () => {
  const examplesOf = (...lines: string[]): Example[] => readExamples(lines.join("\n"));

  test("sees what an example prints and how it ends", async () => {
    const [script, shell] = examplesOf(
      "```js",
      "console.log(1 + 1);",
      "```",
      "```text",
      "2",
      "```",
      "```sh",
      "$ echo a",
      "a",
      "$ echo b",
      "not b",
      "```",
    ) as [Example, Example];
    for (const run of await runExample(script)) check(run);
    const [right, wrong] = (await runExample(shell)) as [Run, Run];
    check(right);
    expect(() => check(wrong)).toThrow();
  });

  test("leaves a block alone only for a reason", () => {
    const [left, kept] = examplesOf(
      "<!-- not run: it runs this test -->",
      "```sh",
      "npm test",
      "```",
      "```sh",
      "true",
      "```",
    );
    expect(left?.skipped).toBe("it runs this test");
    expect(kept?.skipped).toBeUndefined();
  });
});

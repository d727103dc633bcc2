/** Hundreds of snippets that print in our shell what they print in bash 5.2, errors and status too. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { normalise, parseSnippets } from "./lines.ts";
import { runBash } from "./machine.ts";

const FOLDER = join(import.meta.dirname, "lines");

describe.each(readdirSync(FOLDER).sort())("%s", (file) => {
  const snippets = parseSnippets(readFileSync(join(FOLDER, file), "utf8"));
  test.each(snippets)("$name", async ({ code, status, output }) => {
    const result = await runBash(code, { merge: true });
    const printed = normalise(result.stdout);
    expect({ status: result.status, output: printed }).toEqual({ status, output });
  });
});

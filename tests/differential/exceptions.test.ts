import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXCEPTIONS } from "./exceptions.ts";
import { normalise } from "./normalise.ts";
import { formatResult, formatTranscript, parseTranscript } from "./transcript.ts";

const FOLDER = join(import.meta.dirname, "lines");
const TEXTS = readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), "utf8"));
const COMMANDS = TEXTS.flatMap((text) => parseTranscript(text).map(({ command }) => command));

test("no line stands twice, and every exception names one of them", () => {
  expect(COMMANDS.filter((command, place) => COMMANDS.indexOf(command) !== place)).toEqual([]);
  expect(EXCEPTIONS.filter(({ command }) => !COMMANDS.includes(command))).toEqual([]);
  expect(EXCEPTIONS.filter(({ differs, because }) => !differs.length || !because)).toEqual([]);
});

test("transcripts are written as they are read", () => {
  for (const text of TEXTS) expect(formatTranscript(parseTranscript(text))).toBe(text);
});

test("a transcript keeps every byte", () => {
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  const streams = [
    "",
    "\n",
    "a",
    "a\n",
    " a\n\n b ",
    "\\x0a\n",
    all,
    `${all}\n`,
    "café\n",
    "%\n? 3\n",
  ];
  for (const stream of streams) {
    const result = { stdout: stream, stderr: stream, status: 7 };
    const text = `$ x\n${formatResult(result).join("\n")}\n`;
    expect(parseTranscript(text)[0]?.expected).toEqual(result);
  }
});

test("a normalisation nobody wrote is an error", () => {
  const result = { stdout: "", stderr: "", status: 0 };
  expect(() => normalise(result, ["no-such"])).toThrow("no-such");
  expect(normalise({ ...result, stderr: "x" }, ["no-stderr"])).toEqual(result);
});

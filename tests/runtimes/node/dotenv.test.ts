/** Files of variables as Node reads them. */
import { expect, test } from "vitest";
import { parseDotenv } from "../../../runtimes/node/dotenv.ts";

const CASES: readonly (readonly [text: string, expected: Readonly<Record<string, string>>])[] = [
  ["A=1\nB=two words\n", { A: "1", B: "two words" }],
  ["  A = spaced  # a comment\n# B=2\n\nC=3", { A: "spaced", C: "3" }],
  ["A=\"kept # here\"\nB='single'\nC=`back`", { A: "kept # here", B: "single", C: "back" }],
  ['A="first\nsecond"\nB="x\\ny"\nC=\'x\\ny\'', { A: "first\nsecond", B: "x\ny", C: "x\\ny" }],
  ["export A=1\nEMPTY=\nB=", { A: "1", EMPTY: "", B: "" }],
  ['A="open\nB=2', { A: '"open', B: "2" }],
  ["nothing here\nA=1\r\nA=2", { A: "2" }],
  ["", {}],
];

test.each(CASES)("%j", (text, expected) => {
  expect(Object.fromEntries(parseDotenv(text))).toEqual(expected);
});

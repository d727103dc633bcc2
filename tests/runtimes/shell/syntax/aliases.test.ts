import { describe, expect, test } from "vitest";
import { expandAliases } from "../../../../runtimes/shell/syntax/aliases.ts";

const aliases = new Map([
  ["ll", "ls -l"],
  ["ls", "ls --color"],
  ["sudo", "sudo "],
  ["loop", "for i in 1 2; do"],
  ["e", "echo "],
  ["a", "b"],
  ["b", "a"],
]);

describe("aliases", () => {
  test.each<[string, string | undefined]>([
    ["ll x", "ls --color -l x"],
    ["sudo ll", "sudo  ls --color -l"],
    ["echo ll", undefined],
    ["'ll' x", undefined],
    ["\\ll x", undefined],
    ["x=1 ll", "x=1 ls --color -l"],
    ["if ll; then ll; fi", "if ls --color -l; then ls --color -l; fi"],
    ["loop echo $i; done", "for i in 1 2; do echo $i; done"],
    ["echo $(ll)", "echo $(ls --color -l)"],
    ["e \\\n ll", "echo  \\\n ls --color -l"],
    ["a", "a"],
    ["x | ll && ll", "x | ls --color -l && ls --color -l"],
    ["x\nll", undefined],
  ])("%j", (text, expected) => {
    expect(expandAliases(text, aliases)).toBe(expected);
  });
});

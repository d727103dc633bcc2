import { describe, expect, it } from "vitest";
import { expandHistory, type HistoryMemory } from "../../../../runtimes/shell/history/expand.ts";
import { historyWords } from "../../../../runtimes/shell/history/words.ts";

const LINES = ["echo one two three four", 'ls -l /tmp/a.tar.gz  "x y" $HOME', "echo foo.c bar.c"];

function expand(line: string, memory: HistoryMemory = {}): string {
  try {
    const { text, changed, printOnly } = expandHistory(
      line,
      { lines: LINES, first: 11 },
      memory,
      true,
    );
    return `${printOnly ? "print " : changed ? "" : "same "}${text}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("history expansion, as bash 5.2 does it", () => {
  const cases: [line: string, expected: string][] = [
    ["echo !!", "echo echo foo.c bar.c"],
    ["!-2", LINES[1] as string],
    ["!11", LINES[0] as string],
    ["!ls", LINES[1] as string],
    ["!?tar?", LINES[1] as string],
    ["echo !$ !^ !*", "echo bar.c foo.c foo.c bar.c"],
    ["echo !ls:1 !ls:$ !ls:^ !ls:0", "echo -l $HOME -l ls"],
    [
      "echo !ls:* | !ls:2-3 | !ls:2* | !ls:2-",
      'echo -l /tmp/a.tar.gz "x y" $HOME | /tmp/a.tar.gz "x y" | /tmp/a.tar.gz "x y" $HOME | /tmp/a.tar.gz "x y"',
    ],
    ["echo !ls:-2", "echo ls -l /tmp/a.tar.gz"],
    ["echo !ls$ !ls*", 'echo $HOME -l /tmp/a.tar.gz "x y" $HOME'],
    ["echo !ls:2:h !ls:2:t !ls:2:r !ls:2:e !ls:2:t:r", "echo /tmp a.tar.gz /tmp/a.tar .gz a.tar"],
    ["echo !ls:3:q !ls:*:x", "echo '\"x y\"' '-l' '/tmp/a.tar.gz' '\"x' 'y\"' '$HOME'"],
    ["!?tar?:%", "/tmp/a.tar.gz"],
    ["^foo^baz", "echo baz.c bar.c"],
    ["!!:s/foo/&&/", "echo foofoo.c bar.c"],
    ["!!:gs/.c/.o/", "echo foo.o bar.o"],
    ["!!:Gs/.c/.o/", "echo foo.o bar.o"],
    ["!!:s/.c/.o/", "echo foo.o bar.c"],
    ["!!:s/o/0/:&", "ech0 f0o.c bar.c"],
    ["!!:p", "print echo foo.c bar.c"],
    ["echo a b !#:1", "echo a b a"],
    ["x!ls:1y", "x-ly"],
    ['echo "it\'s !$"', 'echo "it\'s bar.c"'],
    ["echo 'a'!$", "echo 'a'bar.c"],
    [
      "echo '!!' \\!! ! != !( \"a!\" [!a] ${!x} $!",
      "same echo '!!' \\!! ! != !( \"a!\" [!a] ${!x} $!",
    ],
    ["echo a # !!", "same echo a # !!"],
    ["!nope", "!nope: event not found"],
    ["echo !999", "!999: event not found"],
    ["!?nope?", "!?nope?: event not found"],
    ["echo !ls:9", ":9: bad word specifier"],
    ["!!:s/zzz/y/", ":s/zzz/y/: substitution failed"],
    ["!!:&", ":&: no previous substitution"],
  ];
  it.each(cases)("%s", (line, expected) => {
    expect(expand(line)).toBe(expected);
  });

  it("remembers the last substitution", () => {
    const memory: HistoryMemory = {};
    expand("^foo^baz", memory);
    expect(expand("!!:&", memory)).toBe("echo baz.c bar.c");
  });
});

it("splits history lines into words", () => {
  const words = historyWords("a 'b c'\"d\"$(e f);g&&h 2>&1 >x <(i) `j k`|l").map(
    ({ text }) => text,
  );
  expect(words.join("|")).toBe("a|'b c'\"d\"$(e f)|;|g|&&|h|2>&1|>|x|<(i)|`j k`|||l");
});

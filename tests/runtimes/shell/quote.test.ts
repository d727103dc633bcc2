import { expect, it } from "vitest";
import {
  quoteBackslash,
  quoteDouble,
  quoteReusable,
  quoteSingle,
  quoteWhenNeeded,
} from "../../../runtimes/shell/quote.ts";

const cases: [text: string, q: string, Q: string, declare: string, set: string, key: string][] = [
  ["abc", "abc", "'abc'", '"abc"', "abc", "abc"],
  ["a b", "a\\ b", "'a b'", '"a b"', "'a b'", '"a b"'],
  ["it's", "it\\'s", "'it'\\''s'", '"it\'s"', "'it'\\''s'", '"it\'s"'],
  ['a"$`\\', 'a\\"\\$\\`\\\\', "'a\"$`\\'", '"a\\"\\$\\`\\\\"', "'a\"$`\\'", '"a\\"\\$\\`\\\\"'],
  ["a\nb", "$'a\\nb'", "$'a\\nb'", "$'a\\nb'", "$'a\\nb'", "$'a\\nb'"],
  ["\x1b[1m'", "$'\\E[1m\\''", "$'\\E[1m\\''", "$'\\E[1m\\''", "$'\\E[1m\\''", "$'\\E[1m\\''"],
  ["\udc80", "$'\\200'", "$'\\200'", "$'\\200'", "$'\\200'", "$'\\200'"],
  ["\x85", "$'\\302\\205'", "$'\\302\\205'", "$'\\302\\205'", "$'\\302\\205'", "$'\\302\\205'"],
  ["é", "é", "'é'", '"é"', "é", "é"],
  ["~", "\\~", "'~'", '"~"', "'~'", '"~"'],
  ["a~", "a~", "'a~'", '"a~"', "a~", "a~"],
  ["a:~", "a:\\~", "'a:~'", '"a:~"', "'a:~'", '"a:~"'],
  ["#a", "\\#a", "'#a'", '"#a"', "'#a'", '"#a"'],
  ["a#", "a#", "'a#'", '"a#"', "a#", "a#"],
  ["a,b", "a\\,b", "'a,b'", '"a,b"', "a,b", "a,b"],
  ["@", "@", "'@'", '"@"', "@", '"@"'],
  ["a!*", "a\\!\\*", "'a!*'", '"a!*"', "'a!*'", '"a!*"'],
  ["", "''", "''", '""', "", '""'],
];
it.each(cases)("%j is quoted as bash 5.2 quotes it", (text, q, reusable, declare, set, key) => {
  expect(quoteBackslash(text)).toBe(q);
  expect(quoteReusable(text)).toBe(reusable);
  expect(quoteDouble(text)).toBe(declare);
  expect(quoteWhenNeeded(text)).toBe(set);
  expect(quoteWhenNeeded(text, "double")).toBe(key);
});

it("quotes aliases and traps the same way, whatever the text", () => {
  expect(quoteSingle("a\n'b'")).toBe("'a\n'\\''b'\\'''");
});

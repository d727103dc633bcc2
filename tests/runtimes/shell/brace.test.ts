import { describe, expect, it } from "vitest";
import { BraceExpansionTooLarge, expandBraces } from "../../../runtimes/shell/brace.ts";

describe("brace expansion, as bash 5.2 does it", () => {
  const cases: [text: string, expected: string][] = [
    ["a{b,c}d", "abd acd"],
    ["{a,b}{c,d}", "ac ad bc bd"],
    ["a{b,c{d,e}f}g", "abg acdfg acefg"],
    ["{{a,b},c}", "a b c"],
    ["x{,}", "x x"],
    ["{,a}", " a"],
    ["{a,b", "{a,b"],
    ["a{b{c,d}", "a{bc a{bd"],
    ["{a}", "{a}"],
    ["{a{b,c}}", "{ab} {ac}"],
    ["{a,{b,c}", "{a,b {a,c"],
    ["{a,b}}", "a} b}"],
    ["}{a,b}", "}a }b"],
    ["{}{a,b}", "{}a {}b"],
    ["{{},b}", "{} b"],
    ["{}a,b}", "{}a,b}"],
    ["{a,b}{1}", "a{1} b{1}"],
    ["{1..5}", "1 2 3 4 5"],
    ["{5..1..2}", "5 3 1"],
    ["{1..10..3}", "1 4 7 10"],
    ["{1..3..-1}", "1 2 3"],
    ["{1..3..0}", "1 2 3"],
    ["{08..10}", "08 09 10"],
    ["{-05..-3}", "-05 -04 -03"],
    ["{-1..01}", "-1 00 01"],
    ["{a..e..2}", "a c e"],
    ["{e..a..-2}", "e c a"],
    ["{Z..b}", "Z [ '' ] ^ _ \\` a b"],
    ["{a..3}", "{a..3}"],
    ["{aa..b}", "{aa..b}"],
    ["{1..2..x}", "{1..2..x}"],
    ["{1...3}", "{1...3}"],
    ["{9223372036854775806..9223372036854775807}", "9223372036854775806 9223372036854775807"],
    ["{1..99999999999999999999}", "{1..99999999999999999999}"],
    ["{1..3,x}", "1..3 x"],
    ["{{1..3},x}", "1 2 3 x"],
    ['{"a,b",c}', '"a,b" c'],
    ["{'}',\"{\"}", "'}' \"{\""],
    ["{a\\,b,c}", "a\\,b c"],
    ["\\{a,b}", "\\{a,b}"],
    ["{a,b\\}}", "a b\\}"],
    ['"{a,b}"', '"{a,b}"'],
    ["${x}{a,b}", "${x}a ${x}b"],
    ["${x,,}{a,b}", "${x,,}a ${x,,}b"],
    ["{a,${x-{b,c}}}", "a ${x-{b,c}}"],
    ["{a,$(echo b,c ')')}", "a $(echo b,c ')')"],
    ["{a,`echo b,c`}", "a `echo b,c`"],
    ["$(echo {a,b}){c,d}", "$(echo {a,b})c $(echo {a,b})d"],
    ['"$(echo "}")"{a,b}', '"$(echo "}")"a "$(echo "}")"b'],
    ["$'\\'{a,b}'{c,d}", "$'\\'{a,b}'c $'\\'{a,b}'d"],
    ["<(echo {a,b}){c,d}", "<(echo {a,b})c <(echo {a,b})d"],
  ];
  it.each(cases)("%s", (text, expected) => {
    expect(expandBraces(text).join(" ")).toBe(expected);
  });

  it("counts a long sequence and refuses one that would fill memory", () => {
    expect(expandBraces("{1..100000}")).toHaveLength(100_000);
    expect(() => expandBraces("{1..1000000000}")).toThrow(BraceExpansionTooLarge);
    expect(() => expandBraces("{a,b}".repeat(40))).toThrow(/failed to allocate memory/);
  });

  it("takes hostile nesting", () => {
    const open = "{".repeat(200_000);
    expect(expandBraces(`${open}}`)).toHaveLength(1);
    expect(expandBraces(`${"{a,".repeat(100_000)}${"}".repeat(100_000)}`)).toHaveLength(501);
    expect(expandBraces(`${"$(".repeat(100_000)}{a,b}`)).toHaveLength(1);
  });
});

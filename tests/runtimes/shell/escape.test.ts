import { describe, expect, it } from "vitest";
import { decodeAnsiC, type EscapeStyle, unescapeText } from "../../../runtimes/shell/escape.ts";

describe("backslash escapes, as bash 5.2 reads them", () => {
  const styles: EscapeStyle[] = ["echo", "percent-b", "printf", "ansi-c"];
  const cases: [source: string, echo: string, percentB: string, printf: string, ansiC: string][] = [
    ["\\a\\b\\e\\E\\f\\n\\r\\t\\v\\\\", ...four("\x07\b\x1b\x1b\f\n\r\t\v\\")],
    ["\\101", "\\101", "A", "A", "A"],
    ["\\0101", "A", "A", "\b1", "\b1"],
    ["\\377", "\\377", "\udcff", "\udcff", "\udcff"],
    ["\\x41\\x4g\\xff", ...four("A\x04g\udcff")],
    ["\\xg", ...four("\\xg")],
    ["\\x{41}", "\\x{41}", "\\x{41}", "\\x{41}", "A"],
    ["\\ue9\\u20ac\\U1f600", ...four("é€\u{1f600}")],
    ["\\uD800", ...four("\udced\udca0\udc80")],
    ["\\U110000", ...four("\udcf4\udc90\udc80\udc80")],
    ["\\Uffffffff", ...four("")],
    ["\\xc3\\xa9\\xc3", ...four("é\udcc3")],
    ["\\q\\8", ...four("\\q\\8")],
    ["\\'\\\"\\?", "\\'\\\"\\?", "\\'\\\"\\?", "'\"?", "'\"?"],
    ["\\cA\\c?\\c\\\\", "", "", "\\cA\\c?\\c\\", "\x01\x7f\x1c"],
    ["a\\", ...four("a\\")],
  ];
  it.each(cases)("%j", (source, ...expected) => {
    expect(styles.map((style) => unescapeText(source, style).text)).toEqual(expected);
  });

  it("tells that \\c ends the output", () => {
    expect(unescapeText("a\\cb", "echo")).toMatchObject({ text: "a", stopped: true });
    expect(unescapeText("a\\cb", "printf")).toMatchObject({ stopped: false });
  });

  it("ends the value of $'..' at a NUL", () => {
    expect(decodeAnsiC("a\\0b")).toBe("a");
    expect(decodeAnsiC("a\\x00b")).toBe("a");
  });

  it("warns of a missing digit", () => {
    expect(unescapeText("\\x\\u", "printf").warnings).toEqual([
      "missing hex digit for \\x",
      "missing unicode digit for \\u",
    ]);
  });
});

function four(text: string): [string, string, string, string] {
  return [text, text, text, text];
}

import { describe, expect, it } from "vitest";
import { formatPrintf, type PrintfHost } from "../../../runtimes/shell/printf.ts";

/** Output, `~`, status, and each message behind a `!`. */
function print(format: string, ...args: string[]): string {
  const messages: string[] = [];
  const host: PrintfHost = {
    warn: (message) => messages.push(message),
    now: () => 86_400,
    startTime: () => 0,
    zone: () => "UTC",
    assign: (name, value) => {
      if (/^[A-Za-z_]/.test(name)) return messages.push(`${name}=${value}`) > 0;
      messages.push(`\`${name}': not a valid identifier`);
      return false;
    },
  };
  const { output, status } = formatPrintf(format, args, host);
  return `${output}~${status}${messages.map((message) => `!${message}`).join("")}`;
}

describe("printf, as bash 5.2 formats", () => {
  const cases: [args: [string, ...string[]], expected: string][] = [
    [["%s %s\\n", "a", "b", "c"], "a b\nc \n~0"],
    [["x", "a", "b"], "x~0"],
    [["%s"], "~0"],
    [["%5s|%-5s|%.2s|%5.2s|", "é", "ab", "abc", "abc"], "   é|ab   |ab|   ab|~0"],
    [["%.1s", "é"], "\udcc3~0"],
    [["%c%c", "abc", ""], "a\0~0"],
    [["%d %i", "12", "-7"], "12 -7~0"],
    [["%d", "12abc"], "12~1!12abc: invalid number"],
    [["%d", "12 "], "12~1!12 : invalid number"],
    [["%d", "08"], "0~1!08: invalid octal number"],
    [["%d", "0x"], "0~1!0x: invalid hex number"],
    [["%d %d %d", "0x1f", "010", " 5"], "31 8 5~0"],
    [["%d %d", "'a", '"é'], "97 233~0"],
    [
      ["%d", "99999999999999999999"],
      `9223372036854775807~0!warning: ${"9".repeat(20)}: Numerical result out of range`,
    ],
    [["%u %x %X %o", "-1", "255", "255", "8"], "18446744073709551615 ff FF 10~0"],
    [["%#x %#o %#x %+d % d", "255", "8", "0", "5", "5"], "0xff 010 0 +5  5~0"],
    [["%05d|%-5d|%.3d|%5.3d|%.0d|", "-5", "5", "5", "5", "0"], "-0005|5    |005|  005||~0"],
    [["%*d|%-*d|%.*f|", "5", "3", "4", "3", "2", "3.14159"], "    3|3   |3.14|~0"],
    [["%*d|%.*d|", "-5", "3", "-1", "3"], "3    |3|~0"],
    [["%ld %hhd %zd", "1", "300", "3"], "1 300 3~0"],
    [["%f %.2f %.0f %.0f", "1", "2.675", "0.5", "1.5"], "1.000000 2.67 0 2~0"],
    [["%.20f", "0.1"], "0.10000000000000000000~0"],
    [
      ["%e %g %g %g", "12345.678", "12345.678", "1234567", "0.00001"],
      "1.234568e+04 12345.7 1.23457e+06 1e-05~0",
    ],
    [["%.25g", "0.1"], "0.1000000000000000000013553~0"],
    [
      ["%a %a %A %.3a", "1", "0.1", "255", "1.999"],
      "0x8p-3 0xc.ccccccccccccccdp-7 0XF.FP+4 0xf.fdfp-3~0",
    ],
    [["%f %F %010f|", "inf", "nan", "-inf"], "inf NAN       -inf|~0"],
    [["%010.2f|%+g|%#g|% e", "-3.14159", "1", "1", "1"], "-000003.14|+1|1.00000| 1.000000e+00~0"],
    [["%f", "0x1.8p1"], "3.000000~0"],
    [["%f", "1e"], "1.000000~1!1e: invalid number"],
    [["%g", "1e5000"], "inf~0!warning: 1e5000: Numerical result out of range"],
    [["%f", "123456789012345678901234567890"], "123456789012345678899921813504.000000~0"],
    [["%b|%5b|%.2b|", "a\\nb", "a\\tb", "abc"], "a\nb|  a\tb|ab|~0"],
    [["%b%s", "x\\cy", "z"], "x~0"],
    [["%q %q %Q %.3q %.2Q", "a b", "", "a b", "a bcd", "a b"], "a\\ b '' a\\ b a\\  a\\ ~0"],
    [
      ["%(%Y-%m-%d)T %(%s)T %(%s)T|%10(%Y)T", "0", "-1", "-2", "0"],
      "1970-01-01 86400 0|      1970~0",
    ],
    [["%(%F)T"], "1970-01-02~0"],
    [["%(a(b)c)T", "0"], "a(b)c~0"],
    [
      ["%(%Y)d", "0"],
      "%(~1!warning: `d': invalid time format specification!`Y': invalid format character",
    ],
    [["abé%n", "x"], "abé~0!x=4"],
    [["abc%n-", "1x"], "abc~1!`1x': not a valid identifier"],
    [["a%"], "a~1!`%': missing format character"],
    [["%5"], "~1!`%5': missing format character"],
    [["a%yb", "x"], "a~1!`y': invalid format character"],
    [["%1$s", "a"], "~1!`$': invalid format character"],
    [["\\x41\\101\\u00e9\\xc3\\xa9\\045d%%"], "AAéé%d%~0"],
    [["a\\xz"], "a\\xz~0!missing hex digit for \\x"],
    [["%999999999d", "1"], "~1!field too wide: Cannot allocate memory"],
  ];
  it.each(cases)("%j", (args, expected) => {
    expect(print(...args)).toBe(expected);
  });
});

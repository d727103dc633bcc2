import { beforeEach, describe, expect, it } from "vitest";
import {
  ArithmeticError,
  type ArithmeticVariables,
  evaluateArithmetic,
} from "../../../runtimes/shell/arithmetic.ts";

class Variables implements ArithmeticVariables {
  readonly scalars = new Map(
    Object.entries({ x: "5", y: "x", z: "x+1", bad: "1+", r: "rec", rec: "r", s: "a b", none: "" }),
  );
  readonly a = ["1", "2", "3"];
  readonly m = new Map([["k", "7"]]);

  read(name: string) {
    return name === "a" ? this.a[0] : this.scalars.get(name);
  }
  write(name: string, value: string) {
    if (name === "a") this.a[0] = value;
    else this.scalars.set(name, value);
  }
  isAssociative(name: string) {
    return name === "m";
  }
  readElement(name: string, key: number | bigint | string) {
    return name === "m" ? this.m.get(String(key)) : this.a.at(Number(key));
  }
  writeElement(name: string, key: number | bigint | string, value: string) {
    if (name === "m") this.m.set(String(key), value);
    else this.a[Number(key)] = value;
  }
}

let variables: Variables;
beforeEach(() => {
  variables = new Variables();
});

describe("arithmetic, as bash 5.2 evaluates it", () => {
  const values: [expression: string, expected: string][] = [
    ["", "0"],
    [" 1 + 2 * 3 ", "7"],
    ["(1 + 2) * 3", "9"],
    ["2**3**2", "512"],
    ["-2**2", "4"],
    ["7/2, -7/2, -7%3", "-1"],
    ["-7/2", "-3"],
    ["1--1", "2"],
    ["1++1", "2"],
    ["++5", "5"],
    ["- -x", "5"],
    ["x---1", "4"],
    ["+++x", "6"],
    ["~x", "-6"],
    ["!x", "0"],
    ["1 == 1 == 1", "1"],
    ["3 > 2 > 1", "0"],
    ["1 && 2 || 0", "1"],
    ["0 && 1/0", "0"],
    ["1 || 1/0", "1"],
    ["1 ? 2 : 1/0", "2"],
    ["1 ? 0 ? 2 : 3 : 4", "3"],
    ["x ? y = 3 : 4", "3"],
    ["5 & 3 | 8 ^ 1", "9"],
    ["6 & 4294967298", "2"],
    ["9223372036854775807 ^ 1", "9223372036854775806"],
    ["0x1F + 017 + 2#101 + 16#ff + 36#Zz", "1601"],
    ["64#@_", "4031"],
    ["0x", "0"],
    ["9223372036854775807 + 1", "-9223372036854775808"],
    ["9223372036854775808", "-9223372036854775808"],
    ["18446744073709551616", "0"],
    ["-9223372036854775808 / -1", "-9223372036854775808"],
    ["3037000500 * 3037000500", "-9223372036709301616"],
    ["2**63", "-9223372036854775808"],
    ["1 << 63", "-9223372036854775808"],
    ["1 << 64", "1"],
    ["-1 >> 1", "-1"],
    ["y", "5"],
    ["z * 2", "12"],
    ["nope + none", "0"],
    ["a", "1"],
    ["a[1] + a[x - 3]", "5"],
    ["a[-1]", "3"],
    ["a[a[0]]", "2"],
    ["m[k] + m[no]", "7"],
    ["a[0]++ + ++a[0]", "4"],
    ["x+=2, x-=1, x*=3, x/=2, x%=5, x<<=2, x>>=1, x&=7, x^=3, x|=8", "11"],
    ["x = y = 3", "3"],
    ["m[k] += 3, m[k]", "10"],
    [`${"1+".repeat(20_000)}1`, "20001"],
  ];
  it.each(values)("%s is %s", (expression, expected) => {
    expect(String(evaluateArithmetic(expression, variables))).toBe(expected);
  });

  const errors: [expression: string, message: string][] = [
    ["1+ ", '1+ : syntax error: operand expected (error token is "+ ")'],
    [" 1 2 ", '1 2 : syntax error in expression (error token is "2 ")'],
    ["1+*2", '1+*2: syntax error: operand expected (error token is "*2")'],
    ["1 ? 2", '1 ? 2: `:\' expected for conditional expression (error token is "2")'],
    ["1 ?: 2", '1 ?: 2: expression expected (error token is ": 2")'],
    ["5=3", '5=3: attempted assignment to non-variable (error token is "=3")'],
    ["(x)=3", '(x)=3: attempted assignment to non-variable (error token is "=3")'],
    ["1 ? x=3 : x=4", '1 ? x=3 : x=4: attempted assignment to non-variable (error token is "=4")'],
    ["x++5", 'x++5: syntax error in expression (error token is "5")'],
    ["--y--", '--y--: --: assignment requires lvalue (error token is "--")'],
    ["1 + 08 + 3", '1 + 08: value too great for base (error token is "08")'],
    ["2#102", '2#102: value too great for base (error token is "2#102")'],
    ["65#1", '65#1: invalid arithmetic base (error token is "65#1")'],
    ["10#", '10#: invalid integer constant (error token is "10#")'],
    ["0#1", '0#1: invalid number (error token is "0#1")'],
    ["1.5", '1.5: syntax error: invalid arithmetic operator (error token is ".5")'],
    ["@", '@: syntax error: operand expected (error token is "@")'],
    ["1/0 + 5", '1/0 + 5: division by 0 (error token is "0 + 5")'],
    ["x %= 0", 'x %= 0: division by 0 (error token is "0")'],
    ["2**-1", '2**-1: exponent less than 0 (error token is "1")'],
    ["a[", 'a[: bad array subscript (error token is "a[")'],
    ["(1", '(1: missing `)\' (error token is "1")'],
    ["bad", '1+: syntax error: operand expected (error token is "+")'],
    ["s", 'a b: syntax error in expression (error token is "b")'],
    ["r", 'rec: expression recursion level exceeded (error token is "rec")'],
  ];
  it.each(errors)("%s fails", (expression, message) => {
    expect(() => evaluateArithmetic(expression, variables)).toThrow(
      new ArithmeticError("", message, undefined),
    );
  });

  it("assigns once, and not in the branch that is not taken", () => {
    evaluateArithmetic("0 && (x = 9), 1 || y++, a[x = 1]++", variables);
    expect(variables.scalars.get("x")).toBe("1");
    expect(variables.scalars.get("y")).toBe("x");
    expect(variables.a).toEqual(["1", "3", "3"]);
  });

  it("survives hostile nesting", () => {
    const deep = `${"(".repeat(100_000)}1${")".repeat(100_000)}`;
    expect(() => evaluateArithmetic(deep, variables)).toThrow(/recursion level exceeded/);
    expect(() => evaluateArithmetic("- ".repeat(100_000), variables)).toThrow(ArithmeticError);
    variables.scalars.set("v", `${"(".repeat(400)}v+1${")".repeat(400)}`);
    expect(() => evaluateArithmetic("v", variables)).toThrow(/recursion level exceeded/);
  });
});

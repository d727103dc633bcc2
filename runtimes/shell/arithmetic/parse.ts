/**
 * Parser of bash arithmetic: text in, a tree that can be evaluated many times out. Pure.
 *
 * The text is what is left after word expansion, so there are no `$` and no quotes to see here.
 * Errors are worded as bash words them, with the "error token" that its recursive-descent scanner
 * would hold at that moment: the start of the last token read.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Shell-Arithmetic.html
 */
import { type Integer, wrap } from "./integers.ts";

export type BinaryOperator =
  | "**"
  | "*"
  | "/"
  | "%"
  | "+"
  | "-"
  | "<<"
  | ">>"
  | "<"
  | "<="
  | ">"
  | ">="
  | "=="
  | "!="
  | "&"
  | "^"
  | "|";
export type UnaryOperator = "!" | "~" | "-" | "+";

/** A variable or an array element; the subscript is text because only the variable knows its kind. */
export interface VariableNode {
  readonly kind: "variable";
  readonly name: string;
  readonly subscript: string | undefined;
  /** Where its token begins: for errors of its evaluation. */
  readonly position: number;
}

export type ArithmeticNode =
  | { readonly kind: "number"; readonly value: Integer }
  | VariableNode
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: ArithmeticNode }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: ArithmeticNode;
      readonly right: ArithmeticNode;
      /** Error token of a division by zero or a negative exponent. */
      readonly position: number;
    }
  | { readonly kind: "and"; readonly left: ArithmeticNode; readonly right: ArithmeticNode }
  | { readonly kind: "or"; readonly left: ArithmeticNode; readonly right: ArithmeticNode }
  | {
      readonly kind: "condition";
      readonly test: ArithmeticNode;
      readonly yes: ArithmeticNode;
      readonly no: ArithmeticNode;
    }
  | {
      readonly kind: "assign";
      readonly target: VariableNode;
      /** The operator of `+=` and its like; undefined for `=`. */
      readonly operator: BinaryOperator | undefined;
      readonly value: ArithmeticNode;
      readonly position: number;
    }
  | {
      readonly kind: "step";
      readonly target: VariableNode;
      readonly by: 1 | -1;
      readonly prefix: boolean;
    }
  | { readonly kind: "comma"; readonly left: ArithmeticNode; readonly right: ArithmeticNode };

/** What went wrong, worded without the shell's name and the command before it. */
export class ArithmeticError extends Error {
  /** `token` is undefined for the few messages that name none. */
  constructor(expression: string, message: string, token: string | undefined) {
    const shown = expression.trimStart();
    super(token === undefined ? message : `${shown}: ${message} (error token is "${token}")`);
  }
}

/** The tree of `source`; undefined when it is blank, which evaluates to 0. */
export function parseArithmetic(source: string): ArithmeticNode | undefined {
  return new Parser(source).parse();
}

/** The value of an integer constant: `42`, `0x2a`, `052`, `2#101010`. */
export function parseInteger(text: string, source = text): Integer {
  const fail = (message: string): never => {
    throw new ArithmeticError(source, message, text);
  };
  const hash = text.indexOf("#");
  let base = 10;
  let digits = text;
  if (hash >= 0) {
    const prefix = text.slice(0, hash);
    if (/^0/u.test(prefix)) return fail("invalid number");
    base = /^[0-9]+$/u.test(prefix) ? Number(prefix) : Number.NaN;
    if (Number.isNaN(base)) return fail("value too great for base");
    if (base < 2 || base > 64) return fail("invalid arithmetic base");
    digits = text.slice(hash + 1);
    if (digits === "") return fail("invalid integer constant");
  } else if (/^0[xX]/u.test(text)) {
    base = 16;
    digits = text.slice(2);
  } else if (text.length > 1 && text.startsWith("0")) {
    base = 8;
    digits = text.slice(1);
  }
  const value = readDigits(digits, base);
  if (value === undefined)
    return fail(digits.includes("#") ? "invalid number" : "value too great for base");
  return value;
}

function readDigits(digits: string, base: number): Integer | undefined {
  let small = 0;
  let big: bigint | undefined;
  for (let index = 0; index < digits.length; index++) {
    const digit = digitValue(digits.charCodeAt(index), base);
    if (digit >= base) return undefined;
    if (big === undefined) {
      const next = small * base + digit;
      if (Number.isSafeInteger(next)) {
        small = next;
        continue;
      }
      big = BigInt(small);
    }
    big = BigInt.asIntN(64, big * BigInt(base) + BigInt(digit));
  }
  return big === undefined ? small : wrap(big);
}

/** Up to base 36 case does not matter; beyond, lower case comes first, then `@` and `_`. */
function digitValue(code: number, base: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 10;
  if (code >= 0x41 && code <= 0x5a) return code - 0x41 + (base <= 36 ? 10 : 36);
  if (code === 0x40) return 62;
  return code === 0x5f ? 63 : Number.POSITIVE_INFINITY;
}

/** How tightly the left-associative operators bind. */
const LEVELS: ReadonlyMap<string, number> = new Map(
  ["||", "&&", "|", "^", "&", "== !=", "<= >= < >", "<< >>", "+ -", "* / %"].flatMap(
    (operators, index) => operators.split(" ").map((operator) => [operator, index + 1] as const),
  ),
);

const OPERATORS =
  /<<=|>>=|\*\*|\+=|-=|\*=|\/=|%=|&=|\^=|\|=|==|!=|<=|>=|&&|\|\||<<|>>|[-+*/%<>=!~&^|?:,()]/uy;
const ASSIGNMENT = /^(?:<<|>>|[-+*/%&^|])?=$/u;

/** Levels of parentheses, signs and assignments; bounds the stack that a hostile text can use. */
const MAX_DEPTH = 500;

interface Token {
  readonly kind: "end" | "number" | "variable" | "operator";
  readonly text: string;
  readonly value: Integer;
  readonly subscript: string | undefined;
}

const END: Token = { kind: "end", text: "", value: 0, subscript: undefined };

class Parser {
  readonly #source: string;
  /** Where scanning goes on. */
  #next = 0;
  /** Start of the last token read: what bash calls the error token. */
  #errorStart = 0;
  #token: Token = END;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): ArithmeticNode | undefined {
    this.#advance();
    if (this.#atEnd()) return undefined;
    const node = this.#comma();
    if (!this.#atEnd()) this.#fail("syntax error in expression");
    return node;
  }

  #comma(): ArithmeticNode {
    let left = this.#assignment();
    while (this.#accept(",")) left = { kind: "comma", left, right: this.#assignment() };
    return left;
  }

  #assignment(): ArithmeticNode {
    if (++this.#depth > MAX_DEPTH) this.#fail("expression recursion level exceeded");
    const left = this.#condition();
    const { kind, text } = this.#token;
    this.#depth--;
    if (kind !== "operator" || !ASSIGNMENT.test(text)) return left;
    if (left.kind !== "variable") return this.#fail("attempted assignment to non-variable");
    this.#advance();
    const position = this.#errorStart;
    const value = this.#assignment();
    const operator = text === "=" ? undefined : (text.slice(0, -1) as BinaryOperator);
    return { kind: "assign", target: left, operator, value, position };
  }

  #condition(): ArithmeticNode {
    const test = this.#binary(1);
    if (!this.#accept("?")) return test;
    if (this.#atEnd() || this.#isOperator(":")) this.#fail("expression expected");
    const yes = this.#comma();
    if (!this.#isOperator(":")) this.#fail("`:' expected for conditional expression");
    this.#advance();
    if (this.#atEnd()) this.#fail("expression expected");
    return { kind: "condition", test, yes, no: this.#notAssignable(this.#condition()) };
  }

  /** Parentheses and `? :` give a value, never a variable to assign to. */
  #notAssignable(node: ArithmeticNode): ArithmeticNode {
    return node.kind === "variable" ? { kind: "unary", operator: "+", operand: node } : node;
  }

  /** Precedence climbing: reads operators that bind at least as tightly as `minimum`. */
  #binary(minimum: number): ArithmeticNode {
    let left = this.#power();
    for (;;) {
      const { kind, text } = this.#token;
      const level = kind === "operator" ? (LEVELS.get(text) ?? 0) : 0;
      if (level < minimum || level === 0) return left;
      this.#advance();
      const position = this.#errorStart;
      const right = this.#binary(level + 1);
      if (text === "||") left = { kind: "or", left, right };
      else if (text === "&&") left = { kind: "and", left, right };
      else left = { kind: "binary", operator: text as BinaryOperator, left, right, position };
    }
  }

  #power(): ArithmeticNode {
    const left = this.#unary();
    if (!this.#accept("**")) return left;
    const right = this.#power();
    return { kind: "binary", operator: "**", left, right, position: this.#errorStart };
  }

  #unary(): ArithmeticNode {
    const { kind, text } = this.#token;
    if (kind !== "operator") return this.#operand();
    if (text === "++" || text === "--") return this.#prefixStep(text);
    if (text !== "!" && text !== "~" && text !== "-" && text !== "+") return this.#operand();
    if (++this.#depth > MAX_DEPTH) this.#fail("expression recursion level exceeded");
    this.#advance();
    const operand = this.#unary();
    this.#depth--;
    return { kind: "unary", operator: text, operand };
  }

  #prefixStep(sign: "++" | "--"): ArithmeticNode {
    this.#advance();
    const target = this.#variable();
    if (this.#isOperator("++") || this.#isOperator("--")) {
      this.#fail(`${this.#token.text}: assignment requires lvalue`);
    }
    return { kind: "step", target, by: sign === "++" ? 1 : -1, prefix: true };
  }

  #operand(): ArithmeticNode {
    const { kind, value } = this.#token;
    if (kind === "number") {
      this.#advance();
      return { kind: "number", value };
    }
    if (kind === "variable") {
      const target = this.#variable();
      if (!this.#isOperator("++") && !this.#isOperator("--")) return target;
      const by = this.#token.text === "++" ? 1 : -1;
      this.#advance();
      return { kind: "step", target, by, prefix: false };
    }
    if (!this.#accept("(")) return this.#fail("syntax error: operand expected");
    const inner = this.#comma();
    if (!this.#isOperator(")")) this.#fail("missing `)'");
    this.#advance();
    return this.#notAssignable(inner);
  }

  #variable(): VariableNode {
    const { text, subscript } = this.#token;
    const position = this.#errorStart;
    this.#advance();
    return { kind: "variable", name: text, subscript, position };
  }

  #atEnd(): boolean {
    return this.#token.kind === "end";
  }

  #isOperator(text: string): boolean {
    return this.#token.kind === "operator" && this.#token.text === text;
  }

  #accept(text: string): boolean {
    if (!this.#isOperator(text)) return false;
    this.#advance();
    return true;
  }

  #advance(): void {
    const source = this.#source;
    const previous = this.#token;
    while (this.#next < source.length && " \t\n".includes(source[this.#next] as string))
      this.#next++;
    if (this.#next >= source.length) {
      this.#token = END;
      return;
    }
    const start = this.#next;
    this.#errorStart = start;
    const name = matchAt(/[A-Za-z_]\w*/y, source, start);
    if (name !== undefined) {
      this.#next = start + name.length;
      const subscript = source[this.#next] === "[" ? this.#subscript() : undefined;
      this.#token = { kind: "variable", text: name, value: 0, subscript };
      return;
    }
    const number = matchAt(/[0-9][\w#@]*/y, source, start);
    if (number !== undefined) {
      this.#next = start + number.length;
      const value = parseInteger(number, source.slice(0, this.#next));
      this.#token = { kind: "number", text: number, value, subscript: undefined };
      return;
    }
    const operator = this.#step(previous) ?? matchAt(OPERATORS, source, start);
    if (operator === undefined) this.#unknown(previous);
    else {
      this.#next = start + operator.length;
      this.#token = { kind: "operator", text: operator, value: 0, subscript: undefined };
    }
  }

  /** `++` and `--` are one token behind a variable, or where a name follows; else two signs. */
  #step(previous: Token): string | undefined {
    const step = matchAt(/\+\+|--/y, this.#source, this.#next);
    if (step === undefined || previous.kind === "variable") return step;
    return matchAt(/(?:\+\+|--)(?=\s*[A-Za-z_])/y, this.#source, this.#next);
  }

  #unknown(previous: Token): never {
    const afterOperand =
      previous.kind === "number" || previous.kind === "variable" || previous.text === ")";
    return this.#fail(
      afterOperand ? "syntax error: invalid arithmetic operator" : "syntax error: operand expected",
    );
  }

  /** Reads `[...]` at the scan position and returns what is between the brackets. */
  #subscript(): string {
    const start = this.#next + 1;
    const end = findSubscriptEnd(this.#source, start);
    if (end < 0) return this.#fail("bad array subscript");
    this.#next = end + 1;
    return this.#source.slice(start, end);
  }

  #fail(message: string): never {
    throw new ArithmeticError(this.#source, message, this.#source.slice(this.#errorStart));
  }
}

/** Index of the `]` that closes a subscript whose text begins at `start`, or -1. */
export function findSubscriptEnd(source: string, start: number): number {
  let depth = 1;
  for (let index = start; index < source.length; index++) {
    switch (source[index]) {
      case "\\":
        index++;
        break;
      case "'":
      case '"': {
        const close = source.indexOf(source[index] as string, index + 1);
        if (close > 0) index = close;
        break;
      }
      case "[":
        depth++;
        break;
      case "]":
        if (--depth === 0) return index;
        break;
    }
  }
  return -1;
}

function matchAt(pattern: RegExp, source: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(source)?.[0];
}

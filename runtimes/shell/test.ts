/**
 * `test` and `[`: the rules of POSIX for up to four arguments, bash's grammar beyond. What asks the
 * machine or the shell goes through `TestHost`, which may answer with promises.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/test.html
 * @see https://www.gnu.org/software/bash/manual/html_node/Bash-Conditional-Expressions.html
 */
import { compareBytes } from "./compare.ts";
import { ShellError } from "./errors.ts";
import { parseDecimal } from "./numbers.ts";
import { chain, drive, type MaybePromise, type Task } from "./task.ts";

export interface TestHost {
  /** `-e -f -d ...` on a path, and `-t` on a descriptor's number. */
  testFile(operator: string, path: string): MaybePromise<boolean>;
  /** `-nt -ot -ef` */
  compareFiles(operator: string, left: string, right: string): MaybePromise<boolean>;
  /** `-v -R -o` */
  testShell(operator: string, name: string): boolean;
}

/** The value of the expression; throws ShellError with status 2 for what is none. */
export function evaluateTest(args: readonly string[], host: TestHost): MaybePromise<boolean> {
  const [first = "", second = "", third = "", fourth = ""] = args;
  switch (args.length) {
    case 0:
      return false;
    case 1:
      return first !== "";
    case 2:
      return testTwo(first, second, host);
    case 3:
      return testThree(first, second, third, host);
    case 4:
      if (first === "!") return chain(testThree(second, third, fourth, host), not);
      if (first === "(" && fourth === ")") return testTwo(second, third, host);
  }
  return drive(new TestParser(args, host).parse());
}

export function isBinaryOperator(text: string): boolean {
  return STRING_OPERATORS.has(text) || INTEGER_OPERATORS.has(text) || FILE_COMPARISONS.has(text);
}

export function isUnaryOperator(text: string): boolean {
  return text.length === 2 && /^-[abcdefghknoprstuvwxzGLNORS]$/u.test(text);
}

/** One primary with an operator before its operand; shared with `[[`. */
export function testUnary(
  operator: string,
  operand: string,
  host: TestHost,
): MaybePromise<boolean> {
  switch (operator) {
    case "-n":
      return operand !== "";
    case "-z":
      return operand === "";
    case "-v":
    case "-R":
    case "-o":
      return host.testShell(operator, operand);
    default:
      return host.testFile(operator, operand);
  }
}

/** `= == != < >` on strings, by their bytes. */
export function compareStrings(operator: string, left: string, right: string): boolean {
  switch (operator) {
    case "<":
      return compareBytes(left, right) < 0;
    case ">":
      return compareBytes(left, right) > 0;
    case "!=":
      return left !== right;
    default:
      return left === right;
  }
}

/** `-eq` and its like. */
export function compareIntegers<T extends number | bigint>(
  operator: string,
  left: T,
  right: T,
): boolean {
  switch (operator) {
    case "-eq":
      return left === right;
    case "-ne":
      return left !== right;
    case "-lt":
      return left < right;
    case "-le":
      return left <= right;
    case "-gt":
      return left > right;
    default:
      return left >= right;
  }
}

const STRING_OPERATORS = new Set(["=", "==", "!=", "<", ">"]);
const INTEGER_OPERATORS = new Set(["-eq", "-ne", "-lt", "-le", "-gt", "-ge"]);
const FILE_COMPARISONS = new Set(["-nt", "-ot", "-ef"]);

function not(value: boolean): boolean {
  return !value;
}

function fail(message: string): never {
  throw new ShellError(message, 2);
}

function testTwo(first: string, second: string, host: TestHost): MaybePromise<boolean> {
  if (first === "!") return second === "";
  if (isUnaryOperator(first)) return testUnary(first, second, host);
  return fail(`${first}: unary operator expected`);
}

function testThree(
  first: string,
  operator: string,
  third: string,
  host: TestHost,
): MaybePromise<boolean> {
  if (isBinaryOperator(operator)) return testBinary(first, operator, third, host);
  if (operator === "-a") return first !== "" && third !== "";
  if (operator === "-o") return first !== "" || third !== "";
  if (first === "!") return chain(testTwo(operator, third, host), not);
  if (first === "(" && third === ")") return operator !== "";
  return fail(`${operator}: binary operator expected`);
}

function testBinary(
  left: string,
  operator: string,
  right: string,
  host: TestHost,
): MaybePromise<boolean> {
  if (STRING_OPERATORS.has(operator)) return compareStrings(operator, left, right);
  if (FILE_COMPARISONS.has(operator)) return host.compareFiles(operator, left, right);
  return compareIntegers(operator, integer(left), integer(right));
}

function integer(text: string): bigint {
  return parseDecimal(text) ?? fail(`${text}: integer expression expected`);
}

/** Recursive descent over five and more arguments; both sides of `-a` and `-o` are always evaluated. */
class TestParser {
  readonly #args: readonly string[];
  readonly #host: TestHost;
  #next = 0;
  #depth = 0;

  constructor(args: readonly string[], host: TestHost) {
    this.#args = args;
    this.#host = host;
  }

  *parse(): Task<boolean> {
    const value = yield* this.#or();
    if (this.#next < this.#args.length) fail("too many arguments");
    return value;
  }

  *#or(): Task<boolean> {
    let value = yield* this.#and();
    while (this.#accept("-o")) {
      const right = yield* this.#and();
      value ||= right;
    }
    return value;
  }

  *#and(): Task<boolean> {
    let value = yield* this.#term();
    while (this.#accept("-a")) {
      const right = yield* this.#term();
      value &&= right;
    }
    return value;
  }

  *#term(): Task<boolean> {
    let negated = false;
    while (this.#peek(0) === "!" && this.#next + 1 < this.#args.length) {
      negated = !negated;
      this.#next++;
    }
    const value = yield* this.#primary();
    return value !== negated;
  }

  *#primary(): Task<boolean> {
    const first = this.#peek(0);
    if (first === undefined) return fail("argument expected");
    if (first === "(") return yield* this.#group();
    const operator = this.#peek(1);
    const third = this.#peek(2);
    if (operator !== undefined && third !== undefined && isBinaryOperator(operator)) {
      this.#next += 3;
      const value = testBinary(first, operator, third, this.#host);
      return value instanceof Promise ? yield value : value;
    }
    if (operator !== undefined && isUnaryOperator(first)) {
      this.#next += 2;
      const value = testUnary(first, operator, this.#host);
      return value instanceof Promise ? yield value : value;
    }
    this.#next++;
    return first !== "";
  }

  *#group(): Task<boolean> {
    this.#next++;
    if (++this.#depth > 500) fail("too many arguments");
    const value = yield* this.#or();
    this.#depth--;
    const close = this.#peek(0);
    if (close === undefined) return fail("`)' expected");
    if (close !== ")") return fail(`\`)' expected, found ${close}`);
    this.#next++;
    return value;
  }

  #peek(ahead: number): string | undefined {
    return this.#args[this.#next + ahead];
  }

  #accept(text: string): boolean {
    if (this.#peek(0) !== text) return false;
    this.#next++;
    return true;
  }
}

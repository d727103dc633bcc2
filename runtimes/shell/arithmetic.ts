/**
 * Bash arithmetic: `$((...))`, `((...))`, `let`, subscripts, `${x:offset:length}`, `[[ -eq ]]`.
 * Evaluates expression text over a small variable interface; parses are cached. Pure and synchronous:
 * what needs a process (`$(cmd)`) was expanded before.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Shell-Arithmetic.html
 */
import {
  add,
  bitAnd,
  bitOr,
  bitXor,
  complement,
  divide,
  type Integer,
  multiply,
  negate,
  power,
  remainder,
  shiftLeft,
  shiftRight,
  subtract,
} from "./arithmetic/integers.ts";
import {
  ArithmeticError,
  type ArithmeticNode,
  type BinaryOperator,
  parseArithmetic,
  type VariableNode,
} from "./arithmetic/parse.ts";

export type { Integer } from "./arithmetic/integers.ts";
export { ArithmeticError } from "./arithmetic/parse.ts";

/** The variables that an expression reads and writes. Any method may throw, which ends evaluation. */
export interface ArithmeticVariables {
  /** The scalar value, or that of an array's element 0; undefined when unset. */
  read(name: string): string | undefined;
  write(name: string, value: string): void;
  /** Elements of this variable are found by a string, not by a number. */
  isAssociative(name: string): boolean;
  /**
   * An element. `key` is a number for an indexed array (negative counts from the end) and the text
   * between the brackets for an associative one.
   */
  readElement(name: string, key: Integer | string): string | undefined;
  writeElement(name: string, key: Integer | string, value: string): void;
}

/** Evaluates `expression`; blank text is 0. Throws `ArithmeticError` and what `variables` throws. */
export function evaluateArithmetic(expression: string, variables: ArithmeticVariables): Integer {
  return new Evaluator(variables).evaluate(expression);
}

/** A variable's value may name further variables: this many levels deep. */
const MAX_RECURSION = 1024;
/** Bounds the stack that deep trees in deep recursion use. */
const MAX_NODE_DEPTH = 3000;

const CACHE_SIZE = 512;
const MAX_CACHED_LENGTH = 1024;
const parsed = new Map<string, ArithmeticNode | undefined>();

function parseCached(expression: string): ArithmeticNode | undefined {
  if (expression.length > MAX_CACHED_LENGTH) return parseArithmetic(expression);
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  const node = parseArithmetic(expression);
  if (parsed.size >= CACHE_SIZE) parsed.clear();
  parsed.set(expression, node);
  return node;
}

type BinaryNode = Extract<ArithmeticNode, { kind: "binary" }>;

class Evaluator {
  readonly #variables: ArithmeticVariables;
  #depth = 0;
  #nodeDepth = 0;
  #expression = "";

  constructor(variables: ArithmeticVariables) {
    this.#variables = variables;
  }

  evaluate(expression: string): Integer {
    const outer = this.#expression;
    if (++this.#depth > MAX_RECURSION) this.#tooDeep();
    this.#expression = expression;
    const node = parseCached(expression);
    const value = node === undefined ? 0 : this.#value(node);
    this.#depth--;
    this.#expression = outer;
    return value;
  }

  #value(node: ArithmeticNode): Integer {
    if (++this.#nodeDepth > MAX_NODE_DEPTH) this.#tooDeep();
    const value = this.#dispatch(node);
    this.#nodeDepth--;
    return value;
  }

  #dispatch(node: ArithmeticNode): Integer {
    switch (node.kind) {
      case "number":
        return node.value;
      case "variable":
        return this.#read(node, this.#key(node));
      case "unary": {
        const operand = this.#value(node.operand);
        switch (node.operator) {
          case "-":
            return negate(operand);
          case "!":
            return operand === 0 ? 1 : 0;
          case "~":
            return complement(operand);
          case "+":
            return operand;
        }
        break;
      }
      case "binary":
        return this.#chain(node);
      case "and":
        return this.#value(node.left) !== 0 && this.#value(node.right) !== 0 ? 1 : 0;
      case "or":
        return this.#value(node.left) !== 0 || this.#value(node.right) !== 0 ? 1 : 0;
      case "condition":
        return this.#value(this.#value(node.test) !== 0 ? node.yes : node.no);
      case "assign":
        return this.#assign(node);
      case "step": {
        const key = this.#key(node.target);
        const before = this.#read(node.target, key);
        const after = add(before, node.by);
        this.#write(node.target, key, after);
        return node.prefix ? after : before;
      }
      case "comma":
        this.#value(node.left);
        return this.#value(node.right);
    }
  }

  /** Long sums lean to the left: their spine is walked without recursion. */
  #chain(node: BinaryNode): Integer {
    let leftmost: ArithmeticNode = node.left;
    const spine: BinaryNode[] = [];
    while (leftmost.kind === "binary") {
      spine.push(leftmost);
      leftmost = leftmost.left;
    }
    let value = this.#value(leftmost);
    while (spine.length > 0) {
      const { operator, right, position } = spine.pop() as BinaryNode;
      value = this.#binary(operator, value, this.#value(right), position);
    }
    return this.#binary(node.operator, value, this.#value(node.right), node.position);
  }

  #assign(node: Extract<ArithmeticNode, { kind: "assign" }>): Integer {
    const { target, operator, position } = node;
    if (operator === undefined) {
      const value = this.#value(node.value);
      this.#write(target, this.#key(target), value);
      return value;
    }
    const key = this.#key(target);
    const before = this.#read(target, key);
    const result = this.#binary(operator, before, this.#value(node.value), position);
    this.#write(target, key, result);
    return result;
  }

  #binary(operator: BinaryOperator, a: Integer, b: Integer, position: number): Integer {
    switch (operator) {
      case "+":
        return add(a, b);
      case "-":
        return subtract(a, b);
      case "*":
        return multiply(a, b);
      case "/":
        if (b === 0) this.#fail("division by 0", position);
        return divide(a, b);
      case "%":
        if (b === 0) this.#fail("division by 0", position);
        return remainder(a, b);
      case "**":
        if (b < 0) this.#fail("exponent less than 0", position);
        return power(a, b);
      case "<<":
        return shiftLeft(a, b);
      case ">>":
        return shiftRight(a, b);
      case "<":
        return a < b ? 1 : 0;
      case "<=":
        return a <= b ? 1 : 0;
      case ">":
        return a > b ? 1 : 0;
      case ">=":
        return a >= b ? 1 : 0;
      case "==":
        return a === b ? 1 : 0;
      case "!=":
        return a === b ? 0 : 1;
      case "&":
        return bitAnd(a, b);
      case "^":
        return bitXor(a, b);
      case "|":
        return bitOr(a, b);
    }
  }

  /** Evaluates a subscript, once for each use of its variable. */
  #key(node: VariableNode): Integer | string | undefined {
    if (node.subscript === undefined) return undefined;
    if (this.#variables.isAssociative(node.name)) return node.subscript;
    const text = node.subscript;
    if (text === "" || text === "@" || text === "*") return text;
    return this.evaluate(text);
  }

  #read(node: VariableNode, key: Integer | string | undefined): Integer {
    const text =
      key === undefined
        ? this.#variables.read(node.name)
        : this.#variables.readElement(node.name, key);
    if (text === undefined || text === "") return 0;
    // Plain decimal numbers, by far the most common value, need no parser.
    if (text.length < 16 && /^(?:0|-?[1-9][0-9]*)$/u.test(text)) return Number(text);
    return this.evaluate(text);
  }

  #write(node: VariableNode, key: Integer | string | undefined, value: Integer): void {
    if (key === undefined) this.#variables.write(node.name, String(value));
    else this.#variables.writeElement(node.name, key, String(value));
  }

  #tooDeep(): never {
    this.#fail("expression recursion level exceeded", 0);
  }

  #fail(message: string, position: number): never {
    throw new ArithmeticError(this.#expression, message, this.#expression.slice(position));
  }
}

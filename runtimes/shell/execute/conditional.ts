/**
 * `[[ ... ]]`: operands are neither split nor matched against file names, and only what decides is
 * evaluated.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Bash-Conditional-Expressions.html
 */
import type { TestBinaryExpression, TestCommand, TestExpression } from "unbash";
import { ArithmeticError } from "../arithmetic.ts";
import { IndexedArray } from "../arrays.ts";
import { inLocale } from "../byte-locale.ts";
import { compilePattern } from "../pattern.ts";
import { compileRegex, RegexError } from "../regex.ts";
import { ShellTestHost } from "../shell-test.ts";
import type { Shell } from "../state.ts";
import { chain, drive, type MaybePromise, type Task } from "../task.ts";
import { compareIntegers, compareStrings, testUnary } from "../test.ts";
import { evaluateOrThrow } from "../words/arithmetic-values.ts";
import { compileWord } from "../words/compile.ts";
import { expandPattern, expandRegex, expandTemplate, expandText } from "../words/expand.ts";
import { beforeCommand, settle } from "./control.ts";
import { traceWords } from "./trace.ts";

export function runTest(shell: Shell, node: TestCommand): MaybePromise<number> {
  shell.position = node.pos;
  shell.isLastCommand = false;
  const trap = beforeCommand(shell, node);
  const answer = trap
    ? trap.then(() => drive(evaluate(shell, node.expression)))
    : drive(evaluate(shell, node.expression));
  return chain(answer, (result) =>
    settle(shell, typeof result === "number" ? result : result ? 0 : 1),
  );
}

/** True, false, or the status of an error that was reported. */
type Answer = boolean | 1 | 2;

function* evaluate(shell: Shell, node: TestExpression): Task<Answer> {
  switch (node.type) {
    case "TestGroup":
      return yield* evaluate(shell, node.expression);
    case "TestNot": {
      const answer: Answer = yield* evaluate(shell, node.operand);
      if (typeof answer === "number") return answer;
      return node.negations.length % 2 === 1 ? !answer : answer;
    }
    case "TestLogical": {
      let answer: Answer = node.operator === "&&";
      for (const operand of node.operands) {
        answer = yield* evaluate(shell, operand);
        if (answer !== (node.operator === "&&")) break;
      }
      return answer;
    }
    case "TestUnary": {
      const { operator } = node;
      const expanded = expandText(shell, compileWord(node.operand));
      const operand: string = typeof expanded === "string" ? expanded : yield expanded;
      if (shell.options.xtrace) yield* trace(shell, [operator, operand]);
      const answer = testUnary(operator, operand, new ShellTestHost(shell));
      return typeof answer === "boolean" ? answer : yield answer;
    }
    case "TestBinary":
      return yield* compare(shell, node);
  }
}

function* compare(shell: Shell, node: TestBinaryExpression): Task<Answer> {
  const { operator } = node;
  const left = expandText(shell, compileWord(node.left));
  const value: string = typeof left === "string" ? left : yield left;
  switch (operator) {
    case "==":
    case "=":
    case "!=": {
      const right = expandPattern(shell, compileWord(node.right));
      const source: string = typeof right === "string" ? right : yield right;
      if (shell.options.xtrace) yield* trace(shell, [value, operator, source]);
      const syntax = { extglob: true, ignoreCase: shell.shopt.nocasematch };
      const pattern = compilePattern(inLocale(shell, source), syntax);
      return pattern.matches(inLocale(shell, value)) === (operator !== "!=");
    }
    case "=~": {
      const right = expandRegex(shell, compileWord(node.right));
      const source: string = typeof right === "string" ? right : yield right;
      if (shell.options.xtrace) yield* trace(shell, [value, operator, node.right.text]);
      return matchRegex(shell, value, source);
    }
  }
  const right = expandText(shell, compileWord(node.right));
  const other: string = typeof right === "string" ? right : yield right;
  if (shell.options.xtrace) yield* trace(shell, [value, operator, other]);
  switch (operator) {
    case "<":
    case ">":
      return compareStrings(operator, value, other);
    case "-nt":
    case "-ot":
    case "-ef": {
      const answer = new ShellTestHost(shell).compareFiles(operator, value, other);
      return typeof answer === "boolean" ? answer : yield answer;
    }
    default:
      return yield* compareNumbers(shell, operator, value, other);
  }
}

function* compareNumbers(
  shell: Shell,
  operator: string,
  left: string,
  right: string,
): Task<Answer> {
  try {
    const values: bigint[] = [];
    for (const text of [left, right]) {
      const expanded = expandTemplate(shell, text, "arithmetic");
      const expression: string = typeof expanded === "string" ? expanded : yield expanded;
      values.push(BigInt(evaluateOrThrow(shell, expression)));
    }
    return compareIntegers(operator, values[0] as bigint, values[1] as bigint);
  } catch (error) {
    if (!(error instanceof ArithmeticError)) throw error;
    shell.warn(`[[: ${error.message}`);
    return 1;
  }
}

function matchRegex(shell: Shell, text: string, source: string): Answer {
  let groups: string[] | undefined;
  try {
    groups = compileRegex(source, shell.shopt.nocasematch).match(text);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    return 2;
  }
  shell.variables.setArray("BASH_REMATCH", IndexedArray.of(groups ?? []));
  return groups !== undefined;
}

function* trace(shell: Shell, words: readonly string[]): Task<void> {
  const shown = words.map((word) => (word === "" ? "''" : word));
  const traced: MaybePromise<void> = traceWords(shell, ["[[", ...shown, "]]"], true);
  if (traced instanceof Promise) yield traced;
}

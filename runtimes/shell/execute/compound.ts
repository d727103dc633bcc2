/** Conditions, loops and `case`. */
import type {
  ArithmeticCommand,
  ArithmeticFor,
  Case,
  CaseItem,
  CompoundList,
  For,
  If,
  While,
} from "unbash";
import { ArithmeticError } from "../arithmetic.ts";
import { inLocale } from "../byte-locale.ts";
import { ExitShell, ShellError } from "../errors.ts";
import { compilePattern } from "../pattern.ts";
import type { Shell } from "../state.ts";
import { chain, drive, type MaybePromise, type Task } from "../task.ts";
import { evaluateOrThrow } from "../words/arithmetic-values.ts";
import { compileWord } from "../words/compile.ts";
import { expandFields, expandPattern, expandTemplate, expandText } from "../words/expand.ts";
import { fatalStatus } from "../words/failures.ts";
import { isName } from "../words/subscripts.ts";
import { asCondition, beforeCommand, checkpoint, settle } from "./control.ts";
import { headerOf } from "./for-header.ts";
import { runList } from "./statement.ts";
import { traceFor, traceWords } from "./trace.ts";

export function runIf(shell: Shell, node: If): MaybePromise<number> {
  return drive(branches(shell, node));
}

function* branches(shell: Shell, node: If): Task<number> {
  for (let number = -1; number < node.elif.length; number++) {
    const branch = number < 0 ? node : (node.elif[number] as If["elif"][number]);
    const test = asCondition(shell, () => runList(shell, branch.clause));
    const status: number = typeof test === "number" ? test : yield test;
    if (shell.jump) return status;
    if (status === 0) return yield* body(shell, branch.then);
  }
  if (node.else) return yield* body(shell, node.else);
  shell.status = 0;
  return 0;
}

function* body(shell: Shell, list: CompoundList): Task<number> {
  const result = runList(shell, list);
  return typeof result === "number" ? result : yield result;
}

export function runWhile(shell: Shell, node: While): MaybePromise<number> {
  return drive(whileLoop(shell, node));
}

function* whileLoop(shell: Shell, { kind, clause, body: list }: While): Task<number> {
  let last = 0;
  shell.loopDepth++;
  try {
    for (;;) {
      const test = asCondition(shell, () => runList(shell, clause));
      const status: number = typeof test === "number" ? test : yield test;
      if (shell.jump) {
        if (leavesLoop(shell)) break;
        continue;
      }
      if ((status === 0) !== (kind === "while")) break;
      const result = runList(shell, list);
      last = typeof result === "number" ? result : yield result;
      if (shell.jump && leavesLoop(shell)) break;
      const pause = checkpoint(shell);
      if (pause) yield pause;
      if (shell.jump && leavesLoop(shell)) break;
    }
  } finally {
    shell.loopDepth--;
  }
  if (shell.jump?.kind === "return") return shell.status;
  shell.status = last;
  return last;
}

/** Takes one loop off a `break` or `continue`. True where this loop ends. */
export function leavesLoop(shell: Shell): boolean {
  const { jump } = shell;
  if (!jump || jump.kind === "return") return jump !== undefined;
  if (--jump.count > 0) return true;
  shell.jump = undefined;
  return jump.kind === "break";
}

export function runFor(shell: Shell, node: For): MaybePromise<number> {
  return drive(forLoop(shell, node));
}

function* forLoop(shell: Shell, node: For): Task<number> {
  shell.position = node.pos;
  const name = node.name.text;
  if (!isName(name)) {
    shell.warn(`\`${name}': not a valid identifier`);
    return settleNow(shell, 1);
  }
  const fields = node.wordlist
    ? expandFields(shell, node.wordlist.map(compileWord))
    : [...shell.positional];
  const values: readonly string[] = fields instanceof Promise ? yield fields : fields;
  let status = 0;
  shell.loopDepth++;
  try {
    for (const value of values) {
      shell.position = node.pos;
      const trap = beforeCommand(shell, node);
      if (trap) yield trap;
      if (shell.options.xtrace) yield* traceFor(shell, name, node.wordlist, values);
      if (!setLoopVariable(shell, name, value)) return settleNow(shell, 1);
      const result = runList(shell, node.body);
      status = typeof result === "number" ? result : yield result;
      if (shell.jump && leavesLoop(shell)) break;
      const pause = checkpoint(shell);
      if (pause) yield pause;
      if (shell.jump && leavesLoop(shell)) break;
    }
  } finally {
    shell.loopDepth--;
  }
  if (shell.jump?.kind === "return") return shell.status;
  return settleNow(shell, status);
}

function setLoopVariable(shell: Shell, name: string, value: string): boolean {
  try {
    shell.variables.setLoop(name, value);
    return true;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    shell.warn(error.message);
    if (shell.options.posix && !shell.isInteractive) throw new ExitShell(fatalStatus(shell));
    return false;
  }
}

function settleNow(shell: Shell, status: number): number {
  shell.status = status;
  return status;
}

export function runArithmeticFor(shell: Shell, node: ArithmeticFor): MaybePromise<number> {
  return drive(arithmeticLoop(shell, node));
}

function* arithmeticLoop(shell: Shell, node: ArithmeticFor): Task<number> {
  const [first, test, step] = headerOf(shell.source.text, node);
  const position = node.pos;
  shell.position = position;
  let status = 0;
  if ((yield* clause(shell, node, first, true)) === undefined) return settleNow(shell, 1);
  shell.loopDepth++;
  try {
    for (;;) {
      shell.position = position;
      const value: boolean | undefined = yield* clause(shell, node, test, true);
      if (value === undefined) return settleNow(shell, 1);
      if (!value) break;
      const result = runList(shell, node.body);
      status = typeof result === "number" ? result : yield result;
      if (shell.jump && leavesLoop(shell)) break;
      const pause = checkpoint(shell);
      if (pause) yield pause;
      if (shell.jump && leavesLoop(shell)) break;
      shell.position = position;
      if ((yield* clause(shell, node, step, true)) === undefined) return settleNow(shell, 1);
    }
  } finally {
    shell.loopDepth--;
  }
  if (shell.jump?.kind === "return") return shell.status;
  return settleNow(shell, status);
}

/** Whether one of the three expressions is not 0; undefined where it failed. An empty one is 1. */
function* clause(
  shell: Shell,
  node: ArithmeticFor,
  text: string,
  ifEmpty: boolean,
): Task<boolean | undefined> {
  if (text.trim() === "") return ifEmpty;
  const trap = beforeCommand(shell, node);
  if (trap) yield trap;
  const status = arithmeticStatus(shell, text.trimStart());
  const result: number = typeof status === "number" ? status : yield status;
  return result === FAILED ? undefined : result === 0;
}

export function runArithmeticCommand(shell: Shell, node: ArithmeticCommand): MaybePromise<number> {
  shell.position = node.pos;
  shell.isLastCommand = false;
  const trap = beforeCommand(shell, node);
  const status = trap
    ? trap.then(() => arithmeticStatus(shell, node.body))
    : arithmeticStatus(shell, node.body);
  return chain(status, (result) => settle(shell, result === FAILED ? 1 : result));
}

/** The expression failed, which was reported. */
const FAILED = -1;

/** 0 where the expression is not 0, else 1. */
function arithmeticStatus(shell: Shell, text: string): MaybePromise<number> {
  const expanded = expandTemplate(shell, text, "arithmetic");
  return chain(expanded, (expression) => {
    const traced = shell.options.xtrace ? traceWords(shell, ["((", text, "))"], true) : 0;
    return chain(traced, () => evaluateStatus(shell, expression));
  });
}

function evaluateStatus(shell: Shell, expression: string): number {
  try {
    const value = evaluateOrThrow(shell, expression);
    return value === 0 || value === 0n ? 1 : 0;
  } catch (error) {
    if (error instanceof ArithmeticError) shell.warn(`((: ${error.message}`);
    else if (error instanceof ShellError) shell.warn(error.message);
    else throw error;
    return FAILED;
  }
}

export function runCase(shell: Shell, node: Case): MaybePromise<number> {
  return drive(caseCommand(shell, node));
}

function* caseCommand(shell: Shell, node: Case): Task<number> {
  shell.position = node.pos;
  shell.isLastCommand = false;
  const trap = beforeCommand(shell, node);
  if (trap) yield trap;
  const expanded = expandText(shell, compileWord(node.word));
  const word: string = typeof expanded === "string" ? expanded : yield expanded;
  if (shell.options.xtrace) {
    const traced = traceWords(shell, ["case", node.word.text, "in"], true);
    if (traced instanceof Promise) yield traced;
  }
  let status = 0;
  let falls = false;
  for (const item of node.items) {
    if (!falls && !(yield* matches(shell, word, item))) continue;
    if (item.body.commands.length === 0) status = 0;
    else status = yield* body(shell, item.body);
    if (shell.jump) return status;
    if (item.terminator !== ";&" && item.terminator !== ";;&") break;
    falls = item.terminator === ";&";
  }
  return settleNow(shell, status);
}

function* matches(shell: Shell, word: string, item: CaseItem): Task<boolean> {
  const syntax = { extglob: shell.shopt.extglob, ignoreCase: shell.shopt.nocasematch };
  for (const one of item.pattern) {
    const expanded = expandPattern(shell, compileWord(one));
    const source: string = typeof expanded === "string" ? expanded : yield expanded;
    if (compilePattern(inLocale(shell, source), syntax).matches(inLocale(shell, word))) return true;
  }
  return false;
}

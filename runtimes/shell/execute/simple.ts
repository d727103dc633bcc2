/**
 * Simple commands: expand the words, make assignments and redirections, and run a function, a builtin
 * or a program.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Simple-Command-Expansion.html
 */
import type { Assignment, Command, Redirection, Word } from "unbash";
import { ProcessGone } from "../../../kernel/index.ts";
import type { Builtin } from "../builtin.ts";
import { ExitShell, ShellError } from "../errors.ts";
import { commandText } from "../function-text.ts";
import type { Shell } from "../state.ts";
import { closeSubstitutions } from "../substitution.ts";
import { chain, drive, type MaybePromise, type Task } from "../task.ts";
import { Attribute } from "../variable.ts";
import { type CompiledWord, compileValue, compileWord } from "../words/compile.ts";
import { expandFields, expandText } from "../words/expand.ts";
import { fatalStatus } from "../words/failures.ts";
import { appended, assign, traceAssignment } from "./assignments.ts";
import { beforeCommand, settle } from "./control.ts";
import { expandDeclaration } from "./declarations.ts";
import { callFunction } from "./functions.ts";
import { runProgram } from "./program.ts";
import { makeRedirections, withRedirections } from "./redirections.ts";
import { traceWords } from "./trace.ts";

/** What a command of the tree comes down to; made once. */
export interface Plan {
  readonly node: Command;
  readonly words: readonly CompiledWord[];
  /** The fields, where they are the same whatever the state of the shell. */
  readonly constant: readonly string[] | undefined;
  readonly assignments: readonly Assignment[];
  readonly redirections: readonly Redirection[];
  /** Arguments of a declaration: `declare a=(1)` keeps its assignments as such. */
  readonly declares: boolean;
}

/** Status of a builtin that was called in a wrong way. */
const USAGE = 2;

const plans = new WeakMap<Command, Plan>();

export function runSimple(shell: Shell, node: Command): MaybePromise<number> {
  const isLast = shell.isLastCommand;
  shell.isLastCommand = false;
  shell.position = node.pos;
  let plan = plans.get(node);
  if (!plan) {
    plan = makePlan(node);
    plans.set(node, plan);
  }
  const trap = beforeCommand(shell, node);
  if (trap) {
    const command = plan;
    return trap.then(() => run(shell, command, isLast));
  }
  return run(shell, plan, isLast);
}

function makePlan(node: Command): Plan {
  const words: Word[] = node.name ? [node.name] : [];
  for (const argument of node.args) if (argument.type === "Word") words.push(argument);
  const compiled = words.map(compileWord);
  const declares = node.args.some((argument) => argument.type === "Assignment");
  const isConstant = !declares && compiled.every((word) => word.constant !== undefined);
  return {
    node,
    words: compiled,
    constant: isConstant ? compiled.map((word) => word.constant as string) : undefined,
    assignments: node.prefix.filter((part) => part.type === "Assignment"),
    redirections: node.redirects,
    declares,
  };
}

function run(shell: Shell, plan: Plan, isLast: boolean): MaybePromise<number> {
  const { constant } = plan;
  if (constant !== undefined && constant.length > 0)
    return runFields(shell, plan, constant, isLast);
  const open = shell.openSubstitutions.length;
  shell.substitutionStatus = undefined;
  if (plan.declares) return drive(declared(shell, plan, isLast));
  const fields = expandFields(shell, plan.words);
  const result =
    fields instanceof Promise
      ? fields.then((expanded) => runFields(shell, plan, expanded, isLast))
      : runFields(shell, plan, fields, isLast);
  if (typeof result === "number") {
    if (shell.openSubstitutions.length > open) closeSubstitutions(shell, open);
    return result;
  }
  return result.finally(() => closeSubstitutions(shell, open));
}

/** declare and its like, whose compound assignments may fail on the way. */
function* declared(shell: Shell, plan: Plan, isLast: boolean): Task<number> {
  let fields: readonly string[];
  try {
    fields = yield* expandDeclaration(shell, plan.node);
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    if (error.message !== "") shell.warn(error.message);
    const settled = settle(shell, 1);
    return typeof settled === "number" ? settled : yield settled;
  }
  const result = runFields(shell, plan, fields, isLast);
  return typeof result === "number" ? result : yield result;
}

function runFields(
  shell: Shell,
  plan: Plan,
  fields: readonly string[],
  isLast: boolean,
): MaybePromise<number> {
  const name = fields[0];
  if (name === undefined) return drive(runEmpty(shell, plan));
  if (shell.options.xtrace || plan.assignments.length > 0)
    return drive(runPrepared(shell, plan, fields, isLast));
  return runNamed(shell, plan, name, fields, isLast);
}

function* runPrepared(
  shell: Shell,
  plan: Plan,
  fields: readonly string[],
  isLast: boolean,
): Task<number> {
  if (plan.assignments.length === 0) {
    yield* trace(shell, fields);
    const result = runNamed(shell, plan, fields[0] as string, fields, isLast);
    return typeof result === "number" ? result : yield result;
  }
  const name = fields[0] as string;
  const persists = shell.options.posix && shell.builtins.get(name)?.special === true;
  if (!persists) shell.variables.push("temporary");
  try {
    yield* assignBefore(shell, plan.assignments, persists);
    yield* trace(shell, fields);
    const result = runNamed(shell, plan, name, fields, isLast);
    return typeof result === "number" ? result : yield result;
  } finally {
    if (!persists) shell.variables.pop();
  }
}

function* trace(shell: Shell, fields: readonly string[]): Task<void> {
  if (!shell.options.xtrace) return;
  const traced = traceWords(shell, fields);
  if (traced instanceof Promise) yield traced;
}

/** The assignments before a command: variables of its own, and of its environment. */
function* assignBefore(
  shell: Shell,
  assignments: readonly Assignment[],
  persists: boolean,
): Task<void> {
  const { variables } = shell;
  for (const node of assignments) {
    try {
      if (!persists) {
        // An element cannot be exported.
        if (node.index)
          throw new ShellError(`\`${node.name}[${node.index.text}]': not a valid identifier`);
        yield* assignTemporary(shell, node);
        continue;
      }
      const pending = assign(shell, node);
      if (pending instanceof Promise) yield pending;
      variables.setAttributes(node.name, Attribute.EXPORT);
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      shell.warn(error.message);
      if (shell.options.posix && !shell.isInteractive)
        throw new ExitShell(persists ? fatalStatus(shell) : 1);
    }
  }
}

/** The value is made before the variable hides another of its name: PATH=dir:$PATH. */
function* assignTemporary(shell: Shell, node: Assignment): Task<void> {
  const { name, text, pos, value, append } = node;
  const { variables } = shell;
  // A program's environment has no arrays: bash hands the text on.
  let made = text.slice(value.pos - pos);
  if (value.type !== "ArrayValue") {
    const expanded = expandText(shell, compileValue(value));
    made = typeof expanded === "string" ? expanded : yield expanded;
  }
  const result = append ? appended(shell, name, made) : made;
  const hidden = variables.lookup(name);
  if (!hidden?.has(Attribute.READONLY)) {
    const kept = (hidden?.attributes ?? 0) & KEPT_BY_TEMPORARY;
    variables.hide(name, kept | Attribute.EXPORT | Attribute.TEMPORARY);
  }
  variables.set(name, result);
  if (!shell.options.xtrace) return;
  const traced = traceAssignment(shell, node, made);
  if (traced instanceof Promise) yield traced;
}

const KEPT_BY_TEMPORARY = Attribute.INTEGER | Attribute.UPPER | Attribute.LOWER;

/** A command without a name: assignments to the shell's own variables, redirections for nothing. */
function* runEmpty(shell: Shell, plan: Plan): Task<number> {
  const { assignments, redirections } = plan;
  let status = 0;
  try {
    for (const node of assignments) {
      const pending = assign(shell, node);
      if (pending instanceof Promise) yield pending;
    }
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    shell.failLine(error.message);
  }
  if (redirections.length > 0) {
    const result = withRedirections(shell, redirections, () => 0);
    status = typeof result === "number" ? result : yield result;
  }
  if (assignments.length > 0) shell.lastArgument = "";
  status ||= shell.substitutionStatus ?? 0;
  shell.pipeStatus = [status];
  const settled = settle(shell, status);
  return typeof settled === "number" ? settled : yield settled;
}

function runNamed(
  shell: Shell,
  plan: Plan,
  name: string,
  fields: readonly string[],
  isLast: boolean,
): MaybePromise<number> {
  const builtin = findBuiltin(shell, name);
  const isSpecialFirst = builtin?.special === true && shell.options.posix;
  const target = isSpecialFirst ? undefined : shell.functions.get(name);
  shell.lastArgument = fields.at(-1) as string;
  if (shell.standsApart !== undefined) forgetJobs(shell, fields);
  if (target) {
    return finish(
      shell,
      withRedirections(shell, plan.redirections, () =>
        callFunction(shell, target, fields.slice(1), plan.assignments.length > 0),
      ),
    );
  }
  if (isSpecialFirst && !shell.isInteractive) {
    shell.hasSpecialError = false;
    return finish(shell, runSpecial(shell, plan, name, builtin, fields));
  }
  if (!builtin) {
    const { redirections, node } = plan;
    const text = commandText(node, shell.source.text);
    return finish(shell, runProgram(shell, { fields, redirections, text }, isLast));
  }
  if (plan.redirections.length === 0)
    return finish(shell, runBuiltin(shell, name, builtin, fields.slice(1)));
  if (name === "exec" && (fields.length === 1 || (fields.length === 2 && fields[1] === "--")))
    return drive(execRedirections(shell, plan));
  return finish(
    shell,
    withRedirections(shell, plan.redirections, () =>
      runBuiltin(shell, name, builtin, fields.slice(1)),
    ),
  );
}

/** What `jobs` writes may be piped; everything else in a process of its own has no jobs yet. */
function forgetJobs(shell: Shell, fields: readonly string[]): void {
  const name = fields[0] === "command" ? fields[1] : fields[0];
  if (name !== "jobs" || shell.standsApart === "background") shell.jobs.clear();
  shell.standsApart = undefined;
}

/** In posix mode an error of a special builtin ends the script. */
function runSpecial(
  shell: Shell,
  plan: Plan,
  name: string,
  builtin: Builtin,
  fields: readonly string[],
): MaybePromise<number> {
  const run = () => runBuiltin(shell, name, builtin, fields.slice(1));
  const end = () => {
    throw new ExitShell(1);
  };
  const isRedirection = name === "exec" && fields.length === 1;
  const result = isRedirection
    ? drive(execRedirections(shell, plan))
    : withRedirections(shell, plan.redirections, run, end);
  return chain(result, (status) => {
    if (isRedirection ? status !== 0 : shell.hasSpecialError) throw new ExitShell(status || 1);
    return status;
  });
}

function* execRedirections(shell: Shell, { redirections }: Plan): Task<number> {
  const failed: boolean = yield* makeRedirections(shell, redirections);
  const result = finish(shell, failed ? 1 : 0);
  return typeof result === "number" ? result : yield result;
}

export function findBuiltin(shell: Shell, name: string): Builtin | undefined {
  const builtin = shell.builtins.get(name);
  if (builtin === undefined) return undefined;
  return shell.disabledBuiltins.size > 0 && shell.disabledBuiltins.has(name) ? undefined : builtin;
}

function finish(shell: Shell, result: MaybePromise<number>): MaybePromise<number> {
  if (typeof result !== "number") return result.then((status) => finish(shell, status));
  if (shell.pipeStatus.length !== 1 || shell.pipeStatus[0] !== result) shell.pipeStatus = [result];
  return shell.jump ? noteJump(shell, result) : settle(shell, result);
}

function noteJump(shell: Shell, status: number): number {
  shell.status = status;
  return status;
}

/** Runs a builtin; an error that it throws is printed and becomes its status. */
export function runBuiltin(
  shell: Shell,
  name: string,
  builtin: Builtin,
  args: readonly string[],
): MaybePromise<number> {
  const outer = shell.runningBuiltin;
  shell.runningBuiltin = name;
  try {
    const result = builtin.run(shell, args);
    if (typeof result === "number") {
      shell.runningBuiltin = outer;
      return result;
    }
    return result.then(
      (status) => {
        shell.runningBuiltin = outer;
        return status;
      },
      (error) => {
        shell.runningBuiltin = name;
        const status = failBuiltin(shell, error);
        shell.runningBuiltin = outer;
        return status;
      },
    );
  } catch (error) {
    shell.runningBuiltin = name;
    const status = failBuiltin(shell, error);
    shell.runningBuiltin = outer;
    return status;
  }
}

/** A builtin that was called in a wrong way, unless a condition takes it for an answer. */
function noteUsageError(shell: Shell): void {
  if (shell.conditionDepth === 0) shell.hasSpecialError = true;
}

function failBuiltin(shell: Shell, error: unknown): number {
  if (!(error instanceof ShellError)) {
    if (!(error instanceof ProcessGone)) shell.runningBuiltin = undefined;
    throw error;
  }
  if (error.status === USAGE) noteUsageError(shell);
  shell.complain(error.message);
  return error.status;
}

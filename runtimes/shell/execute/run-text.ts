/**
 * Runs a text: a script, the argument of -c or `eval`, a trap's action. Each line runs before the next
 * one is looked at, so what stands before a syntax error has its effect.
 */
import { Abandon, ExitShell } from "../errors.ts";
import { Source } from "../source.ts";
import type { Shell } from "../state.ts";
import { expandAliases } from "../syntax/aliases.ts";
import { joinContinuations } from "../syntax/continuations.ts";
import type { SyntaxFailure } from "../syntax/failure.ts";
import type { Line } from "../syntax/lines.ts";
import { type ParsedText, parseText } from "../syntax/parse.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { fatalStatus } from "../words/failures.ts";
import { checkpoint } from "./control.ts";
import { runStatement } from "./statement.ts";

export interface TextOptions {
  /** What syntax errors name between the shell and the line: `-c`, `eval`; undefined for a file. */
  readonly label?: string;
  /** What BASH_SOURCE says of it; default: that of the text that runs. */
  readonly name?: string;
  /** The number of its first line. */
  readonly line?: number;
  /** Called where the text, or the rest of it, cannot be read. */
  readonly onFailure?: () => void;
  /** Nothing follows it in this process. */
  readonly isLast?: boolean;
}

/** Status of a text with a syntax error. */
const SYNTAX_ERROR = 2;

export function runText(shell: Shell, text: string, options: TextOptions): MaybePromise<number> {
  return drive(run(shell, text, options));
}

function* run(shell: Shell, whole: string, options: TextOptions): Task<number> {
  const { source: outer, position } = shell;
  const name = options.name ?? outer.name;
  let text = joinContinuations(whole);
  let parsed = parseText(text);
  let next = 0;
  /** The line up to which aliases are replaced already. */
  let replaced = -1;
  let printed = 0;
  shell.source = new Source(text, name, options.line ?? 1);
  shell.status = parsed.lines.length === 0 && !parsed.failure ? 0 : shell.status;
  try {
    for (;;) {
      const line = parsed.lines[next];
      if (replaced < next && usesAliases(shell)) {
        const start = line ? line.start : (parsed.lines.at(-1)?.end ?? 0);
        const expanded = expandAliases(text.slice(start), shell.aliases);
        if (expanded !== undefined) {
          shell.source = new Source(expanded, name, shell.source.line(start));
          text = expanded;
          parsed = parseText(text);
          next = 0;
          replaced = 0;
          printed = 0;
          continue;
        }
        replaced = next;
      }
      printed = echoLine(shell, parsed, next, printed);
      if (!line) break;
      next++;
      if (next === parsed.lines.length) warnOfCutDocument(shell, parsed);
      if (shell.options.noexec && !shell.isInteractive) continue;
      const isLast = options.isLast === true && next === parsed.lines.length && !parsed.failure;
      const isScript = options.label === undefined && shell.frames.length === 0;
      const pending = runLine(shell, line, isLast, isScript);
      if (typeof pending !== "number") yield pending;
      if (shell.jump) return shell.status;
    }
    if (!parsed.failure) return shell.status;
    options.onFailure?.();
    return reportFailure(shell, parsed.failure, options.label);
  } finally {
    shell.source = outer;
    shell.position = position;
  }
}

function warnOfCutDocument(shell: Shell, { text, unfinishedHereDocument }: ParsedText): void {
  if (!unfinishedHereDocument) return;
  const { delimiter, position } = unfinishedHereDocument;
  const first = shell.source.line(position);
  shell.position = text.length;
  shell.warn(
    `warning: here-document at line ${first} delimited by end-of-file (wanted \`${delimiter}')`,
  );
}

export function usesAliases(shell: Shell): boolean {
  if (shell.aliases.size === 0) return false;
  return shell.shopt.expand_aliases || shell.options.posix;
}

/** The end of the line that is to run; `set -v` prints the text up to there. */
function echoLine(shell: Shell, parsed: ParsedText, next: number, from: number): number {
  const { text, lines } = parsed;
  const end = lines[next]?.end ?? text.length;
  const lineEnd = text.indexOf("\n", end);
  const to = lineEnd < 0 ? text.length : lineEnd + 1;
  if (to > from && shell.options.verbose) shell.output.warn(text.slice(from, to));
  return Math.max(from, to);
}

function runLine(
  shell: Shell,
  line: Line,
  isLast: boolean,
  isScript: boolean,
): MaybePromise<number> {
  return drive(statements(shell, line, isLast, isScript));
}

function* statements(shell: Shell, line: Line, isLast: boolean, isScript: boolean): Task<number> {
  const { loopDepth, conditionDepth } = shell;
  try {
    for (const [number, statement] of line.statements.entries()) {
      const pause = checkpoint(shell);
      if (pause) yield pause;
      if (shell.jump || (shell.options.noexec && !shell.isInteractive)) break;
      // Only a simple command: the programs inside of a loop or group are not the last.
      shell.isLastCommand =
        isLast && number === line.statements.length - 1 && statement.command.type === "Command";
      const result = runStatement(shell, statement);
      if (typeof result !== "number") yield result;
      shell.isLastCommand = false;
      if (shell.jump) break;
    }
  } catch (reason) {
    if (!(reason instanceof Abandon) || shell.subshellDepth > 0) throw reason;
    if (reason.leavesText && !isScript) throw reason;
    shell.status = reason.status;
    // An error of expansion or assignment ends a script that ends at errors.
    if (!shell.isInteractive && shell.options.posix) throw new ExitShell(fatalStatus(shell));
    if (!shell.isInteractive && shell.options.errexit) throw new ExitShell(reason.status);
    shell.loopDepth = loopDepth;
    shell.conditionDepth = conditionDepth;
    shell.isLastCommand = false;
    shell.runningBuiltin = undefined;
  }
  const flushing = shell.output.flush();
  if (flushing) yield flushing;
  return shell.status;
}

/** Prints a syntax error as bash words it. */
export function reportFailure(
  shell: Shell,
  failure: SyntaxFailure,
  label: string | undefined,
): number {
  const frame = shell.frames.at(-1);
  const isFile = label === undefined && frame === undefined;
  const name = isFile && shell.scriptName === undefined ? shell.name : shell.source.name;
  const subject = label === undefined ? name : (frame?.source.name ?? shell.name);
  const context = label === undefined ? subject : `${subject}: ${label}`;
  const line = shell.isInteractive ? "" : ` line ${shell.source.firstLine + failure.line - 1}:`;
  for (const message of failure.messages) shell.output.warn(`${context}:${line} ${message}\n`);
  if (!failure.keepsStatus) shell.status = SYNTAX_ERROR;
  return shell.status;
}

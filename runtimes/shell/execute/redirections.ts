/** Redirections: made before a command runs, taken back after it. */
import type { Redirect, Redirection } from "unbash";
import {
  AT_FDCWD,
  Errno,
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_SETFD,
  KernelError,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  S_IFMT,
  S_IFREG,
} from "../../../kernel/abi.ts";
import { explain } from "../../../kernel/errno.ts";
import { ShellError } from "../errors.ts";
import { statFile } from "../file-tests.ts";
import type { Shell } from "../state.ts";
import { closeSubstitutions } from "../substitution.ts";
import { drive, type MaybePromise, type Task } from "../task.ts";
import { compileWord } from "../words/compile.ts";
import { expandFields } from "../words/expand.ts";
import { isName } from "../words/subscripts.ts";
import { openHereDocument, openHereString } from "./here-document.ts";
import { isNetworkFile, openNetworkFile } from "./network-files.ts";
import { FIRST_PRIVATE_FD, SavedDescriptors } from "./saved-descriptors.ts";

/**
 * Runs `act` with the redirections made. Where one of them fails, which is reported, the status is 1, or
 * what `onFailure` makes of that.
 */
export function withRedirections(
  shell: Shell,
  redirections: readonly Redirection[],
  act: () => MaybePromise<number>,
  onFailure?: () => MaybePromise<number>,
): MaybePromise<number> {
  if (redirections.length === 0) return act();
  return drive(redirected(shell, redirections, act, onFailure));
}

function* redirected(
  shell: Shell,
  redirections: readonly Redirection[],
  act: () => MaybePromise<number>,
  onFailure: (() => MaybePromise<number>) | undefined,
): Task<number> {
  const saved = new SavedDescriptors(shell);
  const open = shell.openSubstitutions.length;
  shell.isLastCommand = false;
  try {
    const failed: boolean = yield* tryRedirections(shell, redirections, saved);
    if (failed) shell.status = 1;
    const result = failed ? (onFailure?.() ?? 1) : act();
    return typeof result === "number" ? result : yield result;
  } finally {
    saved.restore();
    closeSubstitutions(shell, open);
  }
}

/** Makes the redirections for good, as `exec` and a command that replaces the shell need them. */
export function* makeRedirections(
  shell: Shell,
  redirections: readonly Redirection[],
): Task<boolean> {
  return yield* tryRedirections(shell, redirections, undefined);
}

/** True where one failed. */
function* tryRedirections(
  shell: Shell,
  redirections: readonly Redirection[],
  saved: SavedDescriptors | undefined,
): Task<boolean> {
  try {
    for (const redirection of redirections) yield* redirect(shell, redirection, saved);
    return false;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    shell.warn(error.message);
    return true;
  }
}

function* redirect(
  shell: Shell,
  redirection: Redirection,
  saved: SavedDescriptors | undefined,
): Task<void> {
  const { descriptor } = redirection;
  const variable = descriptor?.type === "FileDescriptorVariable" ? descriptor.name : undefined;
  const target =
    descriptor?.type === "FileDescriptor" ? descriptor.value : defaultTarget(redirection);
  if (redirection.type !== "Redirect") {
    const source: number =
      redirection.type === "HereDoc"
        ? yield* openHereDocument(shell, redirection)
        : yield* openHereString(shell, redirection.target);
    return place(shell, source, target, variable, saved);
  }
  const { operator } = redirection;
  if (operator === "&>" || operator === "&>>") {
    const flags = O_WRONLY | O_CREAT | (operator === "&>" ? O_TRUNC : O_APPEND);
    const fd: number = yield* openTarget(shell, redirection, flags);
    place(shell, fd, 1, undefined, saved);
    return duplicate(shell, 1, 2, saved);
  }
  if (operator === "<&" || operator === ">&") {
    return yield* duplicateTarget(shell, redirection, target, variable, saved);
  }
  const fd: number = yield* openTarget(shell, redirection, openFlags(operator));
  return place(shell, fd, target, variable, saved);
}

function defaultTarget(redirection: Redirection): number {
  return redirection.operator.startsWith("<") ? 0 : 1;
}

function openFlags(operator: Redirect["operator"]): number {
  switch (operator) {
    case "<":
      return O_RDONLY;
    case "<>":
      return O_RDWR | O_CREAT;
    case ">>":
      return O_WRONLY | O_CREAT | O_APPEND;
    default:
      return O_WRONLY | O_CREAT | O_TRUNC;
  }
}

/** Opens the file that the redirection names. */
function* openTarget(shell: Shell, redirection: Redirect, flags: number): Task<number> {
  const path: string = yield* targetText(shell, redirection);
  if (isNetworkFile(path)) return yield* openNetworkFile(shell, path);
  const special = /^\/dev\/(?:fd\/([0-9]+)|(stdin)|(stdout)|(stderr))$/u.exec(path);
  if (special) return copyDescriptor(shell, path, standardNumber(special));
  const isGuarded = /^&?>$/u.test(redirection.operator) && shell.options.noclobber;
  if (isGuarded) {
    const stat = statFile(shell.sys, path);
    const found = stat instanceof Promise ? yield stat : stat;
    if (found && (found.mode & S_IFMT) === S_IFREG)
      throw new ShellError(`${path}: cannot overwrite existing file`);
    return yield* openPath(shell, path, found ? flags : flags | O_EXCL);
  }
  return yield* openPath(shell, path, flags);
}

function standardNumber([, fd, stdin, stdout]: RegExpExecArray): number {
  if (fd !== undefined) return Number(fd);
  return stdin ? 0 : stdout ? 1 : 2;
}

function copyDescriptor(shell: Shell, path: string, fd: number): number {
  try {
    return shell.sys.fcntl(fd, F_DUPFD_CLOEXEC, FIRST_PRIVATE_FD) as number;
  } catch (error) {
    throw wording(error, path);
  }
}

function* openPath(shell: Shell, path: string, flags: number): Task<number> {
  try {
    const opened = shell.sys.openat(AT_FDCWD, path, flags | O_CLOEXEC, 0o666);
    return typeof opened === "number" ? opened : yield opened;
  } catch (error) {
    if (error instanceof KernelError && error.errno === Errno.EEXIST)
      throw new ShellError(`${path}: cannot overwrite existing file`);
    throw wording(error, path);
  }
}

function wording(error: unknown, subject: string): unknown {
  if (!(error instanceof KernelError)) return error;
  return new ShellError(`${subject}: ${explain(error)}`);
}

/** The one word that the target expands to. */
function* targetText(shell: Shell, redirection: Redirect): Task<string> {
  if (!redirection.target) throw new ShellError("ambiguous redirect");
  const word = compileWord(redirection.target);
  if (word.constant !== undefined) return word.constant;
  const fields = expandFields(shell, [word]);
  const values: readonly string[] = fields instanceof Promise ? yield fields : fields;
  if (values.length !== 1) throw new ShellError(`${redirection.target.text}: ambiguous redirect`);
  return values[0] as string;
}

/** `n>&m`, `n>&m-`, `n>&-`, and `>&file`. */
function* duplicateTarget(
  shell: Shell,
  redirection: Redirect,
  target: number,
  variable: string | undefined,
  saved: SavedDescriptors | undefined,
): Task<void> {
  const text: string = yield* targetText(shell, redirection);
  if (text === "-") return closeTarget(shell, target, variable, saved);
  const match = /^([0-9]+)(-?)$/u.exec(text);
  if (match) {
    const source = Number(match[1]);
    duplicate(shell, source, target, saved, variable, redirection.target?.text);
    if (match[2] && source !== target) {
      saved?.save(source);
      void shell.sys.close(source);
    }
    return;
  }
  if (redirection.operator === ">&" && target === 1 && variable === undefined) {
    const fd: number = yield* openPath(shell, text, O_WRONLY | O_CREAT | O_TRUNC);
    place(shell, fd, 1, undefined, saved);
    return duplicate(shell, 1, 2, saved);
  }
  throw new ShellError(`${text}: ambiguous redirect`);
}

function closeTarget(
  shell: Shell,
  target: number,
  variable: string | undefined,
  saved: SavedDescriptors | undefined,
): void {
  const fd = variable === undefined ? target : Number(shell.variables.get(variable) ?? "x");
  if (variable !== undefined && !Number.isInteger(fd))
    throw new ShellError(`${variable}: ambiguous redirect`);
  if (variable === undefined) saved?.save(fd);
  try {
    void shell.sys.close(fd);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}

/** Makes `target`, or a new descriptor named by `variable`, another name of `source`. */
function duplicate(
  shell: Shell,
  source: number,
  target: number,
  saved: SavedDescriptors | undefined,
  variable?: string,
  written?: string,
): void {
  try {
    // Looked at first: what is put aside below may get its number.
    void shell.sys.fcntl(source, F_GETFD, 0);
    if (variable !== undefined) {
      const fd = shell.sys.fcntl(source, F_DUPFD, FIRST_PRIVATE_FD) as number;
      nameDescriptor(shell, variable, fd, saved);
      return;
    }
    if (source === target) return;
    saved?.save(target);
    void shell.sys.dup3(source, target, 0);
  } catch (error) {
    throw wording(error, written ?? String(source));
  }
}

/** Moves a freshly opened descriptor to where the redirection wants it. */
function place(
  shell: Shell,
  fd: number,
  target: number,
  variable: string | undefined,
  saved: SavedDescriptors | undefined,
): void {
  const { sys } = shell;
  if (variable !== undefined) {
    const moved = sys.fcntl(fd, F_DUPFD, FIRST_PRIVATE_FD) as number;
    void sys.close(fd);
    nameDescriptor(shell, variable, moved, saved);
    return;
  }
  if (fd === target) {
    // It was closed before: the freshly opened one just has to survive exec.
    saved?.closeLater(fd);
    void sys.fcntl(fd, F_SETFD, 0);
    return;
  }
  saved?.save(target);
  try {
    void sys.dup3(fd, target, 0);
  } catch (error) {
    throw wording(error, String(target));
  } finally {
    void sys.close(fd);
  }
}

/** `{name}>file`: the descriptor stays open after the command. */
function nameDescriptor(
  shell: Shell,
  variable: string,
  fd: number,
  saved: SavedDescriptors | undefined,
): void {
  if (!isName(variable)) throw new ShellError(`${variable}: not a valid identifier`);
  shell.variables.set(variable, String(fd));
  if (shell.shopt.varredir_close) saved?.closeLater(fd);
}

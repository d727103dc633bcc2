/** Here-documents and here-strings: the descriptor from which a command reads one. */
import type { HereDoc, Word } from "unbash";
import {
  AT_FDCWD,
  encodeUtf8,
  F_DUPFD,
  KernelError,
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
} from "../../../kernel/abi.ts";
import { strerror } from "../../../kernel/errno.ts";
import { PIPE_CAPACITY } from "../../../kernel/limits.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import type { Task } from "../task.ts";
import { compileWord } from "../words/compile.ts";
import { expandTemplate, expandText } from "../words/expand.ts";

let serial = 0;

export function* openHereString(shell: Shell, target: Word | undefined): Task<number> {
  const expanded = target ? expandText(shell, compileWord(target)) : "";
  const text: string = typeof expanded === "string" ? expanded : yield expanded;
  return yield* openDocument(shell, encodeUtf8(`${text}\n`));
}

export function* openHereDocument(shell: Shell, node: HereDoc): Task<number> {
  const { body, delimiter, operator } = node;
  const isQuoted = delimiter?.quoted === true;
  let text = operator === "<<-" ? withoutTabs(body.text, isQuoted) : body.text;
  if (!isQuoted) {
    const expanded = expandTemplate(shell, text, "document");
    text = typeof expanded === "string" ? expanded : yield expanded;
  }
  // A document that the end of the text cut off ends in a newline all the same.
  if (text !== "" && !text.endsWith("\n")) text += "\n";
  return yield* openDocument(shell, encodeUtf8(text));
}

/** What begins each line; a line that goes on another one by a backslash is none of its own. */
function withoutTabs(text: string, isQuoted: boolean): string {
  if (isQuoted) return text.replace(/^\t+/gmu, "");
  return text.replace(/(?<!(?<!\\)(?:\\\\)*\\\n)^\t+/gmu, "");
}

/** A pipe that holds it all where that is possible, else a file that has no name any more. */
function* openDocument(shell: Shell, bytes: Uint8Array): Task<number> {
  try {
    return bytes.length <= PIPE_CAPACITY
      ? yield* openPipe(shell, bytes)
      : yield* openFile(shell, bytes);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw new ShellError(`cannot create temp file for here-document: ${strerror(error.errno)}`);
  }
}

function* openPipe(shell: Shell, bytes: Uint8Array): Task<number> {
  const pipe = shell.sys.pipe2(O_CLOEXEC);
  const [read, write]: [number, number] = pipe instanceof Promise ? yield pipe : pipe;
  if (bytes.length > 0) {
    const written = shell.sys.write(write, bytes);
    if (written instanceof Promise) yield written;
  }
  void shell.sys.close(write);
  return read;
}

function* openFile(shell: Shell, bytes: Uint8Array): Task<number> {
  const { sys } = shell;
  const path = `${shell.variables.get("TMPDIR") || "/tmp"}/sh-thd.${sys.pid}.${++serial}`;
  const flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  const opened = sys.openat(AT_FDCWD, path, flags, 0o600);
  const write: number = opened instanceof Promise ? yield opened : opened;
  try {
    for (let done = 0; done < bytes.length; ) {
      const written = sys.write(write, bytes.subarray(done));
      done += written instanceof Promise ? yield written : written;
    }
    const again = sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    return again instanceof Promise ? yield again : again;
  } finally {
    void sys.close(write);
    void sys.unlinkat(AT_FDCWD, path, 0);
  }
}

/** Lowest number of a descriptor that a script does not use by itself. */
export const SUBSTITUTION_FD = 63;

export function moveUp(shell: Shell, fd: number): number {
  const moved = shell.sys.fcntl(fd, F_DUPFD, SUBSTITUTION_FD) as number;
  void shell.sys.close(fd);
  return moved;
}

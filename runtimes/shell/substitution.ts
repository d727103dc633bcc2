/** Command and process substitution: children whose other end the shell holds. */
import type { Word } from "unbash";
import { AT_FDCWD, decodeUtf8, Errno, KernelError, O_CLOEXEC, O_RDONLY } from "../../kernel/abi.ts";
import { strerror } from "../../kernel/errno.ts";
import { moveUp } from "./execute/here-document.ts";
import { reapChildren, statusOf, waitOnce } from "./execute/jobs.ts";
import { runText } from "./execute/run-text.ts";
import { runList } from "./execute/statement.ts";
import { forkShell, runLast } from "./execute/subshell.ts";
import { Source } from "./source.ts";
import type { Shell } from "./state.ts";
import type { MaybePromise } from "./task.ts";
import { compileWord } from "./words/compile.ts";
import { expandFields } from "./words/expand.ts";
import { failForMemory } from "./words/failures.ts";
import type { CommandPiece, NestedScript, ProcessPiece } from "./words/pieces.ts";

const CHUNK = 65_536;
/** Bytes that one command substitution may make. */
const MAX_OUTPUT = 128 * 1024 * 1024;

/** What the command writes, without the newlines at its end. */
export function substituteCommand(shell: Shell, piece: CommandPiece): MaybePromise<string> {
  const { commands } = piece.script;
  if (commands.length === 0 && !piece.script.errors) {
    shell.status = 0;
    return "";
  }
  const path = fileToRead(piece);
  if (path) return readFile(shell, path);
  return capture(shell, piece);
}

/** The word in `$(< word)`. */
function fileToRead({ script }: NestedScript): Word | undefined {
  const [statement] = script.commands;
  if (
    script.commands.length !== 1 ||
    statement?.background ||
    statement?.command.type !== "Command"
  )
    return undefined;
  const { name, prefix } = statement.command;
  const [only] = prefix;
  if (name || prefix.length !== 1 || only?.type !== "Redirect") return undefined;
  return only.operator === "<" && !only.descriptor ? only.target : undefined;
}

async function capture(shell: Shell, piece: CommandPiece): Promise<string> {
  const { sys } = shell;
  const [read, write] = (await sys.pipe2(O_CLOEXEC)) as [number, number];
  const pid = forkShell(shell, (child) => {
    void child.sys.close(read);
    void child.sys.dup3(write, 1, 0);
    void child.sys.close(write);
    child.traceDepth++;
    if (!child.shopt.inherit_errexit && !child.options.posix) child.options.errexit = false;
    return runScript(child, piece, piece.isBackquoted);
  });
  await sys.close(write);
  let text: string;
  try {
    text = await readAll(shell, read);
  } finally {
    await sys.close(read);
  }
  const result = await waitThrough(shell, pid);
  shell.status = result;
  shell.substitutionStatus = result;
  return text.replace(/\n+$/u, "");
}

/** Runs a nested script in the child that is its shell. */
function runScript(
  child: Shell,
  nested: NestedScript,
  isBackquoted: boolean,
): MaybePromise<number> {
  const { script, ownText } = nested;
  if (isBackquoted && (script.errors || child.aliases.size > 0)) {
    const text = ownText ?? child.source.text.slice(script.pos, script.end);
    return runText(child, text, { label: "command substitution", line: child.line });
  }
  if (ownText !== undefined) child.source = new Source(ownText, child.source.name, child.line);
  const [only] = script.commands;
  if (script.commands.length === 1 && only && !only.background) return runLast(child, only.command);
  const body = {
    type: "CompoundList",
    pos: script.pos,
    end: script.end,
    commands: script.commands,
  } as const;
  return runList(child, body);
}

async function readAll(shell: Shell, fd: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const buffer = new Uint8Array(CHUNK);
    const length = await readOnce(shell, fd, buffer);
    if (length === 0) break;
    chunks.push(buffer.subarray(0, length));
    total += length;
    if (total > MAX_OUTPUT) failForMemory(shell, total);
  }
  return decode(shell, chunks, total);
}

async function readOnce(shell: Shell, fd: number, buffer: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return await shell.sys.read(fd, buffer);
    } catch (error) {
      if (!(error instanceof KernelError) || error.errno !== Errno.EINTR) throw error;
      await shell.handleSignals();
    }
  }
}

function decode(shell: Shell, chunks: readonly Uint8Array[], total: number): string {
  const [first] = chunks;
  if (!first) return "";
  let bytes = first;
  if (chunks.length > 1) {
    bytes = new Uint8Array(total);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
  }
  const text = decodeUtf8(bytes);
  if (!text.includes("\0")) return text;
  shell.warn("warning: command substitution: ignored null byte in input");
  return text.replaceAll("\0", "");
}

/** Waits for a child of which no job knows. */
async function waitThrough(shell: Shell, pid: number): Promise<number> {
  for (;;) {
    const result = await waitOnce(shell, pid, 0);
    if (result === null) return 127;
    if (result) return statusOf(result.status);
    await shell.handleSignals();
  }
}

async function readFile(shell: Shell, word: Word): Promise<string> {
  const [path = ""] = await expandFields(shell, [compileWord(word)]);
  let fd: number;
  try {
    fd = await shell.sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    shell.warn(`${path}: ${strerror(error.errno)}`);
    shell.status = 1;
    shell.substitutionStatus = 1;
    return "";
  }
  try {
    const text = await readAll(shell, fd);
    shell.status = 0;
    shell.substitutionStatus = 0;
    return text.replace(/\n+$/u, "");
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    shell.warn(`${path}: ${strerror(error.errno)}`);
    shell.substitutionStatus = 1;
    return "";
  } finally {
    await shell.sys.close(fd);
  }
}

/** `<(< word)`: what the file holds, to standard output. */
async function copyFile(shell: Shell, word: Word): Promise<number> {
  const [path = ""] = await expandFields(shell, [compileWord(word)]);
  try {
    const fd = await shell.sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      const length = await readOnce(shell, fd, buffer);
      if (length === 0) return 0;
      for (let done = 0; done < length; )
        done += await shell.sys.write(1, buffer.subarray(done, length));
    }
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    shell.warn(`${path}: ${strerror(error.errno)}`);
    return 1;
  }
}

/** Starts the command of `<(...)` or `>(...)` and answers the name of the shell's end of its pipe. */
export async function substituteProcess(shell: Shell, piece: ProcessPiece): Promise<string> {
  const { sys } = shell;
  reapChildren(shell);
  const [read, write] = (await sys.pipe2(O_CLOEXEC)) as [number, number];
  const [ours, theirs, standard] = piece.direction === "<" ? [read, write, 1] : [write, read, 0];
  const pid = forkShell(
    shell,
    (child) => {
      void child.sys.close(ours);
      void child.sys.dup3(theirs, standard, 0);
      void child.sys.close(theirs);
      child.traceDepth++;
      const path = fileToRead(piece);
      return path ? copyFile(child, path) : runScript(child, piece, false);
    },
    { isBackground: piece.direction === ">" },
  );
  await sys.close(theirs);
  const fd = moveUp(shell, ours);
  shell.openSubstitutions.push(fd);
  shell.lastBackgroundPid = pid;
  return `/dev/fd/${fd}`;
}

/** Closes the ends that were opened since there were `count` of them. */
export function closeSubstitutions(shell: Shell, count: number): void {
  while (shell.openSubstitutions.length > count) {
    const fd = shell.openSubstitutions.pop() as number;
    try {
      void shell.sys.close(fd);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
    }
  }
}
